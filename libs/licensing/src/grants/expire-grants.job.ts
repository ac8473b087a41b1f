import { ScheduledJob } from '@app/jobs';
import type { JobRun } from '@app/jobs';
import { systemContext } from '@app/kernel';
import { GrantService } from './grant.service.js';

const BATCH = 500;

/** Marks rights whose time is over. Access ended by time already; this writes it down for lists, events and the audit log. */
@ScheduledJob('licensing.expire_grants', { everyS: 30 })
export class ExpireGrantsJob implements JobRun {
  constructor(private readonly grants: GrantService) {}

  async run(): Promise<void> {
    const ctx = systemContext('licensing.expire_grants');
    while ((await this.grants.expireDue(ctx, BATCH)) === BATCH);
  }
}
