import { Injectable } from '@nestjs/common';
import { Audit } from '@app/audit';
import { VersionQueries } from '@app/catalog';
import { Database, constraintOf, isDuplicate } from '@app/database';
import { Clock, KernelErrors, newId } from '@app/kernel';
import type { RequestContext } from '@app/kernel';
import { CertificateIssuer } from '../certificates/certificate-issuer.service.js';
import { Holds } from '../holds/holds.service.js';
import { LicensingErrors } from '../licensing.errors.js';
import type { OpenSale } from '../offers/offer.queries.js';
import type { Attestation } from '../terms/use-context.js';
import type { Use } from '../terms/uses.js';
import { GrantEntity } from './grant.entity.js';
import { ANSWER_DAYS, ORDER_DAYS, canBecome, daysAfter, isRepeat, stateAt } from './grant.rules.js';
import type { GrantMove, GrantState } from './grant.rules.js';

/** How the terms were accepted: with a request, with an order, or with both. */
export type AcceptedVia = 'request' | 'order';

/** What a new right is made of. */
export interface NewGrant {
  readonly sale: OpenSale;
  readonly organizationId: string;
  readonly intendedUse: Use | null;
  readonly note: string | null;
  readonly via: AcceptedVia;
  /** What the buyer attested of himself and of the use. */
  readonly attested: Attestation;
  /** The right that this one goes on from. */
  readonly renewsGrantId: string | null;
  /** Audit action; null when the request is part of a larger act. */
  readonly action: string | null;
}

/** What changes with a step, beside the state. */
export interface GrantStep {
  readonly to: GrantState;
  /** Audit action, as `grant.revoked`; null for a step that is part of a larger act, which is audited once. */
  readonly action: string | null;
  readonly reason?: string;
  readonly sets?: Partial<Pick<GrantEntity, 'startsAt' | 'expiresAt' | 'orderId'>>;
}

/** The only writer of a grant's state: every step is checked against the table and kept as an event, every act audited. */
@Injectable()
export class GrantLife {
  constructor(
    private readonly database: Database,
    private readonly audit: Audit,
    private readonly clock: Clock,
    private readonly certificates: CertificateIssuer,
    private readonly holds: Holds,
    private readonly versions: VersionQueries,
  ) {}

  /** A grant, locked against every other step until the commit. @throws REQUEST_NOT_FOUND */
  async lock(ctx: RequestContext, id: string): Promise<GrantEntity> {
    const grant = await this.database
      .repository(ctx, GrantEntity)
      .findOne({ where: { id }, lock: { mode: 'pessimistic_write' } });
    if (!grant) throw KernelErrors.NOT_FOUND({ what: 'grant', id });
    return grant;
  }

  /**
   * A right that is asked for: terms, version and slice are frozen from here on, and accepted.
   * @throws LICENSING_ALREADY_REQUESTED, LICENSING_ALREADY_RENEWED
   */
  async begin(ctx: RequestContext, asked: NewGrant): Promise<GrantEntity> {
    const { sale, organizationId, intendedUse, note, renewsGrantId, via, attested, action } = asked;
    const now = this.clock.now();
    const grant: GrantEntity = {
      id: newId('Grant', now.getTime()),
      organizationId,
      providerOrganizationId: sale.offer.organizationId,
      datasetId: sale.dataset.id,
      versionId: sale.version.id,
      offerId: sale.offer.id,
      orderId: null,
      termsHash: sale.offer.termsHash,
      slice: { kind: 'all' },
      intendedUse,
      note,
      state: 'requested',
      stateReason: null,
      startsAt: null,
      expiresAt: null,
      lapsesAt: daysAfter(now, ANSWER_DAYS),
      renewsGrantId,
      createdBy: ctx.actor.kind === 'user' ? ctx.actor.userId : ctx.actor.kind,
      createdAt: now,
      updatedAt: now,
    };
    try {
      await this.database.repository(ctx, GrantEntity).insert(grant);
    } catch (error) {
      if (!isDuplicate(error)) throw error;
      if (constraintOf(error) === 'grants_renewal' && renewsGrantId !== null)
        throw LicensingErrors.ALREADY_RENEWED({ grantId: renewsGrantId }, error);
      throw LicensingErrors.ALREADY_REQUESTED({ offerId: sale.offer.id }, error);
    }
    await this.accept(ctx, grant, via, attested);
    await this.remember(ctx, grant, { from: null, action });
    return grant;
  }

