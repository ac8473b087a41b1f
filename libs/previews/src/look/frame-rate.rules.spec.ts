import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { keyFrameDistance, toRate } from './frame-rate.rules.js';

describe('toRate', () => {
  it.each([
    [30, 30, 1],
    [29.97002997, 30_000, 1001],
    [23.976, 24_000, 1001],
    [14.9995, 15, 1],
    [12.5, 12_500, 1000],
    [0.5, 500, 1000],
    [0, 30, 1],
    [Number.NaN, 30, 1],
    [Number.POSITIVE_INFINITY, 30, 1],
    [1e9, 1000, 1],
  ])('takes %p for %p/%p', (fps, num, den) => {
    expect(toRate(fps)).toEqual({ num, den });
  });

  it('stays within a thousandth of what was measured, and key frames within half a second', () => {
    fc.assert(
      fc.property(fc.double({ min: 1, max: 1000, noNaN: true }), (fps) => {
        const rate = toRate(fps);

        expect(Math.abs(rate.num / rate.den / fps - 1)).toBeLessThanOrEqual(1e-3);
        const distance = keyFrameDistance(rate);
        expect(distance === 1 || (distance * rate.den) / rate.num <= 0.5).toBe(true);
      }),
    );
  });
});
