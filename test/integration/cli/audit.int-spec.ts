import { createHash } from 'node:crypto';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { systemContext } from '@app/kernel';
import { startServer } from '../../../apps/api/src/server.js';
import type { RunningServer } from '../../../apps/api/src/server.js';
import { hashOfLeaf, treeHash } from '../../conformance/log/independent-log.js';
import { SignedLog } from '../../support/signed-log.js';
import { runBodega } from './run-bodega.js';
import type { Run } from './run-bodega.js';

jest.setTimeout(300_000);

const ctx = systemContext('test');

let log: SignedLog;
let server: RunningServer;
/** What a user keeps on a machine of his own. */
let home: string;

/** The market of the log, at an address that stays the same when it is started again. */
async function serve(environment: Record<string, string> = {}, port = '0'): Promise<void> {
  server = await startServer({
    environment: { DATABASE_URL: log.testDatabase.url, PORT: port, ...log.environment, ...environment },
  });
}

async function serveAgain(environment: Record<string, string> = {}): Promise<void> {
  await server.app.close();
  await serve(environment, new URL(server.url).port);
}

beforeEach(async () => {
  log = await SignedLog.open();
  home = await mkdtemp(join(tmpdir(), 'bodega-auditor-'));
  await serve();
  await log.act(600);
  await publish();
});

afterEach(async () => {
  await server.app.close();
  await log.close();
  await rm(home, { recursive: true, force: true });
});

async function publish(): Promise<void> {
  await log.publish();
  await log.sequence();
  await log.publish();
}

/** `bodega audit …`, on the machine of somebody who keeps what he saw, or of somebody new. */
function audit(args: readonly string[], who = 'auditor'): Promise<Run> {
  const env = { BODEGA_ENDPOINT: server.url, XDG_CONFIG_HOME: join(home, who) };
  return runBodega(['audit', ...args, '--json'], { env });
}

async function keep(): Promise<string> {
  const path = join(home, 'checkpoint');
  await writeFile(path, await (await fetch(`${server.url}/log/checkpoint`)).text());
  return path;
}

async function expectFound(run: Run, problem: string | RegExp): Promise<void> {
  const answer = run.json();
  expect([run.exitCode, answer['verified']]).toEqual([1, false]);
  expect(answer['problem']).toMatch(problem);
}

describe('bodega audit verify', () => {
  it('recomputes the whole log, remembers what it saw, and proves that the log extends it', async () => {
    const first = await audit(['verify']);
    const rootHash = treeHash((await log.leaves()).map(hashOfLeaf)).toString('hex');
    expect(first.exitCode).toBe(0);
    expect(first.json()).toMatchObject({ verified: true, size: 601, rootHash, keys: [log.vkey], extends: [] });
    const kept = await keep();

    await log.act(100, 1_000);
    await publish();
    const second = await audit(['verify']);
    expect(second.json()).toMatchObject({ verified: true, size: 701, extends: [601] });

    const other = await audit(['verify', '--checkpoint', kept, '--key', log.vkey], 'somebody else');
    expect(other.json()).toMatchObject({ verified: true, size: 701, extends: [601] });
  });

  it('says in words what it found', async () => {
    const { stdout, exitCode } = await runBodega(['audit', 'verify'], {
      env: { BODEGA_ENDPOINT: server.url, XDG_CONFIG_HOME: home },
    });

    expect(exitCode).toBe(0);
    expect(stdout).toContain('market.example/log: 601 leaves, every leaf, tile and root as signed');
    expect(stdout).toContain('this key was not known here before');
  });

  it('trusts no other key than the one that is named, or known here', async () => {
    const other = 'market.example/log+cb23c5e4+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k';
    await expectFound(
      await audit(['verify', '--key', other.replace('cb23c5e4', idOf(other))]),
      'none of the known keys',
    );
    expect((await audit(['verify', '--key', 'nonsense'])).exitCode).toBe(2);

    await audit(['verify']);
    await rm(join(log.keyFolder, '2026-01.pem'));
    await log.addKey('2027-01.pem');
    await log.tamper(`update audit_signed_checkpoint set size = 0, root_hash = sha256(''), note = null`);
    for (const path of (await log.published()).keys()) await log.objects.delete(`log/${path}`);
    await log.restart();
    await publish();
    await serveAgain();

    await expectFound(await audit(['verify']), 'none of the known keys');
  });

  it('follows a change of keys that the old one vouched for', async () => {
    await audit(['verify']);
    const old = log.vkey;
    await log.addKey('2027-01.pem');
    await log.restart();
    await publish();
    await serveAgain();
    expect((await audit(['verify'])).json()).toMatchObject({
      verified: true,
      keys: expect.arrayContaining([old, log.vkey]),
    });

    await rm(join(log.keyFolder, '2026-01.pem'));
    await log.restart();
    await log.act(5, 2_000);
    await publish();
    await serveAgain();
    expect((await audit(['verify'])).json()).toMatchObject({ verified: true, keys: [log.vkey] });
  });

  it('refuses a market that signs no log, with its sentence', async () => {
    await serveAgain({ LOG_KEY_FILE: '' });

    const run = await audit(['verify']);

    expect([run.exitCode, run.json()]).toEqual([
      1,
      { error: expect.objectContaining({ message: expect.stringContaining('has signed no checkpoint') }) },
    ]);
  });

  it('refuses files that are no checkpoint of this log', async () => {
    const path = join(home, 'checkpoint');
    await writeFile(path, 'not a note\n');
    await expectFound(await audit(['verify', '--checkpoint', path]), 'not a signed note');
    await writeFile(path, (await log.note()).replace('601', '600'));
    await expectFound(await audit(['verify', '--checkpoint', path]), 'is not of this text');
    expect((await audit(['verify', '--checkpoint', join(home, 'none')])).exitCode).toBe(1);
  });
});

