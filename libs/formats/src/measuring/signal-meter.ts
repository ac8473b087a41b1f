import type { Hash } from 'node:crypto';
import { createHash } from 'node:crypto';
import type { NumberRows, SignalSpec } from '../dataset-source.js';
import type { FeatureStats } from '../episode-model.js';
import { FeatureAccumulator } from '../stats/feature-stats.js';
import { ClockMeter } from './clock-meter.js';
import type { ContentHash, StoredNumber } from './content-hash.js';
import { storedAs, storedBytes } from './content-hash.js';
import { GrowingFloats } from './growing.js';

/** A row with more values than this is an image or a table: it is hashed, but has no statistics by channel. */
const MAX_CHANNELS = 4096;

/** How much the streams of an episode may hold, each; what all of them hold is bounded by it. */
export interface HoldLimits {
  readonly values: number;
  readonly times: number;
  /** Times to compare with those of cameras; 0 where there are none to compare with. */
  readonly offsets: number;
}

/** Values in one row of a signal; 0 if its shape is no shape. */
export function widthOf(shape: readonly number[]): number {
  const width = shape.reduce((product, length) => product * length, 1);
  return Number.isSafeInteger(width) && width > 0 ? width : 0;
}

/** Measures one signal of one episode. */
export class SignalMeter {
  readonly width: number;
  rows = 0;
  readonly clock: ClockMeter | null;
  /** Times that are held to find the offset from the cameras. */
  readonly times: GrowingFloats | null;
  private readonly hash: Hash | null;
  private stored: StoredNumber = 'f8';
  private stats: FeatureAccumulator | null = null;
  private isSingle = false;
  /** True for events told in words: they come when they come, so their times are no clock. */
  isText = false;

  constructor(
    readonly spec: SignalSpec,
    private readonly limits: HoldLimits,
  ) {
    const isContent = spec.role === 'action' || spec.role === 'state';
    const isOwn = spec.clock === 'own';
    this.width = widthOf(spec.shape);
    this.clock = isOwn ? new ClockMeter(limits.times) : null;
    this.times = isOwn && isContent && limits.offsets > 0 ? new GrowingFloats(limits.offsets) : null;
    this.hash = isContent ? createHash('sha256') : null;
  }

  /** Adds rows; answers them as they are counted on, or null if they do not have the announced width. */
  add(rows: number, values: NumberRows, timesS: Float64Array | null): NumberRows | null {
    if (this.rows === 0) this.start(values);
    this.addTimes(rows, timesS);
    this.rows += rows;
    if (values.length !== rows * this.width || this.width === 0) return null;
    const uniform = this.isSingle === values instanceof Float32Array ? values : this.toUniform(values);
    this.hash?.update(storedBytes(uniform, this.stored));
    this.stats?.add(uniform);
    return uniform;
  }

  /** Adds rows of text, which are counted and timed only. */
  addText(rows: number, timesS: Float64Array | null): void {
    this.isText = true;
    this.addTimes(rows, timesS);
    this.rows += rows;
  }

  /** First row with a value that is not a finite number, or -1. */
  get firstNonFiniteRow(): number {
    return this.stats?.firstNonFiniteRow ?? -1;
  }

  finish(content: ContentHash): FeatureStats | null {
    if (this.hash && this.rows > 0)
      content.addSignal(this.spec.key, this.stored, this.width, this.rows, this.hash.digest());
    return this.stats?.finish() ?? null;
  }

  private start(values: NumberRows): void {
    this.isSingle = values instanceof Float32Array;
    this.stored = storedAs(this.spec.dtype, values);
    if (this.spec.role !== 'index' && this.width > 0 && this.width <= MAX_CHANNELS)
      this.stats = new FeatureAccumulator(this.width, this.isSingle, this.limits.values);
  }

  private addTimes(rows: number, timesS: Float64Array | null): void {
    if (!this.clock || !timesS) return;
    this.clock.add(timesS.length > rows ? timesS.subarray(0, rows) : timesS);
    for (const time of timesS) if (Number.isFinite(time)) this.times?.push(time);
  }

  private toUniform(values: NumberRows): NumberRows {
    return this.isSingle ? Float32Array.from(values) : Float64Array.from(values);
  }
}
