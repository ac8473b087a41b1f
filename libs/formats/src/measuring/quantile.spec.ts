import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { quantileOf } from './quantile.js';

/** As numpy interpolates by default. */
function reference(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * q;
  const below = sorted[Math.floor(at)] ?? 0;
  return below + ((sorted[Math.ceil(at)] ?? 0) - below) * (at - Math.floor(at));
}

it('is the quantile that sorting would give', () => {
  const value = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.double({ noNaN: true, min: -1e9, max: 1e9 }));
  fc.assert(
    fc.property(
      fc.array(value, { minLength: 1, maxLength: 200 }),
      fc.constantFrom(0, 0.01, 0.5, 0.9, 0.99, 1),
      (list, q) => {
        expect(quantileOf(Float64Array.from(list), q)).toBeCloseTo(reference(list, q), 9);
      },
    ),
  );
});
