import { Injectable } from '@nestjs/common';
import { OperatorReads } from '@app/audit';
import { Database } from '@app/database';
import {
  KernelErrors,
  decodeCursor,
  encodeCursor,
  pageSize,
  requireProvider,
  requireScope,
  requireUser,
  sightOf,
  toPage,
} from '@app/kernel';
import type { Page, PageRequest, RequestContext } from '@app/kernel';
import type { VersionStatus } from '../versions/version.rules.js';
import type { EpisodeSpan } from './contributor.rules.js';

/** What a contributor's withdrawal would touch now, in numbers. */
export interface AffectedRow {
  readonly contributorId: string;
  readonly organizationId: string;
  readonly datasets: number;
  readonly versions: number;
  readonly episodes: number;
}

/** One version with episodes of a contributor. */
export interface AffectedVersionRow {
  readonly versionId: string;
  readonly datasetId: string;
  readonly datasetSlug: string;
  readonly label: string;
  readonly status: VersionStatus;
  readonly episodes: number;
  readonly isStated: boolean;
  /** The first spans, one more than a page holds. */
  readonly spans: readonly EpisodeSpan[];
}

export interface WithdrawalRow {
  readonly id: string;
  readonly organizationId: string;
  /** Null for all but the contributor's own provider. */
  readonly pseudonym: string | null;
  readonly scope: readonly string[] | null;
  readonly reason: string;
  readonly effectiveAt: Date;
  readonly recordedAt: Date;
  readonly cancelledAt: Date | null;
  readonly cancelReason: string | null;
  readonly versions: number;
  readonly episodes: number;
}

/** Whose versions are looked at: all of a contributor now, or those that a withdrawal reached. */
export type AffectedBy = { readonly contributorId: string } | { readonly withdrawalId: string };

/** Which files of a version may not be handed out any more. */
export interface StoppedFiles {
  /** Those of the asked paths. */
  readonly paths: readonly string[];
  readonly isWhole: boolean;
  /** Label of a corrected version on the shelf. */
  readonly successor: string | null;
}

const SPAN_PAGE = 100;

/** How many episodes a multirange holds. */
const sizeOf = (multirange: string): string =>
  `(select sum(upper(r) - lower(r)) from unnest(${multirange}) as r)::bigint`;

/** The first spans of a multirange, in order, and one more to tell that others follow. */
export const firstSpans = (multirange: string): string =>
  `(select coalesce(json_agg(json_build_array(lower(r), upper(r) - 1)), '[]')
      from (select r from unnest(${multirange}) as r limit ${SPAN_PAGE + 1}) as s)`;

/**
 * The organization whose contributors somebody acts for: a provider for its own, the operator for the one that he names.
 * @throws REQUEST_UNAUTHENTICATED, REQUEST_FORBIDDEN, REQUEST_INVALID when the operator names none
 */
export function mayActFor(ctx: RequestContext, organizationId: string | null): string {
  const user = requireUser(ctx);
  if (sightOf(ctx).seesAll) {
    if (organizationId !== null) return organizationId;
    const message = 'must name the provider, since pseudonyms are known to it alone';
    if (!user.isProvider) throw KernelErrors.INVALID({ problems: [{ path: 'organizationId', message }] });
  }
  const own = requireProvider(ctx).organizationId;
  if (organizationId !== null && organizationId !== own)
    throw KernelErrors.NOT_FOUND({ what: 'organization', id: organizationId });
  return own;
}

/** Spans of a page: those that came with the row when it is the first page. */
export function spanPage(spans: readonly EpisodeSpan[], page: PageRequest): Page<EpisodeSpan> {
  return toPage(spans, pageSize(page, SPAN_PAGE), ([first]) => encodeCursor([first]));
}

/** Who withdrew what, and what it touches. */
@Injectable()
export class WithdrawalQueries {
  constructor(
    private readonly database: Database,
    private readonly operatorReads: OperatorReads,
  ) {}

