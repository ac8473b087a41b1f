import { Injectable } from '@nestjs/common';
import { VersionQueries } from '@app/catalog';
import { systemContext } from '@app/kernel';
import type { RequestContext } from '@app/kernel';
import { GrantService, OfferQueries, factsOf, totalPrice } from '@app/licensing';
import type { Attestation, GrantEntity, OpenSale, Use } from '@app/licensing';
import { requireTakeable } from './order.rules.js';

/** What a buyer asks for. */
export interface DealWish {
  readonly buyerOrganizationId: string;
  readonly offerId: string;
  readonly use: Use | null;
  /** What the buyer attests of himself and of the use. */
  readonly context: Attestation;
  readonly expectedTermsHash: string | null;
  readonly expectedPriceMinor: number | null;
  /** The right that the new one shall go on from. */
  readonly renewsGrantId: string | null;
}

/** What is sold to whom for how much. */
export interface Deal {
  readonly buyerOrganizationId: string;
  readonly sale: OpenSale;
  /** The approved request that it fulfils, where the offer needs approval. */
  readonly approved: GrantEntity | null;
  readonly use: Use | null;
  readonly context: Attestation;
  readonly renewsGrantId: string | null;
  readonly priceMinor: number;
}

@Injectable()
export class DealService {
  constructor(
    private readonly offers: OfferQueries,
    private readonly versions: VersionQueries,
    private readonly grants: GrantService,
  ) {}

  /**
   * Decides a deal on rows that stay locked until the commit.
   * @throws REQUEST_NOT_FOUND, LICENSING_NOT_FOR_SALE, LICENSING_OFFER_RETIRED, BILLING_OFFER_CHANGED,
   *         LICENSING_TERMS_INCOMPATIBLE, BILLING_APPROVAL_REQUIRED, LICENSING_NOT_RENEWABLE
   */
  async agree(ctx: RequestContext, wish: DealWish): Promise<Deal> {
    const open = await this.offers.openSale(ctx, wish.offerId);
    const { offer } = open;
    const { buyerOrganizationId, use, context, renewsGrantId } = wish;
    const renewal = { organizationId: buyerOrganizationId, datasetId: open.dataset.id };
    if (renewsGrantId !== null) await this.grants.requireRenewable(ctx, renewal, renewsGrantId);
    const approved = offer.needsApproval
      ? await this.grants.approvedRequest(ctx, buyerOrganizationId, offer.id, renewsGrantId)
      : null;
    // What was approved is what is sold, even if a newer version was published since.
    const version = approved
      ? await this.versions.byId({ ...systemContext('billing.agree'), tx: ctx.tx }, approved.versionId)
      : open.version;
    const price = { amountMinor: offer.priceMinor, currency: offer.currency };
    const priceMinor = offer.kind === 'free' ? 0 : totalPrice(price, offer.per, version).amountMinor;
    requireTakeable(
      { ...offer, offerId: offer.id, priceMinor, facts: factsOf(open.dataset.declared) },
      { ...wish, isApproved: approved !== null },
    );
    return { buyerOrganizationId, sale: { ...open, version }, approved, use, context, renewsGrantId, priceMinor };
  }
}
