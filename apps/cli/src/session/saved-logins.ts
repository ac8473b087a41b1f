import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** One saved login: the key for one market, and whose it is. */
export interface SavedLogin {
  readonly endpoint: string;
  readonly apiKey: string;
  /** The market's id of the key, so that logging out can revoke it; null for a key that was made elsewhere. */
  readonly apiKeyId: string | null;
  readonly organization: string;
  readonly email: string;
  readonly savedAt: string;
}

interface SavedFile {
  readonly v: 1;
  /** The endpoint that is meant when none is named: the last one signed in to. */
  readonly current: string | null;
  readonly logins: Readonly<Record<string, SavedLogin>>;
}

const EMPTY: SavedFile = { v: 1, current: null, logins: {} };

function isSavedFile(value: unknown): value is SavedFile {
  return (
    typeof value === 'object' &&
    value !== null &&
    'v' in value &&
    value.v === 1 &&
    'logins' in value &&
    typeof value.logins === 'object'
  );
}

/** The logins of this user on this machine, in one file that only they can read. A key is only ever sent to its own market. */
export class SavedLogins {
  readonly path: string;

  constructor(private readonly configDir: string) {
    this.path = join(configDir, 'credentials.json');
  }

  /** The login for a market; without an endpoint the current one; null when there is none. */
  async find(endpoint?: string): Promise<SavedLogin | null> {
    const file = await this.read();
    const wanted = endpoint ?? file.current;
    return wanted === null || wanted === undefined ? null : (file.logins[wanted] ?? null);
  }

  async save(login: SavedLogin): Promise<void> {
    const file = await this.read();
    await this.write({ v: 1, current: login.endpoint, logins: { ...file.logins, [login.endpoint]: login } });
  }

  async forget(endpoint: string): Promise<void> {
    const file = await this.read();
    const { [endpoint]: _forgotten, ...logins } = file.logins;
    await this.write({
      v: 1,
      current: file.current === endpoint ? (Object.keys(logins)[0] ?? null) : file.current,
      logins,
    });
  }

  private async read(): Promise<SavedFile> {
    try {
      const value: unknown = JSON.parse(await readFile(this.path, 'utf8'));
      return isSavedFile(value) ? value : EMPTY;
    } catch (error) {
      // A damaged file is worth no more than none: the next login writes it anew.
      if (error instanceof SyntaxError || (error instanceof Error && 'code' in error && error.code === 'ENOENT'))
        return EMPTY;
      throw error;
    }
  }

  private async write(file: SavedFile): Promise<void> {
    await mkdir(this.configDir, { recursive: true, mode: 0o700 });
    const draft = `${this.path}.${process.pid}.tmp`;
    try {
      await writeFile(draft, `${JSON.stringify(file, null, 2)}\n`, { mode: 0o600 });
      await chmod(draft, 0o600);
      await rename(draft, this.path);
    } finally {
      await rm(draft, { force: true });
    }
  }
}
