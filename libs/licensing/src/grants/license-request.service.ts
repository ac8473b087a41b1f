import { Injectable } from '@nestjs/common';
import { Database, isDuplicate } from '@app/database';
import { requireBuyer, validate } from '@app/kernel';
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
import { GrantService, requireMayStop } from './grant.service.js';

const licenseRequestSchema = z.object({
  offerId: z.string().min(1),
  use: z.string().trim().toLowerCase().pipe(z.enum(USES, 'is not a use of the vocabulary')).nullish(),
  context: attestationSchema,
  note: z.string().trim().max(2_000, 'must be at most 2000 characters').nullish(),
  acceptTerms: z.literal(true, 'the terms must be accepted'),
});

/** As callers send it; validated here. */
export interface LicenseRequest {
  readonly offerId: string;
  readonly use?: string | null;
  /** What the buyer attests of himself and of the use. */
  readonly context?: object | null;
  readonly note?: string | null;
  readonly acceptTerms: boolean;
}

const declineSchema = z.object({
  grantId: z.string().min(1),
  reason: z.string().trim().min(10, 'must be at least 10 characters').max(512, 'must be at most 512 characters'),
});

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
   *         LICENSING_TERMS_INCOMPATIBLE, LICENSING_ALREADY_REQUESTED
   */
  async requestLicense(ctx: RequestContext, input: LicenseRequest): Promise<GrantEntity> {
    const buyer = requireBuyer(ctx);
    const { offerId, use, context, note } = validate(licenseRequestSchema, input);
    return this.database.transaction(ctx, async (ctx) => {
      const sale = await this.offers.openSale(ctx, offerId);
      if (!sale.offer.needsApproval) throw LicensingErrors.APPROVAL_NOT_NEEDED({ offerId });
      if (use) {
        const { verdict, reason } = canI(sale.offer.terms, use, context ?? {}, factsOf(sale.dataset.declared));
        if (!isPermitted(verdict)) throw LicensingErrors.TERMS_INCOMPATIBLE({ use, verdict, reason: reason.en });
      }
      const { organizationId } = buyer;
      try {
        return await this.life.begin(ctx, {
          sale,
          organizationId,
          intendedUse: use ?? null,
          note: note ?? null,
          action: 'grant.requested',
        });
      } catch (error) {
        if (isDuplicate(error)) throw LicensingErrors.ALREADY_REQUESTED({ offerId }, error);
        throw error;
      }
    });
  }

  /** @throws REQUEST_NOT_FOUND, LICENSING_GRANT_STEP_REFUSED */
  async approveLicense(ctx: RequestContext, input: { grantId: string }): Promise<GrantEntity> {
    return this.database.transaction(ctx, async (ctx) => {
      const grant = await this.life.lock(ctx, input.grantId);
      requireMayStop(ctx, grant);
      const approved = await this.life.step(ctx, grant, { to: 'approved', action: 'grant.approved' });
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
      return this.grants.start(ctx, approved, terms.termDays, null);
    });
  }

  /** Says no, with a reason that the buyer reads. @throws REQUEST_NOT_FOUND, LICENSING_GRANT_STEP_REFUSED */
  async declineLicense(ctx: RequestContext, input: { grantId: string; reason: string }): Promise<GrantEntity> {
    const { grantId, reason } = validate(declineSchema, input);
    return this.database.transaction(ctx, async (ctx) => {
      const grant = await this.life.lock(ctx, grantId);
      requireMayStop(ctx, grant);
      if (grant.state !== 'requested') {
        throw LicensingErrors.GRANT_STEP_REFUSED({ grantId, from: grant.state, to: 'revoked' });
      }
      return this.life.step(ctx, grant, { to: 'revoked', action: 'grant.declined', reason });
    });
  }
}
