import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { INestApplicationContext } from '@nestjs/common';
import { Audit, AuditModule, AuditQueries, AuditSequencer, AuditWorkerModule, LogVerification } from '@app/audit';
import type { Act } from '@app/audit';
import { Database } from '@app/database';
import { JobsModule } from '@app/jobs';
import { merkleRoot, systemContext } from '@app/kernel';
import type { RequestContext } from '@app/kernel';
import { anonymousContext, userContext } from '../../support/actors.js';
import { openApplication } from '../../support/application.js';
import { createTestDatabase } from '../../support/database.js';
import type { TestDatabase } from '../../support/database.js';

jest.setTimeout(60_000);

const ctx = systemContext('test');

/** Without a key nothing is published, so nobody calls there. */
const NO_STORE = { S3_ENDPOINT: 'http://127.0.0.1:9', S3_ACCESS_KEY_ID: 'none', S3_SECRET_ACCESS_KEY: 'none-at-all' };

let testDatabase: TestDatabase;
let application: INestApplicationContext;
let database: Database;
let audit: Audit;
let sequencer: AuditSequencer;
let queries: AuditQueries;
let verification: LogVerification;

beforeEach(async () => {
  testDatabase = await createTestDatabase();
  application = await openApplication({ databaseUrl: testDatabase.url, modules: [AuditModule, JobsModule] });
  database = application.get(Database);
  audit = application.get(Audit);
  sequencer = application.get(AuditSequencer);
  queries = application.get(AuditQueries);
  verification = application.get(LogVerification);
});

afterEach(async () => {
  await application.close();
  await testDatabase.drop();
});

const actOf = (facts: Act['facts'], about: Act['about'] = {}): Act => ({
  action: 'dataset.listed',
  subject: { kind: 'dataset', id: 'ds_1' },
  about,
  facts,
});

/** Records one act in a transaction of its own, as a service does. */
const act = (facts: Act['facts'], by: RequestContext = ctx, about: Act['about'] = {}) =>
  database.transaction(by, (by) => audit.record(by, actOf(facts, about)));

async function factsInOrder(): Promise<Record<string, unknown>[]> {
  const rows = await database.query<{ leaf: Buffer }>(ctx, 'select leaf from audit_log order by seq');
  return rows.map((row) => (JSON.parse(row.leaf.toString()) as { facts: Record<string, unknown> }).facts);
}

async function expectGapless(size: number): Promise<void> {
  const [row] = await database.query(ctx, 'select count(*) as count, min(seq) as min, max(seq) as max from audit_log');
  expect(row).toEqual({ count: size, min: 0, max: size - 1 });
}

/** As somebody who owns the database and switches the triggers off. */
async function tamper(...statements: string[]): Promise<void> {
  await database.transaction(ctx, async (ctx) => {
    await database.query(ctx, `set local session_replication_role = replica`);
    for (const statement of statements) expect(await database.execute(ctx, statement)).toBeGreaterThan(0);
  });
}

