import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { lttb } from './lttb.js';

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

describe('lttb', () => {
  it('keeps what is short as it is', () => {
    expect(lttb([0, 1, 2], [5, 6, 7], 300)).toEqual({ times: [0, 1, 2], values: [5, 6, 7] });
    expect(lttb([], [], 300)).toEqual({ times: [], values: [] });
  });

  it('keeps a single spike in ten thousand points', () => {
    const values = range(10_000).map((i) => (i === 4_321 ? 1 : 0));

    const line = lttb(range(10_000), values, 300);

    expect(line.times).toContain(4_321);
  });

  it('keeps both ends, the order and the bound, and invents nothing', () => {
    fc.assert(
      fc.property(fc.array(fc.double(), { maxLength: 400 }), fc.integer({ min: 2, max: 50 }), (values, points) => {
        const times = range(values.length);
        const finite = times.filter((i) => Number.isFinite(values[i]));

        const line = lttb(times, values, points);

        expect(line.times.length).toBe(Math.min(points, finite.length));
        expect(line.times).toEqual([...new Set(line.times)].sort((a, b) => a - b));
        expect(line.values).toEqual(line.times.map((i) => values[i]));
        expect(line.times[0]).toBe(finite[0]);
        expect(line.times.at(-1)).toBe(finite.at(-1));
      }),
    );
  });

  it('keeps of every bucket the point with the largest triangle', () => {
    // Two buckets of two between the ends; worked out by hand.
    expect(lttb([0, 1, 2, 3, 4, 5], [0, 0, 4, 1, -3, 0], 4)).toEqual({ times: [0, 2, 4, 5], values: [0, 4, -3, 0] });
  });
});
