import { Injectable } from '@nestjs/common';
import { OperatorReads } from '@app/audit';
import { Database } from '@app/database';
import {
  Clock,
  KernelErrors,
  decodeCursor,
  encodeCursor,
  pageSize,
  requireUser,
  sightOf,
  toPage,
  validate,
} from '@app/kernel';
import type { Page, PageRequest, RequestContext } from '@app/kernel';
import { MAX_NAMED, grantIds, namesStatement } from '../desk/grant-conditions.js';
import type { ResolvedNames } from '../desk/grant-conditions.js';
import { grantFilterSchema } from '../desk/grant-filter.rules.js';
import type { AskedGrants, GrantFilter } from '../desk/grant-filter.rules.js';
import type { Use } from '../terms/uses.js';
import type { GrantSlice } from './grant.entity.js';
import { stateAt } from './grant.rules.js';
import type { GrantState } from './grant.rules.js';

/** A grant as its parties see it. */
export interface GrantRow {
  readonly id: string;
  readonly organizationId: string;
  readonly providerOrganizationId: string;
  readonly datasetId: string;
  readonly datasetSlug: string;
  readonly versionId: string;
  readonly versionLabel: string;
  readonly commitId: string | null;
  readonly offerId: string;
  readonly orderId: string | null;
  readonly termsHash: string;
  readonly slice: GrantSlice;
  readonly intendedUse: Use | null;
  readonly note: string | null;
  /** `expired` from the instant that its time is over, whether or not a sweep has run. */
  readonly state: GrantState;
  readonly stateReason: string | null;
  readonly startsAt: Date | null;
  readonly expiresAt: Date | null;
  /** Until when a request waits for its answer, and an approved one for its order. */
  readonly lapsesAt: Date | null;
  readonly renewsGrantId: string | null;
  readonly createdAt: Date;
  /** When the granted version was recalled as defective, and why; null while it is sound. */
  readonly recalledAt: Date | null;
  readonly recallReason: string | null;
}

/** Rows of one statement of an export. */
const EXPORT_ROWS = 1_000;

const SELECT_GRANTS = `
  select g.id, g.organization_id as "organizationId", g.provider_organization_id as "providerOrganizationId",
         g.dataset_id as "datasetId", d.slug as "datasetSlug", g.version_id as "versionId", v.label as "versionLabel",
         v.commit_id as "commitId", g.offer_id as "offerId", g.order_id as "orderId", g.terms_hash as "termsHash", g.slice,
         g.intended_use as "intendedUse", g.note, g.state, g.state_reason as "stateReason", g.starts_at as "startsAt",
         g.expires_at as "expiresAt", g.lapses_at as "lapsesAt", g.renews_grant_id as "renewsGrantId", g.created_at as "createdAt",
         v.recalled_at as "recalledAt", v.recall_reason as "recallReason"
    from grants g join datasets d on d.id = g.dataset_id join dataset_versions v on v.id = g.version_id`;

/** Its buyer and its provider see a grant, and the operator every one. `$1` is the organization, `$2` whether all are seen. */
const SEEN = `(g.organization_id = $1 or g.provider_organization_id = $1 or $2)`;

/** Grants as their parties and the operator see them. */
@Injectable()
export class GrantQueries {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly operatorReads: OperatorReads,
  ) {}

  /** Grants that the asker holds or has given, newest first; the operator sees all. @throws REQUEST_INVALID */
  async grants(ctx: RequestContext, page: PageRequest, filter: GrantFilter = {}): Promise<Page<GrantRow>> {
    const size = pageSize(page);
    const before = page.after ? String(decodeCursor(page.after, 1)[0]) : null;
    const rows = await this.rowsBefore(ctx, filter, before, size + 1);
    const shown = toPage(rows, size, (row) => encodeCursor([row.id]));
    await this.note(ctx, shown.items, filter);
    return shown;
  }

  /** The same, as many as there are, in bounded memory. The caller puts on record what an operator takes with him. */
  async *allGrants(ctx: RequestContext, filter: GrantFilter): AsyncGenerator<readonly GrantRow[]> {
    for (let before: string | null = null; ;) {
      const rows: GrantRow[] = await this.rowsBefore(ctx, filter, before, EXPORT_ROWS);
      if (rows.length > 0) yield rows;
      before = rows.at(-1)?.id ?? null;
      if (rows.length < EXPORT_ROWS) return;
    }
  }

  /** @throws REQUEST_NOT_FOUND */
  async byId(ctx: RequestContext, id: string): Promise<GrantRow> {
    const [row] = await this.database.query<GrantRow>(ctx, `${SELECT_GRANTS} where ${SEEN} and g.id = $3`, [
      ...scopeOf(ctx),
      id,
    ]);
    if (!row) throw KernelErrors.NOT_FOUND({ what: 'grant', id });
    await this.note(ctx, [row], {});
    return this.asOfNow(row);
  }

  private async rowsBefore(
    ctx: RequestContext,
    filter: GrantFilter,
    before: string | null,
    limit: number,
  ): Promise<GrantRow[]> {
    const asked = validate(grantFilterSchema, filter, 'filter');
    if (ctx.actor.kind !== 'system') requireUser(ctx);
    const names = await this.resolve(ctx, asked);
    if (Object.values(names).some((ids) => ids?.length === 0)) return [];
    const ids = grantIds(asked, names, sightOf(ctx), { now: this.clock.now(), before, limit });
    const rows = await this.database.query<GrantRow>(
      ctx,
      `${SELECT_GRANTS} where g.id in (${ids.sql}) order by g.id desc`,
      ids.params,
    );
    return rows.map((row) => this.asOfNow(row));
  }

  /** What the names of a filter stand for, before anything is searched. @throws REQUEST_INVALID when a text fits too many */
  private async resolve(ctx: RequestContext, asked: AskedGrants): Promise<Partial<ResolvedNames>> {
    const statement = namesStatement(asked);
    if (!statement) return {};
    const [names = {}] = await this.database.query<Partial<ResolvedNames>>(ctx, statement.sql, statement.params);
    if ((names.text?.length ?? 0) > MAX_NAMED) {
      const message = `fits the names of more than ${MAX_NAMED} organizations; say more of the name`;
      throw KernelErrors.INVALID({ problems: [{ path: 'filter.text', message }] });
    }
    return names;
  }

  /** What an operator is shown of rights between others is put on record. */
  private async note(ctx: RequestContext, rows: readonly GrantRow[], asked: GrantFilter): Promise<void> {
    const { organizationId: own } = sightOf(ctx);
    const strange = rows.filter((row) => row.organizationId !== own && row.providerOrganizationId !== own);
    await this.operatorReads.noteThings(
      ctx,
      'grant',
      strange.map(({ id, datasetId, organizationId, providerOrganizationId }) => ({
        id,
        about: { grantId: id, datasetId, organizationIds: [organizationId, providerOrganizationId] },
      })),
      asked,
    );
  }

  private asOfNow(row: GrantRow): GrantRow {
    return { ...row, state: stateAt(row, this.clock.now()) };
  }
}

function scopeOf(ctx: RequestContext): [organizationId: string | null, seesAll: boolean] {
  if (ctx.actor.kind !== 'system') requireUser(ctx);
  const { organizationId, seesAll } = sightOf(ctx);
  return [organizationId, seesAll];
}