  /** @throws REQUEST_NOT_FOUND where no checked version or earlier withdrawal names the contributor */
  async affected(ctx: RequestContext, pseudonym: string, asked: string | null): Promise<AffectedRow> {
    const organizationId = mayActFor(ctx, asked);
    const [row] = await this.database.query<{ [K in keyof AffectedRow]: AffectedRow[K] }>(
      ctx,
      `select c.id as "contributorId", c.organization_id as "organizationId",
              count(distinct v.dataset_id)::bigint as datasets, count(a.version_id)::bigint as versions,
              coalesce(sum(${sizeOf('a.episodes')}), 0)::bigint as episodes
         from contributors c left join lateral episodes_of_contributor(c.id) a on true
         left join dataset_versions v on v.id = a.version_id
        where c.organization_id = $1 and c.pseudonym = $2 group by c.id`,
      [organizationId, pseudonym],
    );
    if (!row) throw KernelErrors.NOT_FOUND({ what: 'contributor', id: 'of this pseudonym' });
    if (organizationId !== sightOf(ctx).organizationId) {
      const shown = { contributorId: row.contributorId };
      await this.operatorReads.noteView(ctx, 'contributor', shown, { organizationIds: [organizationId] });
    }
    return row;
  }

  /** Versions in order of their ids, with the first spans of each. The caller was given the contributor or withdrawal. */
  async versions(ctx: RequestContext, by: AffectedBy, page: PageRequest): Promise<Page<AffectedVersionRow>> {
    const size = pageSize(page);
    const after = page.after ? String(decodeCursor(page.after, 1)[0]) : '';
    const [source, id] =
      'contributorId' in by
        ? ['episodes_of_contributor($1)', by.contributorId]
        : [
            `(select w.version_id, w.episodes, coalesce(c.is_stated, true) as is_stated from version_withdrawals w
                join withdrawals s on s.id = w.withdrawal_id
                left join version_contributors c on c.version_id = w.version_id and c.contributor_id = s.contributor_id
               where w.withdrawal_id = $1)`,
            by.withdrawalId,
          ];
    const rows = await this.database.query<{ [K in keyof AffectedVersionRow]: AffectedVersionRow[K] }>(
      ctx,
      `select a.version_id as "versionId", v.dataset_id as "datasetId", d.slug as "datasetSlug", v.label, v.status,
              ${sizeOf('a.episodes')} as episodes, a.is_stated as "isStated", ${firstSpans('a.episodes')} as spans
         from ${source} a join dataset_versions v on v.id = a.version_id join datasets d on d.id = v.dataset_id
        where a.version_id > $2 order by a.version_id limit $3`,
      [id, after, size + 1],
    );
    return toPage(rows, size, (row) => encodeCursor([row.versionId]));
  }

  /** Further spans of one version, behind the first page of them. */
  async spans(ctx: RequestContext, by: AffectedBy, versionId: string, page: PageRequest): Promise<Page<EpisodeSpan>> {
    const size = pageSize(page, SPAN_PAGE);
    const after = page.after ? Number(decodeCursor(page.after, 1)[0]) : -1;
    const [source, id] =
      'contributorId' in by
        ? ['(select version_id, episodes from episodes_of_contributor($1))', by.contributorId]
        : ['(select version_id, episodes from version_withdrawals where withdrawal_id = $1)', by.withdrawalId];
    const rows = await this.database.query<{ first: number; last: number }>(
      ctx,
      `select lower(r) as first, upper(r) - 1 as last from ${source} a cross join lateral unnest(a.episodes) as r
        where a.version_id = $2 and lower(r) > $3 order by 1 limit $4`,
      [id, versionId, after, size + 1],
    );
    return toPage(
      rows.map(({ first, last }): EpisodeSpan => [first, last]),
      size,
      ([first]) => encodeCursor([first]),
    );
  }

  /** Withdrawals of an organization's contributors, newest first; the operator sees those of all. */
  async withdrawals(ctx: RequestContext, page: PageRequest): Promise<Page<WithdrawalRow>> {
    const size = pageSize(page);
    const before = page.after ? String(decodeCursor(page.after, 1)[0]) : null;
    const rows = await this.select(ctx, '($3::text is null or w.id < $3) order by w.id desc limit $4', [
      before,
      size + 1,
    ]);
    const shown = toPage(rows, size, (row) => encodeCursor([row.id]));
    const { organizationId: own } = sightOf(ctx);
    const strange = shown.items.filter(({ organizationId }) => organizationId !== own);
    await this.operatorReads.noteThings(
      ctx,
      'withdrawal',
      strange.map(({ id, organizationId }) => ({ id, about: { organizationIds: [organizationId] } })),
    );
    return shown;
  }

