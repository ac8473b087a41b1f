import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, readdir, rename, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';

const secretsSchema = z.object({
  accessKeyId: z.string(),
  secretAccessKey: z.string(),
  storePort: z.number().optional(),
});

export type HomeSecrets = z.infer<typeof secretsSchema>;

/** The folder that holds all state of a market on one machine. */
export class Home {
  readonly path: string;

  constructor(path: string | undefined) {
    this.path = resolve(path || '.bodega');
  }

  file(...parts: string[]): string {
    return join(this.path, ...parts);
  }

  async prepare(): Promise<void> {
    await mkdir(this.path, { recursive: true });
    // The embedded Postgres runs as nobody when we are root, and must be able to pass through.
    await chmod(this.path, 0o711);
  }

  /** Keys of the embedded store, made once. */
  async secrets(): Promise<HomeSecrets> {
    const path = this.file('secrets.json');
    try {
      return secretsSchema.parse(JSON.parse(await readFile(path, 'utf8')));
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    }
    const secrets = {
      accessKeyId: `BODEGA${randomBytes(7).toString('hex').toUpperCase()}`,
      secretAccessKey: randomBytes(30).toString('base64url'),
    };
    await writePrivate(path, JSON.stringify(secrets, null, 2));
    return secrets;
  }

  /** A folder of keys that sign; the first one is made here, later ones are put beside it by hand. */
  async keys(name: string): Promise<string> {
    const folder = this.file(name);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const names = (await readdir(folder)).filter((name) => name.endsWith('.pem') || name.endsWith('.jwk'));
    if (names.length === 0) {
      const day = new Date().toISOString().slice(0, 10);
      const { privateKey } = generateKeyPairSync('ed25519');
      await writePrivate(join(folder, `${day}.pem`), privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
    }
    return folder;
  }
}

/** Writes a file that only its owner reads, whole or not at all. */
export async function writePrivate(path: string, text: string): Promise<void> {
  const fresh = `${path}.${process.pid}.new`;
  await writeFile(fresh, text, { mode: 0o600 });
  await rename(fresh, path);
}