describe('recording', () => {
  it('appends a committed act, with its root over the leaf', async () => {
    const id = await act({ n: 1 });
    await sequencer.sequenceAll(ctx);

    const rows = await database.query<{ seq: number; act_id: number; leaf_hash: Buffer }>(
      ctx,
      'select * from audit_log',
    );
    const tip = await queries.checkpoint(anonymousContext());
    expect(rows.map((row) => [row.seq, String(row.act_id)])).toEqual([[0, id]]);
    expect(tip).toMatchObject({ size: 1, rootHash: merkleRoot(rows.map((row) => row.leaf_hash)) });
  });

  it('leaves nothing of an act that rolled back', async () => {
    const rolledBack = database.transaction(userContext(), async (by) => {
      await audit.record(by, { ...actOf({ n: 1 }), private: { secret: 'x' } });
      throw new Error('changed my mind');
    });
    await expect(rolledBack).rejects.toThrow('changed my mind');
    await act({ n: 2 });
    await sequencer.sequenceAll(ctx);

    expect(await factsInOrder()).toEqual([{ n: 2 }]);
    expect(await database.query(ctx, 'select from audit_private')).toEqual([]);
  });

  it('reads none of the leaves before it, also where the server has planned for an empty log', async () => {
    await database.query(ctx, 'vacuum analyze audit_log');
    const leavesRead = async (by: RequestContext): Promise<number> => {
      const [row] = await database.query<{ leaves: number }>(
        by,
        `select sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::int as leaves from pg_stat_xact_user_tables where relname like 'audit\\_log%'`,
      );
      return row?.leaves ?? NaN;
    };
    const append = (acts: number): Promise<number> =>
      database.transaction(userContext(), async (by) => {
        for (let n = 0; n < acts; n++) await audit.record(by, actOf({ n }));
        const before = await leavesRead(by);
        await sequencer.sequenceBatch(by);
        return (await leavesRead(by)) - before;
      });

    const read: number[] = [];
    for (let batch = 0; batch < 12; batch++) read.push(await append(50));

    expect(read).toEqual(read.map(() => 50));
  });

  it('refuses to record outside a transaction', async () => {
    await expect(audit.record(ctx, actOf({}))).rejects.toThrow('must be recorded in the transaction of its act');
  });

  it('keeps who acted and what is private outside the leaf', async () => {
    const by = userContext();
    await database.transaction(by, (by) => audit.record(by, { ...actOf({ n: 1 }), private: { ip: '203.0.113.9' } }));
    await sequencer.sequenceAll(ctx);

    const [row] = await database.query<{ leaf: Buffer; record: string }>(
      ctx,
      'select leaf, record from audit_log join audit_private using (act_id)',
    );
    const userId = by.actor.kind === 'user' ? by.actor.userId : '';
    expect(row?.leaf.toString()).not.toContain(userId);
    expect(row?.leaf.toString()).not.toContain('203.0.113.9');
    expect(row?.record).toContain(userId);
    expect(row?.record).toContain('203.0.113.9');
    expect(await verification.verifyLog(ctx)).toMatchObject({ isIntact: true });
  });
});

