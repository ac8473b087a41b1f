import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { startWorker as startWorkerHere } from '../../apps/worker/src/worker.js';
import type { ColumnPlan, SetPlan } from '../conformance/lerobot/clean-set.js';
import { cleanSet, writeSet } from '../conformance/lerobot/clean-set.js';
import { OpenMarket } from '../support/open-market.js';
import type { Party } from '../support/open-market.js';
import { allProcesses, eventually, gone, signal } from '../support/processes.js';
import type { SeenProcess } from '../support/processes.js';
import { REPOSITORY } from '../support/started-market.js';

/** The reader hands episodes over in batches of 200: three batches, the last not full. */
const EPISODES = 450;
const FRAMES = 2;
const BATCH = 200;

/** A faultless set of many short episodes, without a camera. */
function manyEpisodes(): SetPlan {
  const plan = cleanSet('v3.0');
  const features = Object.fromEntries(Object.entries(plan.info.features).filter(([, { dtype }]) => dtype !== 'video'));
  const rows = Array.from({ length: EPISODES * FRAMES }, (_, i) => ({
    episode: Math.floor(i / FRAMES),
    frame: i % FRAMES,
  }));
  const numbers = (values: number[]): ColumnPlan => ({ type: 'INT64', depth: 0, values: values.map(BigInt) });
  const vectors = (): ColumnPlan => ({
    type: 'FLOAT',
    depth: 1,
    values: rows.map(({ episode, frame }) => [
      Math.fround(Math.sin(episode) + frame),
      Math.fround(episode / 10 - frame),
    ]),
  });
  const perEpisode = (of: (episode: number) => number): ColumnPlan =>
    numbers(Array.from({ length: EPISODES }, (_, e) => of(e)));
  return {
    ...plan,
    info: { ...plan.info, features, total_episodes: EPISODES, total_frames: rows.length },
    stats: {},
    videos: {},
    episodes: {
      episode_index: perEpisode((e) => e),
      tasks: {
        type: 'BYTE_ARRAY',
        depth: 1,
        isText: true,
        values: Array.from({ length: EPISODES }, (_, e) => [plan.tasks[e % 2]?.task]),
      },
      length: perEpisode(() => FRAMES),
      'data/chunk_index': perEpisode(() => 0),
      'data/file_index': perEpisode(() => 0),
      dataset_from_index: perEpisode((e) => e * FRAMES),
      dataset_to_index: perEpisode((e) => (e + 1) * FRAMES),
    },
    data: {
      'data/chunk-000/file-000.parquet': {
        action: vectors(),
        'observation.state': vectors(),
        timestamp: { type: 'FLOAT', depth: 0, values: rows.map(({ frame }) => Math.fround(frame / 10)) },
        frame_index: numbers(rows.map(({ frame }) => frame)),
        episode_index: numbers(rows.map(({ episode }) => episode)),
        index: numbers(rows.map((_, i) => i)),
        task_index: numbers(rows.map(({ episode }) => episode % 2)),
      },
    },
  };
}

/** The worker as production starts it: a process of its own. */
class WorkerProcess {
  private readonly child: ChildProcess;
  stderr = '';

  constructor(environment: Readonly<Record<string, string>>) {
    const args = ['--no-warnings', '--import=#typescript', 'apps/worker/src/main.ts'];
    this.child = spawn(process.execPath, args, {
      cwd: REPOSITORY,
      env: { PATH: process.env['PATH'] ?? '', ...environment },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
  }

  readers(): SeenProcess[] {
    return allProcesses().filter(({ parent }) => parent === this.child.pid);
  }

  /** Kills it with -9; what it had started must end by itself. */
  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'exit');
    const readers = this.readers();
    signal(this.child.pid ?? 0, 'SIGKILL');
    await ended;
    await gone(readers);
  }
}

interface Submitted {
  readonly slug: string;
  readonly versionId: string;
}

/** Where the worker is killed: what the test holds so that it cannot get further, and how one sees that it is there. */
interface Moment {
  readonly name: string;
  readonly hold?: string;
  readonly isThere: (look: Lookout) => Promise<boolean> | boolean;
}

interface Lookout {
  readonly worker: WorkerProcess;
  rows(): Promise<number>;
  status(): Promise<string>;
  /** Whether a statement that looks so waits for a lock. */
  isWaiting(pattern: string): Promise<boolean>;
  isJobLocked(): Promise<boolean>;
}

const TAKEN_ROW = `insert into episodes (version_id, idx, source_key, frames, duration_s, tasks, content_hash, stats, files)
  values ($1, %, '', 0, 0, '{}', '', '{}', '[]')`;

