import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { FeatureAccumulator } from './feature-stats.js';
import { PooledStats } from './pooled-stats.js';
import { quantileOf, sortFloat32 } from './quantiles.js';

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

describe('sorting floats by their bits', () => {
  it('sorts like numbers', () => {
    fc.assert(
      fc.property(fc.array(fc.float({ noNaN: true })), (list) => {
        const values = Float32Array.from(list);
        sortFloat32(values);

        expect([...values].map((value) => value + 0)).toEqual(
          list
            .map(Math.fround)
            .sort((a, b) => a - b)
            .map((value) => value + 0),
        );
      }),
    );
  });

  it('interpolates between ranks', () => {
    expect(quantileOf(Float64Array.from([0, 10]), 0.1)).toBeCloseTo(1, 12);
    expect(quantileOf(Float64Array.from([4]), 0.99)).toBe(4);
  });
});
