import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { Database } from '@app/database';
import type { RequestContext } from '@app/kernel';

export interface EnqueueOptions {
  /** A waiting job with the same key is replaced; a running one finishes and this one runs after it. */
  readonly jobKey?: string;
  /** Tries, the first included, before the job is given up. */
  readonly maxAttempts?: number;
  /** Not before this moment. */
  readonly runAt?: Date;
  /** Jobs of one queue run one after the other. */
  readonly queue?: string;
}

/** With the queue's back-off (e^n seconds after try n) the last try comes about 3.5 hours after the first. */
const DEFAULT_MAX_ATTEMPTS = 10;
const DRAIN_CAP_MS = 30_000;
const DRAIN_POLL_MS = 20;

interface UnfinishedRow {
  task: string;
  attempts: number;
  lastError: string | null;
}

/** The door to the queue, for every process. */
@Injectable()
export class Jobs {
  constructor(private readonly database: Database) {}

  /** Queues a job in the context's transaction: it exists when that commits, and not at all when it does not. Payload: ids only. */
  async enqueue(
    ctx: RequestContext,
    name: string,
    payload: Readonly<Record<string, unknown>>,
    options: EnqueueOptions = {},
  ): Promise<void> {
    await this.database.query(
      ctx,
      `select from graphile_worker.add_job(identifier => $1::text, payload => $2::json, queue_name => $3::text,
         run_at => $4::timestamptz, max_attempts => $5::int, job_key => $6::text)`,
      [
        name,
        JSON.stringify(payload),
        options.queue ?? null,
        options.runAt ?? null,
        options.maxAttempts ?? DEFAULT_MAX_ATTEMPTS,
        options.jobKey ?? null,
      ],
    );
  }

  /**
   * Waits until no job is running or due; jobs that wait for a later moment or a retry do not count. For tests and tools.
   * @throws naming the jobs that are left when the cap is reached
   */
  async drain(ctx: RequestContext, capMs = DRAIN_CAP_MS): Promise<void> {
    const deadlineMs = performance.now() + capMs;
    for (;;) {
      const left = await this.unfinished(ctx);
      if (!left.length) return;
      if (performance.now() >= deadlineMs) {
        const jobs = left.map((job) => `${job.task} (try ${job.attempts}${job.lastError ? `: ${job.lastError}` : ''})`);
        throw new Error(`These jobs are still not done after ${capMs} ms: ${jobs.join('; ')}.`);
      }
      await delay(DRAIN_POLL_MS);
    }
  }

  private unfinished(ctx: RequestContext): Promise<UnfinishedRow[]> {
    return this.database.query<UnfinishedRow>(
      ctx,
      `select task_identifier as task, attempts, last_error as "lastError" from graphile_worker.jobs
       where locked_at is not null or (attempts < max_attempts and run_at <= now()) order by id limit 20`,
    );
  }
}
