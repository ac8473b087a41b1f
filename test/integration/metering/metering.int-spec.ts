import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Database, createDataSource } from '@app/database';
import { Clock, newId, systemContext } from '@app/kernel';
import { MeteringService, UsageQueries } from '@app/metering';
import type { MeteredRequest, UnexplainedRequest, UsageSelection } from '@app/metering';
import { createTestDatabase } from '../../support/database.js';
import type { TestDatabase } from '../../support/database.js';

const ctx = systemContext('test');
const everything: UsageSelection = { scope: { kind: 'everything' } };
const clock = new (class extends Clock {
  now(): Date {
    return new Date('2026-11-20T12:00:00Z');
  }
})();

let testDatabase: TestDatabase;
let database: Database;
let metering: MeteringService;
let usage: UsageQueries;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  database = new Database(await createDataSource(testDatabase.url, 8).initialize());
  metering = new MeteringService(database);
  usage = new UsageQueries(database, clock);
});

afterAll(async () => {
  await database.dataSource.destroy();
  await testDatabase.drop();
});

beforeEach(async () => {
  await database.query(ctx, 'truncate usage_events, usage_hourly, unexplained_requests');
});

let counter = 0;

function requestOf(change: Partial<MeteredRequest> = {}): MeteredRequest {
  return {
    requestId: `REQ${counter++}`,
    at: new Date('2026-11-20T10:15:00Z'),
    leaseId: 'lse_1',
    grantId: 'grt_1',
    datasetId: 'ds_1',
    buyerOrganizationId: 'org_buyer',
    providerOrganizationId: 'org_provider',
    method: 'GET',
    status: 200,
    bytesSent: 1000,
    objectSize: 1000,
    ...change,
  };
}

async function hourlyRows(): Promise<unknown[]> {
  return database.query(ctx, 'select * from usage_hourly order by grant_id, hour');
}

/** The roll-up as it follows from the events, worked out from nothing. */
async function hourlyFromEvents(): Promise<unknown[]> {
  return database.query(
    ctx,
    `select grant_id, date_trunc('hour', at, 'UTC') as hour, min(dataset_id) as dataset_id,
       min(buyer_organization_id) as buyer_organization_id, min(provider_organization_id) as provider_organization_id,
       count(*) as requests, count(*) filter (where status >= 400) as refused_requests,
       sum(served_bytes)::bigint as served_bytes, max(at) as last_event_at
     from usage_events group by 1, 2 order by 1, 2`,
  );
}

