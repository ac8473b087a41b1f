import { spawn } from 'node:child_process';
import { createPublicKey } from 'node:crypto';
import { once } from 'node:events';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { LogChecks, VerifyLogJob } from '@app/audit';
import { Clock, systemContext } from '@app/kernel';
import pg from 'pg';
import { checkpointOf, resourcesOf } from '../../conformance/log/independent-log.js';
import { testServerUrl, urlOfDatabase } from '../../support/database.js';
import { ORIGIN, SignedLog } from '../../support/signed-log.js';

jest.setTimeout(180_000);

const ctx = systemContext('test');

let log: SignedLog;

beforeEach(async () => {
  log = await SignedLog.open();
});

afterEach(() => log.close());

/** The store holds what the specification says for the leaves, and beside it the signed checkpoint of just them. */
async function expectPublished(size: number): Promise<void> {
  const leaves = await log.leaves();
  const expected = resourcesOf(leaves.slice(0, size));
  const { checkpoint = Buffer.alloc(0), ...published } = Object.fromEntries(await log.published());
  expect(Object.keys(published).sort()).toEqual([...expected.keys()].sort());
  for (const [path, bytes] of expected) expect([path, published[path]?.equals(bytes)]).toEqual([path, true]);
  expect(checkpointOf(checkpoint, log.vkey)).toMatchObject({ origin: ORIGIN, size });
  expect(checkpoint.toString()).toBe(await log.note());
}

const refusal = { code: 'AUDIT_CONTRADICTION' };

/** A copy of the database as it is now, as from a backup. */
async function backUp(): Promise<string> {
  const name = `${log.testDatabase.name}_old`;
  await log.application.close();
  await onServer(`create database ${name} template ${log.testDatabase.name}`);
  await log.restart();
  return name;
}

async function onServer(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: testServerUrl() });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

/** Every leaf anew, after a change of their order or number, with every hash, link, subtree and the tip computed again. */
async function rewrite(selection: string): Promise<void> {
  await log.tamper(
    `insert into audit_pending (id, at, action, subject_id, dataset_id, grant_id, organization_ids, leaf) overriding system value
       ${selection}`,
    'delete from audit_log',
    `update audit_checkpoint set size = 0, edge = '{}', root_hash = sha256(''), chain_hash = decode(repeat('00', 32), 'hex')`,
  );
  await log.database.transaction(ctx, async (ctx) => {
    await log.database.query(ctx, 'set local session_replication_role = replica');
    await log.database.query(ctx, 'delete from audit_subtrees');
  });
  await log.sequence();
}

const COLUMNS = 'at, action, subject_id, dataset_id, grant_id, organization_ids';

