import { Injectable } from '@nestjs/common';
import { Database } from '@app/database';
import { Clock, KernelErrors } from '@app/kernel';
import type { RequestContext } from '@app/kernel';

/** Counts acts in fixed windows, shared by all replicas. */
@Injectable()
export class RateLimiter {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  /** Counts one more act under the key. @throws REQUEST_RATE_LIMITED when the window is full */
  async count(ctx: RequestContext, key: string, what: string, limit: number, windowS: number): Promise<void> {
    const nowS = Math.floor(this.clock.now().getTime() / 1000);
    const startS = nowS - (nowS % windowS);
    // Outside any transaction on purpose: a refused attempt must count although its own work is rolled back.
    const [row] = await this.database.query<{ count: number }>(
      { ...ctx, tx: undefined },
      `insert into rate_windows as w (key, window_start, count) values ($1, to_timestamp($2), 1)
       on conflict (key, window_start) do update set count = w.count + 1 returning count`,
      [key, startS],
    );
    if ((row?.count ?? 0) > limit) throw KernelErrors.RATE_LIMITED({ what, retryAfterS: startS + windowS - nowS });
  }

  /** Forgets windows that have passed. */
  async sweep(ctx: RequestContext): Promise<void> {
    await this.database.execute(ctx, `delete from rate_windows where window_start < now() - interval '1 day'`);
  }
}
