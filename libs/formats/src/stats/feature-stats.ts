import type { FeatureStats } from '../episode-model.js';
import type { NumberArray } from '../parquet/values.js';
import { QUANTILES, quantilesOf } from './quantiles.js';

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
  /** Channel by channel, each with room for `roomRows` rows. */
  private held: NumberArray;
  private roomRows = 0;
  private heldRows = 0;
  private stride = 1;
  private rows = 0;
  private readonly maxRows: number;
  /** First row with a NaN or an infinite value, or -1. */
  firstNonFiniteRow = -1;

  constructor(
    readonly width: number,
    readonly isSingle: boolean,
    maxHeld = MAX_HELD_VALUES,
  ) {
    this.maxRows = Math.max(1, Math.floor(maxHeld / width));
    this.min = new Float64Array(width);
    this.max = new Float64Array(width);
    this.sum = new Float64Array(width);
    this.shift = new Float64Array(width);
    this.squares = new Float64Array(width);
    this.finite = new Float64Array(width);
    this.held = this.array(0);
    this.reset();
  }

  /** Forgets everything but its room, for the next episode. */
  reset(): void {
    this.min.fill(Number.POSITIVE_INFINITY);
    this.max.fill(Number.NEGATIVE_INFINITY);
    this.sum.fill(0);
    this.squares.fill(0);
    this.finite.fill(0);
    this.heldRows = 0;
    this.stride = 1;
    this.rows = 0;
    this.firstNonFiniteRow = -1;
  }

  /** Adds rows of `width` values each. */
  add(values: NumberArray): void {
    const rows = Math.floor(values.length / this.width);
    for (let c = 0; c < this.width; c += 1) this.addChannel(c, values, rows);
    this.hold(values, rows);
    this.rows += rows;
  }

  finish(): FeatureStats {
    const { width } = this;
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
      const held = this.heldOf(c, n);
      const quantiles = held.length === 0 ? lists.map(() => min) : quantilesOf(held, min, max, QUANTILES);
      lists.forEach((list, i) => list.push(quantiles[i] ?? min));
    }
    return stats;
  }

  /** One channel at a time: its sums stay in registers. */
  private addChannel(c: number, values: NumberArray, rows: number): void {
    const { width } = this;
    let min = this.min[c] as number;
    let max = this.max[c] as number;
    let sum = this.sum[c] as number;
    let squares = this.squares[c] as number;
    let n = this.finite[c] as number;
    // Sums around the first value: no cancellation when a channel stands far from zero.
    let origin = this.shift[c] as number;
    for (let r = 0, at = c; r < rows; r += 1, at += width) {
      const value = values[at] as number;
      if (value - value !== 0) {
        this.noteNonFinite(this.rows + r);
        continue;
      }
      if (n === 0) origin = value;
      n += 1;
      if (value < min) min = value;
      if (value > max) max = value;
      const d = value - origin;
      sum += d;
      squares += d * d;
    }
    this.min[c] = min;
    this.max[c] = max;
    this.sum[c] = sum;
    this.squares[c] = squares;
    this.finite[c] = n;
    this.shift[c] = origin;
  }

  private noteNonFinite(row: number): void {
    if (this.firstNonFiniteRow < 0 || row < this.firstNonFiniteRow) this.firstNonFiniteRow = row;
  }

  /** The finite values that are held of a channel. */
  private heldOf(c: number, finite: number): NumberArray {
    const values = this.held.subarray(c * this.roomRows, c * this.roomRows + this.heldRows);
    return finite === this.rows ? values : values.filter((value: number) => value - value === 0);
  }

  private hold(values: NumberArray, rows: number): void {
    const { width } = this;
    for (;;) {
      const first = (this.stride - (this.rows % this.stride)) % this.stride;
      const take = first < rows ? Math.ceil((rows - first) / this.stride) : 0;
      if (this.heldRows + take > this.maxRows && this.heldRows + take > 1) {
        this.halve();
        continue;
      }
      this.reserve(this.heldRows + take);
      const step = this.stride * width;
      for (let c = 0; c < width; c += 1) {
        const to = c * this.roomRows + this.heldRows;
        for (let k = 0, at = first * width + c; k < take; k += 1, at += step) this.held[to + k] = values[at] as number;
      }
      this.heldRows += take;
      return;
    }
  }

  private halve(): void {
    const kept = Math.ceil(this.heldRows / 2);
    for (let c = 0; c < this.width; c += 1) {
      const at = c * this.roomRows;
      for (let r = 1; r < kept; r += 1) this.held[at + r] = this.held[at + 2 * r] as number;
    }
    this.heldRows = kept;
    this.stride *= 2;
  }

  private reserve(rows: number): void {
    if (this.roomRows >= rows) return;
    const roomRows = Math.min(Math.max(rows, this.roomRows * 2), Math.max(rows, this.maxRows));
    const grown = this.array(roomRows * this.width);
    for (let c = 0; c < this.width; c += 1)
      grown.set(this.held.subarray(c * this.roomRows, c * this.roomRows + this.heldRows), c * roomRows);
    this.held = grown;
    this.roomRows = roomRows;
  }

  private array(length: number): NumberArray {
    return this.isSingle ? new Float32Array(length) : new Float64Array(length);
  }
}
