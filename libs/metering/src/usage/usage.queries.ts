import { Injectable } from '@nestjs/common';
import { Database } from '@app/database';
import { Clock } from '@app/kernel';
import type { RequestContext } from '@app/kernel';
import { hasWholeHourDays, isWholeHour } from './time-zone.rules.js';

/** Whose usage may be counted: everybody's (the market), or what an organization took or what was taken of its data. */
export type UsageScope =
  { readonly kind: 'everything' } | { readonly kind: 'organization'; readonly organizationId: string };

export interface UsageSelection {
  readonly scope: UsageScope;
  readonly grantId?: string | null;
  readonly datasetId?: string | null;
  /** First instant that counts. */
  readonly from?: Date | null;
  /** First instant that does not count any more. */
  readonly to?: Date | null;
}

/** What a series is split by. `ORGANIZATION` is the one that took the bytes. */
export const USAGE_GROUPINGS = ['DAY', 'DATASET', 'GRANT', 'ORGANIZATION'] as const;
export type UsageGrouping = (typeof USAGE_GROUPINGS)[number];

export interface UsageSeriesRequest {
  readonly groupBy: UsageGrouping;
  /** Name of the IANA zone whose days count. */
  readonly timeZone: string;
  /** Points behind this key only. */
  readonly afterKey?: string | null;
  readonly limit: number;
}

export interface UsageTotals {
  readonly servedBytes: number;
  readonly requests: number;
  readonly refusedRequests: number;
  readonly lastEventAt: Date | null;
}

export interface UsagePoint extends UsageTotals {
  /** A date (`2026-11-20`) or an id, as the grouping says. Points come in the order of their keys, days newest first. */
  readonly key: string;
}

const PAGE_EVENTS = 5_000;

/** What one lease served in one hour (UTC). */
export interface ServedHour {
  readonly hour: string;
  readonly leaseId: string;
  readonly requests: number;
  readonly refusedRequests: number;
  readonly servedBytes: number;
}

interface GrantEvent {
  readonly at: string;
  readonly requestId: string;
  readonly leaseId: string;
  readonly status: number;
  readonly servedBytes: number;
  readonly hour: string;
}

const SUMS = `coalesce(sum(served_bytes), 0)::bigint as served_bytes, coalesce(sum(requests), 0)::bigint as requests,
  coalesce(sum(refused_requests), 0)::bigint as refused_requests, max(last_event_at) as last_event_at`;

const FROM_HOURS = `select grant_id, dataset_id, buyer_organization_id, provider_organization_id, hour as at, requests,
  refused_requests, served_bytes, last_event_at from usage_hourly`;

const FROM_EVENTS = `select grant_id, dataset_id, buyer_organization_id, provider_organization_id, at, 1 as requests,
  (status >= 400)::int as refused_requests, served_bytes, at as last_event_at from usage_events`;

interface TotalsRow {
  served_bytes: number;
  requests: number;
  refused_requests: number;
  last_event_at: Date | null;
}

/** Bytes served, by any cut of who, what and when. Callers decide the scope; nothing here is public. */
@Injectable()
export class UsageQueries {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  /** Everything that was selected, in one sum. */
  async totals(ctx: RequestContext, selection: UsageSelection): Promise<UsageTotals> {
    const { where, params } = conditions(selection);
    const rows = await this.database.query<TotalsRow>(
      ctx,
      `select ${SUMS} from (${this.sourceFor(selection, null)}) as u where ${where}`,
      params,
    );
    return toTotals(rows[0]);
  }

  /** One page of points, each the sum of one day, dataset, grant or organization. */
  async series(ctx: RequestContext, selection: UsageSelection, request: UsageSeriesRequest): Promise<UsagePoint[]> {
    const { where, params } = conditions(selection);
    const key = groupExpression(request, params);
    const isNewestFirst = request.groupBy === 'DAY';
    params.push(request.afterKey ?? null, request.limit);
    const rows = await this.database.query<TotalsRow & { key: string }>(
      ctx,
      `select * from (
         select ${key} as key, ${SUMS} from (${this.sourceFor(selection, request)}) as u where ${where} group by 1
       ) as points
       where $${params.length - 1}::text is null or key ${isNewestFirst ? '<' : '>'} $${params.length - 1}::text
       order by key ${isNewestFirst ? 'desc' : 'asc'} limit $${params.length}`,
      params,
    );
    return rows.map((row) => ({ key: row.key, ...toTotals(row) }));
  }

