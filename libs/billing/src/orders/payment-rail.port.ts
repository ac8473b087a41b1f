import type { Currency, RequestContext } from '@app/kernel';

/** What an order owes. */
export interface Charge {
  readonly orderId: string;
  readonly buyerOrganizationId: string;
  readonly providerOrganizationId: string;
  readonly priceMinor: number;
  readonly feeMinor: number;
  readonly currency: Currency;
}

/** How an order is paid. Called once per order, in its transaction; only for prices above zero. */
export abstract class PaymentRail {
  /** @throws BILLING_BALANCE_TOO_LOW, or another refusal of the rail; then nothing of the order stays */
  abstract charge(ctx: RequestContext, charge: Charge): Promise<void>;
}