  /** For whoever has just acted on it. @throws REQUEST_NOT_FOUND */
  async byId(ctx: RequestContext, id: string): Promise<WithdrawalRow> {
    const [row] = await this.select(ctx, 'w.id = $3', [id]);
    if (!row) throw KernelErrors.NOT_FOUND({ what: 'withdrawal', id });
    return row;
  }

  /** Of each version, the uses that standing withdrawals took from it: null is all of them. Others are left out. */
  async ofVersions(
    ctx: RequestContext,
    versionIds: readonly string[],
  ): Promise<Map<string, { readonly withdrawalId: string; readonly scope: readonly string[] | null }[]>> {
    const rows = await this.database.prepared<{ versionId: string; withdrawalId: string; scope: string[] | null }>(
      ctx,
      'withdrawals_of_versions',
      `select v.version_id as "versionId", w.id as "withdrawalId", w.scope
         from version_withdrawals v join standing_withdrawals w on w.id = v.withdrawal_id
        where v.version_id = any($1::text[])`,
      [versionIds],
    );
    const found = new Map<string, { withdrawalId: string; scope: string[] | null }[]>();
    for (const { versionId, ...one } of rows) found.set(versionId, [...(found.get(versionId) ?? []), one]);
    return found;
  }

  /** Which of these files hold episodes for which consent was withdrawn; null when none does. One probe where all is well. */
  async stoppedFiles(ctx: RequestContext, versionId: string, paths: readonly string[]): Promise<StoppedFiles | null> {
    const [row] = await this.database.prepared<{ isWhole: boolean; paths: string[] | null; successor: string | null }>(
      ctx,
      'withdrawn_files_among',
      `select bool_or(v.stops_all) as "isWhole",
              (select array_agg(distinct f.path order by f.path) from withdrawn_files f
                 join standing_withdrawals s on s.id = f.withdrawal_id
                where f.version_id = $1 and f.path = any($2::text[])) as paths,
              (select n.label from dataset_versions o join datasets d on d.id = o.dataset_id
                 join dataset_versions n on n.id = d.current_version_id and n.status = 'published' and n.number > o.number
                where o.id = $1) as successor
         from version_withdrawals v join standing_withdrawals w on w.id = v.withdrawal_id
        where v.version_id = $1 having count(*) > 0`,
      [versionId, paths],
    );
    return row ? { paths: row.paths ?? [], isWhole: row.isWhole, successor: row.successor } : null;
  }

  /** What the contributor's provider sees in full, the operator sees without the pseudonym. */
  private async select(ctx: RequestContext, where: string, more: readonly unknown[]): Promise<WithdrawalRow[]> {
    const user = requireUser(ctx);
    const { organizationId, seesAll } = sightOf(ctx);
    if (!seesAll) requireScope(user, 'data:read');
    return this.database.query<{ [K in keyof WithdrawalRow]: WithdrawalRow[K] }>(
      ctx,
      `select w.id, w.organization_id as "organizationId", case when w.organization_id = $1 then c.pseudonym end as pseudonym,
              w.scope, w.reason, w.effective_at as "effectiveAt", w.recorded_at as "recordedAt",
              x.cancelled_at as "cancelledAt", x.reason as "cancelReason",
              (select count(*) from version_withdrawals v where v.withdrawal_id = w.id)::bigint as versions,
              (select coalesce(sum(${sizeOf('v.episodes')}), 0) from version_withdrawals v where v.withdrawal_id = w.id)::bigint as episodes
         from withdrawals w join contributors c on c.id = w.contributor_id
         left join withdrawal_cancellations x on x.withdrawal_id = w.id
        where (w.organization_id = $1 or $2) and ${where}`,
      [organizationId, seesAll, ...more],
    );
  }
}
