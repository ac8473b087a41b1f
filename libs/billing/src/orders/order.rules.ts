import type { Currency } from '@app/kernel';
import { LicensingErrors, canI, isPermitted } from '@app/licensing';
import type { Attestation, ComplianceFacts, Terms, Use } from '@app/licensing';
import { BillingErrors } from '../billing.errors.js';

export const ORDER_STATES = ['placed', 'paid', 'fulfilled', 'refunded', 'cancelled'] as const;
export type OrderState = (typeof ORDER_STATES)[number];

/** Which state may follow which. An order of nothing is paid as it is placed. */
const NEXT: Readonly<Record<OrderState, readonly OrderState[]>> = {
  placed: ['paid', 'cancelled'],
  paid: ['fulfilled', 'refunded'],
  fulfilled: ['refunded'],
  refunded: [],
  cancelled: [],
};

export function canBecome(from: OrderState, to: OrderState): boolean {
  return NEXT[from].includes(to);
}

/** What is on the shelf at the moment of the order. */
export interface ShownOffer {
  readonly offerId: string;
  readonly termsHash: string;
  readonly terms: Terms;
  /** What the provider says of people and places. */
  readonly facts: ComplianceFacts;
  readonly needsApproval: boolean;
  readonly priceMinor: number;
  readonly currency: Currency;
}

/** What the buyer saw and wants. */
export interface Wish {
  readonly expectedTermsHash: string | null;
  readonly expectedPriceMinor: number | null;
  readonly use: Use | null;
  readonly context: Attestation;
  readonly isApproved: boolean;
}

/**
 * Whether the offer can be taken as the buyer saw it and for what he wants.
 * @throws BILLING_OFFER_CHANGED, LICENSING_TERMS_INCOMPATIBLE, BILLING_APPROVAL_REQUIRED, in this order
 */
export function requireTakeable(offer: ShownOffer, wish: Wish): void {
  const { offerId, termsHash, priceMinor, currency } = offer;
  const isOtherTerms = wish.expectedTermsHash !== null && wish.expectedTermsHash !== termsHash;
  const isOtherPrice = wish.expectedPriceMinor !== null && wish.expectedPriceMinor !== priceMinor;
  if (isOtherTerms || isOtherPrice) throw BillingErrors.OFFER_CHANGED({ offerId, termsHash, priceMinor, currency });
  if (wish.use) {
    const { verdict, reason } = canI(offer.terms, wish.use, wish.context, offer.facts);
    if (!isPermitted(verdict)) throw LicensingErrors.TERMS_INCOMPATIBLE({ use: wish.use, verdict, reason: reason.en });
  }
  if (offer.needsApproval && !wish.isApproved) throw BillingErrors.APPROVAL_REQUIRED({ offerId });
}
