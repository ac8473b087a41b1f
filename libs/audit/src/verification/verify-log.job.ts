import { Injectable, Logger } from '@nestjs/common';
import { ScheduledJob } from '@app/jobs';
import type { JobHelp, JobRun } from '@app/jobs';
import { Clock } from '@app/kernel';
import { LogChecks } from '../publishing/log-checks.js';
import { DailyVerification } from './daily-verification.js';

const HOUR_MS = 3_600_000;
/** A little less than a day, so that the hour of the look does not creep. */
const PAUSE_MS = 23.5 * HOUR_MS;

/** Verifies the whole log once a day, whenever the workers were restarted. */
@Injectable()
@ScheduledJob('audit.verify_log', { everyS: 3600 })
export class VerifyLogJob implements JobRun {
  private readonly log = new Logger(VerifyLogJob.name);

  constructor(
    private readonly verification: DailyVerification,
    private readonly checks: LogChecks,
    private readonly clock: Clock,
  ) {}

  async run(_payload: unknown, { ctx }: Pick<JobHelp, 'ctx'>): Promise<void> {
    const last = await this.checks.last(ctx, 'verification');
    const isFresh = last && last.problem === null && this.clock.now().getTime() - last.at.getTime() < PAUSE_MS;
    if (isFresh) return;
    const { size, problem } = await this.verification.run(ctx);
    if (problem !== null) this.log.error(`The audit log of ${size} leaves is not intact: ${problem}`);
  }
}
