import { Injectable } from '@nestjs/common';
import { Audit } from '@app/audit';
import { VersionQueries } from '@app/catalog';
import { Database } from '@app/database';
import { Clock, KernelErrors, newId } from '@app/kernel';
import type { RequestContext } from '@app/kernel';
import { CertificateIssuer } from '../certificates/certificate-issuer.service.js';
import { LicensingErrors } from '../licensing.errors.js';
import type { OpenSale } from '../offers/offer.queries.js';
import type { Use } from '../terms/uses.js';
import { GrantEntity } from './grant.entity.js';
import { canBecome } from './grant.rules.js';
import type { GrantState } from './grant.rules.js';

/** What a new right is made of. */
export interface NewGrant {
  readonly sale: OpenSale;
  readonly organizationId: string;
  readonly intendedUse: Use | null;
  readonly note: string | null;
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

  /** A right that is asked for: terms, version and slice are frozen from here on. */
  async begin(
    ctx: RequestContext,
    { sale, organizationId, intendedUse, note, action }: NewGrant,
  ): Promise<GrantEntity> {
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
      createdBy: ctx.actor.kind === 'user' ? ctx.actor.userId : ctx.actor.kind,
      createdAt: now,
      updatedAt: now,
    };
    await this.database.repository(ctx, GrantEntity).insert(grant);
    await this.remember(ctx, grant, { from: null, action });
    return grant;
  }

  /** @throws LICENSING_GRANT_STEP_REFUSED, LICENSING_NOT_FOR_SALE when a right would start on a recalled version */
  async step(ctx: RequestContext, grant: GrantEntity, { to, action, reason, sets }: GrantStep): Promise<GrantEntity> {
    if (!canBecome(grant.state, to)) {
      throw LicensingErrors.GRANT_STEP_REFUSED({ grantId: grant.id, from: grant.state, to });
    }
    // What was asked for before a recall must not start after it; the version is held, so that a recall finds all who bought.
    if (to === 'active' && grant.startsAt === null) {
      const { status, datasetSlug } = await this.versions.holdForSale(ctx, {
        datasetId: grant.datasetId,
        id: grant.versionId,
      });
      if (status === 'recalled') throw LicensingErrors.NOT_FOR_SALE({ datasetSlug });
    }
    const changes = { ...sets, state: to, stateReason: reason ?? null, updatedAt: this.clock.now() };
    await this.database.repository(ctx, GrantEntity).update({ id: grant.id }, changes);
    const stepped: GrantEntity = { ...grant, ...changes };
    await this.remember(ctx, stepped, { from: grant.state, action });
    if (to === 'active') await this.certificates.issue(ctx, grant.id);
    return stepped;
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