const MOMENTS: readonly Moment[] = [
  { name: 'the job has just been taken', isThere: ({ isJobLocked }) => isJobLocked() },
  {
    name: 'what an earlier run left is being cleared',
    hold: 'lock table episodes in exclusive mode',
    isThere: ({ isWaiting }) => isWaiting('delete from episodes%'),
  },
  { name: 'the reader has just started', isThere: ({ worker }) => worker.readers().length > 0 },
  {
    name: 'the first batch of episodes is in, the second on its way',
    hold: TAKEN_ROW.replace('%', String(BATCH)),
    isThere: async ({ isWaiting, rows }) => (await isWaiting('insert into episodes%')) && (await rows()) === BATCH,
  },
  {
    name: 'the last batch of episodes is on its way',
    hold: TAKEN_ROW.replace('%', String(EPISODES - 1)),
    isThere: async ({ isWaiting, rows }) => (await isWaiting('insert into episodes%')) && (await rows()) === 2 * BATCH,
  },
  {
    name: 'the report is about to be written',
    // Rows that refer to the version may still be written.
    hold: 'select from dataset_versions where id = $1 for no key update',
    isThere: ({ isWaiting }) => isWaiting('update dataset_versions set status%'),
  },
  {
    name: 'the report is written and not committed',
    hold: 'lock table audit_pending in exclusive mode',
    isThere: ({ isWaiting }) => isWaiting('%audit_pending%'),
  },
  {
    name: 'the report is committed and the job not done',
    hold: 'lock table episodes in share update exclusive mode',
    isThere: async ({ isWaiting, status }) => (await isWaiting('vacuum%')) && (await status()) === 'ready',
  },
];

