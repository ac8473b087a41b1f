import { ScheduledJob } from '@app/jobs';
import type { JobRun } from '@app/jobs';
import { systemContext } from '@app/kernel';
import { OperatorReads } from './operator-reads.js';

const BATCH = 1_000;

/** Clears what only keeps repeated reads apart; the reads themselves are in the log. */
@ScheduledJob('audit.sweep_operator_reads', { everyS: 3_600 })
export class SweepOperatorReadsJob implements JobRun {
  constructor(private readonly reads: OperatorReads) {}

  async run(): Promise<void> {
    const ctx = systemContext('audit.sweep_operator_reads');
    while ((await this.reads.forgetOld(ctx, BATCH)) === BATCH);
  }
}
