import { Injectable, Logger } from '@nestjs/common';
import { Database } from '@app/database';
import type { RequestContext } from '@app/kernel';
import { postLockSql } from '../leadership/leadership.js';
import { FailureReports } from './failure-reports.js';

interface OrphanRow {
  id: number;
  worker: string;
  task: string;
  payload: unknown;
  isExhausted: boolean;
}

/** Name of the post that a worker holds as long as it lives. */
export const workerPost = (workerId: string): string => `worker:${workerId}`;

/**
 * Jobs of workers that died. The queue alone would leave them locked for four hours. A worker holds the post of its name
 * while it lives; whose post is free is dead, and its jobs are free at once.
 */
@Injectable()
export class Orphans {
  private readonly log = new Logger(Orphans.name);

  constructor(
    private readonly database: Database,
    private readonly reports: FailureReports,
  ) {}

  /** Frees the jobs of dead workers, and reports those that had no try left. Returns how many it freed. */
  async rescue(ctx: RequestContext, exceptWorker: string): Promise<number> {
    return this.database.transaction(ctx, async (ctx) => {
      // Reads the queue's own tables because its view lacks the payload; the package's version is pinned.
      // A server that has just come up has hung up on living workers too: they get a moment to take their posts again.
      const orphans = await this.database.query<OrphanRow>(
        ctx,
        `with workers as materialized (
           select distinct locked_by from graphile_worker._private_jobs
           where locked_at is not null and locked_by <> $1 and now() - pg_postmaster_start_time() > interval '3 seconds'
         ), dead as materialized (
           select locked_by from workers where pg_try_advisory_xact_lock(${postLockSql("'worker:' || locked_by")})
         )
         select jobs.id, jobs.locked_by as worker, tasks.identifier as task, jobs.payload,
                jobs.attempts >= jobs.max_attempts as "isExhausted"
         from graphile_worker._private_jobs jobs join dead using (locked_by)
         join graphile_worker._private_tasks tasks on tasks.id = jobs.task_id order by jobs.id`,
        [exceptWorker],
      );
      if (!orphans.length) return 0;
      for (const orphan of orphans.filter((job) => job.isExhausted)) {
        await this.reports.report(ctx, { ...orphan, error: 'The worker died while it ran this job.' });
      }
      const workers = [...new Set(orphans.map((orphan) => orphan.worker))];
      await this.database.query(ctx, 'select from graphile_worker.force_unlock_workers($1::text[])', [workers]);
      await this.database.query(ctx, `select pg_notify('jobs:insert', json_build_object('count', $1::int)::text)`, [
        orphans.length,
      ]);
      this.log.warn(
        `Took over ${orphans.length} job(s) of dead workers: ${orphans.map((job) => job.task).join(', ')}.`,
      );
      return orphans.length;
    });
  }
}