describe('a worker killed with -9 while it checks a version', () => {
  let market: OpenMarket;
  let provider: Party;
  let db: pg.Pool;
  let folder: string;
  let workers: WorkerProcess[] = [];

  const startWorker = (): WorkerProcess => {
    const worker = new WorkerProcess(market.environment);
    workers.push(worker);
    return worker;
  };

  const submit = async (from: string, name: string): Promise<Submitted> => {
    const slug = `${provider.slug}/${name}`;
    const run = await market.cli(['publish', from, '--name', slug, '--submit-only', '--json'], provider);
    expect(run).toMatchObject({ code: 0 });
    const { rows } = await db.query<{ id: string }>(
      'select v.id from dataset_versions v join datasets d on d.id = v.dataset_id where d.slug = $1',
      [slug],
    );
    expect(rows).toHaveLength(1);
    return { slug, versionId: rows[0]?.id ?? '' };
  };

  const one = async <T>(sql: string, values: unknown[]): Promise<T> => {
    const { rows } = await db.query<{ value: T }>(sql, values);
    const [row] = rows;
    if (!row) throw new Error(`Nothing found: ${sql}`);
    return row.value;
  };

  const lookoutOf = (worker: WorkerProcess, { versionId }: Submitted): Lookout => ({
    worker,
    rows: () => one('select count(*)::int as value from episodes where version_id = $1', [versionId]),
    status: () => one('select status as value from dataset_versions where id = $1', [versionId]),
    isWaiting: (pattern) =>
      one(
        `select exists (select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
                        and ltrim(query, E' \\n') ilike $1) as value`,
        [pattern],
      ),
    isJobLocked: () =>
      one(
        'select exists (select from graphile_worker.jobs where task_identifier = $1 and locked_at is not null) as value',
        ['catalog.ingest_version'],
      ),
  });

  const reach = (worker: WorkerProcess, isThere: () => Promise<boolean> | boolean, what: string): Promise<boolean> =>
    eventually(isThere, () => `${what} was not seen (database ${market.database.name}): ${worker.stderr}`);

  /** A worker runs undisturbed until the version is judged and no job is left. Nobody kills it, so it needs no process. */
  const finish = async ({ versionId }: Submitted): Promise<void> => {
    const worker = await startWorkerHere({ environment: market.environment, clock: market.clock });
    try {
      await market.eventually(
        () =>
          one(
            `select status <> 'validating' and not exists (select from graphile_worker.jobs where task_identifier = 'catalog.ingest_version' and attempts < max_attempts)
               as value from dataset_versions where id = $1`,
            [versionId],
          ),
        'The end of the check',
      );
    } finally {
      await worker.close();
    }
  };

  /** Everything that the check wrote, as text. */
  const resultOf = async ({ slug, versionId }: Submitted) => ({
    versions: await one(
      'select count(*)::int as value from dataset_versions v join datasets d on d.id = v.dataset_id where slug = $1',
      [slug],
    ),
    acts: await one(
      `select count(*)::int as value from (select action, subject_id from audit_pending union all select action, subject_id from audit_log) a
        where action = 'version.validated' and subject_id = $1`,
      [versionId],
    ),
    version: await one<string>(
      `select row_to_json(v)::text as value from (select status, format, format_version, facts::text, report::text, grade, merkle_root,
              commit_id, episodes, frames, duration_s, files_count, size_bytes from dataset_versions where id = $1) v`,
      [versionId],
    ),
    episodes: await one<string[]>(
      `select array_agg((to_jsonb(e) - 'version_id')::text order by idx) as value from episodes e where version_id = $1`,
      [versionId],
    ),
  });

  beforeAll(async () => {
    market = await OpenMarket.open({ withoutWorker: true });
    provider = await market.party({ isProvider: true }, 'persistent');
    db = new pg.Pool({ connectionString: market.database.url, max: 4 });
    folder = join(market.folder, 'many-episodes');
    for (const [path, bytes] of writeSet(manyEpisodes()).contents) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), bytes);
    }
  });

  afterEach(async () => {
    for (const worker of workers) await worker.kill();
    workers = [];
  });

  afterAll(async () => {
    await db.end();
    await market.close();
  });

  describe('of many episodes', () => {
    let undisturbed: Awaited<ReturnType<typeof resultOf>>;

    beforeAll(async () => {
      const calm = await submit(folder, 'calm');
      await finish(calm);
      undisturbed = await resultOf(calm);
      expect(undisturbed).toMatchObject({ versions: 1, acts: 1 });
      expect(JSON.parse(undisturbed.version)).toMatchObject({ status: 'ready', episodes: EPISODES });
      expect(undisturbed.episodes).toHaveLength(EPISODES);
    });

    it.each(MOMENTS)('gives the same report when $name', async ({ name, hold, isThere }) => {
      const version = await submit(folder, `killed-${MOMENTS.findIndex((moment) => moment.name === name)}`);
      const holder = await db.connect();
      try {
        if (hold !== undefined) {
          await holder.query('begin');
          await holder.query(hold, hold.includes('$1') ? [version.versionId] : []);
        }
        const worker = startWorker();
        await reach(worker, () => isThere(lookoutOf(worker, version)), name);

        await worker.kill();
      } finally {
        if (hold !== undefined) await holder.query('rollback');
        holder.release();
      }
      await finish(version);

      expect(await resultOf(version)).toEqual(undisturbed);
    });
  });

  it('refuses the version, with a reason, when no try is left', async () => {
    const version = await submit(folder, 'hopeless');
    // Stands for nine workers that died before this one.
    await db.query(
      `update graphile_worker._private_jobs set attempts = max_attempts - 1
        where task_id = (select id from graphile_worker._private_tasks where identifier = 'catalog.ingest_version')`,
    );
    const worker = startWorker();
    await reach(worker, () => worker.readers().length > 0, 'the reader');
    await worker.kill();

    const next = startWorker();
    await reach(next, async () => (await lookoutOf(next, version).status()) !== 'validating', 'the end of the check');

    const { version: row, episodes, acts } = await resultOf(version);
    expect(JSON.parse(row)).toMatchObject({ status: 'rejected', commit_id: null, merkle_root: null });
    expect(row).toContain('READER_GAVE_UP');
    expect({ episodes, acts }).toEqual({ episodes: null, acts: 1 });
  });

  it('gives the same report of filmed episodes after kills at any time', async () => {
    const set = join(REPOSITORY, 'samples/sorting');
    const calm = await submit(set, 'sorting-calm');
    await finish(calm);
    const version = await submit(set, 'sorting-killed');
    const waits: number[] = [];

    for (let kill = 0; kill < 2; kill++) {
      const worker = startWorker();
      await reach(worker, () => worker.readers().length > 0, `the reader, after waits of ${waits.join(', ')} ms`);
      // Anywhere within the second or two that the reading takes; a run that was quicker is the undisturbed one.
      waits.push(Math.round(Math.random() * 1_500));
      await delay(waits.at(-1));
      await worker.kill();
      if ((await lookoutOf(worker, version).status()) !== 'validating') break;
    }
    await finish(version);

    expect({ waits, ...(await resultOf(version)) }).toEqual({ waits, ...(await resultOf(calm)) });
  });
});
