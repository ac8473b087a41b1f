import { Database } from '@app/database';
import { ScheduledJob } from '@app/jobs';
import type { JobRun } from '@app/jobs';
import { Clock, systemContext } from '@app/kernel';
import type { RequestContext } from '@app/kernel';
import { RateLimiter } from '../authentication/rate-limiter.js';

/** How long an ended session is kept, so that a late reuse of its tokens is still recognised. */
const KEPT_MS = 30 * 86_400_000;
const BATCH = 1_000;

/** Forgets sessions that ended long ago, with their tokens, and counters of attempts that have passed. */
@ScheduledJob('identity.sweep_sessions', { everyS: 3_600 })
export class SweepSessionsJob implements JobRun {
  constructor(
    private readonly database: Database,
    private readonly limiter: RateLimiter,
    private readonly clock: Clock,
  ) {}

  async run(): Promise<void> {
    const ctx = systemContext('identity.sweep_sessions');
    const before = new Date(this.clock.now().getTime() - KEPT_MS);
    while ((await this.forgetBatch(ctx, before)) === BATCH);
    await this.limiter.sweep(ctx);
  }

  private async forgetBatch(ctx: RequestContext, before: Date): Promise<number> {
    // Tokens and sessions in two statements: a foreign key is checked at the end of each.
    return this.database.transaction(ctx, async (ctx) => {
      const rows = await this.database.query<{ id: string }>(
        ctx,
        'select id from sessions where expires_at < $1 or revoked_at < $1 limit $2 for update skip locked',
        [before, BATCH],
      );
      const ids = rows.map((row) => row.id);
      await this.database.execute(ctx, 'delete from refresh_tokens where session_id = any($1::text[])', [ids]);
      return this.database.execute(ctx, 'delete from sessions where id = any($1::text[])', [ids]);
    });
  }
}
