import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EmbeddedErrors } from '../embedded.errors.js';
import { isErrno } from '../process-lock.js';
import type { PostgresBinaries } from './binaries.js';
import { giveTo } from './unprivileged.js';
import type { Identity } from './unprivileged.js';

/** The superuser of the embedded server. */
export const SUPERUSER = 'postgres';

/** What we remember between starts. */
export interface LaunchRecord {
  readonly port: number;
  /** Command line of the last start: a server left alive is used again only if it would be started the same way. */
  readonly settings: readonly string[];
}

/** Paths inside the folder that belongs to the server. */
export class ClusterFolder {
  readonly pgdata: string;
  readonly logFile: string;

  constructor(
    readonly path: string,
    private readonly identity: Identity | null,
  ) {
    this.pgdata = join(path, 'pgdata');
    this.logFile = join(path, 'postgres.log');
  }

  async hasCluster(): Promise<boolean> {
    return (await this.readOwn(join('pgdata', 'PG_VERSION'))) !== null;
  }

  /** The superuser's password, made at the first start. */
  async password(): Promise<string> {
    const known = (await this.readOwn('password'))?.trim();
    if (known !== undefined && known !== '') return known;
    const made = randomBytes(24).toString('base64url');
    await this.writeOwn('password', made);
    return made;
  }

  /**
   * Makes the cluster: initdb works beside the final place and is moved there when it is whole, so that a kill in the
   * middle leaves nothing that looks like a database.
   */
  async initialize(binaries: PostgresBinaries, durable: boolean): Promise<void> {
    await this.password();
    for (const name of await readdir(this.path)) {
      if (name.startsWith('pgdata.new-')) await rm(join(this.path, name), { recursive: true, force: true });
    }
    const making = join(this.path, `pgdata.new-${process.pid}`);
    const output = await runToEnd(
      binaries.initdb,
      [
        `--pgdata=${making}`,
        `--username=${SUPERUSER}`,
        `--pwfile=${join(this.path, 'password')}`,
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        '--locale-provider=builtin',
        '--builtin-locale=C.UTF-8',
        '--locale=C',
        '--no-instructions',
        ...(durable ? [] : ['--no-sync']),
      ],
      { cwd: this.path, identity: this.identity },
    );
    if (output.exitCode !== 0) {
      throw EmbeddedErrors.POSTGRES_FAILED({ step: 'make its data folder', output: output.text });
    }
    await rm(this.pgdata, { recursive: true, force: true });
    await rename(making, this.pgdata);
  }

  async launchRecord(): Promise<LaunchRecord | null> {
    const text = await this.readOwn('launch.json');
    if (text === null) return null;
    try {
      return JSON.parse(text) as LaunchRecord;
    } catch {
      // Torn by a kill: only costs us the remembered port.
      return null;
    }
  }

  async rememberLaunch(record: LaunchRecord): Promise<void> {
    await this.writeOwn('launch.json', JSON.stringify(record));
  }

  private async readOwn(name: string): Promise<string | null> {
    try {
      return await readFile(join(this.path, name), 'utf8');
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return null;
      throw error;
    }
  }

  private async writeOwn(name: string, text: string): Promise<void> {
    const path = join(this.path, name);
    await writeFile(`${path}.new`, text, { mode: 0o600 });
    await giveTo(`${path}.new`, this.identity);
    await rename(`${path}.new`, path);
  }
}

/** How every program of Postgres is started: as its user, inside its folder, with messages in English. */
export function spawnOptions(
  cwd: string,
  identity: Identity | null,
): { cwd: string; env: NodeJS.ProcessEnv; uid?: number; gid?: number } {
  return { cwd, env: { LC_ALL: 'C', TZ: 'UTC', PATH: '/usr/bin:/bin' }, ...identity };
}

async function runToEnd(
  program: string,
  args: readonly string[],
  options: { cwd: string; identity: Identity | null },
): Promise<{ exitCode: number | null; text: string }> {
  const child = spawn(program, args, {
    ...spawnOptions(options.cwd, options.identity),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (part: string) => (text += part));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exitCode) => resolve({ exitCode, text: text.trim().slice(-2000) }));
  });
}