describe('publishing', () => {
  it('writes tiles, bundles and a signed checkpoint, whatever the sizes on the way', async () => {
    let size = 0;
    for (const more of [1, 2, 250, 1, 1, 1, 255, 1, 300]) {
      await log.act(more, size);
      await log.publish();
      size = (await log.leaves()).length;
      await expectPublished(size);
    }
    expect(await log.daily.run(ctx)).toEqual({ size, problem: null });
  });

  it('says in the log which key signs, before its first checkpoint', async () => {
    await log.publish();
    await log.sequence();
    await log.publish();

    const [leaf] = await log.leaves();
    expect(JSON.parse(leaf?.toString() ?? '')).toMatchObject({
      action: 'log_key.introduced',
      subject: { kind: 'log_key', id: log.vkey.split('+')[1] },
      facts: { vkey: log.vkey },
    });
  });

  it('changes nothing when there is nothing new', async () => {
    await log.act(300);
    await log.publish();
    await log.sequence();
    await log.publish();
    const [note, published] = [await log.note(), await log.published()];

    await log.publish();
    await log.restart();
    await log.publish();

    expect(await log.note()).toBe(note);
    expect(await log.published()).toEqual(published);
  });

  it('signs nothing without a key, and catches up when one comes', async () => {
    await log.restart({ environment: { LOG_KEY_FILE: '' } });
    await log.act(300);
    await log.publish();

    expect([(await log.published()).size, await log.note(), log.vkey]).toEqual([0, '', '']);
    expect(await log.daily.run(ctx)).toEqual({ size: 300, problem: null });
    await expect(log.proofs.inclusionProof(ctx, { seq: 1 })).rejects.toMatchObject({ code: 'AUDIT_NOT_SIGNED' });

    await log.restart();
    await log.publish();
    await expectPublished(300);
  });

  it('by two at once comes to the same', async () => {
    await log.act(700);
    const another = new SignedLog();
    Object.assign(another, { ...log, application: undefined });
    await another.restart();

    for (let round = 0; round < 5; round++) {
      await Promise.allSettled([log.publish(), another.publish(), log.publish()]);
      await log.act(30, 700 + round * 30);
    }
    await another.application.close();
    await log.publish();

    const size = (await log.leaves()).length;
    expect(checkpointOf((await log.published()).get('checkpoint') ?? Buffer.alloc(0), log.vkey)).toMatchObject({
      size,
    });
    const published = await log.published();
    for (const [path, bytes] of resourcesOf(await log.leaves())) {
      expect([path, published.get(path)?.equals(bytes)]).toEqual([path, true]);
    }
    expect(await log.daily.run(ctx)).toEqual({ size, problem: null });
  });

  it('killed in the middle, again and again, leaves nothing wrong and loses nothing', async () => {
    await log.act(6_000);
    for (const path of ['tile/entries/003', 'tile/entries/011', 'tile/entries/019']) {
      const child = spawn(
        process.execPath,
        [
          '--import',
          '#typescript',
          fileURLToPath(new URL('./publisher-process.ts', import.meta.url)),
          log.testDatabase.url,
          JSON.stringify(log.environment),
        ],
        { stdio: ['ignore', 'ignore', 'inherit'] },
      );
      while (!(await log.objects.head(`log/${path}`))) await delay(1);
      child.kill('SIGKILL');
      await once(child, 'exit');

      // What is signed is there, whole; what lies beyond it proves nothing yet.
      const signed = await log.proofs.signedCheckpoint(ctx);
      const published = await log.published();
      for (const [path, bytes] of resourcesOf((await log.leaves()).slice(0, signed?.size ?? 0))) {
        expect([path, published.get(path)?.equals(bytes)]).toEqual([path, true]);
      }
    }
    await log.act(10, 6_000);
    await log.publish();

    const size = (await log.leaves()).length;
    expect((await log.proofs.signedCheckpoint(ctx))?.size).toBe(size);
    expect(await log.daily.run(ctx)).toEqual({ size, problem: null });
  });

  it('goes on after the store was away', async () => {
    await log.act(10);
    await log.publish();
    const port = Number(new URL(log.store.url).port);
    await log.stopStore();
    await log.act(300, 10);
    await expect(log.publish()).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' });

    await log.startStore(port);
    await log.publish();

    await expectPublished(311);
  });

  it('writes everything anew into a store that lost it', async () => {
    await log.act(600);
    await log.publish();
    for (const path of (await log.published()).keys()) await log.objects.delete(`log/${path}`);
    await log.restart();
    await log.publish();
    await expectPublished((await log.proofs.signedCheckpoint(ctx))?.size ?? 0);

    for await (const { key } of log.objects.list('log/tile/0/002.p/')) await log.objects.delete(key);
    await log.act(1, 600);
    await log.publish();
    await expectPublished((await log.leaves()).length);
  });
});

