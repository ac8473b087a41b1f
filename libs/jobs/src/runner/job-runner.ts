import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import type { OnApplicationBootstrap, OnModuleDestroy } from '@nestjs/common';
import { Settings } from '@app/config';
import { Database, databaseSettings } from '@app/database';
import { systemContext } from '@app/kernel';
import { run } from 'graphile-worker';
import type { JobHelpers, Runner, TaskList } from 'graphile-worker';
import pg from 'pg';
import { jobsSettings } from '../jobs.config.js';
import { Leadership } from '../leadership/leadership.js';
import type { JobRun } from '../queue/job-handler.js';
import { Jobs } from '../queue/jobs.js';
import { FailureReports, REPORT_FAILURE } from './failure-reports.js';
import { HandlerRegistry } from './handler-registry.js';
import { Orphans } from './orphans.js';
import { WorkerPost } from './worker-post.js';
import { workerLogger } from './worker-logger.js';

const S_MS = 1000;
/** Retries and delayed jobs are looked for at this pace; new jobs announce themselves. */
const POLL_MS = 1000;
const RESCUE_MS = 2000;
const RESTART_MS = 1000;
/** After the signal, a job has this long to end before it is taken out of its hands. */
const ABANDON_MS = 5000;

/** Runs the jobs of the handlers in this process. */
@Injectable()
export class JobRunner implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly log = new Logger(JobRunner.name);
  private readonly stopping = new AbortController();
  /** Jobs given up on a signal, with the try to give back. */
  private readonly handedBack = new Map<string, number>();
  private readonly running = new Map<string, number>();
  private post: WorkerPost | null = null;
  private rescuing: Promise<void> | null = null;
  private supervising: Promise<void> | null = null;

  constructor(
    private readonly settings: Settings,
    private readonly database: Database,
    private readonly handlers: HandlerRegistry,
    private readonly leadership: Leadership,
    private readonly orphans: Orphans,
    private readonly reports: FailureReports,
    private readonly jobs: Jobs,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const first = await this.start();
    this.supervising = this.supervise(first);
    this.rescuing = this.rescueRepeatedly();
  }

  /** Lets jobs finish for a while, then tells them to stop, then hands them back. */
  async onModuleDestroy(): Promise<void> {
    this.stopping.abort();
    await Promise.all([this.supervising, this.rescuing]);
  }

  private async start(): Promise<{ runner: Runner; pool: pg.Pool; post: WorkerPost }> {
    const { concurrency, stopS } = this.settings.of(jobsSettings);
    const pool = new pg.Pool({ connectionString: this.settings.of(databaseSettings).url, max: concurrency + 2 });
    // Whoever uses a connection sees its failure; an idle one that breaks is simply replaced.
    pool.on('error', () => undefined);
    pool.on('connect', (client) => client.on('error', () => undefined));
    const post = new WorkerPost(this.leadership);
    this.post = post;
    const runner = await run({
      pgPool: pool,
      taskList: this.taskList(post),
      parsedCronItems: [],
      concurrency,
      noHandleSignals: true,
      pollInterval: POLL_MS,
      gracefulShutdownAbortTimeout: stopS * S_MS,
      logger: workerLogger(this.log),
      preset: {
        plugins: [post.plugin()],
        // Batches are waited for when the runner stops; single completions are not.
        worker: { completeJobBatchDelay: 0, failJobBatchDelay: 0 },
      },
    });
    return { runner, pool, post };
  }

  /** Keeps one runner alive until the process stops. */
  private async supervise(first: { runner: Runner; pool: pg.Pool; post: WorkerPost }): Promise<void> {
    const { stopS } = this.settings.of(jobsSettings);
    let current: typeof first | null = first;
    while (current) {
      const { runner, pool, post } = current;
      const ended = runner.promise.then(
        () => 'ended',
        (error: unknown) => String(error),
      );
      const why = await Promise.race([ended, this.stopAsked()]);
      if (this.stopping.signal.aborted) {
        await Promise.race([
          runner.stop().catch(() => undefined),
          delay(stopS * S_MS + ABANDON_MS, undefined, { ref: false }),
        ]);
      }
      await this.handBack(post);
      void pool.end().catch(() => undefined);
      await post.leave();
      if (this.stopping.signal.aborted) return;
      this.log.warn(`The runner of jobs stopped (${why}); starting it again.`);
      current = await this.restart();
    }
  }

  private async restart(): Promise<{ runner: Runner; pool: pg.Pool; post: WorkerPost } | null> {
    while (!this.stopping.signal.aborted) {
      await delay(RESTART_MS, undefined, { signal: this.stopping.signal }).catch(() => undefined);
      try {
        return await this.start();
      } catch (error) {
        this.log.warn(`The runner of jobs does not start: ${String(error)}`);
        await this.post?.leave();
      }
    }
    return null;
  }

  private stopAsked(): Promise<string> {
    const { signal } = this.stopping;
    return new Promise((resolve) => signal.addEventListener('abort', () => resolve('stop'), { once: true }));
  }

  private taskList(post: WorkerPost): TaskList {
    const handlers = this.handlers.handlers();
    const tasks: TaskList = {
      [REPORT_FAILURE]: (report: unknown) => this.reports.deliver(handlers, report),
    };
    for (const [name, handler] of handlers) {
      tasks[name] = (payload: unknown, helpers: JobHelpers) => this.runJob(name, handler, payload, helpers, post);
    }
    for (const [news, followers] of this.handlers.followersOf()) {
      if (tasks[news]) throw new Error(`"${news}" is followed, so nobody can be its one handler.`);
      tasks[news] = (payload: unknown, { job }: JobHelpers) => this.relay(news, followers, payload, job.id);
    }
    return tasks;
  }

  /** All followers get their job or none does; a relay that runs twice finds them queued. */
  private async relay(news: string, followers: readonly string[], payload: unknown, id: string): Promise<void> {
    await this.database.transaction(systemContext(news), async (ctx) => {
      for (const follower of followers)
        await this.jobs.enqueue(ctx, follower, payload as Record<string, unknown>, { jobKey: `${follower}:${id}` });
    });
  }

  private async runJob(
    name: string,
    handler: JobRun,
    payload: unknown,
    helpers: JobHelpers,
    post: WorkerPost,
  ): Promise<void> {
    const { id, attempts, max_attempts: maxAttempts } = helpers.job;
    this.running.set(id, attempts);
    let signal = helpers.abortSignal;
    try {
      signal = AbortSignal.any([signal, await post.held(signal)]);
      await handler.run(payload, { ctx: systemContext(name), signal, attempt: attempts, maxAttempts });
    } catch (error) {
      if (signal.aborted) this.handedBack.set(id, attempts);
      else if (attempts >= maxAttempts) await this.giveUp(name, payload, id, error);
      throw error;
    } finally {
      this.running.delete(id);
    }
  }

  private async giveUp(task: string, payload: unknown, id: string, cause: unknown): Promise<void> {
    const error = cause instanceof Error ? cause.message : String(cause);
    this.log.error(
      `${task} is given up after its last try: ${cause instanceof Error ? (cause.stack ?? error) : error}`,
    );
    await this.reports.report(systemContext(task), { id, task, payload, error });
  }

  private async rescueRepeatedly(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      try {
        await this.returnTries();
        await this.orphans.rescue(systemContext('jobs.rescue'), this.post?.workerId ?? '');
      } catch (error) {
        this.log.warn(`Looking for jobs of dead workers failed: ${String(error)}`);
      }
      await delay(RESCUE_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  /** What still runs when the runner is gone is no longer ours: the next worker takes it at once, with its try given back. */
  private async handBack(post: WorkerPost): Promise<void> {
    const ctx = systemContext('jobs.hand_back');
    for (const [id, attempts] of this.running) this.handedBack.set(id, attempts);
    try {
      await this.database.query(ctx, 'select from graphile_worker.force_unlock_workers($1::text[])', [[post.workerId]]);
      await this.returnTries();
    } catch (error) {
      this.log.warn(`Jobs could not be handed back; they are free once this worker is gone: ${String(error)}`);
    }
  }

  /** A try that was cut short by us does not count, and is not punished by a wait. */
  private async returnTries(): Promise<void> {
    const ctx = systemContext('jobs.hand_back');
    for (const [id, attempts] of [...this.handedBack]) {
      const [row] = await this.database.query<{ isStillLocked: boolean }>(
        ctx,
        `select jobs.locked_by = $3::text as "isStillLocked"
         from graphile_worker.jobs left join graphile_worker.reschedule_jobs(array[$1::bigint], run_at => now(), attempts => $2::int) on true
         where jobs.id = $1`,
        [id, attempts - 1, this.post?.workerId ?? ''],
      );
      // The queue notes a failed try a moment after the handler ends; until then the row is locked, and its turn is the next.
      if (!row?.isStillLocked || this.running.has(id)) this.handedBack.delete(id);
    }
  }
}
