import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { INestApplicationContext } from '@nestjs/common';
import { Database } from '@app/database';
import { Jobs, JobsModule } from '@app/jobs';
import { systemContext } from '@app/kernel';
import { openApplication } from '../../support/application.js';
import { createTestDatabase } from '../../support/database.js';
import type { TestDatabase } from '../../support/database.js';
import { RUNS_TABLE, TickModule, WorkModule } from './ledger-of-runs.js';

const ctx = systemContext('test');
jest.setTimeout(60_000);

let testDatabase: TestDatabase;
/** Only enqueues, as the API does. */
let api: INestApplicationContext;
let jobs: Jobs;
let database: Database;
const workers: INestApplicationContext[] = [];
const children: ChildProcess[] = [];

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  api = await openApplication({ databaseUrl: testDatabase.url, modules: [JobsModule] });
  jobs = api.get(Jobs);
  database = api.get(Database);
  await database.query(ctx, RUNS_TABLE);
  await database.query(ctx, 'create table gates (name text primary key)');
});

beforeEach(async () => {
  await database.query(ctx, 'truncate runs, gates, graphile_worker._private_jobs');
});

afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await Promise.all(workers.splice(0).map((worker) => worker.close()));
});

afterAll(async () => {
  await api.close();
  await testDatabase.drop();
});

async function startWorker(
  module: typeof WorkModule | typeof TickModule = WorkModule,
  stopS = 5,
): Promise<INestApplicationContext> {
  const environment = { JOB_STOP_SECONDS: String(stopS) };
  const worker = await openApplication({ databaseUrl: testDatabase.url, modules: [module], environment });
  workers.push(worker);
  return worker;
}

