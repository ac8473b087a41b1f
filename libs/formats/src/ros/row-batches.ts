import type { EpisodeItem, NumberRows, SignalSpec } from '../dataset-source.js';

const MAX_ROWS = 4096;
/** Wide signals are handed out sooner. */
const MAX_VALUES = 262_144;
/** Messages of one signal that may overtake each other in a file. */
const REORDER_ROWS = 64;

/** Rows of one signal, gathered and put in order of time. */
export class RowBatch {
  private times: number[] = [];
  private values: number[] = [];
  private isSorted = true;
  private lastTimeS = -Infinity;
  private readonly width: number;
  /** Rows that came later than a whole batch of their successors. */
  late = 0;

  constructor(private readonly signal: SignalSpec) {
    this.width = signal.shape[0] ?? 1;
  }

  /** `order` says which value goes to which channel, where a message names its channels in another order. */
  add(timeS: number, row: ArrayLike<number>, order: readonly number[] | null): void {
    if (timeS < (this.times.at(-1) ?? -Infinity)) this.isSorted = false;
    this.times.push(timeS);
    for (let c = 0; c < this.width; c += 1) this.values.push(row[order ? (order[c] ?? c) : c] ?? NaN);
  }

  get isFull(): boolean {
    return this.times.length >= MAX_ROWS || this.values.length >= Math.max(MAX_VALUES, this.width * REORDER_ROWS * 2);
  }

  /** What can be handed out now; with `all` what is left. */
  flush(all: boolean): EpisodeItem | null {
    const count = all ? this.times.length : this.times.length - REORDER_ROWS;
    if (count <= 0) return null;
    if (!this.isSorted) this.sort();
    const timesS = Float64Array.from(this.times.slice(0, count));
    const first = timesS[0] ?? 0;
    if (first < this.lastTimeS) this.late += 1;
    this.lastTimeS = timesS[count - 1] ?? first;
    const taken = this.values.slice(0, count * this.width);
    this.times = this.times.slice(count);
    this.values = this.values.slice(count * this.width);
    const values: NumberRows = this.signal.dtype === 'float32' ? Float32Array.from(taken) : Float64Array.from(taken);
    return { kind: 'rows', key: this.signal.key, rows: count, values, timesS };
  }

  private sort(): void {
    const order = this.times.map((_, row) => row).sort((a, b) => (this.times[a] ?? 0) - (this.times[b] ?? 0) || a - b);
    const { times, values, width } = this;
    this.times = order.map((row) => times[row] ?? 0);
    this.values = order.flatMap((row) => values.slice(row * width, (row + 1) * width));
    this.isSorted = true;
  }
}
