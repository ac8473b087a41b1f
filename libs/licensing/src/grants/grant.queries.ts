import { Injectable } from '@nestjs/common';
import { Database } from '@app/database';
import { Clock, KernelErrors, decodeCursor, encodeCursor, pageSize, requireUser, toPage } from '@app/kernel';
import type { Page, PageRequest, RequestContext } from '@app/kernel';
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

/** Which grants of those that may be seen. */
export interface GrantFilter {
  readonly datasetSlug?: string | null;
  readonly states?: readonly GrantState[] | null;
  readonly versionId?: string | null;
  readonly isRecalled?: boolean | null;
}

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

const SELECT_PAGE = `${SELECT_GRANTS}
  where ${SEEN} and ($3::text is null or lower(d.slug) = lower($3))
    and ($4::text[] is null or case
          when g.state in ('active', 'suspended') and g.expires_at <= $7 or g.state in ('requested', 'approved') and g.lapses_at <= $7
          then 'expired' else g.state end = any($4))
    and ($5::text is null or g.version_id = $5) and ($6::text is null or g.id < $6)
    and ($9::boolean is null or (v.recalled_at is not null) = $9)
  order by g.id desc limit $8`;

/** Grants as their parties and the operator see them. */
@Injectable()
export class GrantQueries {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  /** Grants that the asker holds or has given, newest first; the operator sees all. */
  async grants(ctx: RequestContext, page: PageRequest, filter: GrantFilter = {}): Promise<Page<GrantRow>> {
    const size = pageSize(page);
    const before = page.after ? String(decodeCursor(page.after, 1)[0]) : null;
    const rows = await this.database.query<GrantRow>(ctx, SELECT_PAGE, [
      ...scopeOf(ctx),
      filter.datasetSlug ?? null,
      filter.states ?? null,
      filter.versionId ?? null,
      before,
      this.clock.now(),
      size + 1,
      filter.isRecalled ?? null,
    ]);
    return toPage(
      rows.map((row) => this.asOfNow(row)),
      size,
      (row) => encodeCursor([row.id]),
    );
  }

  /** @throws REQUEST_NOT_FOUND */
  async byId(ctx: RequestContext, id: string): Promise<GrantRow> {
    const [row] = await this.database.query<GrantRow>(ctx, `${SELECT_GRANTS} where ${SEEN} and g.id = $3`, [
      ...scopeOf(ctx),
      id,
    ]);
    if (!row) throw KernelErrors.NOT_FOUND({ what: 'grant', id });
    return this.asOfNow(row);
  }

  private asOfNow(row: GrantRow): GrantRow {
    return { ...row, state: stateAt(row, this.clock.now()) };
  }
}

function scopeOf(ctx: RequestContext): [organizationId: string | null, seesAll: boolean] {
  if (ctx.actor.kind === 'system') return [null, true];
  const user = requireUser(ctx);
  return [user.organizationId, user.isAdmin && user.scopes.has('admin')];
}
