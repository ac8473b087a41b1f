import { describe, expect, it } from '@jest/globals';
import { DomainError } from '@app/kernel';
import fc from 'fast-check';
import { PRICE_UNITS, totalPrice, unitsOf } from './price.rules.js';

const price = (amountMinor: number): { amountMinor: number; currency: 'CNY' } => ({ amountMinor, currency: 'CNY' });

describe('totalPrice', () => {
  it('counts a dataset once, episodes each, hours as started', () => {
    const facts = { episodes: 120, durationS: 7_200.4 };

    expect(totalPrice(price(19_900), 'dataset', facts).amountMinor).toBe(19_900);
    expect(totalPrice(price(150), 'episode', facts).amountMinor).toBe(18_000);
    expect(totalPrice(price(5_000), 'hour', facts).amountMinor).toBe(15_000);
  });

  it('starts no further hour for what floating point adds below a millisecond', () => {
    expect(unitsOf('hour', { episodes: 1, durationS: 3_600.0000001 })).toBe(1n);
    expect(unitsOf('hour', { episodes: 1, durationS: 3_600.001 })).toBe(2n);
    expect(unitsOf('hour', { episodes: 1, durationS: 0 })).toBe(1n);
  });

  it('is an exact whole number, rises with what is measured, and never charges an hour that was not started (property)', () => {
    const facts = fc.record({
      episodes: fc.integer({ min: 0, max: 10_000_000 }),
      durationS: fc.double({ min: 0, max: 1e8, noNaN: true }),
    });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100_000 }),
        fc.constantFrom(...PRICE_UNITS),
        facts,
        facts,
        (amount, per, a, b) => {
          const total = totalPrice(price(amount), per, a).amountMinor;
          expect(Number.isSafeInteger(total)).toBe(true);
          expect(total % amount).toBe(0);
          expect(total).toBeGreaterThanOrEqual(amount);
          if (per === 'hour') expect((total / amount - 1) * 3600).toBeLessThanOrEqual(a.durationS + 0.001);
          const both = { episodes: a.episodes + b.episodes, durationS: a.durationS + b.durationS };
          expect(totalPrice(price(amount), per, both).amountMinor).toBeGreaterThanOrEqual(total);
        },
      ),
    );
  });

  it('refuses a total beyond what a number can hold', () => {
    expect(() => totalPrice(price(2 ** 50), 'episode', { episodes: 1_000, durationS: 0 })).toThrow(DomainError);
  });
});
