import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { chmod, cp, lstat, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { startPostgres } from '@app/embedded';
import type { RunningPostgres } from '@app/embedded';
import { findBinaries } from '../../../libs/embedded/src/postgres/binaries.js';

const isRoot = process.getuid?.() === 0;
const PATIENCE_MS = 60_000;

let folder: string;
let dataDir: string;
const running: RunningPostgres[] = [];
const children: ChildProcess[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bodega-pg-test-'));
  await chmod(folder, 0o755);
  dataDir = join(folder, 'data');
});

afterEach(async () => {
  for (const server of running.splice(0)) await server.stop();
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

async function start(options: { log?: (line: string) => void } = {}): Promise<RunningPostgres> {
  const server = await startPostgres({ dataDir, durable: false, ...options });
  running.push(server);
  return server;
}

async function stop(server: RunningPostgres): Promise<void> {
  await server.stop();
  running.splice(running.indexOf(server), 1);
}

async function sql(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

async function postmasterPid(): Promise<number> {
  return Number((await readFile(join(dataDir, 'pgdata', 'postmaster.pid'), 'utf8')).split('\n')[0]);
}

/** Starts the server in another process and waits until it says its URL. */
async function startInAnotherProcess(): Promise<{ child: ChildProcess; url: string }> {
  const script = fileURLToPath(new URL('./postgres-holder.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', '#typescript', script, dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  if (!child.stdout) throw new Error('no stdout');
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return { child, url: line.toString().trim() };
}

async function killNow(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

describe('embedded Postgres', () => {
  it(
    'boots an empty folder: UTF-8, builtin locale, extensions, password, loopback only',
    async () => {
      const { url } = await start();

      const [row] = await sql(
        url,
        `select datlocprovider, datlocale, pg_encoding_to_char(encoding) as encoding,
              current_setting('listen_addresses') as listen, current_setting('unix_socket_directories') as sockets
       from pg_database where datname = current_database()`,
      );
      await sql(url, 'create extension pg_trgm; create extension btree_gin; create extension pgcrypto');
      expect(row).toEqual({
        datlocprovider: 'b',
        datlocale: 'C.UTF-8',
        encoding: 'UTF8',
        listen: '127.0.0.1',
        sockets: '',
      });
      await expect(sql(url.replace(/:[^:@]+@/, ':wrong@'), 'select 1')).rejects.toMatchObject({ code: '28P01' });
      expect((await stat(join(dataDir, 'password'))).mode & 0o777).toBe(0o600);
    },
    PATIENCE_MS,
  );

  it(
    'keeps data, port and password over a clean stop',
    async () => {
      const first = await start();
      await sql(first.url, 'create table kept as select 42 as answer');
      await stop(first);

      const second = await start();

      expect(second.url).toBe(first.url);
      expect(await sql(second.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
    },
    PATIENCE_MS,
  );

  it(
    'takes over the server that a killed process left alive',
    async () => {
      const { child, url } = await startInAnotherProcess();
      await sql(url, 'create table kept as select 42 as answer');
      const pid = await postmasterPid();
      await killNow(child);
      const lines: string[] = [];

      const next = await start({ log: (line) => lines.push(line) });

      expect(next.url).toBe(url);
      expect(await postmasterPid()).toBe(pid);
      expect(lines.join()).toMatch(/took it over/);
      expect(await sql(next.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
      await stop(next);
      await expect(sql(url, 'select 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    },
    PATIENCE_MS,
  );

  it(
    'replaces a left server whose settings are not the wanted ones',
    async () => {
      const { child, url } = await startInAnotherProcess();
      await sql(url, 'create table kept as select 42 as answer');
      await killNow(child);

      const next = await startPostgres({ dataDir, durable: false, settings: { work_mem: '9MB' } });
      running.push(next);

      expect(await sql(next.url, `select answer, current_setting('work_mem') as mem from kept`)).toEqual([
        { answer: 42, mem: '9MB' },
      ]);
    },
    PATIENCE_MS,
  );

  it(
    'recovers committed rows after the server itself was killed',
    async () => {
      const first = await start();
      await sql(first.url, 'create table kept as select 42 as answer');
      process.kill(await postmasterPid(), 'SIGKILL');
      await first.stop();
      running.splice(0);

      const second = await start();

      expect(await sql(second.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
    },
    PATIENCE_MS,
  );

  it(
    'starts although a stale pid file names a living stranger',
    async () => {
      const first = await start();
      await stop(first);
      const pidFile = join(dataDir, 'pgdata', 'postmaster.pid');
      await writeFile(pidFile, `${process.pid}\n${dataDir}\n0\n${first.port}\n\n127.0.0.1\n\nready\n`);

      const second = await start();

      expect(await sql(second.url, 'select 1 as one')).toEqual([{ one: 1 }]);
    },
    PATIENCE_MS,
  );

  it(
    'refuses a second start on a folder that a living process runs',
    async () => {
      const { url } = await start();

      await expect(startPostgres({ dataDir, durable: false })).rejects.toMatchObject({ code: 'EMBEDDED_IN_USE' });

      expect(await sql(url, 'select 1 as one')).toEqual([{ one: 1 }]);
    },
    PATIENCE_MS,
  );

  it(
    'takes another free port when the remembered one is taken, and says so when a demanded one is',
    async () => {
      const first = await start();
      await stop(first);
      const squatter = await startPostgres({ dataDir: join(folder, 'other'), port: first.port, durable: false });
      running.push(squatter);

      const second = await start();

      expect(second.port).not.toBe(first.port);
      await stop(second);
      await expect(startPostgres({ dataDir, port: squatter.port, durable: false })).rejects.toMatchObject({
        code: 'EMBEDDED_PORT_TAKEN',
      });
    },
    PATIENCE_MS,
  );

  it('mends links and mode bits that an install script would have set', async () => {
    const root = join(folder, 'package');
    await mkdir(join(root, 'native', 'bin'), { recursive: true });
    await mkdir(join(root, 'native', 'lib'));
    await writeFile(join(root, 'native', 'lib', 'libx.so.1'), 'x');
    for (const name of ['initdb', 'postgres']) await writeFile(join(root, 'native', 'bin', name), '', { mode: 0o644 });
    await writeFile(
      join(root, 'native', 'pg-symlinks.json'),
      JSON.stringify([{ source: 'native/lib/libx.so.1', target: 'native/lib/libx.so' }]),
    );

    const { postgres } = await findBinaries(null, () => undefined, root);

    expect((await stat(postgres)).mode & 0o777).toBe(0o755);
    expect((await lstat(join(root, 'native', 'lib', 'libx.so'))).isSymbolicLink()).toBe(true);
    expect(await readFile(join(root, 'native', 'lib', 'libx.so'), 'utf8')).toBe('x');
  });

  // What root must get round exists for root alone; other users run the cases above as themselves.
  (isRoot ? describe : describeNotRoot)('as root', () => {
    it(
      'runs the server as nobody',
      async () => {
        await start();

        const status = await readFile(`/proc/${await postmasterPid()}/status`, 'utf8');

        expect(status).toMatch(/^Uid:\s+65534/m);
      },
      PATIENCE_MS,
    );

    it(
      'keeps its data elsewhere, and says where, when a parent folder is closed to nobody',
      async () => {
        await chmod(folder, 0o700);
        const lines: string[] = [];

        const first = await start({ log: (line) => lines.push(line) });
        await sql(first.url, 'create table kept as select 42 as answer');
        await stop(first);
        const second = await start();

        const elsewhere = /kept in (\S+) instead/.exec(lines.join('\n'))?.[1] ?? '';
        expect(elsewhere.startsWith(tmpdir())).toBe(true);
        expect(await sql(second.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
        await stop(second);
        await rm(elsewhere, { recursive: true });
      },
      PATIENCE_MS,
    );

    it(
      'runs copied programs when theirs lie in a folder closed to nobody',
      async () => {
        const original = await findBinaries(null, () => undefined);
        const root = join(folder, 'closed', 'package');
        await cp(join(original.postgres, '..', '..', '..'), root, { recursive: true, verbatimSymlinks: true });
        await chmod(join(folder, 'closed'), 0o700);
        const nobody = { uid: 65_534, gid: 65_534 };

        const { postgres } = await findBinaries(nobody, () => undefined, root);

        const probe = spawn(postgres, ['--version'], { ...nobody, stdio: ['ignore', 'pipe', 'inherit'] });
        const [output] = (await once(probe.stdout, 'data')) as [Buffer];
        expect(output.toString()).toMatch(/PostgreSQL.* 18\./);
        await rm(join(postgres, '..', '..', '..'), { recursive: true });
      },
      PATIENCE_MS,
    );
  });
});

function describeNotRoot(name: string, _cases: () => void): void {
  process.stdout.write(`embedded Postgres: the cases "${name}" do not exist for this user\n`);
}
