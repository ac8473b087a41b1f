import { quantilesOf } from '../stats/quantiles.js';

/** One exact quantile of finite values, of which there is at least one; they are left as they are. */
export function quantileOf(values: Float64Array, q: number): number {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i] as number;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return quantilesOf(values, min, max, [q])[0] ?? Number.NaN;
}
