import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { access, constants, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { processEnvironment } from '@app/kernel';

const run = promisify(execFile);

/** A real Ceph object gateway for one test suite. */
export interface Radosgw {
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** What its ops log holds so far. */
  opsLog(): Promise<OpsLogEntry[]>;
  stop(): Promise<void>;
}

/** The fields of a line of the ops log that we look at. */
export interface OpsLogEntry {
  readonly operation: string;
  readonly uri: string;
  readonly http_status: string;
  readonly bytes_sent: number;
  readonly trans_id: string;
}

const PROGRAMS = ['radosgw', 'ceph-mon', 'ceph-osd', 'ceph', 'ceph-authtool', 'monmaptool', 'radosgw-admin'] as const;
const START_DEADLINE_MS = 120_000;
const USER = { accessKeyId: 'RGWTESTACCESSKEY', secretAccessKey: 'rgw-test-secret-access-key' } as const;

/** Names of the programs that are missing from PATH; empty when a gateway can be started. */
export async function missingRadosgwPrograms(): Promise<string[]> {
  const folders = (processEnvironment()['PATH'] ?? '').split(delimiter);
  const isThere = async (program: string): Promise<boolean> => {
    const tries = await Promise.allSettled(folders.map((folder) => access(join(folder, program), constants.X_OK)));
    return tries.some((result) => result.status === 'fulfilled');
  };
  const found = await Promise.all(PROGRAMS.map(isThere));
  return PROGRAMS.filter((_, i) => found[i] !== true);
}

/** Starts one monitor, one OSD in memory and one gateway, all on 127.0.0.1, in a temporary folder. */
export async function startRadosgw(): Promise<Radosgw> {
  const folder = await mkdtemp(join(tmpdir(), 'bodega-rgw-'));
  const children: ChildProcess[] = [];
  const stop = async (): Promise<void> => {
    // The gateway first: it would wait for the cluster.
    for (const child of children.reverse()) await end(child);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const [v2, v1, http] = [await freePort(), await freePort(), await freePort()];
    const conf = join(folder, 'ceph.conf');
    const fsid = randomUUID();
    await writeFile(conf, configuration(folder, fsid, { v2, v1, http }));
    const start = (program: string, ...args: string[]): void => {
      children.push(spawn(program, [...args, '-c', conf, '-f'], { stdio: 'ignore' }));
    };
    const ceph = (...args: string[]): Promise<unknown> => run('ceph', ['-c', conf, '--connect-timeout', '60', ...args]);

    await makeKeys(folder);
    await run('monmaptool', [
      '--create',
      '--fsid',
      fsid,
      '--addv',
      'a',
      `[v2:127.0.0.1:${v2},v1:127.0.0.1:${v1}]`,
      join(folder, 'monmap'),
    ]);
    await run('ceph-mon', [
      '--mkfs',
      '-i',
      'a',
      '-c',
      conf,
      '--monmap',
      join(folder, 'monmap'),
      '--keyring',
      join(folder, 'keyring'),
    ]);
    start('ceph-mon', '-i', 'a');

    const osdId = randomUUID();
    await ceph('osd', 'new', osdId, '0');
    await mkdir(join(folder, 'osd'));
    await run('ceph-osd', ['--mkfs', '-i', '0', '-c', conf, '--osd-uuid', osdId]);
    await ceph('osd', 'crush', 'add', 'osd.0', '1.0', 'root=default', 'host=localhost');
    start('ceph-osd', '-i', '0');

    start('radosgw', '-n', 'client.rgw.a');
    await untilAnswers(`http://127.0.0.1:${http}`, children);
    await run('radosgw-admin', [
      '-c',
      conf,
      'user',
      'create',
      '--uid=test',
      '--display-name=test',
      `--access-key=${USER.accessKeyId}`,
      `--secret-key=${USER.secretAccessKey}`,
    ]);
    return {
      ...USER,
      endpoint: `http://127.0.0.1:${http}`,
      region: 'us-east-1',
      opsLog: async () => parseOpsLog(await readFile(join(folder, 'ops.log'), 'utf8')),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function configuration(folder: string, fsid: string, ports: { v2: number; v1: number; http: number }): string {
  return `[global]
fsid = ${fsid}
mon host = [v2:127.0.0.1:${ports.v2},v1:127.0.0.1:${ports.v1}]
public addr = 127.0.0.1
cluster addr = 127.0.0.1
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
keyring = ${folder}/keyring
run dir = ${folder}
admin socket = ${folder}/$name.asok
log file = ${folder}/$name.log
mon cluster log file = ${folder}/cluster.log
crash dir = ${folder}/crash
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 4
osd pool default pgp num = 4
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon max pg per osd = 1000
[mon]
mon data = ${folder}/mon
[osd]
osd data = ${folder}/osd
osd objectstore = memstore
memstore device bytes = 2147483648
osd class load list = *
osd class default list = *
[client.rgw.a]
rgw frontends = beast endpoint=127.0.0.1:${ports.http}
rgw data = ${folder}
rgw enable ops log = true
rgw ops log rados = false
rgw ops log file path = ${folder}/ops.log
`;
}

async function makeKeys(folder: string): Promise<void> {
  const everything = ['--cap', 'mon', 'allow *', '--cap', 'osd', 'allow *', '--cap', 'mgr', 'allow *'];
  const keys: readonly (readonly [name: string, caps: readonly string[]])[] = [
    ['mon.', ['--cap', 'mon', 'allow *']],
    ['client.admin', everything],
    ['osd.0', ['--cap', 'mon', 'allow profile osd', '--cap', 'osd', 'allow *', '--cap', 'mgr', 'allow profile osd']],
    ['client.rgw.a', ['--cap', 'mon', 'allow rw', '--cap', 'osd', 'allow rwx']],
  ];
  const keyring = join(folder, 'keyring');
  for (const [i, [name, caps]] of keys.entries()) {
    await run('ceph-authtool', [...(i === 0 ? ['--create-keyring'] : []), keyring, '--gen-key', '-n', name, ...caps]);
  }
}

async function untilAnswers(url: string, children: readonly ChildProcess[]): Promise<void> {
  const deadline = Date.now() + START_DEADLINE_MS;
  while (Date.now() < deadline) {
    const ended = children.find((child) => child.exitCode !== null);
    if (ended) throw new Error(`${ended.spawnfile} ended with ${String(ended.exitCode)} while the gateway started`);
    if (
      await fetch(url).then(
        () => true,
        () => false,
      )
    )
      return;
    await delay(100);
  }
  throw new Error('the gateway did not answer in time');
}

/** JSON objects one after another, not always with a line end between them; the file may end in the middle of one. */
function parseOpsLog(text: string): OpsLogEntry[] {
  return text
    .split(/\n|(?<=\})(?=\{)/)
    .filter((line) => line.startsWith('{') && line.endsWith('}'))
    .map((line) => JSON.parse(line) as OpsLogEntry);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  // Nothing in it outlives the test, so nothing needs an orderly end.
  child.kill('SIGKILL');
  await ended;
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
