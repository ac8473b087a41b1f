import type { Money } from '@app/kernel';
import { LicensingErrors } from '../licensing.errors.js';

export const PRICE_UNITS = ['dataset', 'hour', 'episode'] as const;
/** What one price is for. */
export type PriceUnit = (typeof PRICE_UNITS)[number];

/** The measured facts of a version that a price is counted from. */
export interface PricedFacts {
  readonly episodes: number;
  readonly durationS: number;
}

const MS_PER_HOUR = 3_600_000n;

/**
 * How many units a version counts. A data set is 1. Hours are started hours of the measured duration, taken to the
 * millisecond first, so that the last bits of a floating-point sum never start another hour. Never below 1.
 */
export function unitsOf(per: PriceUnit, facts: PricedFacts): bigint {
  if (per === 'dataset') return 1n;
  if (per === 'episode') return BigInt(Math.max(1, facts.episodes));
  const ms = BigInt(Math.max(0, Math.round(facts.durationS * 1000)));
  const hours = (ms + MS_PER_HOUR - 1n) / MS_PER_HOUR;
  return hours > 0n ? hours : 1n;
}

/**
 * What a version costs: price per unit × units, in whole minor units; nothing is ever rounded, because units are whole.
 * Null beyond 2^53 - 1 minor units, which no number can hold.
 */
export function countPrice(price: Money, per: PriceUnit, facts: PricedFacts): Money | null {
  const total = BigInt(price.amountMinor) * unitsOf(per, facts);
  return total > BigInt(Number.MAX_SAFE_INTEGER) ? null : { amountMinor: Number(total), currency: price.currency };
}

/** What a version costs, as `countPrice`. @throws LICENSING_PRICE_TOO_LARGE where that is null */
export function totalPrice(price: Money, per: PriceUnit, facts: PricedFacts): Money {
  const total = countPrice(price, per, facts);
  if (!total) throw LicensingErrors.PRICE_TOO_LARGE({});
  return total;
}