  /** Product bytes that no right explains; for a buyer those that were asked for under its leases. */
  async unexplainedBytes(ctx: RequestContext, selection: UsageSelection): Promise<number> {
    const { where, params } = conditions(selection);
    const rows = await this.database.query<{ bytes: number }>(
      ctx,
      `select coalesce(sum(served_bytes), 0)::bigint as bytes from unexplained_requests as u where ${where}`,
      params,
    );
    return rows[0]?.bytes ?? 0;
  }

  /** What was served under a grant by hour and lease, in order of the hours, page by page. Callers decide who may see it. */
  async *servedUnder(ctx: RequestContext, grantId: string): AsyncGenerator<readonly ServedHour[]> {
    let hour: string | null = null;
    let sums = new Map<string, ServedHour>();
    for await (const events of this.eventsOf(ctx, grantId)) {
      const whole: ServedHour[] = [];
      for (const event of events) {
        if (event.hour !== hour) {
          whole.push(...sums.values());
          sums = new Map();
          hour = event.hour;
        }
        const sum = sums.get(event.leaseId);
        sums.set(event.leaseId, {
          hour: event.hour,
          leaseId: event.leaseId,
          requests: (sum?.requests ?? 0) + 1,
          refusedRequests: (sum?.refusedRequests ?? 0) + (event.status >= 400 ? 1 : 0),
          servedBytes: (sum?.servedBytes ?? 0) + event.servedBytes,
        });
      }
      if (whole.length > 0) yield whole;
    }
    if (sums.size > 0) yield [...sums.values()];
  }

  /** Events of a grant in order of time; the cursor is text, for a Date would round what Postgres keeps. */
  private async *eventsOf(ctx: RequestContext, grantId: string): AsyncGenerator<readonly GrantEvent[]> {
    for (let [at, requestId] = ['-infinity', '']; ;) {
      const rows: GrantEvent[] = await this.database.query<{ [K in keyof GrantEvent]: GrantEvent[K] }>(
        ctx,
        `select at::text as at, request_id as "requestId", lease_id as "leaseId", status, served_bytes as "servedBytes",
                to_char(date_trunc('hour', at at time zone 'UTC'), 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as hour
           from usage_events where grant_id = $1 and at >= $2::timestamptz and (at, request_id) > ($2::timestamptz, $3)
          order by usage_events.at, request_id limit ${PAGE_EVENTS}`,
        [grantId, at, requestId],
      );
      if (rows.length > 0) yield rows;
      const last = rows.at(-1);
      if (!last || rows.length < PAGE_EVENTS) return;
      ({ at, requestId } = last);
    }
  }

  /** The roll-up where every cut falls between two hours, else the events themselves. Both give the same sums. */
  private sourceFor(selection: UsageSelection, series: UsageSeriesRequest | null): string {
    const isAligned = [selection.from, selection.to].every((cut) => !cut || isWholeHour(cut));
    const lastYear = this.clock.now().getUTCFullYear() + 1;
    const hasAlignedDays = series?.groupBy !== 'DAY' || hasWholeHourDays(series.timeZone, lastYear);
    return isAligned && hasAlignedDays ? FROM_HOURS : FROM_EVENTS;
  }
}

/** The SQL condition that a selection means, and its parameters. */
function conditions(selection: UsageSelection): { where: string; params: unknown[] } {
  const parts = ['true'];
  const params: unknown[] = [];
  const add = (value: unknown, sqlOf: (place: string) => string): void => {
    params.push(value);
    parts.push(sqlOf(`$${params.length}`));
  };
  if (selection.scope.kind === 'organization') {
    add(selection.scope.organizationId, (p) => `(u.buyer_organization_id = ${p} or u.provider_organization_id = ${p})`);
  }
  if (selection.grantId) add(selection.grantId, (p) => `u.grant_id = ${p}`);
  if (selection.datasetId) add(selection.datasetId, (p) => `u.dataset_id = ${p}`);
  if (selection.from) add(selection.from, (p) => `u.at >= ${p}`);
  if (selection.to) add(selection.to, (p) => `u.at < ${p}`);
  return { where: parts.join(' and '), params };
}

function groupExpression(request: UsageSeriesRequest, params: unknown[]): string {
  switch (request.groupBy) {
    case 'DAY':
      params.push(request.timeZone);
      return `to_char(u.at at time zone $${params.length}::text, 'YYYY-MM-DD')`;
    case 'DATASET':
      return 'u.dataset_id';
    case 'GRANT':
      return 'u.grant_id';
    case 'ORGANIZATION':
      return 'u.buyer_organization_id';
  }
}

function toTotals(row: TotalsRow | undefined): UsageTotals {
  return {
    servedBytes: row?.served_bytes ?? 0,
    requests: row?.requests ?? 0,
    refusedRequests: row?.refused_requests ?? 0,
    lastEventAt: row?.last_event_at ?? null,
  };
}
