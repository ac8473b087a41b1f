import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { marketFee, saleLines, sumOf, topUpLines } from './entry.rules.js';

describe('marketFee', () => {
  it('takes its share in whole minor units, rounded down', () => {
    expect(marketFee(19_900, 1_000)).toBe(1_990);
    expect(marketFee(9, 1_000)).toBe(0);
    expect(marketFee(19, 1_000)).toBe(1);
  });

  it('is never more than the price and never off by a whole unit (property)', () => {
    const price = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
    fc.assert(
      fc.property(price, fc.integer({ min: 0, max: 10_000 }), (priceMinor, basisPoints) => {
        const fee = BigInt(marketFee(priceMinor, basisPoints));
        const exact = BigInt(priceMinor) * BigInt(basisPoints);
        expect(fee * 10_000n <= exact && exact < (fee + 1n) * 10_000n).toBe(true);
        expect(fee <= BigInt(priceMinor)).toBe(true);
      }),
    );
  });
});

describe('lines', () => {
  it('of a sale and of a top-up sum to zero, at least two, none of zero (property)', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1_000_000_000_000 }),
        fc.integer({ min: 0, max: 10_000 }),
        (priceMinor, basisPoints) => {
          const parties = { buyerOrganizationId: 'org_b', providerOrganizationId: 'org_p' };
          const sale = saleLines({ ...parties, priceMinor, feeMinor: marketFee(priceMinor, basisPoints) });
          for (const lines of [sale, topUpLines('org_b', priceMinor)]) {
            expect(sumOf(lines)).toBe(0n);
            expect(lines.length).toBeGreaterThanOrEqual(2);
            expect(lines.every((line) => line.amountMinor !== 0)).toBe(true);
          }
        },
      ),
    );
  });
});
