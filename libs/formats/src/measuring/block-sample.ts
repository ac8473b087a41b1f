import type { NumberRows } from '../dataset-source.js';

const BLOCK_ROWS = 1024;

/**
 * Holds the rows of a signal for measures that need neighbouring rows. All of them, until there are more than
 * `maxRows`; then every 2nd, 4th, ... run of `blockRows` rows, so that what is held are still true neighbours.
 */
export class BlockSample {
  private held: NumberRows | null = null;
  private readonly blockRows: number;
  private readonly maxBlocks: number;
  /** Rows that were added. */
  rows = 0;
  /** One run of this many is held. */
  stride = 1;

  constructor(
    readonly width: number,
    maxRows: number,
  ) {
    this.blockRows = Math.max(1, Math.min(BLOCK_ROWS, Math.floor(maxRows / 4)));
    this.maxBlocks = Math.max(2, Math.floor(maxRows / this.blockRows));
  }

  add(values: NumberRows): void {
    const { width, blockRows } = this;
    const count = Math.floor(values.length / width);
    for (let r = 0; r < count;) {
      const block = Math.floor(this.rows / blockRows);
      const inBlock = this.rows % blockRows;
      const take = Math.min(count - r, blockRows - inBlock);
      if (inBlock === 0 && block % this.stride === 0 && block / this.stride >= this.maxBlocks) this.halve();
      if (block % this.stride === 0) {
        const at = (block / this.stride) * blockRows + inBlock;
        this.reserve((at + take) * width, values).set(values.subarray(r * width, (r + take) * width), at * width);
      }
      this.rows += take;
      r += take;
    }
  }

  /** Rows in all the held runs. */
  get heldRows(): number {
    let rows = 0;
    for (const values of this.runs()) rows += values.length / this.width;
    return rows;
  }

  /** The held runs, each the values of neighbouring rows. */
  *runs(): Generator<NumberRows> {
    const { held, width, blockRows, stride, rows } = this;
    if (!held) return;
    if (stride === 1) {
      yield held.subarray(0, rows * width);
      return;
    }
    for (let block = 0; block * blockRows < rows; block += stride) {
      const at = (block / stride) * blockRows;
      const count = Math.min(blockRows, rows - block * blockRows);
      yield held.subarray(at * width, (at + count) * width);
    }
  }

  private halve(): void {
    const blockValues = this.blockRows * this.width;
    for (let block = 1; block < this.maxBlocks / 2; block += 1)
      this.held?.copyWithin(block * blockValues, 2 * block * blockValues, (2 * block + 1) * blockValues);
    this.stride *= 2;
  }

  private reserve(length: number, like: NumberRows): NumberRows {
    const max = this.maxBlocks * this.blockRows * this.width;
    if (this.held && this.held.length >= length) return this.held;
    const size = Math.min(max, Math.max(length, 2 * (this.held?.length ?? 0)));
    const isSingle = this.held ? this.held instanceof Float32Array : like instanceof Float32Array;
    const grown = isSingle ? new Float32Array(size) : new Float64Array(size);
    if (this.held) grown.set(this.held);
    this.held = grown;
    return grown;
  }
}
