import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { selectQuantile } from './select.js';

/** As numpy interpolates by default. */
function quantileOf(sorted: Float64Array, q: number): number {
  const at = (sorted.length - 1) * q;
  const below = sorted[Math.floor(at)] ?? 0;
  return below + ((sorted[Math.ceil(at)] ?? 0) - below) * (at - Math.floor(at));
}

it('selects the quantile that sorting would give', () => {
  const value = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.double({ noNaN: true, min: -1e9, max: 1e9 }));
  fc.assert(
    fc.property(
      fc.array(value, { minLength: 1, maxLength: 200 }),
      fc.constantFrom(0, 0.01, 0.5, 0.9, 0.99, 1),
      (list, q) => {
        const expected = quantileOf(Float64Array.from(list).sort(), q);
        expect(selectQuantile(Float64Array.from(list), q) - expected).toBeCloseTo(0, 12);
      },
    ),
  );
});

it('needs no longer for sorted, reversed and constant values', () => {
  const n = 200_000;
  for (const at of [(k: number) => k, (k: number) => n - k, () => 1]) {
    const values = Float64Array.from({ length: n }, (_, k) => at(k));
    const expected = quantileOf(Float64Array.from(values).sort(), 0.99);
    expect(selectQuantile(values, 0.99)).toBe(expected);
  }
});
