import { spawn } from 'node:child_process';
import { open, rename, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { EmbeddedErrors } from '../embedded.errors.js';
import { isErrno, lockFolder } from '../process-lock.js';
import { findBinaries } from './binaries.js';
import type { PostgresBinaries } from './binaries.js';
import { ClusterFolder, spawnOptions, SUPERUSER } from './cluster-folder.js';
import { isPostmasterOf, readPostmasterFile, removeStalePidFile, stopPostmaster } from './postmaster.js';
import { giveTo, makeOwnFolder, unprivilegedIdentity } from './unprivileged.js';
import type { Identity } from './unprivileged.js';

/** How to run the embedded Postgres. */
export interface PostgresOptions {
  readonly dataDir: string;
  /** 0 or absent: a free one, used again at the next start if it is still free. */
  readonly port?: number;
  /** Made when missing. */
  readonly database?: string;
  /** `false` gives up safety against power loss (not against kills) for speed: for tests only. */
  readonly durable?: boolean;
  /** Further server settings, such as `{ commit_delay: '3000' }`. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly log?: (line: string) => void;
}

/** A running embedded Postgres. */
export interface RunningPostgres {
  /** With user, password and database. */
  readonly url: string;
  readonly port: number;
  /** Fast shutdown: running transactions are rolled back. */
  stop(): Promise<void>;
}

const HOST = '127.0.0.1';
/** Crash recovery of a busy database takes a while; a start that hangs longer has failed. */
const START_DEADLINE_MS = 120_000;
const POLL_MS = 20;
const MAX_LOG_BYTES = 16 * 1024 * 1024;

/**
 * Starts PostgreSQL 18 on 127.0.0.1 with a random password, or takes over the one that a killed process left alive.
 * It outlives this process if that is killed; the next start finds it again.
 *
 * @throws EMBEDDED_IN_USE when a living process runs this folder's server.
 * @throws EMBEDDED_PORT_TAKEN, EMBEDDED_NO_BINARIES, EMBEDDED_POSTGRES_FAILED
 */
export async function startPostgres(options: PostgresOptions): Promise<RunningPostgres> {
  const { database = 'bodega', durable = true, log = () => undefined } = options;
  const identity = unprivilegedIdentity();
  const folder = new ClusterFolder(await makeOwnFolder(options.dataDir, identity, log), identity);
  const lock = await lockFolder(folder.path, 'The embedded Postgres');
  try {
    const binaries = await findBinaries(identity, log);
    if (!(await folder.hasCluster())) await folder.initialize(binaries, durable);
    const settings = commandLineSettings(durable, options.settings ?? {});
    const { pid, port } =
      (await takeOver(folder, options.port ?? 0, settings, log)) ??
      (await launch({ folder, binaries, identity, wantedPort: options.port ?? 0, settings }));
    await ensureDatabase(await urlOf(folder, port, 'postgres'), database);
    return {
      url: await urlOf(folder, port, database),
      port,
      stop: async () => {
        await stopPostmaster(pid, folder.pgdata);
        await lock.release();
      },
    };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

function commandLineSettings(durable: boolean, extra: Readonly<Record<string, string>>): string[] {
  const settings: Record<string, string> = {
    listen_addresses: HOST,
    unix_socket_directories: '',
    timezone: 'UTC',
    log_timezone: 'UTC',
    max_connections: '200',
    // Commits still write the log before they answer, so that a killed server loses nothing that was committed.
    ...(durable ? {} : { fsync: 'off', full_page_writes: 'off' }),
    ...extra,
  };
  return Object.entries(settings).map(([name, value]) => `${name}=${value}`);
}

interface Postmaster {
  readonly pid: number;
  readonly port: number;
}

/** Uses a server that was left alive, or clears it out of the way (null). */
async function takeOver(
  folder: ClusterFolder,
  wantedPort: number,
  settings: readonly string[],
  log: (line: string) => void,
): Promise<Postmaster | null> {
  const left = await readPostmasterFile(folder.pgdata);
  if (!left) return null;
  if (!(await isPostmasterOf(left.pid, folder.pgdata))) {
    await removeStalePidFile(folder.pgdata);
    return null;
  }
  const record = await folder.launchRecord();
  const isAsWanted =
    (wantedPort === 0 || wantedPort === left.port) && JSON.stringify(record?.settings) === JSON.stringify(settings);
  if (isAsWanted && left.isReady && (await answers(await urlOf(folder, left.port, 'postgres')))) {
    log(`Found the embedded Postgres of an earlier run alive (process ${left.pid}) and took it over.`);
    return left;
  }
  log(`Stopping the embedded Postgres that an earlier run left behind (process ${left.pid}).`);
  await stopPostmaster(left.pid, folder.pgdata);
  return null;
}

interface Launch {
  readonly folder: ClusterFolder;
  readonly binaries: PostgresBinaries;
  readonly identity: Identity | null;
  readonly wantedPort: number;
  readonly settings: readonly string[];
}

async function launch({ folder, binaries, identity, wantedPort, settings }: Launch): Promise<Postmaster> {
  const deadline = Date.now() + START_DEADLINE_MS;
  let port = wantedPort || (await folder.launchRecord())?.port || (await freePort());
  for (;;) {
    await folder.rememberLaunch({ port, settings });
    const attempt = await launchOnce({ folder, binaries, identity, port, settings, deadline });
    if (attempt.pid !== null) return { pid: attempt.pid, port };
    const { output } = attempt;
    if (/Address already in use|could not bind/.test(output)) {
      if (wantedPort) throw EmbeddedErrors.PORT_TAKEN({ what: 'the embedded Postgres', port, setting: 'DATABASE_URL' });
      port = await freePort();
    } else if (/pre-existing shared memory block|is already in use|lock file .* already exists/.test(output)) {
      // Children of a killed server end by themselves shortly after it.
      await delay(100);
    } else {
      throw EmbeddedErrors.POSTGRES_FAILED({ step: 'start', output });
    }
    if (Date.now() > deadline) throw EmbeddedErrors.POSTGRES_FAILED({ step: 'start in time', output });
  }
}

async function launchOnce(
  launching: Omit<Launch, 'wantedPort'> & { port: number; deadline: number },
): Promise<{ pid: number; output: '' } | { pid: null; output: string }> {
  const { folder, binaries, identity, port, settings, deadline } = launching;
  const { size } = await rotateLog(folder.logFile);
  // A file, not a pipe: the server may outlive us and must not die of a broken pipe.
  const logFile = await open(folder.logFile, 'a', 0o600);
  try {
    await giveTo(folder.logFile, identity);
    const args = ['-D', folder.pgdata, '-c', `port=${port}`, ...settings.flatMap((setting) => ['-c', setting])];
    const child = spawn(binaries.postgres, args, {
      ...spawnOptions(folder.path, identity),
      stdio: ['ignore', logFile.fd, logFile.fd],
      // Its own process group: Ctrl-C must reach us alone, so that we stop the server after its clients.
      detached: true,
    });
    let ended = false;
    const spawned = new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
    child.once('exit', () => (ended = true));
    await spawned;
    child.unref();
    const url = await urlOf(folder, port, 'postgres');
    while (!ended) {
      const state = await readPostmasterFile(folder.pgdata);
      if (state !== null && state.pid === child.pid && state.isReady && (await answers(url)))
        return { pid: state.pid, output: '' };
      if (Date.now() > deadline) {
        child.kill('SIGQUIT');
        break;
      }
      await delay(POLL_MS);
    }
    return { pid: null, output: await readFrom(folder.logFile, size) };
  } finally {
    await logFile.close();
  }
}

async function rotateLog(path: string): Promise<{ size: number }> {
  try {
    const { size } = await stat(path);
    if (size <= MAX_LOG_BYTES) return { size };
    await rename(path, `${path}.old`);
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
  }
  return { size: 0 };
}

async function readFrom(path: string, offset: number): Promise<string> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const start = Math.max(offset, size - 2000);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.max(size - start, 0)), 0, null, start);
    return buffer.toString('utf8', 0, bytesRead).trim();
  } finally {
    await file.close();
  }
}

async function urlOf(folder: ClusterFolder, port: number, database: string): Promise<string> {
  return `postgres://${SUPERUSER}:${await folder.password()}@${HOST}:${port}/${encodeURIComponent(database)}`;
}

async function answers(url: string): Promise<boolean> {
  try {
    await withClient(url, (client) => client.query('select 1'));
    return true;
  } catch {
    // Starting, stopping or recovering: the caller asks again or gives up at its deadline.
    return false;
  }
}

async function ensureDatabase(url: string, database: string): Promise<void> {
  await withClient(url, async (client) => {
    const { rowCount } = await client.query('select from pg_database where datname = $1', [database]);
    if (rowCount === 0) await client.query(`create database ${pg.escapeIdentifier(database)}`);
  });
}

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  // A server that dies under us also fails the query; without a listener the event would end the process.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.end();
  }
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve, reject) => {
    probe.once('error', reject);
    probe.listen(0, HOST, resolve);
  });
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
