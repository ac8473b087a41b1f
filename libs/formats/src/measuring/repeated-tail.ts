import type { NumberRows } from '../dataset-source.js';

/** Counts the rows at the end of a signal that are equal, bit for bit as numbers; NaN equals nothing. */
export class RepeatedTail {
  private last: NumberRows | null = null;
  private run = 0;
  rows = 0;

  constructor(private readonly width: number) {}

  add(values: NumberRows): void {
    const { width } = this;
    const count = Math.floor(values.length / width);
    if (count === 0) return;
    const last = values.slice((count - 1) * width, count * width);
    let equal = 1;
    while (equal < count && isRow(values, (count - 1 - equal) * width, last)) equal += 1;
    const goesOn = equal === count && this.last !== null && isRow(this.last, 0, last);
    this.run = goesOn ? this.run + count : equal;
    this.last = last;
    this.rows += count;
  }

  /** Rows that repeat the last one, without the last one itself. */
  get repeats(): number {
    return Math.max(0, this.run - 1);
  }
}

function isRow(values: NumberRows, at: number, row: NumberRows): boolean {
  for (let c = 0; c < row.length; c += 1) if (values[at + c] !== row[c]) return false;
  return true;
}