describe('a change of keys', () => {
  it('is told by leaves, is signed by both while both are there, and leaves the old one published', async () => {
    await log.act(5);
    await log.publish();
    const old = log.vkey;
    const oldNote = await log.note();
    await log.addKey('2027-01.pem');
    await log.restart();
    const [fresh = ''] = log.proofs.vkeys;
    expect(log.proofs.vkeys).toEqual([fresh, old]);
    await log.publish();
    await log.sequence();
    await log.publish();

    const both = Buffer.from(await log.note());
    expect(checkpointOf(both, old)).toEqual(checkpointOf(both, fresh));
    expect(checkpointOf(both, old)?.size).toBe(7);

    // The old one retires: its public half stays.
    const pem = await readFile(join(log.keyFolder, '2026-01.pem'), 'utf8');
    await writeFile(join(log.keyFolder, '2026-01.pem'), createPublicKey(pem).export({ type: 'spki', format: 'pem' }));
    await log.restart();
    await log.publish();
    await log.sequence();
    await log.publish();

    const alone = Buffer.from(await log.note());
    expect([checkpointOf(alone, old), checkpointOf(alone, fresh)?.size]).toEqual([null, 8]);
    expect(log.proofs.vkeys).toEqual([fresh, old]);
    expect(checkpointOf(Buffer.from(oldNote), old)?.size).toBe(5);
    const told = (await log.leaves()).map((leaf) => JSON.parse(leaf.toString()) as { action: string; facts: unknown });
    expect(
      told.filter(({ action }) => action.startsWith('log_key.')).map(({ action, facts }) => [action, facts]),
    ).toEqual([
      ['log_key.introduced', { vkey: old }],
      ['log_key.introduced', { vkey: fresh }],
      ['log_key.retired', { vkey: old }],
    ]);
  });

  it('that throws the old public half away is refused: nothing could be compared any more', async () => {
    await log.act(5);
    await log.publish();
    await rm(join(log.keyFolder, '2026-01.pem'));
    await log.addKey('2027-01.pem');
    await log.restart();
    await log.act(5, 5);

    await expect(log.publish()).rejects.toMatchObject(refusal);
  });

  it('follows a market to another address', async () => {
    await log.act(5);
    await log.publish();
    await log.restart({ environment: { PUBLIC_URL: 'https://elsewhere.example/shop' } });
    await log.publish();
    await log.sequence();
    await log.publish();

    expect(checkpointOf(Buffer.from(await log.note()), log.vkey)).toMatchObject({
      origin: 'elsewhere.example/shop/log',
    });
    expect(await log.daily.run(ctx)).toMatchObject({ problem: null });
  });
});

describe('a database restored from an older backup', () => {
  let old: string;
  let before: Map<string, Buffer>;

  beforeEach(async () => {
    await log.act(100);
    await log.publish();
    old = await backUp();
    await log.act(20, 100);
    await log.publish();
    before = await log.published();
    await log.restart({ databaseUrl: urlOfDatabase(old) });
  });

  afterEach(async () => {
    await log.application.close();
    await onServer(`drop database ${old} with (force)`);
    await log.restart();
  });

  it('is not signed, neither as it is nor when it has grown past what was signed', async () => {
    await expect(log.publish()).rejects.toMatchObject(refusal);
    await log.act(50, 1_000);
    await expect(log.publish()).rejects.toThrow('restored from an older backup');

    expect(await log.published()).toEqual(before);
    expect(checkpointOf(Buffer.from(await log.note()), log.vkey)?.size).toBeLessThanOrEqual(101);
    expect((await log.daily.run(ctx)).problem).toContain('knows of');
  });

  it('is not signed either when somebody lets it know of the newest checkpoint', async () => {
    await log.act(50, 1_000);
    const note = (before.get('checkpoint') ?? '').toString();
    const { size = 0, root = Buffer.alloc(0) } = checkpointOf(Buffer.from(note), log.vkey) ?? {};
    await log.database.query(ctx, 'update audit_signed_checkpoint set size = $1, root_hash = $2, note = $3', [
      size,
      root,
      note,
    ]);

    await expect(log.publish()).rejects.toMatchObject(refusal);
    expect((await log.daily.run(ctx)).problem).toMatch(/not those of the known checkpoint/);
    expect(await log.published()).toEqual(before);
  });
});