describe('sequencing', () => {
  it('orders the acts of 16 clients without a gap, each after its cause', async () => {
    const clients = 16;
    const each = 25;
    let isDone = false;
    const sequencing = (async () => {
      while (!isDone) await sequencer.sequenceBatch(ctx);
    })();

    await Promise.all(
      Array.from({ length: clients }, async (_, client) => {
        for (let n = 0; n < each; n++) await act({ client, n });
      }),
    );
    isDone = true;
    await sequencing;
    await sequencer.sequenceAll(ctx);

    await expectGapless(clients * each);
    const order = await factsInOrder();
    for (let client = 0; client < clients; client++) {
      const own = order.filter((facts) => facts['client'] === client).map((facts) => facts['n']);
      expect(own).toEqual(Array.from({ length: each }, (_, n) => n));
    }
    expect(await verification.verifyLog(ctx)).toMatchObject({
      isIntact: true,
      checked: clients * each,
      isRootChecked: true,
    });
  });

  it('lets two sequencers take turns without losing or doubling an act', async () => {
    for (let n = 0; n < 20; n++) await act({ n });
    const work = Array.from({ length: 4 }, () => sequencer.sequenceAll(ctx));
    for (let n = 20; n < 60; n++) await act({ n });
    await Promise.all(work);
    await sequencer.sequenceAll(ctx);

    await expectGapless(60);
    expect(await verification.verifyLog(ctx)).toMatchObject({ isIntact: true, checked: 60 });
  });

  it('goes on where a sequencer was killed in the middle of a batch', async () => {
    for (let n = 0; n < 10; n++) await act({ n });
    // The sequencer can read and lock the tip's row, append and delete, but stops where it moves the tip.
    const holder = await database.pool.connect();
    await holder.query('begin; lock table audit_checkpoint in share mode');
    const child = spawn(
      process.execPath,
      ['--import', '#typescript', fileURLToPath(new URL('./sequencer-process.ts', import.meta.url)), testDatabase.url],
      { stdio: ['ignore', 'ignore', 'inherit'] },
    );
    const waiting = `select from pg_locks where not granted and relation = 'audit_checkpoint'::regclass`;
    while (!(await database.query(ctx, waiting)).length) await delay(10);

    child.kill('SIGKILL');
    await once(child, 'exit');
    await holder.query('rollback');
    holder.release();
    const worker = await openApplication({
      databaseUrl: testDatabase.url,
      modules: [AuditWorkerModule, AuditModule, JobsModule],
      environment: NO_STORE,
    });
    await act({ n: 10 });
    while ((await queries.checkpoint(ctx)).size < 11) await delay(10);
    await worker.close();

    await expectGapless(11);
    expect((await factsInOrder()).map((facts) => facts['n'])).toEqual(Array.from({ length: 11 }, (_, n) => n));
    expect(await verification.verifyLog(ctx)).toMatchObject({ isIntact: true, checked: 11, isRootChecked: true });
  });

  it('goes on after the sequencer lost its lock with its connection', async () => {
    const worker = await openApplication({
      databaseUrl: testDatabase.url,
      modules: [AuditWorkerModule, AuditModule, JobsModule],
      environment: NO_STORE,
    });
    await act({ n: 0 });
    while ((await queries.checkpoint(ctx)).size < 1) await delay(10);

    const lost = await database.query(
      ctx,
      `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'bodega posts' and datname = current_database()`,
    );
    await act({ n: 1 });
    while ((await queries.checkpoint(ctx)).size < 2) await delay(10);
    await worker.close();

    expect(lost).toHaveLength(1);
    expect(await verification.verifyLog(ctx)).toMatchObject({ isIntact: true, checked: 2 });
  });

  it('keeps the roots of full tiles, over several batches', async () => {
    for (const size of [200, 100, 300]) {
      await database.transaction(ctx, async (ctx) => {
        for (let n = 0; n < size; n++) await audit.record(ctx, actOf({ n }));
      });
      await sequencer.sequenceAll(ctx);
    }

    const leaves = await database.query<{ leaf_hash: Buffer }>(ctx, 'select leaf_hash from audit_log order by seq');
    const tiles = await database.query(ctx, 'select height, idx, hash from audit_subtrees order by idx');
    const rootOf = (from: number, to: number) => merkleRoot(leaves.slice(from, to).map((row) => row.leaf_hash));
    expect(tiles).toEqual([
      { height: 8, idx: 0, hash: rootOf(0, 256) },
      { height: 8, idx: 1, hash: rootOf(256, 512) },
    ]);
    expect(await verification.verifyLog(ctx)).toMatchObject({ isIntact: true, checked: 600 });
  });

  it('opens the next partition when its first leaf comes', async () => {
    const size = 9_999_999;
    const subtrees = Array.from(size.toString(2)).filter((bit) => bit === '1').length;
    await database.query(ctx, `update audit_checkpoint set size = $1, edge = array_fill(sha256('x'), array[$2::int])`, [
      size,
      subtrees,
    ]);
    for (let n = 0; n < 3; n++) await act({ n });
    await sequencer.sequenceAll(ctx);

    const rows = await database.query(ctx, 'select tableoid::regclass::text as name, seq from audit_log order by seq');
    expect(rows).toEqual([
      { name: 'audit_log_p0', seq: 9_999_999 },
      { name: 'audit_log_p1', seq: 10_000_000 },
      { name: 'audit_log_p1', seq: 10_000_001 },
    ]);
    await expect(database.query(ctx, 'truncate audit_log_p1')).rejects.toThrow('the audit log is append-only');
  });
});

describe('the database itself', () => {
  beforeEach(async () => {
    await act({ n: 0 }, userContext());
    await sequencer.sequenceAll(ctx);
    await act({ n: 1 });
  });

  it.each([
    'update audit_log set action = action',
    'delete from audit_log',
    'truncate audit_log',
    'update audit_log_p0 set leaf = leaf',
    'delete from audit_log_p0',
    'truncate audit_log_p0',
    'update audit_private set record = record',
    'delete from audit_private',
    'truncate audit_private',
    'update audit_pending set at = at',
    'truncate audit_pending',
    'update audit_checkpoint set size = size',
    'update audit_checkpoint set size = 0',
    'delete from audit_checkpoint',
    'truncate audit_checkpoint',
  ])('refuses: %s', async (statement) => {
    await expect(database.query(ctx, statement)).rejects.toThrow('the audit log is append-only');
  });

  it('lets a waiting act leave for the log only', async () => {
    await expect(database.query(ctx, 'delete from audit_pending')).rejects.toThrow(
      'an act may leave only for the audit log',
    );
  });
});

