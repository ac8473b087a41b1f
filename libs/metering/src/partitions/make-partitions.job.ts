import { Injectable } from '@nestjs/common';
import { Database } from '@app/database';
import { ScheduledJob } from '@app/jobs';
import type { JobHelp, JobRun } from '@app/jobs';
import { Clock } from '@app/kernel';

/** Months made ahead. Events of a month without a partition are kept in the default one, and move when it is made. */
const MONTHS_AHEAD = 3;

@Injectable()
@ScheduledJob('metering.make_partitions', { everyS: 3600 })
export class MakePartitionsJob implements JobRun {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  async run(_payload: unknown, help: JobHelp): Promise<void> {
    const now = this.clock.now();
    for (let ahead = 0; ahead <= MONTHS_AHEAD; ahead++) {
      const month = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + ahead, 1)).toISOString().slice(0, 10);
      await this.database.query(help.ctx, 'select ensure_usage_month($1::date)', [month]);
    }
  }
}
