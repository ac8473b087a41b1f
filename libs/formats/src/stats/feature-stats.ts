import type { FeatureStats } from '../episode-model.js';
import type { NumberArray } from '../parquet/values.js';
import { QUANTILES, quantileOf, sortFloat32 } from './quantiles.js';

/** Values of one feature of one episode that are held for exact quantiles: 32 MB of float32. Longer episodes are sampled. */
const MAX_HELD_VALUES = 8 * 2 ** 20;

/**
 * Gathers one feature of one episode, block by block, and works out its statistics at the end.
 * Means and deviations are exact over all rows; quantiles are exact until the episode outgrows
 * `MAX_HELD_VALUES`, then taken from every 2nd, 4th, ... row.
 */
export class FeatureAccumulator {
  private readonly min: Float64Array;
  private readonly max: Float64Array;
  private readonly sum: Float64Array;
  private readonly shift: Float64Array;
  private readonly squares: Float64Array;
  private readonly finite: Float64Array;
  private held: NumberArray;
  private heldRows = 0;
  private stride = 1;
  private rows = 0;
  /** First row with a NaN or an infinite value, or -1. */
  firstNonFiniteRow = -1;

  constructor(
    readonly width: number,
    private readonly isSingle: boolean,
    private readonly maxHeld = MAX_HELD_VALUES,
  ) {
    this.min = new Float64Array(width).fill(Number.POSITIVE_INFINITY);
    this.max = new Float64Array(width).fill(Number.NEGATIVE_INFINITY);
    this.sum = new Float64Array(width);
    this.shift = new Float64Array(width).fill(Number.NaN);
    this.squares = new Float64Array(width);
    this.finite = new Float64Array(width);
    this.held = this.array(0);
  }

  /** Adds rows of `width` values each. */
  add(values: NumberArray): void {
    const { width, min, max, sum, shift, squares, finite } = this;
    const rows = values.length / width;
    for (let r = 0, at = 0; r < rows; r += 1) {
      for (let c = 0; c < width; c += 1, at += 1) {
        const value = values[at] as number;
        if (value - value !== 0) {
          if (this.firstNonFiniteRow < 0) this.firstNonFiniteRow = this.rows + r;
          continue;
        }
        if (value < (min[c] as number)) min[c] = value;
        if (value > (max[c] as number)) max[c] = value;
        // Sums around the first value: no cancellation when a channel stands far from zero.
        let origin = shift[c] as number;
        if (origin !== origin) {
          origin = value;
          shift[c] = value;
        }
        const d = value - origin;
        sum[c] = (sum[c] as number) + d;
        squares[c] = (squares[c] as number) + d * d;
        finite[c] = (finite[c] as number) + 1;
      }
    }
    this.hold(values, rows);
    this.rows += rows;
  }

  finish(): FeatureStats {
    const { width, heldRows } = this;
    const stats: FeatureStats = {
      count: this.rows,
      min: [],
      max: [],
      mean: [],
      std: [],
      q01: [],
      q10: [],
      q50: [],
      q90: [],
      q99: [],
      nonFinite: 0,
      quantiles: this.stride === 1 ? 'exact' : 'sampled',
    };
    const lists = [stats.q01, stats.q10, stats.q50, stats.q90, stats.q99];
    const column = this.isSingle ? new Float32Array(heldRows) : new Float64Array(heldRows);
    for (let c = 0; c < width; c += 1) {
      const n = this.finite[c] as number;
      stats.nonFinite += this.rows - n;
      if (n === 0) {
        for (const list of [stats.min, stats.max, stats.mean, stats.std, ...lists]) list.push(0);
        continue;
      }
      const min = this.min[c] as number;
      const max = this.max[c] as number;
      const meanShift = (this.sum[c] as number) / n;
      stats.min.push(min);
      stats.max.push(max);
      stats.mean.push((this.shift[c] as number) + meanShift);
      stats.std.push(Math.sqrt(Math.max(0, (this.squares[c] as number) / n - meanShift * meanShift)));
      if (min === max) {
        for (const list of lists) list.push(min);
        continue;
      }
      const sorted = this.sortedColumn(c, column);
      QUANTILES.forEach((q, i) => lists[i]?.push(quantileOf(sorted, q)));
    }
    return stats;
  }

  private sortedColumn(c: number, column: NumberArray): NumberArray {
    const { width, held, heldRows } = this;
    let n = 0;
    for (let r = 0, at = c; r < heldRows; r += 1, at += width) {
      const value = held[at] as number;
      if (value - value === 0) {
        column[n] = value;
        n += 1;
      }
    }
    const values = column.subarray(0, n);
    if (values instanceof Float32Array) sortFloat32(values);
    else values.sort();
    return values;
  }

  private hold(values: NumberArray, rows: number): void {
    const { width } = this;
    for (;;) {
      const first = (this.stride - (this.rows % this.stride)) % this.stride;
      const take = first < rows ? Math.ceil((rows - first) / this.stride) : 0;
      if ((this.heldRows + take) * width <= this.maxHeld || this.heldRows + take <= 1) {
        this.reserve((this.heldRows + take) * width);
        if (this.stride === 1) this.held.set(values, this.heldRows * width);
        else
          for (let k = 0; k < take; k += 1)
            this.held.set(
              values.subarray((first + k * this.stride) * width, (first + k * this.stride + 1) * width),
              (this.heldRows + k) * width,
            );
        this.heldRows += take;
        return;
      }
      this.halve();
    }
  }

  private halve(): void {
    const kept = Math.ceil(this.heldRows / 2);
    for (let r = 1; r < kept; r += 1)
      this.held.copyWithin(r * this.width, 2 * r * this.width, (2 * r + 1) * this.width);
    this.heldRows = kept;
    this.stride *= 2;
  }

  private reserve(length: number): void {
    if (this.held.length >= length) return;
    const grown = this.array(Math.min(Math.max(length, this.held.length * 2), Math.max(length, this.maxHeld)));
    grown.set(this.held.subarray(0, this.heldRows * this.width));
    this.held = grown;
  }

  private array(length: number): NumberArray {
    return this.isSingle ? new Float32Array(length) : new Float64Array(length);
  }
}