  /** Keeps who accepted the frozen terms, for whom and when. The leaf of the act names the hash, its private record the person. */
  async accept(ctx: RequestContext, grant: GrantEntity, via: AcceptedVia, attested: Attestation): Promise<void> {
    await this.database.execute(
      ctx,
      `insert into grant_acceptances (grant_id, via, terms_hash, organization_id, accepted_by, attested, accepted_at)
       values ($1, $2, $3, $4, $5, $6, $7)`,
      [
        grant.id,
        via,
        grant.termsHash,
        grant.organizationId,
        ctx.actor.kind === 'user' ? ctx.actor.userId : ctx.actor.kind,
        JSON.stringify(attested),
        this.clock.now(),
      ],
    );
  }

  /**
   * Time comes first: what is over at this instant can only be written down as expired.
   * @throws LICENSING_GRANT_STEP_REFUSED, LICENSING_NOT_FOR_SALE when a right would start on a recalled version
   */
  async step(ctx: RequestContext, grant: GrantEntity, { to, action, reason, sets }: GrantStep): Promise<GrantEntity> {
    const now = this.clock.now();
    const from = to === 'expired' ? grant.state : stateAt(grant, now);
    if (!canBecome(from, to)) throw LicensingErrors.GRANT_STEP_REFUSED({ grantId: grant.id, from, to });
    // What was asked for before a recall must not start after it; the version is held, so that a recall finds all who bought.
    if (grant.state === 'approved' && to === 'active') {
      const { status, datasetSlug } = await this.versions.holdForSale(ctx, {
        datasetId: grant.datasetId,
        id: grant.versionId,
      });
      if (status === 'recalled') throw LicensingErrors.NOT_FOR_SALE({ datasetSlug });
    }
    const changes = {
      ...(to === 'approved' && { lapsesAt: daysAfter(now, ORDER_DAYS) }),
      ...(grant.state === 'approved' && to === 'active' && { lapsesAt: null }),
      ...sets,
      state: to,
      stateReason: reason ?? null,
      updatedAt: now,
    };
    await this.database.repository(ctx, GrantEntity).update({ id: grant.id }, changes);
    const stepped: GrantEntity = { ...grant, ...changes };
    await this.remember(ctx, stepped, { from: grant.state, action });
    if (to === 'revoked') await this.holds.end(ctx, grant.id, now);
    if (to === 'active') await this.certificates.issue(ctx, grant.id);
    return stepped;
  }

  /**
   * Whether the same party sends the same step once more, and nothing has happened since: then it is acknowledged again
   * instead of refused, because a caller whose answer was lost must be able to ask again.
   */
  async isRepeated(ctx: RequestContext, grant: GrantEntity, { to, reason }: GrantStep): Promise<boolean> {
    const { actor } = ctx;
    const organizationId = actor.kind === 'user' ? actor.organizationId : null;
    const latest = await this.database.query<GrantMove & Record<string, unknown>>(
      ctx,
      `select from_state as "from", to_state as "to", reason, actor_kind as "actorKind", actor_organization_id as "organizationId"
         from grant_events where grant_id = $1 order by seq desc limit 2`,
      [grant.id],
    );
    return isRepeat(latest, stateAt(grant, this.clock.now()), {
      to,
      reason: reason ?? null,
      actorKind: actor.kind,
      organizationId,
    });
  }

  private async remember(
    ctx: RequestContext,
    grant: GrantEntity,
    { from, action }: { from: GrantState | null; action: string | null },
  ): Promise<void> {
    const { actor } = ctx;
    await this.database.execute(
      ctx,
      `insert into grant_events (grant_id, seq, from_state, to_state, reason, actor_kind, actor_id, actor_organization_id, at)
       select $1, coalesce(max(seq), 0) + 1, $2, $3, $4, $5, $6, $7, $8 from grant_events where grant_id = $1`,
      [
        grant.id,
        from,
        grant.state,
        grant.stateReason,
        actor.kind,
        actor.kind === 'user' ? actor.userId : actor.kind === 'system' ? actor.name : null,
        actor.kind === 'user' ? actor.organizationId : null,
        this.clock.now(),
      ],
    );
    if (action === null) return;
    await this.audit.record(ctx, {
      action,
      subject: { kind: 'grant', id: grant.id },
      about: {
        datasetId: grant.datasetId,
        organizationIds: [grant.organizationId, grant.providerOrganizationId],
        grantId: grant.id,
        ...(grant.orderId !== null && { orderId: grant.orderId }),
      },
      facts: {
        from,
        to: grant.state,
        versionId: grant.versionId,
        offerId: grant.offerId,
        termsHash: grant.termsHash,
        expiresAt: grant.expiresAt?.toISOString() ?? null,
      },
      ...(grant.stateReason !== null && { private: { reason: grant.stateReason } }),
    });
  }
}
