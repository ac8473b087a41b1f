import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Database } from '@app/database';
import { SessionService } from '@app/identity';
import { systemContext } from '@app/kernel';
import { RateLimiter } from '../../../libs/identity/src/authentication/rate-limiter.js';
import { SweepSessionsJob } from '../../../libs/identity/src/sessions/sweep-sessions.job.js';
import { OpenMarket } from '../../support/open-market.js';
import type { Party } from '../../support/open-market.js';

const DAY_S = 86_400;

describe('ended sessions', () => {
  let market: OpenMarket;
  let party: Party;

  beforeAll(async () => {
    market = await OpenMarket.open({ withoutWorker: true });
    party = await market.party({ isBuyer: true });
  });

  afterAll(() => market.close());

  it('are forgotten a month after their end, with their tokens, while living ones stay', async () => {
    const ctx = systemContext('test');
    const database = market.api.get(Database);
    const sessions = market.api.get(SessionService);
    const sweep = new SweepSessionsJob(database, market.api.get(RateLimiter), market.clock);
    const count = async (): Promise<unknown> =>
      (
        await database.query(
          ctx,
          'select (select count(*) from sessions) as sessions, (select count(*) from refresh_tokens) as tokens',
        )
      )[0];
    const before = await count();

    await sweep.run();
    const untouched = await count();
    market.clock.advance(61 * DAY_S);
    const living = await sessions.signIn(ctx, { email: party.email, password: party.password });
    await sweep.run();

    expect(before).toEqual({ sessions: 1, tokens: 1 });
    expect(untouched).toEqual(before);
    expect(await count()).toEqual({ sessions: 1, tokens: 1 });
    await expect(sessions.refreshSession(ctx, living.refreshToken)).resolves.toMatchObject({
      sessionId: living.sessionId,
    });
  });
});
