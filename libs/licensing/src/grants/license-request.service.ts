import { Injectable } from '@nestjs/common';
import { Database } from '@app/database';
import { KernelErrors, requireBuyer, validate } from '@app/kernel';
import type { RequestContext } from '@app/kernel';
import { z } from 'zod';
import { LicensingErrors } from '../licensing.errors.js';
import { OfferQueries } from '../offers/offer.queries.js';
import { canI } from '../terms/can-i.rules.js';
import { attestationSchema } from '../terms/use-context.js';
import { TermsQueries } from '../terms/terms.queries.js';
import { USES, isPermitted } from '../terms/uses.js';
import { factsOf } from '../use-check/compliance-facts.js';
import type { GrantEntity } from './grant.entity.js';
import { GrantLife } from './grant-life.service.js';
import type { GrantStep } from './grant-life.service.js';
import { GrantService, grantReasonSchema, requireMayStop } from './grant.service.js';

const licenseRequestSchema = z.object({
  offerId: z.string().min(1),
  use: z.string().trim().toLowerCase().pipe(z.enum(USES, 'is not a use of the vocabulary')).nullish(),
  context: attestationSchema,
  note: z.string().trim().max(2_000, 'must be at most 2000 characters').nullish(),
  renewsGrantId: z.string().min(1).nullish(),
  acceptTerms: z.literal(true, 'the terms must be accepted'),
});

/** As callers send it; validated here. */
export interface LicenseRequest {
  readonly offerId: string;
  readonly use?: string | null;
  /** What the buyer attests of himself and of the use. */
  readonly context?: object | null;
  readonly note?: string | null;
  /** The right that this one shall go on from. */
  readonly renewsGrantId?: string | null;
  readonly acceptTerms: boolean;
}

const declineSchema = z.object({
  grantId: z.string().min(1),
  reason: grantReasonSchema,
});

const withdrawSchema = z.object({ grantId: z.string().min(1), reason: grantReasonSchema.nullish() });

/** Stands as the reason where the buyer gives none. */
const WITHDRAWN = 'Withdrawn by the buyer.';

/**
 * Asking first, where an offer needs approval: requested → approved → active. A free right starts with its approval;
 * a priced one waits for the buyer's order.
 */
@Injectable()
export class LicenseRequestService {
  constructor(
    private readonly database: Database,
    private readonly offers: OfferQueries,
    private readonly terms: TermsQueries,
    private readonly grants: GrantService,
    private readonly life: GrantLife,
  ) {}

  /**
   * Asks the provider. Terms and version are frozen now, so that what is approved is what was asked for.
   * @throws REQUEST_NOT_FOUND, LICENSING_OFFER_RETIRED, LICENSING_NOT_FOR_SALE, LICENSING_APPROVAL_NOT_NEEDED,
   *         LICENSING_TERMS_INCOMPATIBLE, LICENSING_ALREADY_REQUESTED, LICENSING_NOT_RENEWABLE, LICENSING_ALREADY_RENEWED
   */
  async requestLicense(ctx: RequestContext, input: LicenseRequest): Promise<GrantEntity> {
    const buyer = requireBuyer(ctx);
    const { offerId, use, context, note, renewsGrantId } = validate(licenseRequestSchema, input);
    return this.database.transaction(ctx, async (ctx) => {
      const sale = await this.offers.openSale(ctx, offerId);
      if (!sale.offer.needsApproval) throw LicensingErrors.APPROVAL_NOT_NEEDED({ offerId });
      if (use) {
        const { verdict, reason } = canI(sale.offer.terms, use, context ?? {}, factsOf(sale.dataset.declared));
        if (!isPermitted(verdict)) throw LicensingErrors.TERMS_INCOMPATIBLE({ use, verdict, reason: reason.en });
      }
      const { organizationId } = buyer;
      const renewal = { organizationId, datasetId: sale.dataset.id };
      if (renewsGrantId) await this.grants.requireRenewable(ctx, renewal, renewsGrantId);
      await this.grants.expireOwn(ctx, organizationId, { offerId, renewsGrantId: renewsGrantId ?? null });
      return this.life.begin(ctx, {
        sale,
        organizationId,
        intendedUse: use ?? null,
        note: note ?? null,
        via: 'request',
        attested: context ?? {},
        renewsGrantId: renewsGrantId ?? null,
        action: 'grant.requested',
      });
    });
  }

