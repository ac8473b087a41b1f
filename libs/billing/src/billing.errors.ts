import { defineErrors, formatMoney, refusal } from '@app/kernel';
import type { Currency } from '@app/kernel';

/** Every code that billing refuses with. */
export const BillingErrors = defineErrors('BILLING', {
  IDEMPOTENCY_MISMATCH: refusal(
    'CONFLICT',
    (d: { key: string }) =>
      `The idempotency key "${d.key}" was used for something else; make a new key for a new command.`,
    { key: 'order-2026-03-01' },
  ),
  OFFER_CHANGED: refusal(
    'CONFLICT',
    (d: { offerId: string; termsHash: string; priceMinor: number; currency: Currency }) =>
      `Offer ${d.offerId} is not what you expected: it now costs ${formatMoney({ amountMinor: d.priceMinor, currency: d.currency })} under terms ${d.termsHash}. Look again and order anew.`,
    { offerId: 'off_01', termsHash: 'ab'.repeat(32), priceMinor: 19_900, currency: 'CNY' as Currency },
  ),
  APPROVAL_REQUIRED: refusal(
    'FORBIDDEN',
    (d: { offerId: string }) =>
      `Offer ${d.offerId} needs the provider's approval first: request a license, and order when it is approved.`,
    { offerId: 'off_01' },
  ),
  BALANCE_TOO_LOW: refusal(
    'PAYMENT_REQUIRED',
    (d: { balanceMinor: number; missingMinor: number; currency: Currency }) =>
      `Your balance is ${formatMoney({ amountMinor: d.balanceMinor, currency: d.currency })}; ${formatMoney({ amountMinor: d.missingMinor, currency: d.currency })} more is needed.`,
    { balanceMinor: 1_000, missingMinor: 18_900, currency: 'CNY' as Currency },
  ),
  NO_ORDER: refusal(
    'CONFLICT',
    (d: { grantId: string }) =>
      `No order paid for grant ${d.grantId}, so there is nothing to refund; revoke it instead.`,
    {
      grantId: 'grt_01',
    },
  ),
  ORDER_STEP_REFUSED: refusal(
    'CONFLICT',
    (d: { orderId: string; from: string; to: string }) =>
      `Order ${d.orderId} is ${d.from}, so it cannot become ${d.to}.`,
    { orderId: 'ord_01', from: 'cancelled', to: 'paid' },
  ),
});