async function startWorkerProcess(kind: 'work' | 'tick'): Promise<ChildProcess> {
  const script = fileURLToPath(new URL('./worker-process.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', '#typescript', script, testDatabase.url, kind], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  if (child.stdout) await once(child.stdout, 'data');
  return child;
}

async function runs(name: string): Promise<{ pid: number; what: string }[]> {
  return database.query(ctx, 'select pid, what from runs where name = $1 order by id', [name]);
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await delay(10);
}

const openGate = (name: string) => database.query(ctx, 'insert into gates values ($1)', [name]);

/** Makes retries due now instead of after their back-off. */
const skipBackOff = () =>
  database.query(
    ctx,
    `update graphile_worker._private_jobs set run_at = now() where locked_at is null and run_at > now()`,
  );

describe('the queue', () => {
  it('runs a job whose transaction committed', async () => {
    await startWorker();

    await database.transaction(ctx, async (ctx) => {
      await jobs.enqueue(ctx, 'test.failing', { failures: 0 });
    });
    await jobs.drain(ctx);

    expect((await runs('failing')).map((run) => run.what)).toEqual(['try 1 of 10']);
  });

  it('knows nothing of a job whose transaction rolled back', async () => {
    await startWorker();

    const work = database.transaction(ctx, async (ctx) => {
      await jobs.enqueue(ctx, 'test.failing', { failures: 0 });
      throw new Error('changed my mind');
    });

    await expect(work).rejects.toThrow('changed my mind');
    await jobs.drain(ctx);
    expect(await runs('failing')).toEqual([]);
  });

  it('gives a piece of news to every follower, each with its own tries', async () => {
    await startWorker();

    await jobs.enqueue(ctx, 'test.news', { headline: 'released' });
    await jobs.drain(ctx);
    await skipBackOff();
    await jobs.drain(ctx);

    expect((await runs('reader')).map((run) => run.what)).toEqual(['released, try 1']);
    expect((await runs('stumbler')).map((run) => run.what)).toEqual(['released, try 1', 'released, try 2']);
  });

  it('replaces a waiting job that has the same key', async () => {
    await jobs.enqueue(ctx, 'test.gated', { gate: 'first' }, { jobKey: 'k' });
    await jobs.enqueue(ctx, 'test.gated', { gate: 'second' }, { jobKey: 'k' });
    await openGate('first');
    await openGate('second');

    await startWorker();
    await jobs.drain(ctx);

    expect(await runs('first')).toEqual([]);
    expect((await runs('second')).map((run) => run.what)).toEqual(['start 1', 'done 1']);
  });

  it('tries a failed job again after a back-off', async () => {
    await startWorker();

    await jobs.enqueue(ctx, 'test.failing', { failures: 2 });
    await jobs.drain(ctx);
    const waiting = await database.query(ctx, 'select run_at > now() as "isLater" from graphile_worker.jobs');
    await skipBackOff();
    await until(async () => (await runs('failing')).length === 2);
    await jobs.drain(ctx);
    await skipBackOff();
    await until(async () => (await runs('failing')).length === 3);
    await jobs.drain(ctx);

    expect(waiting).toEqual([{ isLater: true }]);
    expect((await runs('failing')).map((run) => run.what)).toEqual(['try 1 of 10', 'try 2 of 10', 'try 3 of 10']);
    expect(await database.query(ctx, 'select from graphile_worker.jobs')).toEqual([]);
  });

  it('tells the handler of a job that is given up', async () => {
    await startWorker();

    await jobs.enqueue(ctx, 'test.failing', { failures: 9 }, { maxAttempts: 1 });
    await until(async () => (await runs('failing')).length === 2);

    expect((await runs('failing')).map((run) => run.what)).toEqual([
      'try 1 of 1',
      'given up: failure 1 {"failures":9}',
    ]);
  });

  it('names the jobs that a drain does not see ending', async () => {
    await jobs.enqueue(ctx, 'test.nobody_does_this', {});

    await expect(jobs.drain(ctx, 50)).rejects.toThrow('test.nobody_does_this (try 0)');
  });
});

describe('a worker that stops', () => {
  it('lets its job finish', async () => {
    const worker = await startWorker();
    await jobs.enqueue(ctx, 'test.gated', { gate: 'g' });
    await until(async () => (await runs('g')).length === 1);

    const closed = worker.close();
    await openGate('g');
    await closed;

    expect((await runs('g')).map((run) => run.what)).toEqual(['start 1', 'done 1']);
    expect(await database.query(ctx, 'select from graphile_worker.jobs')).toEqual([]);
  });

  it('hands a job back that does not finish in time, as if it had not been tried', async () => {
    const worker = await startWorker(WorkModule, 0);
    await jobs.enqueue(ctx, 'test.gated', { gate: 'g' }, { maxAttempts: 1 });
    await until(async () => (await runs('g')).length === 1);

    await worker.close();
    await openGate('g');
    await startWorker();
    await jobs.drain(ctx);

    expect((await runs('g')).map((run) => run.what)).toEqual(['start 1', 'start 1', 'done 1']);
  });
});

describe('a worker that loses the line on which it shows that it lives', () => {
  it('stops its job, takes its post again, and runs the job as if it had not been tried', async () => {
    await startWorker();
    await jobs.enqueue(ctx, 'test.gated', { gate: 'g' }, { maxAttempts: 1 });
    await until(async () => (await runs('g')).length === 1);

    await database.query(
      ctx,
      `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'bodega posts' and datname = current_database()`,
    );
    await until(async () => (await runs('g')).length === 2);
    await openGate('g');
    await jobs.drain(ctx);

    expect((await runs('g')).map((run) => run.what)).toEqual(['start 1', 'start 1', 'done 1']);
  });
});

describe('a worker that is killed in the middle of a job', () => {
  it('leaves the job to another worker that takes it up and finishes it', async () => {
    const child = await startWorkerProcess('work');
    await jobs.enqueue(ctx, 'test.gated', { gate: 'g' });
    await until(async () => (await runs('g')).length === 1);
    await startWorker();

    child.kill('SIGKILL');
    await until(async () => (await runs('g')).length === 2);
    await openGate('g');
    await jobs.drain(ctx);

    const seen = await runs('g');
    expect(seen.map((run) => run.what)).toEqual(['start 1', 'start 2', 'done 2']);
    expect(seen.map((run) => run.pid)).toEqual([child.pid, process.pid, process.pid]);
  });

  it('leaves the jobs of living workers alone', async () => {
    await startWorkerProcess('work');
    await jobs.enqueue(ctx, 'test.gated', { gate: 'g' });
    await until(async () => (await runs('g')).length === 1);

    // A second worker looks for orphans when it starts, and again while a job that only it can take runs.
    await startWorker();
    await jobs.enqueue(ctx, 'test.failing', { failures: 0 });
    await until(async () => (await runs('failing')).length === 1);
    await delay(2_500);
    await openGate('g');
    await jobs.drain(ctx);

    expect((await runs('g')).map((run) => run.what)).toEqual(['start 1', 'done 1']);
  });

  it('reports a job that had no try left', async () => {
    await jobs.enqueue(ctx, 'test.failing', { failures: 0 }, { maxAttempts: 1 });
    // As a killed worker leaves it: locked, its last try begun.
    await database.query(
      ctx,
      `update graphile_worker._private_jobs set locked_at = now(), locked_by = 'pool-dead', attempts = max_attempts`,
    );

    await startWorker();
    await until(async () => (await runs('failing')).length === 1);

    expect((await runs('failing'))[0]?.what).toBe('given up: The worker died while it ran this job. {"failures":0}');
  });
});

describe('recurring work', () => {
  it('never overlaps itself, in two workers of which one is killed', async () => {
    const child = await startWorkerProcess('tick');
    await startWorker(TickModule);
    await until(async () => (await runs('tick')).length >= 6);

    child.kill('SIGKILL');
    await until(async () => new Set((await runs('tick')).map((run) => run.pid)).size === 2);
    await until(async () => (await runs('tick')).filter((run) => run.pid === process.pid).length >= 6);

    const seen = await runs('tick');
    const isFirst = (i: number) => i === 0 || seen[i - 1]?.pid !== seen[i]?.pid;
    // Each start follows an end; only the killed worker's last run may lack one.
    seen.forEach((run, i) => {
      if (!isFirst(i)) expect(run.what).not.toBe(seen[i - 1]?.what);
      else expect(run.what).toBe('start');
    });
    const changes = seen.filter((_, i) => i > 0 && isFirst(i)).length;
    expect(changes).toBe(1);
  });
});
