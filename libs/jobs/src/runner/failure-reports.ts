import { Injectable } from '@nestjs/common';
import type { RequestContext } from '@app/kernel';
import { systemContext } from '@app/kernel';
import { hasJobFailed } from '../queue/job-handler.js';
import type { JobRun } from '../queue/job-handler.js';
import { Jobs } from '../queue/jobs.js';

export const REPORT_FAILURE = 'jobs.report_failure';

export interface GivenUpJob {
  readonly id: number | string;
  readonly task: string;
  readonly payload: unknown;
  readonly error: string;
}

/** Tells handlers that a job of theirs is given up: by a job of its own, so that the news survives whatever happens to this worker. */
@Injectable()
export class FailureReports {
  constructor(private readonly jobs: Jobs) {}

  async report(ctx: RequestContext, { id, task, payload, error }: GivenUpJob): Promise<void> {
    if (task === REPORT_FAILURE) return;
    await this.jobs.enqueue(ctx, REPORT_FAILURE, { task, payload, error }, { jobKey: `failure:${id}` });
  }

  /** The handler of the report itself. */
  async deliver(handlers: ReadonlyMap<string, JobRun>, report: unknown): Promise<void> {
    const { task, payload, error } = report as Omit<GivenUpJob, 'id'>;
    const handler = handlers.get(task);
    if (handler && hasJobFailed(handler)) await handler.onJobFailed(payload, { ctx: systemContext(task), error });
  }
}