describe('a row of the log that a superuser touches', () => {
  const flip = (column: string) => `${column} = set_byte(${column}, 5, (get_byte(${column}, 5) + 1) % 256)`;

  it.each([
    [
      'edits',
      `update audit_log set leaf = replace(encode(leaf, 'escape'), '"n":300}', '"n":301}')::bytea where seq = 300`,
    ],
    [
      'edits, with its hash,',
      `update audit_log set ${flip('leaf')}, leaf_hash = sha256(decode('00', 'hex') || set_byte(leaf, 5, (get_byte(leaf, 5) + 1) % 256)) where seq = 300`,
    ],
    ['files elsewhere', `update audit_log set subject_id = 'ds_2' where seq = 300`],
    ['deletes', 'delete from audit_log where seq = 300'],
    ['deletes at the end', 'delete from audit_log where seq = 600'],
    [
      'swaps with another',
      `update audit_log a set leaf = b.leaf, leaf_hash = b.leaf_hash, act_id = b.act_id, at = b.at, action = b.action, subject_id = b.subject_id
       from audit_log b where (a.seq, b.seq) in ((300, 301), (301, 300))`,
    ],
    [
      'hides the private part of',
      `delete from audit_private where act_id = (select act_id from audit_log where seq = 301)`,
    ],
  ])('and %s is found over the network', async (_what, statement) => {
    const kept = await keep();
    const [row] = await log.database.query<{ seq: number }>(
      ctx,
      'select seq from audit_log join audit_private using (act_id) where seq >= 300 order by seq limit 1',
    );
    await log.tamper(statement.replaceAll('seq = 301)', `seq = ${row?.seq ?? 0})`));

    await expectFound(await audit(['verify', '--checkpoint', kept]), /leaf|Leaf/);
    expect((await log.daily.run(ctx)).problem).not.toBeNull();
  });

  const COLUMNS = 'at, action, subject_id, dataset_id, grant_id, organization_ids';
  it.each([
    [
      'edits',
      `select act_id, ${COLUMNS}, replace(encode(leaf, 'escape'), '"n":300}', '"n":301}')::bytea from audit_log`,
    ],
    ['deletes', `select act_id, ${COLUMNS}, leaf from audit_log where seq <> 300`],
    [
      'reorders',
      `select case seq when 302 then act_id + 1 when 303 then act_id - 1 else act_id end, ${COLUMNS}, leaf from audit_log`,
    ],
    [
      'inserts',
      `select act_id * 2, ${COLUMNS}, leaf from audit_log union all select act_id * 2 + 1, ${COLUMNS}, leaf from audit_log where seq = 302`,
      'update audit_private set act_id = -2 * act_id',
      'update audit_private set act_id = -act_id',
    ],
  ])(
    'and %s, computing every hash again, emptying the store and signing with the stolen key, is found by an older checkpoint',
    async (_what, selection, ...privately) => {
      const kept = await keep();
      await audit(['verify']);
      await log.tamper(
        `insert into audit_pending (id, at, action, subject_id, dataset_id, grant_id, organization_ids, leaf) overriding system value ${selection}`,
        'delete from audit_log',
        'delete from audit_subtrees',
        `update audit_checkpoint set size = 0, edge = '{}', root_hash = sha256(''), chain_hash = decode(repeat('00', 32), 'hex')`,
        `update audit_signed_checkpoint set size = 0, root_hash = sha256(''), note = null`,
        ...privately,
      );
      for (const path of (await log.published()).keys()) await log.objects.delete(`log/${path}`);
      await log.database.query(ctx, `select setval(pg_get_serial_sequence('audit_pending', 'id'), 100000)`);
      await log.sequence();
      await log.act(300, 5_000);
      await publish();

      await expectFound(await audit(['verify', '--checkpoint', kept], 'somebody else'), 'rewritten');
      await expectFound(await audit(['verify']), 'rewritten');
    },
  );
});

describe('bodega audit export', () => {
  it('writes every leaf as a line of base64, in order, under its name only when all was verified', async () => {
    const out = join(home, 'leaves');
    const run = await audit(['export', '--out', out]);

    const text = await readFile(out, 'utf8');
    expect(run.json()).toMatchObject({ path: out, size: 601, bytes: text.length });
    expect(text).toBe((await log.leaves()).map((leaf) => `${leaf.toString('base64')}\n`).join(''));

    await log.tamper('delete from audit_log where seq = 300');
    const failed = await audit(['export', '--out', out]);
    expect([failed.exitCode, failed.json()]).toEqual([
      1,
      { error: expect.objectContaining({ code: 'CLI_LOG_NOT_VERIFIED' }) },
    ]);
    expect(await readFile(out, 'utf8')).toBe(text);
    expect((await readdir(home)).sort()).toEqual(['auditor', 'leaves']);
  });
});

function idOf(vkey: string): string {
  const [name = '', , material = ''] = vkey.split('+');
  return createHash('sha256').update(`${name}\n`).update(Buffer.from(material, 'base64')).digest('hex').slice(0, 8);
}