describe('verifyLog', () => {
  beforeEach(async () => {
    await database.transaction(ctx, async (ctx) => {
      for (let n = 0; n < 260; n++)
        await audit.record(n % 20 === 0 ? { ...userContext(), tx: ctx.tx } : ctx, actOf({ n }));
    });
    await sequencer.sequenceAll(ctx);
  });

  const flip = (column: string) => `${column} = set_byte(${column}, 5, (get_byte(${column}, 5) + 1) % 256)`;

  it.each<[string, number | null, string]>([
    [`update audit_log set ${flip('leaf')} where seq = 7`, 7, 'is not what its hash says'],
    [
      `update audit_log set leaf = replace(encode(leaf, 'escape'), '"n":7', '"n":8')::bytea where seq = 7`,
      7,
      'is not what its hash says',
    ],
    [
      `update audit_log set ${flip('leaf')}, leaf_hash = sha256(decode('00', 'hex') || set_byte(leaf, 5, (get_byte(leaf, 5) + 1) % 256)) where seq = 7`,
      7,
      'The chain breaks',
    ],
    [`update audit_log set ${flip('chain_hash')} where seq = 7`, 7, 'The chain breaks'],
    [
      `update audit_log set organization_ids = '{org_friend}' where seq = 7`,
      7,
      'filed under facts that it does not state',
    ],
    [`update audit_log set at = at - interval '1 hour' where seq = 7`, 7, 'filed under facts that it does not state'],
    ['delete from audit_log where seq = 7', 7, 'Leaf 7 is missing'],
    ['delete from audit_log where seq = 259', 259, 'Leaf 259 is missing'],
    [
      `update audit_private set record = replace(record, 'usr_', 'usr-') where act_id = (select act_id from audit_log where seq = 20)`,
      20,
      'private record',
    ],
    ['delete from audit_private where act_id = (select act_id from audit_log where seq = 20)', 20, 'private record'],
    [`update audit_subtrees set ${flip('hash')}`, 255, 'stored subtree'],
    [`update audit_checkpoint set ${flip('root_hash')}`, null, 'The root of the tip'],
    [`update audit_checkpoint set ${flip('chain_hash')}`, null, 'The chain does not end'],
  ])('finds what a superuser did: %s', async (statement, firstBadSeq, problem) => {
    expect(await verification.verifyLog(ctx)).toMatchObject({ isIntact: true, checked: 260, isRootChecked: true });

    await tamper(statement);

    const verdict = await verification.verifyLog(ctx);
    expect(verdict).toMatchObject({ isIntact: false, firstBadSeq });
    expect(verdict.problem).toContain(problem);
  });

  it('finds a log rewritten from end to end by an older checkpoint', async () => {
    const tip = await queries.checkpoint(ctx);
    const known = { size: tip.size, rootHash: tip.rootHash.toString('hex') };
    for (let n = 260; n < 265; n++) await act({ n });
    await sequencer.sequenceAll(ctx);
    expect(await verification.verifyLog(ctx, { known: [known] })).toMatchObject({ isIntact: true, checked: 265 });

    await tamper(
      `insert into audit_pending (id, at, action, subject_id, dataset_id, grant_id, organization_ids, leaf) overriding system value
         select act_id, at, action, subject_id, dataset_id, grant_id, organization_ids,
           replace(encode(leaf, 'escape'), '"n":7}', '"n":8}')::bytea from audit_log`,
      'delete from audit_log',
      'delete from audit_subtrees',
      `update audit_checkpoint set size = 0, edge = '{}', chain_hash = decode(repeat('00', 32), 'hex')`,
    );
    await sequencer.sequenceAll(ctx);

    expect(await verification.verifyLog(ctx)).toMatchObject({ isIntact: true, checked: 265 });
    expect(await verification.verifyLog(ctx, { known: [known] })).toMatchObject({
      isIntact: false,
      problem: 'The first 260 leaves are not those of the known checkpoint.',
    });
  });

  it('looks at a part of the log when asked', async () => {
    await tamper(`update audit_log set ${flip('leaf')} where seq = 7`);

    expect(await verification.verifyLog(ctx, { from: 8 })).toMatchObject({
      isIntact: true,
      checked: 252,
      isRootChecked: false,
    });
    expect(await verification.verifyLog(ctx, { to: 7 })).toMatchObject({
      isIntact: true,
      checked: 7,
      isRootChecked: false,
    });
    expect(await verification.verifyLog(ctx, { from: 5, to: 9 })).toMatchObject({ isIntact: false, firstBadSeq: 7 });
  });

  it('is for operators', async () => {
    await expect(verification.verifyLog(userContext())).rejects.toMatchObject({ code: 'REQUEST_FORBIDDEN' });
    await expect(verification.verifyLog(anonymousContext())).rejects.toMatchObject({ code: 'REQUEST_UNAUTHENTICATED' });
    expect(await verification.verifyLog(userContext({ isAdmin: true }))).toMatchObject({ isIntact: true });
  });
});

