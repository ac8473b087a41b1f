import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { histogram } from './histogram.js';

describe('histogram', () => {
  it('counts both ends in', () => {
    expect(histogram([0, 0.1, 0.5, 1], 2)).toEqual({ min: 0, max: 1, counts: [2, 2] });
  });

  it('has one bin for equal values and none for nothing', () => {
    expect(histogram([3, 3, Number.NaN], 32)).toEqual({ min: 3, max: 3, counts: [2] });
    expect(histogram([Number.NaN, Number.POSITIVE_INFINITY], 32)).toBeNull();
  });

  it('counts every finite value once', () => {
    fc.assert(
      fc.property(fc.array(fc.double()), (values) => {
        const counted = histogram(values, 32)?.counts ?? [];

        expect(counted.reduce((a, b) => a + b, 0)).toBe(values.filter(Number.isFinite).length);
      }),
    );
  });
});