  /**
   * Says yes. Refused once 45 days have passed, whether or not a sweep has run.
   * @throws REQUEST_NOT_FOUND, LICENSING_GRANT_STEP_REFUSED; for a free right, which starts now, also LICENSING_EXCLUSIVELY_HELD,
   *         LICENSING_FIELD_NOT_FREE, LICENSING_SOLD_OUT, LICENSING_NOT_RENEWABLE
   */
  async approveLicense(ctx: RequestContext, input: { grantId: string }): Promise<GrantEntity> {
    return this.database.transaction(ctx, async (ctx) => {
      const grant = await this.life.lock(ctx, input.grantId);
      requireMayStop(ctx, grant);
      const step: GrantStep = { to: 'approved', action: 'grant.approved' };
      if (await this.life.isRepeated(ctx, grant, step)) return grant;
      const approved = await this.life.step(ctx, grant, step);
      const offer = await this.offers.byId(ctx, grant.offerId);
      if (offer.kind === 'priced') return approved;
      const terms = await this.terms.byHash(ctx, grant.termsHash);
      if (!terms) {
        throw LicensingErrors.TERMS_INCOMPATIBLE({
          use: 'any',
          verdict: 'UNDECIDED',
          reason: 'The terms cannot be read.',
        });
      }
      return this.grants.start(ctx, approved, { terms, stock: offer.stock, orderId: null });
    });
  }

  /** Says no, with a reason that the buyer reads. @throws REQUEST_NOT_FOUND, LICENSING_GRANT_STEP_REFUSED */
  async declineLicense(ctx: RequestContext, input: { grantId: string; reason: string }): Promise<GrantEntity> {
    const { grantId, reason } = validate(declineSchema, input);
    return this.database.transaction(ctx, async (ctx) => {
      const grant = await this.life.lock(ctx, grantId);
      requireMayStop(ctx, grant);
      return this.endRequest(ctx, grant, ['requested'], { to: 'revoked', action: 'grant.declined', reason });
    });
  }

  /** The buyer takes his own request back, before it became a right. @throws REQUEST_NOT_FOUND, LICENSING_GRANT_STEP_REFUSED */
  async withdrawRequest(ctx: RequestContext, input: { grantId: string; reason?: string | null }): Promise<GrantEntity> {
    const buyer = requireBuyer(ctx);
    const { grantId, reason } = validate(withdrawSchema, input);
    return this.database.transaction(ctx, async (ctx) => {
      const grant = await this.life.lock(ctx, grantId);
      if (grant.organizationId !== buyer.organizationId) throw KernelErrors.NOT_FOUND({ what: 'grant', id: grantId });
      const step: GrantStep = { to: 'revoked', action: 'grant.withdrawn', reason: reason ?? WITHDRAWN };
      return this.endRequest(ctx, grant, ['requested', 'approved'], step);
    });
  }

  /** What has become a right is revoked, never declined or withdrawn. */
  private async endRequest(
    ctx: RequestContext,
    grant: GrantEntity,
    from: readonly GrantEntity['state'][],
    step: GrantStep,
  ): Promise<GrantEntity> {
    if (await this.life.isRepeated(ctx, grant, step)) return grant;
    if (!from.includes(grant.state)) {
      throw LicensingErrors.GRANT_STEP_REFUSED({ grantId: grant.id, from: grant.state, to: step.to });
    }
    return this.life.step(ctx, grant, step);
  }
}
