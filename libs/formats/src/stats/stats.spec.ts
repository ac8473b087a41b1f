import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { FeatureAccumulator } from './feature-stats.js';
import { PooledStats } from './pooled-stats.js';
import { quantilesOf } from './quantiles.js';

/** Definition, spelled out. */
function reference(values: number[]): {
  min: number;
  max: number;
  mean: number;
  std: number;
  q10: number;
  q50: number;
} {
  const sorted = [...values].sort((a, b) => a - b);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const std = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
  const q = (p: number): number => {
    const at = (sorted.length - 1) * p;
    const low = sorted[Math.floor(at)] ?? 0;
    return low + ((sorted[Math.ceil(at)] ?? 0) - low) * (at - Math.floor(at));
  };
  return { min: sorted[0] ?? 0, max: sorted.at(-1) ?? 0, mean, std, q10: q(0.1), q50: q(0.5) };
}

const float = fc.float({ noNaN: true, noDefaultInfinity: true, min: -1000, max: 1000 });

describe('feature statistics', () => {
  it('are those of the definition, in whatever blocks the rows come', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(float, float), { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 1, max: 20 }),
        (rows, step) => {
          const stats = new FeatureAccumulator(2, true);
          for (let at = 0; at < rows.length; at += step) stats.add(Float32Array.from(rows.slice(at, at + step).flat()));
          const result = stats.finish();

          for (const c of [0, 1]) {
            const expected = reference(rows.map((row) => row[c] ?? 0));
            expect(result.min[c]).toBe(expected.min);
            expect(result.max[c]).toBe(expected.max);
            expect(result.mean[c]).toBeCloseTo(expected.mean, 6);
            expect(result.std[c]).toBeCloseTo(expected.std, 5);
            expect(result.q10[c]).toBeCloseTo(expected.q10, 6);
            expect(result.q50[c]).toBeCloseTo(expected.q50, 6);
          }
          expect([result.count, result.nonFinite, result.quantiles]).toEqual([rows.length, 0, 'exact']);
        },
      ),
    );
  });

  it('leave out what is not finite, count it, and say where it was first', () => {
    const stats = new FeatureAccumulator(2, false);
    stats.add(Float64Array.from([1, 5, 2, Number.NaN, 3, Number.NEGATIVE_INFINITY]));
    const result = stats.finish();

    expect(result.min).toEqual([1, 5]);
    expect(result.max).toEqual([3, 5]);
    expect(result.nonFinite).toBe(2);
    expect(stats.firstNonFiniteRow).toBe(1);
  });

  it('keep their precision far from zero', () => {
    const stats = new FeatureAccumulator(1, false);
    stats.add(Float64Array.from({ length: 1000 }, (_, i) => 1e9 + (i % 2)));

    expect(stats.finish().std[0]).toBeCloseTo(0.5, 9);
  });

  it('sample every 2nd, 4th, ... row of an episode that outgrows the bound, and say so', () => {
    const stats = new FeatureAccumulator(1, true, 100);
    for (let block = 0; block < 50; block += 1) stats.add(Float32Array.from({ length: 37 }, (_, i) => block * 37 + i));
    const result = stats.finish();

    expect(result.quantiles).toBe('sampled');
    expect([result.count, result.min[0], result.max[0]]).toEqual([1850, 0, 1849]);
    expect(result.mean[0]).toBeCloseTo(924.5, 6);
    expect(Math.abs((result.q50[0] ?? 0) - 924.5)).toBeLessThan(40);
  });

  it('pool to those of all rows together', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(float, { minLength: 1, maxLength: 20 }), { minLength: 1, maxLength: 6 }),
        (episodes) => {
          const pooled = new PooledStats();
          for (const values of episodes) {
            const stats = new FeatureAccumulator(1, true);
            stats.add(Float32Array.from(values));
            pooled.add(stats.finish());
          }
          const expected = reference(episodes.flat());
          const result = pooled.finish();

          expect([result?.min[0], result?.max[0], result?.count]).toEqual([
            expected.min,
            expected.max,
            episodes.flat().length,
          ]);
          expect(result?.mean[0]).toBeCloseTo(expected.mean, 6);
          expect(result?.std[0]).toBeCloseTo(expected.std, 4);
        },
      ),
    );
  });
});

describe('quantiles', () => {
  /** numpy's default, by sorting. */
  const bySorting = (values: Float64Array, q: number): number => {
    const sorted = Float64Array.from(values).sort();
    const at = (sorted.length - 1) * q;
    const below = sorted[Math.floor(at)] ?? 0;
    const above = sorted[Math.ceil(at)] ?? 0;
    const part = at - Math.floor(at);
    return Number.isFinite(above - below) ? below + (above - below) * part : below * (1 - part) + above * part;
  };
  const expectExact = (list: readonly number[]): void => {
    const values = Float64Array.from(list);
    const wanted = [0, 0.01, 0.1, 0.5, 0.9, 0.99, 1];
    const before = [...values];

    const found = quantilesOf(values, Math.min(...list), Math.max(...list), wanted);

    expect(found.map((value) => value + 0)).toEqual(wanted.map((q) => bySorting(values, q) + 0));
    expect([...values]).toEqual(before);
  };

  it('are exactly those of the sorted values, whatever the values', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 200 }),
        (list) => expectExact(list),
      ),
    );
  });

  it('are exact where most values crowd into one bucket, and where few different ones repeat', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.constantFrom(-1, 0, 0.5, 1e300, -1e300), fc.double({ min: 0, max: 1e-9, noNaN: true })), {
          minLength: 1,
          maxLength: 300,
        }),
        (list) => expectExact(list),
      ),
    );
    expectExact(Array.from({ length: 5000 }, (_, i) => (i === 0 ? 1e9 : Math.sin(i))));
    expectExact([Number.MAX_VALUE, -Number.MAX_VALUE, 0, 1]);
    expectExact([0, Number.MIN_VALUE, 2 * Number.MIN_VALUE]);
  });

  it('are finite between values further apart than a float reaches', () => {
    expectExact([-2.6943844178718717e293, 1.7976931348623131e308]);
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(Number.MAX_VALUE, -Number.MAX_VALUE, 1e308, -1e308, 1), {
          minLength: 1,
          maxLength: 9,
        }),
        (list) => {
          const [min, max] = [Math.min(...list), Math.max(...list)];
          for (const found of quantilesOf(Float64Array.from(list), min, max, [0.01, 0.5, 0.99])) {
            expect(found).toBeGreaterThanOrEqual(min);
            expect(found).toBeLessThanOrEqual(max);
          }
        },
      ),
    );
  });

  it('are exact over 20,000 values', () => {
    expectExact(Array.from({ length: 20_000 }, (_, i) => Math.sin(i * 12.9898) * 43758.5453));
  });
});

describe('an accumulator that is used again', () => {
  it('remembers nothing of the episode before', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(float, { minLength: 2, maxLength: 40 }), { minLength: 2, maxLength: 4 }),
        (episodes) => {
          const again = new FeatureAccumulator(2, true, 30);
          for (const values of episodes) {
            const rows = Float32Array.from(values.slice(0, 2 * Math.floor(values.length / 2)));
            const fresh = new FeatureAccumulator(2, true, 30);
            fresh.add(rows);
            again.reset();
            again.add(rows);

            expect(again.finish()).toEqual(fresh.finish());
          }
        },
      ),
    );
  });
});
