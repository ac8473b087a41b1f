import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { OperatorReads } from '@app/audit';
import { DatasetQueries } from '@app/catalog';
import { OrganizationQueries } from '@app/identity';
import {
  decodeCursor,
  encodeCursor,
  isId,
  pageSize,
  requireUser,
  sightOf,
  systemContext,
  toPage,
  validate,
} from '@app/kernel';
import type { Page, RequestContext, UserActor } from '@app/kernel';
import { GrantQueries } from '@app/licensing';
import { USAGE_GROUPINGS, UsageQueries, isTimeZone } from '@app/metering';
import type { UsageGrouping, UsageScope, UsageSelection, UsageTotals } from '@app/metering';
import { LeaseQueries } from '../leases/lease.queries.js';
import { mergeSeries } from './usage-series.rules.js';
import type { ReportPoint } from './usage-series.rules.js';

const usageRequestSchema = z.object({
  filter: z
    .object({
      grantId: z
        .string()
        .refine((id) => isId('Grant', id), 'is not the id of a grant')
        .nullish(),
      datasetSlug: z.string().min(1).max(200).nullish(),
      from: z.date().nullish(),
      to: z.date().nullish(),
    })
    .refine((filter) => !filter.from || !filter.to || filter.from < filter.to, {
      path: ['to'],
      message: 'must come after "from"',
    }),
  groupBy: z.enum(USAGE_GROUPINGS),
  timeZone: z.string().refine(isTimeZone, 'is not a name of the IANA time zone database, such as "Asia/Shanghai"'),
  first: z.number().nullish(),
  after: z.string().nullish(),
});

/** Points of one round of an export. */
const EXPORT_POINTS = 1_000;

export type UsageRequest = z.input<typeof usageRequestSchema>;

/** A point with the name that people know its subject by: a date, a grant's id, a dataset's or an organization's slug. */
export interface NamedPoint extends ReportPoint {
  readonly label: string;
}

export interface UsageReport extends UsageTotals {
  /** Bytes that signed URLs were handed out for. Issued is not served. */
  readonly issuedBytes: number;
  readonly unexplainedBytes: number;
  readonly groupBy: UsageGrouping;
  readonly series: Page<NamedPoint>;
}

/** Issued beside served, by whatever cut the asker may see: its own grants, its own data, or, for an admin, everything. */
@Injectable()
export class UsageReportQueries {
  constructor(
    private readonly usage: UsageQueries,
    private readonly leases: LeaseQueries,
    private readonly grants: GrantQueries,
    private readonly datasets: DatasetQueries,
    private readonly organizations: OrganizationQueries,
    private readonly operatorReads: OperatorReads,
  ) {}

  /** @throws REQUEST_UNAUTHENTICATED, REQUEST_INVALID, REQUEST_NOT_FOUND for a grant or dataset that the asker may not see */
  async report(ctx: RequestContext, input: UsageRequest): Promise<UsageReport> {
    const user = requireUser(ctx);
    const request = validate(usageRequestSchema, input, 'usage');
    const selection = await this.select(ctx, user, request.filter);
    const size = pageSize(request, 100);
    const afterKey = request.after ? String(decodeCursor(request.after, 1)[0]) : null;
    const seriesRequest = { groupBy: request.groupBy, timeZone: request.timeZone, afterKey, limit: size + 1 };

    const [totals, issuedBytes, unexplainedBytes, served, issued] = await Promise.all([
      this.usage.totals(ctx, selection),
      this.leases.issuedBytes(ctx, selection),
      this.usage.unexplainedBytes(ctx, selection),
      this.usage.series(ctx, selection, seriesRequest),
      this.leases.issuedSeries(ctx, selection, seriesRequest),
    ]);
    const points = mergeSeries(served, issued, request.groupBy === 'DAY', size + 1);
    const named = await this.name(ctx, request.groupBy, points);
    const series = toPage(named, size, (point) => encodeCursor([point.key]));
    if (selection.scope.kind === 'everything') await this.note(ctx, request, selection);
    return { ...totals, issuedBytes, unexplainedBytes, groupBy: request.groupBy, series };
  }

  /**
   * The points of a report, as many as there are, in bounded memory. The caller puts on record what an operator takes with him.
   * @throws REQUEST_UNAUTHENTICATED, REQUEST_INVALID, REQUEST_NOT_FOUND
   */
  async *allPoints(ctx: RequestContext, input: UsageRequest): AsyncGenerator<readonly NamedPoint[]> {
    const user = requireUser(ctx);
    const request = validate(usageRequestSchema, input, 'usage');
    const selection = await this.select(ctx, user, request.filter);
    for (let afterKey: string | null = null; ;) {
      const part = { groupBy: request.groupBy, timeZone: request.timeZone, afterKey, limit: EXPORT_POINTS };
      const [served, issued] = await Promise.all([
        this.usage.series(ctx, selection, part),
        this.leases.issuedSeries(ctx, selection, part),
      ]);
      const points: ReportPoint[] = mergeSeries(served, issued, request.groupBy === 'DAY', EXPORT_POINTS);
      if (points.length > 0) yield await this.name(ctx, request.groupBy, points);
      if (points.length < EXPORT_POINTS) return;
      afterKey = points.at(-1)?.key ?? null;
    }
  }

  /** Sums over everybody's usage are shown to operators alone; which ones is put on record. */
  private async note(ctx: RequestContext, shown: object, { grantId, datasetId }: UsageSelection): Promise<void> {
    const about = { ...(grantId && { grantId }), ...(datasetId && { datasetId }) };
    await this.operatorReads.noteView(ctx, 'usage', shown, about);
  }

  private async select(
    ctx: RequestContext,
    user: UserActor,
    filter: z.output<typeof usageRequestSchema>['filter'],
  ): Promise<UsageSelection> {
    const scope: UsageScope = sightOf(ctx).seesAll
      ? { kind: 'everything' }
      : { kind: 'organization', organizationId: user.organizationId };
    if (filter.grantId) await this.grants.byId(ctx, filter.grantId);
    const datasetId = filter.datasetSlug ? await this.datasetId(ctx, user, filter.datasetSlug) : null;
    return { scope, grantId: filter.grantId, datasetId, from: filter.from, to: filter.to };
  }

  /** A buyer may ask about what it once took, also after the dataset has left the shelf. */
  private async datasetId(ctx: RequestContext, user: UserActor, slug: string): Promise<string> {
    try {
      return (await this.datasets.bySlug(ctx, slug)).id;
    } catch (notVisible) {
      const hidden = await this.datasets.bySlug(systemContext('usage'), slug);
      if (await this.leases.hasLeased(ctx, user.organizationId, hidden.id)) return hidden.id;
      throw notVisible;
    }
  }

  private async name(
    ctx: RequestContext,
    groupBy: UsageGrouping,
    points: readonly ReportPoint[],
  ): Promise<NamedPoint[]> {
    const keys = points.map((point) => point.key);
    const labels = new Map<string, string>();
    if (groupBy === 'DATASET') {
      // What was taken keeps its name for those who took it; the points themselves are scoped already.
      for (const row of await this.datasets.byIds(systemContext('usage'), keys)) labels.set(row.id, row.slug);
    } else if (groupBy === 'ORGANIZATION') {
      for (const [id, row] of await this.organizations.byIds(ctx, keys)) labels.set(id, row.slug);
    }
    return points.map((point) => ({ ...point, label: labels.get(point.key) ?? point.key }));
  }
}
