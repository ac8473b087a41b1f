import { Injectable } from '@nestjs/common';
import { firstSpans } from '@app/catalog';
import type { EpisodeSpan } from '@app/catalog';
import { Database } from '@app/database';
import {
  Clock,
  KernelErrors,
  decodeCursor,
  encodeCursor,
  pageSize,
  requireScope,
  requireUser,
  toPage,
} from '@app/kernel';
import type { Page, PageRequest, RequestContext } from '@app/kernel';
import type { GrantSlice } from '../grants/grant.entity.js';
import type { GrantState } from '../grants/grant.rules.js';
import { isOverdue } from './notice.rules.js';

/** A notice as its holder, the contributor's provider and the operator see it. It says which episodes, never whose. */
export interface NoticeRow {
  readonly id: string;
  readonly withdrawalId: string;
  readonly grantId: string;
  readonly organizationId: string;
  readonly organizationSlug: string;
  readonly datasetSlug: string;
  readonly versionId: string;
  readonly versionLabel: string;
  readonly scope: readonly string[] | null;
  readonly channel: string;
  readonly toldAt: Date;
  readonly dueAt: Date;
  readonly seenAt: Date | null;
  readonly acknowledgedAt: Date | null;
  readonly deletedAt: Date | null;
  readonly note: string | null;
  readonly cancelledAt: Date | null;
  readonly isOverdue: boolean;
  readonly successorLabel: string | null;
  readonly successorVersionId: string | null;
  readonly spans: readonly EpisodeSpan[];
}

export interface NoticeFilter {
  readonly grantId?: string | null;
  readonly isAcknowledged?: boolean | null;
  readonly isOverdue?: boolean | null;
}

/** How far a withdrawal has got. */
export interface NoticeTally {
  readonly told: number;
  readonly seen: number;
  readonly acknowledged: number;
  readonly deleted: number;
  readonly overdue: number;
}

export interface AffectedGrantRow {
  readonly grantId: string;
  readonly organizationId: string;
  readonly organizationSlug: string;
  readonly datasetSlug: string;
  readonly versionId: string;
  readonly versionLabel: string;
  readonly state: GrantState;
  readonly startsAt: Date | null;
  readonly expiresAt: Date | null;
  readonly slice: GrantSlice;
}

const OVERDUE = '(n.deleted_at is null and x.withdrawal_id is null and n.due_at < $1)';

const SELECT = `
  select n.id, n.withdrawal_id as "withdrawalId", n.grant_id as "grantId", n.organization_id as "organizationId",
         o.slug as "organizationSlug", d.slug as "datasetSlug", g.version_id as "versionId", v.label as "versionLabel",
         w.scope, n.channel, n.told_at as "toldAt", n.due_at as "dueAt", n.seen_at as "seenAt",
         n.acknowledged_at as "acknowledgedAt", n.deleted_at as "deletedAt", n.note, x.cancelled_at as "cancelledAt",
         s.label as "successorLabel", s.id as "successorVersionId", ${firstSpans('r.episodes')} as spans
    from withdrawal_notices n join withdrawals w on w.id = n.withdrawal_id
    join grants g on g.id = n.grant_id join organizations o on o.id = n.organization_id
    join datasets d on d.id = g.dataset_id join dataset_versions v on v.id = g.version_id
    join version_withdrawals r on r.version_id = g.version_id and r.withdrawal_id = n.withdrawal_id
    left join withdrawal_cancellations x on x.withdrawal_id = n.withdrawal_id
    left join dataset_versions s on s.id = d.current_version_id and s.status = 'published' and s.number > v.number`;

type StoredNotice = Omit<NoticeRow, 'isOverdue'>;

/** Who was told, who has seen it, who answered. */
@Injectable()
export class NoticeQueries {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  /** Notices to the asker's own organization, newest first. */
  async own(ctx: RequestContext, page: PageRequest, filter: NoticeFilter = {}): Promise<Page<NoticeRow>> {
    const user = requireUser(ctx);
    requireScope(user, 'data:read');
    return this.page(ctx, 'n.organization_id = $6', user.organizationId, page, filter);
  }

  /** Notices of one withdrawal, newest first. The caller was given the withdrawal. */
  async ofWithdrawal(
    ctx: RequestContext,
    withdrawalId: string,
    page: PageRequest,
    filter: NoticeFilter = {},
  ): Promise<Page<NoticeRow>> {
    return this.page(ctx, 'n.withdrawal_id = $6', withdrawalId, page, filter);
  }

  /** The newest notices of each grant, at most 20. The caller was given the grants. */
  async ofGrants(ctx: RequestContext, grantIds: readonly string[]): Promise<Map<string, NoticeRow[]>> {
    const rows = await this.database.query<{ [K in keyof StoredNotice]: StoredNotice[K] }>(
      ctx,
      `${SELECT} where n.id in (
         select k.id from unnest($1::text[]) as asked (id) cross join lateral (
           select id from withdrawal_notices where grant_id = asked.id order by id desc limit 20
         ) k
       ) order by n.id desc`,
      [grantIds],
    );
    const found = new Map<string, NoticeRow[]>();
    for (const row of rows) found.set(row.grantId, [...(found.get(row.grantId) ?? []), this.asOfNow(row)]);
    return found;
  }

