import { fork } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { Audit, AuditModule } from '@app/audit';
import { ConfigModule } from '@app/config';
import { Database, DatabaseModule, migrate } from '@app/database';
import { startPostgres } from '@app/embedded';
import { SCOPES, newId } from '@app/kernel';
import type { RequestContext } from '@app/kernel';
import { atMost, median, quantile } from '../bench-row.js';
import type { BenchRow } from '../bench-row.js';
import { CONNECTIONS } from './environment.js';

const ROUNDS = 3;
const ROUND_MS = 5_000;
const WARM_UP_MS = 1_500;
/** The observer asks this often how far the log is, so it sees an act up to this much later than it was sequenced. */
const LOOK_MS = 2;

interface Round {
  readonly actsPerS: number;
  readonly waitsMs: readonly number[];
}

interface Bench {
  readonly database: Database;
  readonly audit: Audit;
  readonly pool: pg.Pool;
  readonly observer: pg.Client;
}

/**
 * Acts through the real `Audit.record`, each in a transaction of its own, with the sequencer running in another process; against the same
 * leaf inserted by the bare driver in transactions of the same shape (begin, insert, commit), without a sequencer's work.
 */
export async function appendRows(): Promise<BenchRow[]> {
  const folder = await mkdtemp(join(tmpdir(), 'bodega-bench-audit-'));
  // The server may run as another user, and must reach its folder.
  await chmod(folder, 0o755);
  const postgres = await startPostgres({ dataDir: join(folder, 'postgres') });
  try {
    @Module({
      imports: [
        ConfigModule.forRoot({ environment: { DATABASE_URL: postgres.url, DATABASE_POOL: String(CONNECTIONS) } }),
        DatabaseModule,
        AuditModule,
      ],
    })
    class BenchModule {}
    const app = await NestFactory.createApplicationContext(BenchModule, { logger: ['error', 'fatal'] });
    const pool = new pg.Pool({ connectionString: postgres.url, max: CONNECTIONS });
    const observer = new pg.Client({ connectionString: postgres.url });
    try {
      await observer.connect();
      await migrate(app.get(DataSource, { strict: false }));
      await observer.query(`create table bare_acts (like audit_pending including all)`);
      const sequencer = fork(fileURLToPath(new URL('./sequencer-process.ts', import.meta.url)), [postgres.url]);
      await once(sequencer, 'message');
      const bench: Bench = { database: app.get(Database), audit: app.get(Audit), pool, observer };
      const rows = [...(await measure(bench, 0)), ...(await measure(bench, 3_000)), await gapRow(observer)];
      sequencer.disconnect();
      await once(sequencer, 'exit');
      return rows;
    } finally {
      await observer.end();
      await pool.end();
      await app.close();
    }
  } finally {
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Ours and the reference in turn, several rounds. */
async function measure(bench: Bench, commitDelayUs: number): Promise<BenchRow[]> {
  // Without siblings asked for, every flush waits: a disk whose flush takes so long.
  for (const statement of [
    `alter system set commit_delay = ${commitDelayUs}`,
    'alter system set commit_siblings = 0',
    'select pg_reload_conf()',
  ]) {
    await bench.observer.query(statement);
  }
  await load(WARM_UP_MS, (ctx) => record(bench, ctx));
  const ours: Round[] = [];
  const reference: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    ours.push(await oursRound(bench));
    reference.push((await load(ROUND_MS / 2, () => bareInsert(bench.pool))).actsPerS);
  }
  const disk = commitDelayUs === 0 ? '' : `, ${commitDelayUs / 1000} ms a flush`;
  const busy = `load ${loadavg()[0]?.toFixed(1)}`;
  const acts = median(ours.map(({ actsPerS }) => actsPerS));
  const bare = median(reference);
  const bound = commitDelayUs === 0 ? 3_000 : 1_000;
  return [
    {
      work: `append at ${CONNECTIONS} connections${disk}, sequencer running, against bare inserts (${busy})`,
      ours: acts,
      unit: 'acts/s',
      reference: bare,
      ratio: acts / bare,
      reach: `≥ ${bound} acts/s`,
      met: acts >= bound,
    },
    atMost(`p99 from commit until sequenced${disk}`, 'ms', median(ours.map((r) => quantile(r.waitsMs, 0.99))), 200),
  ];
}

async function oursRound(bench: Bench): Promise<Round> {
  const committed = new Map<string, number>();
  const seen: { atMs: number; size: number }[] = [];
  // What an earlier round left must have its place first.
  while ((await bench.observer.query('select from audit_pending limit 1')).rows.length > 0) await delay(LOOK_MS);
  const { rows } = await bench.observer.query<{ size: string }>('select size from audit_checkpoint');
  const before = Number(rows[0]?.size ?? 0);
  let isOver = false;
  const watching = (async () => {
    while (!isOver || (seen.at(-1)?.size ?? 0) < before + committed.size) {
      const { rows } = await bench.observer.query<{ size: string }>('select size from audit_checkpoint');
      seen.push({ atMs: performance.now(), size: Number(rows[0]?.size ?? 0) });
      await delay(LOOK_MS);
    }
  })();
  const { actsPerS } = await load(ROUND_MS, async (ctx) => {
    const id = await record(bench, ctx);
    committed.set(id, performance.now());
  });
  isOver = true;
  await watching;
  const placed = await bench.observer.query<{ seq: number; act_id: number }>(
    'select seq, act_id from audit_log where seq >= $1 order by seq',
    [before],
  );
  const waitsMs: number[] = [];
  let look = 0;
  for (const { seq, act_id: id } of placed.rows) {
    while ((seen[look]?.size ?? Infinity) <= seq) look++;
    const at = committed.get(String(id));
    // What was sequenced before its client heard of the commit did not wait.
    if (at !== undefined) waitsMs.push(Math.max(0, (seen[look]?.atMs ?? Infinity) - at));
  }
  if (waitsMs.length !== committed.size) throw new Error(`${committed.size - waitsMs.length} acts were not sequenced.`);
  return { actsPerS, waitsMs };
}

function record({ database, audit }: Bench, ctx: RequestContext): Promise<string> {
  return database.transaction(ctx, (ctx) =>
    audit.record(ctx, {
      action: 'lease.created',
      subject: { kind: 'lease', id: newId('Lease') },
      about: { datasetId: 'ds_bench', organizationIds: ['org_seller'], grantId: 'grt_bench' },
      facts: { files: 120, bytes: 3_456_789_012 },
    }),
  );
}

const LEAF = Buffer.alloc(450, 'x');

async function bareInsert(pool: pg.Pool): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('begin');
    await client.query({
      name: 'bare',
      text: `insert into bare_acts (at, action, subject_id, dataset_id, grant_id, organization_ids, leaf)
             values ($1, $2, $3, $4, $5, $6, $7) returning id`,
      values: [new Date(), 'lease.created', 'lse_bench', 'ds_bench', 'grt_bench', ['org_buyer', 'org_seller'], LEAF],
    });
    await client.query('commit');
  } finally {
    client.release();
  }
}

async function load(durationMs: number, act: (ctx: RequestContext) => Promise<unknown>): Promise<{ actsPerS: number }> {
  const ctx = buyer();
  const start = performance.now();
  let acts = 0;
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      while (performance.now() - start < durationMs) {
        await act(ctx);
        acts++;
      }
    }),
  );
  return { actsPerS: (acts / (performance.now() - start)) * 1000 };
}

async function gapRow(observer: pg.Client): Promise<BenchRow> {
  const { rows } = await observer.query<{ missing: string }>(
    `select (select size from audit_checkpoint) - count(*) + coalesce(min(seq), 0) as missing from audit_log`,
  );
  return atMost('places of the log without a leaf', 'gaps', Number(rows[0]?.missing ?? NaN), 0);
}

/** A buyer with an API key: his leaves have a private part, so each act writes two rows. */
function buyer(): RequestContext {
  return {
    requestId: newId('Request'),
    actor: {
      kind: 'user',
      userId: newId('User'),
      organizationId: 'org_buyer',
      organizationSlug: 'buyer',
      role: 'owner',
      isProvider: false,
      isBuyer: true,
      isAdmin: false,
      credential: 'api_key',
      credentialId: newId('ApiKey'),
      scopes: new Set(SCOPES),
    },
  };
}