describe('who owns the database and computes every hash again', () => {
  beforeEach(async () => {
    await log.act(600);
    await log.publish();
    await log.sequence();
    await log.publish();
    expect(await log.daily.run(ctx)).toMatchObject({ problem: null });
  });

  it.each([
    [
      'edits a leaf',
      `select act_id, ${COLUMNS}, replace(encode(leaf, 'escape'), '"n":300}', '"n":301}')::bytea from audit_log`,
    ],
    ['deletes a leaf', `select act_id, ${COLUMNS}, leaf from audit_log where seq <> 300`],
    ['deletes the last leaf', `select act_id, ${COLUMNS}, leaf from audit_log where seq < 600`],
    [
      'changes the order of two leaves',
      `select case seq when 300 then act_id + 1 when 301 then act_id - 1 else act_id end, ${COLUMNS}, leaf from audit_log`,
    ],
    [
      'inserts a leaf',
      `select act_id * 2, ${COLUMNS}, leaf from audit_log union all select act_id * 2 + 1, ${COLUMNS}, leaf from audit_log where seq = 300`,
    ],
  ])('and %s is found, and gets no signature', async (_what, selection) => {
    const before = await log.published();
    // Found at the latest by the private records, which cling to their acts; he takes them along.
    await rewrite(selection);
    await log.act(300, 2_000);

    expect((await log.daily.run(ctx)).problem).not.toBeNull();
    await expect(log.publish()).rejects.toMatchObject(refusal);
    const after = await log.published();
    expect(after.get('checkpoint')).toEqual(before.get('checkpoint'));
    for (const [path, bytes] of before) expect([path, after.get(path)?.equals(bytes)]).toEqual([path, true]);
  });

  it('and forgets that anything was ever signed is found by the checkpoint in the store', async () => {
    await log.tamper(`update audit_signed_checkpoint set size = 0, root_hash = sha256(''), note = null`);

    await expect(log.publish()).rejects.toMatchObject(refusal);
    expect((await log.daily.run(ctx)).problem).toContain('The store publishes a checkpoint of');
  });

  it('and writes a checkpoint of his own is found for want of the key', async () => {
    await log.tamper(
      `update audit_signed_checkpoint set note = replace(note, encode(root_hash, 'base64'), encode(sha256('x'), 'base64')), root_hash = sha256('x')`,
    );

    await expect(log.publish()).rejects.toMatchObject(refusal);
    expect((await log.daily.run(ctx)).problem).toContain('not one that our keys signed');
  });
});

describe('the daily look', () => {
  beforeEach(async () => {
    await log.act(600);
    await log.publish();
  });

  it.each([
    ['tile/0/000', 'leaf 0 is not the one that tile 0/0 holds'],
    ['tile/0/001', 'leaf 256 is not the one that tile 0/1 holds'],
    ['tile/entries/000', ''],
    ['tile/1/000.p/2', 'tile 1/0 is not what the leaves below it hash to'],
  ])('finds a changed byte of %s in the store', async (path, problem) => {
    const bytes = Buffer.from((await log.published()).get(path) ?? '');
    bytes[10] = (bytes[10] ?? 0) ^ 1;
    await log.objects.put(`log/${path}`, bytes);

    expect((await log.daily.run(ctx)).problem).toContain(problem === '' ? 'In the store' : problem);
  });

  it('finds a resource that is gone', async () => {
    await log.objects.delete('log/tile/entries/001');

    expect((await log.daily.run(ctx)).problem).toContain('tile/entries/001 is missing');
  });

  it('is taken once a day, and again at every turn while something is wrong', async () => {
    let nowMs = Date.parse('2026-06-01T10:00:00Z');
    const clock = new (class extends Clock {
      now = (): Date => new Date(nowMs);
    })();
    await log.restart({ clock });
    const job = log.application.get(VerifyLogJob, { strict: false });
    const checks = log.application.get(LogChecks);
    const turn = async (hours: number) => {
      nowMs += hours * 3_600_000;
      await job.run({}, { ctx });
      return checks.last(ctx, 'verification');
    };

    const first = await turn(0);
    expect(first).toMatchObject({ at: new Date('2026-06-01T10:00:00Z'), size: 600, problem: null });
    expect(await turn(1)).toEqual(first);
    expect((await turn(23))?.at).toEqual(new Date('2026-06-02T10:00:00Z'));

    const tile = (await log.published()).get('tile/0/000') ?? Buffer.alloc(0);
    await log.objects.delete('log/tile/0/000');
    expect((await turn(24))?.problem).toContain('tile/0/000 is missing');
    await log.objects.put('log/tile/0/000', tile);
    expect(await turn(1)).toMatchObject({ problem: null });
  });
});

describe('the row of the last signed checkpoint', () => {
  beforeEach(async () => {
    await log.act(3);
    await log.publish();
  });

  it.each([
    'update audit_signed_checkpoint set size = size - 1',
    "update audit_signed_checkpoint set root_hash = sha256('x')",
    "update audit_signed_checkpoint set note = 'x'",
    'delete from audit_signed_checkpoint',
    'truncate audit_signed_checkpoint',
  ])('refuses: %s', async (statement) => {
    await expect(log.database.query(ctx, statement)).rejects.toThrow('the audit log is append-only');
  });
});
