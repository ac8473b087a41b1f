import { at, clearBit, hasBit, openBit, popcount, setBit } from './bits.js';
import type { Bits } from './bits.js';

const FIRST_ROOM = 8;

/** Words of a mask that are not zero, so that counting value after value skips the rest. */
export interface SparseMask {
  readonly bits: Bits;
  readonly words: Int32Array;
}

export function sparseMaskOf(bits: Bits): SparseMask {
  let count = 0;
  for (let i = 0; i < bits.length; i++) if (at(bits, i) !== 0) count++;
  const words = new Int32Array(count);
  for (let i = 0, n = 0; n < count; i++) if (at(bits, i) !== 0) words[n++] = i;
  return { bits, words };
}

/**
 * The rows that have one facet value: a sorted list of row numbers while they are few, a bitmap once that is smaller.
 * Ten thousand rare robots thus cost what their rows cost, not ten thousand bitmaps.
 */
export class Posting {
  /** How many rows have the value. */
  count = 0;
  private list: Uint32Array | null = new Uint32Array(FIRST_ROOM);
  private bits: Bits | null = null;

  /** @param words size of a bitmap over all rows */
  constructor(private words: number) {}

  add(row: number): void {
    if (this.bits) {
      if (hasBit(this.bits, row)) return;
      setBit(this.bits, row);
      this.count++;
      return;
    }
    const place = this.placeOf(row);
    if (this.holds(place, row)) return;
    if (this.count + 1 > this.words) {
      this.becomeBitmap();
      this.add(row);
      return;
    }
    this.makeRoom();
    const list = this.rows();
    list.copyWithin(place + 1, place, this.count);
    list[place] = row;
    this.count++;
  }

  remove(row: number): void {
    if (this.bits) {
      if (!hasBit(this.bits, row)) return;
      clearBit(this.bits, row);
      this.count--;
      return;
    }
    const place = this.placeOf(row);
    if (!this.holds(place, row)) return;
    this.rows().copyWithin(place, place + 1, this.count);
    this.count--;
  }

  /** Moves the rows from `row` on one up, because another is put in before them. */
  open(row: number): void {
    if (this.bits) {
      openBit(this.bits, row);
      return;
    }
    const list = this.rows();
    for (let i = this.placeOf(row); i < this.count; i++) list[i] = at(list, i) + 1;
  }

  /** Follows a growth of the table. */
  resize(words: number): void {
    this.words = words;
    if (!this.bits) return;
    const wider = new Uint32Array(words);
    wider.set(this.bits);
    this.bits = wider;
  }

  /** Puts the posting's rows into the mask. */
  addTo(mask: Bits): void {
    if (this.bits) {
      for (let i = 0; i < mask.length; i++) mask[i] = at(mask, i) | at(this.bits, i);
      return;
    }
    const list = this.rows();
    for (let i = 0; i < this.count; i++) setBit(mask, at(list, i));
  }

  /** How many of the mask's rows have the value. */
  countIn(mask: SparseMask): number {
    const { bits: wanted, words } = mask;
    let count = 0;
    if (this.bits) {
      for (let i = 0; i < words.length; i++) {
        const w = at(words, i);
        const word = at(this.bits, w) & at(wanted, w);
        if (word !== 0) count += popcount(word);
      }
      return count;
    }
    const list = this.rows();
    for (let i = 0; i < this.count; i++) count += (at(wanted, at(list, i) >>> 5) >>> (at(list, i) & 31)) & 1;
    return count;
  }

  private rows(): Uint32Array {
    if (!this.list) throw new Error('The posting is a bitmap.');
    return this.list;
  }

  private holds(place: number, row: number): boolean {
    return place < this.count && at(this.rows(), place) === row;
  }

  /** First place in the list whose row is not below `row`. Rows mostly arrive in order, so the end is tried first. */
  private placeOf(row: number): number {
    const list = this.rows();
    if (this.count === 0 || at(list, this.count - 1) < row) return this.count;
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (at(list, middle) < row) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private makeRoom(): void {
    const list = this.rows();
    if (this.count < list.length) return;
    const longer = new Uint32Array(list.length * 2);
    longer.set(list);
    this.list = longer;
  }

  private becomeBitmap(): void {
    const bits = new Uint32Array(this.words);
    const list = this.rows();
    for (let i = 0; i < this.count; i++) setBit(bits, at(list, i));
    this.bits = bits;
    this.list = null;
  }
}
