export const ACCOUNT_KINDS = ['buyer_balance', 'provider_payable', 'market_fee', 'clearing'] as const;
export type AccountKind = (typeof ACCOUNT_KINDS)[number];

/** One account; the market's own have no organization. */
export interface AccountName {
  readonly kind: AccountKind;
  readonly organizationId: string | null;
}

/** A change of one account: positive is owed to its owner, negative is taken from him. */
export interface EntryLine {
  readonly account: AccountName;
  readonly amountMinor: number;
}

const BASIS_POINTS = 10_000n;

/** The market's share, rounded down to whole minor units: the odd fen stays with the provider. */
export function marketFee(priceMinor: number, feeBasisPoints: number): number {
  return Number((BigInt(priceMinor) * BigInt(feeBasisPoints)) / BASIS_POINTS);
}

/** What is paid, by whom, to whom. */
export interface SaleFacts {
  readonly buyerOrganizationId: string;
  readonly providerOrganizationId: string;
  readonly priceMinor: number;
  readonly feeMinor: number;
}

/** Lines of a sale: the buyer's balance pays, the provider is owed his part, the market its fee. Parts of zero have no line. */
export function saleLines(sale: SaleFacts): EntryLine[] {
  const lines: EntryLine[] = [
    { account: { kind: 'buyer_balance', organizationId: sale.buyerOrganizationId }, amountMinor: -sale.priceMinor },
    {
      account: { kind: 'provider_payable', organizationId: sale.providerOrganizationId },
      amountMinor: sale.priceMinor - sale.feeMinor,
    },
    { account: { kind: 'market_fee', organizationId: null }, amountMinor: sale.feeMinor },
  ];
  return lines.filter((line) => line.amountMinor !== 0);
}

/** Lines of a sale taken back: its mirror image. What the provider is owed may fall below zero, where it was paid out before. */
export function refundLines(sale: SaleFacts): EntryLine[] {
  return saleLines(sale).map(({ account, amountMinor }) => ({ account, amountMinor: -amountMinor }));
}

/** Lines of money that came in: from clearing (the outside world) to the buyer's balance. */
export function topUpLines(organizationId: string, amountMinor: number): EntryLine[] {
  return [
    { account: { kind: 'clearing', organizationId: null }, amountMinor: -amountMinor },
    { account: { kind: 'buyer_balance', organizationId }, amountMinor },
  ];
}

/** What lines of one currency sum to; every entry must sum to zero. */
export function sumOf(lines: readonly EntryLine[]): bigint {
  return lines.reduce((sum, line) => sum + BigInt(line.amountMinor), 0n);
}
