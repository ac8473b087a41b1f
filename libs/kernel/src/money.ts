export const CURRENCIES = ['CNY', 'USD'] as const;
export type Currency = (typeof CURRENCIES)[number];

/** An amount in integer minor units (fen, cents). */
export interface Money {
  readonly amountMinor: number;
  readonly currency: Currency;
}

/** How people read it: `¥199.00`, `US$0.50`. */
export function formatMoney(money: Money): string {
  const sign = money.amountMinor < 0 ? '-' : '';
  const minor = Math.abs(money.amountMinor);
  const symbol = money.currency === 'CNY' ? '¥' : 'US$';
  return `${sign}${symbol}${Math.floor(minor / 100).toLocaleString('en-US')}.${String(minor % 100).padStart(2, '0')}`;
}
