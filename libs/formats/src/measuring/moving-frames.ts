import type { NumberRows } from '../dataset-source.js';
import type { BlockSample } from './block-sample.js';
import { quantileOf } from './quantile.js';

/** Below this share of its range a channel stands still. */
const STILL = 1e-3;
/** Above this share of its range in one step a channel jumps. */
const JUMP = 0.5;
/** A channel with fewer values than this is a switch, or the last bit of an encoder: its steps are no jumps. */
const MIN_LEVELS = 10;

/** The steps of one signal, per row. */
export interface Steps {
  /** The largest of any channel; null with fewer than two neighbouring rows. */
  readonly largest: number | null;
  /** Largest 99th percentile, over channels, of the third difference; null with fewer than four neighbouring rows. */
  readonly third: number | null;
}

/** Which of the held frames of an episode move or jump, over signals with the same number of rows. */
export class MovingFrames {
  private readonly moved: Uint8Array;
  private readonly jumped: Uint8Array;
  private readonly compared: Uint8Array;

  constructor(
    heldRows: number,
    private readonly stride: number,
  ) {
    this.moved = new Uint8Array(heldRows);
    this.jumped = new Uint8Array(heldRows);
    this.compared = new Uint8Array(heldRows);
  }

  addSignal(sample: BlockSample, channels: readonly number[], lag: number): Steps {
    const runs = [...sample.runs()];
    const { width } = sample;
    let largest = -1;
    let third = -1;
    const scratch = new Float64Array(this.moved.length);
    for (const channel of channels) {
      const column = new Column(runs, width, channel);
      const range = column.max - column.min;
      const still = range * STILL;
      const jumpStep = column.hasLevels(MIN_LEVELS) ? range * JUMP : Number.POSITIVE_INFINITY;
      let thirds = 0;
      let base = 0;
      for (const values of runs) {
        const rows = values.length / width;
        // Each value is loaded once: the three before it are at hand.
        let [x1, x2, x3] = [values[channel] as number, Number.NaN, Number.NaN];
        for (let k = 1, at = width + channel; k < rows; k += 1, at += width) {
          const x0 = values[at] as number;
          const step = Math.abs(x0 - x1);
          if (step > largest && step !== Number.POSITIVE_INFINITY) largest = step;
          if (step > jumpStep) this.jumped[base + k] = 1;
          if (k >= lag) {
            this.compared[base + k] = 1;
            const moved = lag === 1 ? step : Math.abs(x0 - (values[at - lag * width] as number));
            if (moved > still) this.moved[base + k] = 1;
          }
          const difference = Math.abs(x0 - 3 * x1 + 3 * x2 - x3);
          // Not finite before the fourth row, and where a value is not.
          if (difference - difference === 0) {
            scratch[thirds] = difference;
            thirds += 1;
          }
          x3 = x2;
          x2 = x1;
          x1 = x0;
        }
        base += rows;
      }
      if (thirds > 0) third = Math.max(third, quantileOf(scratch.subarray(0, thirds), 0.99));
    }
    return { largest: largest < 0 ? null : largest, third: third < 0 ? null : third };
  }

  /** Null if there were no two frames to compare. */
  get idleShare(): number | null {
    let compared = 0;
    let moved = 0;
    for (let k = 0; k < this.compared.length; k += 1) {
      compared += this.compared[k] as number;
      moved += this.moved[k] as number;
    }
    return compared > 0 ? (compared - moved) / compared : null;
  }

  get jumps(): number {
    return this.jumped.reduce((sum, jumped) => sum + jumped, 0) * this.stride;
  }
}

/** One channel of the held rows. */
class Column {
  readonly min: number;
  readonly max: number;

  constructor(
    private readonly runs: readonly NumberRows[],
    private readonly width: number,
    private readonly channel: number,
  ) {
    let min = Number.POSITIVE_INFINITY;
    let max = Number.NEGATIVE_INFINITY;
    for (const values of runs) {
      for (let at = channel; at < values.length; at += width) {
        const value = values[at] as number;
        if (value < min && value !== Number.NEGATIVE_INFINITY) min = value;
        if (value > max && value !== Number.POSITIVE_INFINITY) max = value;
      }
    }
    this.min = min;
    this.max = max;
  }

  /** True if the channel takes at least `count` different values. Mostly the first few rows tell: a list of them is enough. */
  hasLevels(count: number): boolean {
    const levels: number[] = [];
    for (const values of this.runs) {
      for (let at = this.channel; at < values.length; at += this.width) {
        const value = values[at] as number;
        if (levels.includes(value)) continue;
        levels.push(value);
        if (levels.length >= count) return true;
      }
    }
    return false;
  }
}