describe('counting', () => {
  it('counts each kind of request by what it took', async () => {
    await metering.record(ctx, [
      requestOf(),
      requestOf({ status: 206, bytesSent: 300 }),
      requestOf({ bytesSent: 400 }),
      requestOf({ method: 'HEAD', bytesSent: 0 }),
      requestOf({ status: 304, bytesSent: 0 }),
      requestOf({ status: 403, bytesSent: 231, objectSize: null }),
    ]);

    const totals = await usage.totals(ctx, everything);

    expect(totals).toEqual({
      servedBytes: 1700,
      requests: 6,
      refusedRequests: 1,
      lastEventAt: new Date('2026-11-20T10:15:00Z'),
    });
    const outcomes = await database.query<{ outcome: string }>(
      ctx,
      'select outcome from usage_events order by outcome',
    );
    expect(outcomes.map((row) => row.outcome)).toEqual([
      'COMPLETE',
      'CUT',
      'HEAD',
      'NOT_MODIFIED',
      'RANGED',
      'REFUSED',
    ]);
  });

  it('counts once what is reported again, and says how much was new', async () => {
    const requests = [requestOf(), requestOf(), requestOf()];

    expect(await metering.record(ctx, requests)).toBe(3);
    expect(await metering.record(ctx, [...requests, requestOf()])).toBe(1);
    expect(await metering.record(ctx, [])).toBe(0);

    expect((await usage.totals(ctx, everything)).servedBytes).toBe(4000);
  });

  it('gives the same sums whatever the order, the pieces and the repetitions', async () => {
    const anyRequest = fc.record({
      requestId: fc.integer({ min: 0, max: 30 }).map((id) => `R${id}`),
      grant: fc.integer({ min: 1, max: 3 }),
      bytesSent: fc.integer({ min: 0, max: 1_000_000 }),
      status: fc.constantFrom(200, 206, 304, 403),
      hour: fc.integer({ min: 0, max: 40 }),
    });
    const anyLog = fc.uniqueArray(anyRequest, { selector: (request) => request.requestId, maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(
        anyLog,
        fc.array(fc.tuple(fc.nat(), fc.nat()), { minLength: 1, maxLength: 6 }),
        async (log, pieces) => {
          await database.query(ctx, 'truncate usage_events, usage_hourly');
          const requests = log.map(({ requestId, grant, bytesSent, status, hour }) =>
            requestOf({
              requestId,
              grantId: `grt_${grant}`,
              datasetId: `ds_${grant}`,
              bytesSent,
              status,
              at: new Date(Date.UTC(2026, 10, 18, hour, 59)),
            }),
          );
          const truth = requests.reduce((sum, r) => sum + (r.status === 200 || r.status === 206 ? r.bytesSent : 0), 0);

          for (const [from, length] of pieces) {
            const start = requests.length ? from % requests.length : 0;
            await metering.record(
              ctx,
              [...requests.slice(start, start + length), ...requests.slice(start, start + 2)].reverse(),
            );
          }
          await metering.record(ctx, requests);

          const totals = await usage.totals(ctx, everything);
          expect({ bytes: totals.servedBytes, requests: totals.requests }).toEqual({
            bytes: truth,
            requests: requests.length,
          });
          expect(await hourlyRows()).toEqual(await hourlyFromEvents());
        },
      ),
      { numRuns: 25 },
    );
  });

  it('survives many writers of overlapping batches in opposite orders', async () => {
    const requests = Array.from({ length: 200 }, (_, i) => requestOf({ grantId: `grt_${i % 7}`, bytesSent: i }));
    const truth = requests.reduce((sum, request) => sum + request.bytesSent, 0);

    const news = await Promise.all(
      Array.from({ length: 8 }, (_, writer) => {
        const mine = requests.slice(writer * 10, writer * 10 + 130);
        return metering.record(ctx, writer % 2 ? mine.reverse() : mine);
      }),
    );

    expect(news.reduce((sum, count) => sum + count, 0)).toBe(200);
    expect((await usage.totals(ctx, everything)).servedBytes).toBe(truth);
    expect(await hourlyRows()).toEqual(await hourlyFromEvents());
  });

  it('leaves nothing behind when the transaction around it fails', async () => {
    const failing = database.transaction(ctx, async (tx) => {
      await metering.record(tx, [requestOf()]);
      throw new Error('the log object broke off');
    });

    await expect(failing).rejects.toThrow('broke off');
    expect((await usage.totals(ctx, everything)).requests).toBe(0);
  });

  it('keeps events of a month that nobody prepared, and moves them when it is made', async () => {
    const at = new Date('2031-05-31T23:59:59Z');
    await metering.record(ctx, [requestOf({ requestId: 'FUTURE', at })]);
    const partOf = async (): Promise<string | undefined> =>
      (await database.query<{ part: string }>(ctx, 'select tableoid::regclass::text as part from usage_events'))[0]
        ?.part;
    const before = await partOf();

    await database.query(ctx, `select ensure_usage_month('2031-05-01'), ensure_usage_month('2031-06-01')`);

    expect([before, await partOf()]).toEqual(['usage_events_default', 'usage_events_203105']);
    expect(await metering.record(ctx, [requestOf({ requestId: 'FUTURE', at })])).toBe(0);
    expect((await usage.totals(ctx, everything)).requests).toBe(1);
  });
});

describe('usage', () => {
  beforeEach(async () => {
    await metering.record(ctx, [
      requestOf({ at: new Date('2026-11-18T15:59:59Z'), bytesSent: 1 }),
      requestOf({ at: new Date('2026-11-18T16:00:00Z'), bytesSent: 10 }),
      requestOf({ at: new Date('2026-11-18T18:29:00Z'), bytesSent: 100, grantId: 'grt_2', datasetId: 'ds_2' }),
      requestOf({
        at: new Date('2026-11-18T18:31:00Z'),
        bytesSent: 1000,
        grantId: 'grt_3',
        buyerOrganizationId: 'org_other',
      }),
      requestOf({
        at: new Date('2026-11-19T02:00:00Z'),
        bytesSent: 10_000,
        grantId: 'grt_4',
        buyerOrganizationId: 'org_other',
        providerOrganizationId: 'org_third',
      }),
    ]);
  });

  const bytesBy = async (
    groupBy: 'DAY' | 'DATASET' | 'GRANT' | 'ORGANIZATION',
    selection: UsageSelection = everything,
    timeZone = 'UTC',
  ): Promise<Record<string, number>> => {
    const points = await usage.series(ctx, selection, { groupBy, timeZone, limit: 100 });
    return Object.fromEntries(points.map((point) => [point.key, point.servedBytes]));
  };

  it('splits by day of the zone that was asked for, also where days begin at half past', async () => {
    expect(await bytesBy('DAY')).toEqual({ '2026-11-18': 1111, '2026-11-19': 10_000 });
    expect(await bytesBy('DAY', everything, 'Asia/Shanghai')).toEqual({ '2026-11-18': 1, '2026-11-19': 11_110 });
    expect(await bytesBy('DAY', everything, 'Asia/Kolkata')).toEqual({ '2026-11-18': 111, '2026-11-19': 11_000 });
  });

  it('splits by dataset, grant and the organization that took', async () => {
    expect(await bytesBy('DATASET')).toEqual({ ds_1: 11_011, ds_2: 100 });
    expect(await bytesBy('GRANT')).toEqual({ grt_1: 11, grt_2: 100, grt_3: 1000, grt_4: 10_000 });
    expect(await bytesBy('ORGANIZATION')).toEqual({ org_buyer: 111, org_other: 11_000 });
  });

  it('shows an organization what it took and what was taken of its data, and nothing else', async () => {
    const of = (organizationId: string): UsageSelection => ({ scope: { kind: 'organization', organizationId } });

    expect(await bytesBy('GRANT', of('org_buyer'))).toEqual({ grt_1: 11, grt_2: 100 });
    expect(await bytesBy('GRANT', of('org_provider'))).toEqual({ grt_1: 11, grt_2: 100, grt_3: 1000 });
    expect(await bytesBy('GRANT', of('org_third'))).toEqual({ grt_4: 10_000 });
    expect((await usage.totals(ctx, { ...of('org_buyer'), grantId: 'grt_4' })).requests).toBe(0);
    expect((await usage.totals(ctx, of('org_nobody'))).requests).toBe(0);
  });

  it('cuts at any instant, and agrees with itself between roll-up and events', async () => {
    const from = new Date('2026-11-18T16:00:00Z');
    const to = new Date('2026-11-18T19:00:00Z');

    const whole = await usage.totals(ctx, { ...everything, from, to });
    const odd = await usage.totals(ctx, { ...everything, from, to: new Date('2026-11-18T18:59:59.999Z') });
    const half = await usage.totals(ctx, { ...everything, from, to: new Date('2026-11-18T18:30:00Z') });

    expect(whole).toEqual(odd);
    expect(whole.servedBytes).toBe(1110);
    expect(half.servedBytes).toBe(110);
  });

  it('pages through a series without gap or repetition', async () => {
    const keys: string[] = [];
    for (let afterKey: string | null = null; ;) {
      const page = await usage.series(ctx, everything, { groupBy: 'GRANT', timeZone: 'UTC', afterKey, limit: 3 });
      keys.push(...page.map((point) => point.key));
      afterKey = page.at(-1)?.key ?? null;
      if (afterKey === null) break;
    }

    expect(keys).toEqual(['grt_1', 'grt_2', 'grt_3', 'grt_4']);
  });
});

describe('what no right explains', () => {
  const unexplained = (change: Partial<UnexplainedRequest> = {}): UnexplainedRequest => ({
    requestId: newId('Request'),
    at: new Date('2026-11-20T10:15:00Z'),
    reason: 'NO_LEASE',
    objectKey: 'datasets/ds_1/dv_1/a',
    method: 'GET',
    status: 200,
    bytesSent: 70,
    leaseId: null,
    grantId: null,
    datasetId: 'ds_1',
    buyerOrganizationId: null,
    providerOrganizationId: 'org_provider',
    ...change,
  });

  it('is kept once, and shown to whom it concerns', async () => {
    const first = unexplained();
    const strayed = unexplained({
      reason: 'WRONG_OBJECT',
      bytesSent: 5,
      leaseId: 'lse_1',
      grantId: 'grt_1',
      buyerOrganizationId: 'org_buyer',
    });

    expect(await metering.recordUnexplained(ctx, [first, strayed])).toBe(2);
    expect(await metering.recordUnexplained(ctx, [strayed, first])).toBe(0);

    const bytesFor = (organizationId: string): Promise<number> =>
      usage.unexplainedBytes(ctx, { scope: { kind: 'organization', organizationId } });
    expect(await usage.unexplainedBytes(ctx, everything)).toBe(75);
    expect(await bytesFor('org_provider')).toBe(75);
    expect(await bytesFor('org_buyer')).toBe(5);
    expect(await bytesFor('org_nobody')).toBe(0);
    expect((await usage.totals(ctx, everything)).servedBytes).toBe(0);
  });
});