  /** A notice to the asker's own organization. @throws REQUEST_NOT_FOUND */
  async ownById(ctx: RequestContext, id: string): Promise<NoticeRow> {
    const [row] = await this.database.query<{ [K in keyof StoredNotice]: StoredNotice[K] }>(
      ctx,
      `${SELECT} where n.id = $1 and n.organization_id = $2`,
      [id, requireUser(ctx).organizationId],
    );
    if (!row) throw KernelErrors.NOT_FOUND({ what: 'notice', id });
    return this.asOfNow(row);
  }

  /** Further spans of a notice, behind the first page of them. The caller was given the notice. */
  async spans(ctx: RequestContext, noticeId: string, page: PageRequest): Promise<Page<EpisodeSpan>> {
    const size = pageSize(page, 100);
    const after = page.after ? Number(decodeCursor(page.after, 1)[0]) : -1;
    const rows = await this.database.query<{ first: number; last: number }>(
      ctx,
      `select lower(e) as first, upper(e) - 1 as last
         from withdrawal_notices n join grants g on g.id = n.grant_id
         join version_withdrawals r on r.version_id = g.version_id and r.withdrawal_id = n.withdrawal_id
         cross join lateral unnest(r.episodes) as e
        where n.id = $1 and lower(e) > $2 order by 1 limit $3`,
      [noticeId, after, size + 1],
    );
    return toPage(
      rows.map(({ first, last }): EpisodeSpan => [first, last]),
      size,
      ([first]) => encodeCursor([first]),
    );
  }

  /** How far each of the withdrawals has got. The caller was given them. */
  async tallies(ctx: RequestContext, withdrawalIds: readonly string[]): Promise<Map<string, NoticeTally>> {
    const rows = await this.database.query<{ [K in keyof NoticeTally]: NoticeTally[K] } & { id: string }>(
      ctx,
      `select n.withdrawal_id as id, count(*)::bigint as told, count(n.seen_at)::bigint as seen,
              count(n.acknowledged_at)::bigint as acknowledged, count(n.deleted_at)::bigint as deleted,
              (count(*) filter (where ${OVERDUE}))::bigint as overdue
         from withdrawal_notices n left join withdrawal_cancellations x on x.withdrawal_id = n.withdrawal_id
        where n.withdrawal_id = any($2::text[]) group by n.withdrawal_id`,
      [this.clock.now(), withdrawalIds],
    );
    return new Map(rows.map(({ id, ...tally }) => [id, tally]));
  }

  /** Withdrawals whose episodes the holder of a grant has certified to have deleted. The caller was given the grant. */
  async certified(ctx: RequestContext, grantId: string): Promise<ReadonlySet<string>> {
    const rows = await this.database.query<{ id: string }>(
      ctx,
      'select withdrawal_id as id from withdrawal_notices where grant_id = $1 and deleted_at is not null',
      [grantId],
    );
    return new Set(rows.map(({ id }) => id));
  }

  /** Rights that ever started on what a contributor appears in. The caller was given the contributor. */
  async affectedGrants(ctx: RequestContext, contributorId: string, page: PageRequest): Promise<Page<AffectedGrantRow>> {
    const size = pageSize(page);
    const after = page.after ? String(decodeCursor(page.after, 1)[0]) : '';
    const rows = await this.database.query<{ [K in keyof AffectedGrantRow]: AffectedGrantRow[K] }>(
      ctx,
      `select g.id as "grantId", g.organization_id as "organizationId", o.slug as "organizationSlug", d.slug as "datasetSlug",
              g.version_id as "versionId", v.label as "versionLabel",
              case when g.state in ('active', 'suspended') and g.expires_at <= $4 then 'expired' else g.state end as state,
              g.starts_at as "startsAt", g.expires_at as "expiresAt", g.slice
         from episodes_of_contributor($1) a join grants g on g.version_id = a.version_id
         join organizations o on o.id = g.organization_id join datasets d on d.id = g.dataset_id
         join dataset_versions v on v.id = g.version_id
        where g.starts_at is not null and g.id > $2 order by g.id limit $3`,
      [contributorId, after, size + 1, this.clock.now()],
    );
    return toPage(rows, size, (row) => encodeCursor([row.grantId]));
  }

  private async page(
    ctx: RequestContext,
    scope: string,
    id: string,
    page: PageRequest,
    filter: NoticeFilter,
  ): Promise<Page<NoticeRow>> {
    const size = pageSize(page);
    const before = page.after ? String(decodeCursor(page.after, 1)[0]) : null;
    const rows = await this.database.query<{ [K in keyof StoredNotice]: StoredNotice[K] }>(
      ctx,
      `${SELECT} where ${scope} and ($2::text is null or n.id < $2) and ($3::text is null or n.grant_id = $3)
          and ($4::boolean is null or (n.acknowledged_at is not null) = $4) and ($5::boolean is null or ${OVERDUE} = $5)
        order by n.id desc limit $7`,
      [
        this.clock.now(),
        before,
        filter.grantId ?? null,
        filter.isAcknowledged ?? null,
        filter.isOverdue ?? null,
        id,
        size + 1,
      ],
    );
    return toPage(
      rows.map((row) => this.asOfNow(row)),
      size,
      (row) => encodeCursor([row.id]),
    );
  }

  private asOfNow(row: StoredNotice): NoticeRow {
    return { ...row, isOverdue: isOverdue(row, this.clock.now()) };
  }
}