describe('reading', () => {
  const seller = userContext({ organizationId: 'org_seller' });
  const buyer = userContext({ organizationId: 'org_buyer' });
  const stranger = userContext({ organizationId: 'org_stranger' });
  const admin = userContext({ organizationId: 'org_market', isAdmin: true });

  beforeEach(async () => {
    await act({ n: 0 }, seller, { datasetId: 'ds_a' });
    await act({ n: 1 }, buyer, { datasetId: 'ds_a', organizationIds: ['org_seller'], grantId: 'grt_1' });
    await act({ n: 2 }, ctx, { organizationIds: ['org_buyer'] });
    await act({ n: 3 }, ctx);
    await sequencer.sequenceAll(ctx);
  });

  async function seen(by: RequestContext, filter: Parameters<AuditQueries['auditLog']>[2] = {}): Promise<unknown[]> {
    const page = await queries.auditLog(by, {}, filter);
    return page.items.map((row) => (JSON.parse(row.leaf.toString()) as { facts: { n: number } }).facts.n);
  }

  it('shows an organization the acts that name it, newest first, and the operator all', async () => {
    expect(await seen(seller)).toEqual([1, 0]);
    expect(await seen(buyer)).toEqual([2, 1]);
    expect(await seen(admin)).toEqual([3, 2, 1, 0]);
  });

  it('shows another organization nothing, whatever it asks for', async () => {
    expect(await seen(stranger)).toEqual([]);
    expect(await seen(stranger, { organizationId: 'org_seller' })).toEqual([]);
    expect(await seen(stranger, { datasetId: 'ds_a' })).toEqual([]);
    expect(await seen(stranger, { grantId: 'grt_1' })).toEqual([]);
  });

  it('shows an operator no more than a member when the key lacks the scope', async () => {
    expect(await seen(userContext({ isAdmin: true, scopes: new Set(['catalog:read']) }))).toEqual([]);
  });

  it('refuses passers-by', async () => {
    await expect(seen(anonymousContext())).rejects.toMatchObject({ code: 'REQUEST_UNAUTHENTICATED' });
  });

  it('filters by every field', async () => {
    const [row] = (await queries.auditLog(admin, {}, { grantId: 'grt_1' })).items;
    expect(await seen(admin, { grantId: 'grt_1' })).toEqual([1]);
    expect(await seen(admin, { datasetId: 'ds_a' })).toEqual([1, 0]);
    expect(await seen(admin, { organizationId: 'org_buyer' })).toEqual([2, 1]);
    expect(await seen(admin, { subjectId: 'ds_1', action: 'dataset.listed' })).toEqual([3, 2, 1, 0]);
    expect(await seen(admin, { subjectId: 'ds_2' })).toEqual([]);
    expect(await seen(admin, { action: 'dataset.suspended' })).toEqual([]);
    expect(await seen(admin, { to: row?.at ?? null })).not.toContain(1);
    expect(await seen(admin, { from: row?.at ?? null })).toContain(1);
  });

  it('pages through the log without a gap or a repeat while it grows', async () => {
    const first = await queries.auditLog(admin, { first: 2 });
    await act({ n: 4 });
    await sequencer.sequenceAll(ctx);
    const second = await queries.auditLog(admin, { first: 2, after: first.cursors.at(-1) ?? null });

    expect(first.items.map((row) => row.seq)).toEqual([3, 2]);
    expect(first.hasNextPage).toBe(true);
    expect(second.items.map((row) => row.seq)).toEqual([1, 0]);
    expect(second.hasNextPage).toBe(false);
  });

  it('refuses a cursor of another list, and a page that is too long', async () => {
    await expect(queries.auditLog(admin, { after: 'nonsense' })).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
    await expect(queries.auditLog(admin, { first: 101 })).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
  });
});
