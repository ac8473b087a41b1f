import { at, clearBit, hasBit, openBit, setBit, wordsFor } from './bits.js';
import type { Bits } from './bits.js';

/** Room for an id: our ids have 29 characters. */
const ID_BYTES = 32;
const FIRST_ROWS = 1_024;

/** What a page is ordered and filtered by besides its facets. */
export interface RowNumbers {
  readonly episodes: number;
  readonly durationS: number;
  /** What the cheapest offer costs in minor units, 0 when one is free; NaN when nothing is for sale in the currency. */
  readonly priceCny: number;
  readonly priceUsd: number;
}

export const COLUMNS = ['episodes', 'durationS', 'priceCny', 'priceUsd'] as const;
export type Column = (typeof COLUMNS)[number];

/** Where in the order a row stands: time of publication in microseconds, then id. */
export interface RowKey {
  readonly publishedUs: number;
  readonly id: string;
}

export type Resize = (words: number) => void;

/**
 * The rows of the catalogue, numbered upwards in order of (published, id), so that the newest are the last and a new one
 * is appended. A row that goes leaves its number empty (`live` is zero) until it comes back or the table is built anew.
 */
export class RowTable {
  /** Rows in use, empty ones included. */
  length = 0;
  live: Bits;
  private ids: Buffer;
  private hashes: Uint32Array;
  private publishedUs: Float64Array;
  private columns: Record<Column, Float64Array>;

  constructor(rows: number) {
    // A sixteenth of slack, so that the first new dataset after a start does not copy everything.
    const capacity = wordsFor(Math.max(FIRST_ROWS, rows + (rows >>> 4))) * 32;
    this.live = new Uint32Array(capacity >>> 5);
    this.ids = Buffer.alloc(capacity * ID_BYTES);
    this.hashes = new Uint32Array(capacity);
    this.publishedUs = new Float64Array(capacity);
    this.columns = {
      episodes: new Float64Array(capacity),
      durationS: new Float64Array(capacity),
      priceCny: new Float64Array(capacity),
      priceUsd: new Float64Array(capacity),
    };
  }

  /** Size of a bitmap over all rows, in words. */
  get words(): number {
    return this.live.length;
  }

  column(name: Column): Float64Array {
    return this.columns[name];
  }

  keyOf(row: number): RowKey {
    return { publishedUs: at(this.publishedUs, row), id: this.idOf(row) };
  }

  idOf(row: number): string {
    const start = row * ID_BYTES;
    let end = start + ID_BYTES;
    while (end > start && this.ids[end - 1] === 0) end--;
    return this.ids.toString('latin1', start, end);
  }

  /** Number of the live row with this id, or -1. */
  find(id: string): number {
    const hash = hashOf(id);
    for (let row = this.hashes.indexOf(hash); row >= 0 && row < this.length; row = this.hashes.indexOf(hash, row + 1)) {
      if (hasBit(this.live, row) && this.idOf(row) === id) return row;
    }
    return -1;
  }

  /** First row that does not stand before the key. */
  lowerBound(key: RowKey): number {
    if (this.length === 0 || this.isBefore(this.length - 1, key)) return this.length;
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.isBefore(middle, key)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Puts a row in its place, live. @returns its number, and whether the rows from there on moved one up */
  insert(key: RowKey, numbers: RowNumbers, resize: Resize): { row: number; isOpened: boolean } {
    if (Buffer.byteLength(key.id) > ID_BYTES) throw new Error(`The id "${key.id}" is longer than ${ID_BYTES} bytes.`);
    const row = this.lowerBound(key);
    const isKept = row < this.length && at(this.publishedUs, row) === key.publishedUs && this.idOf(row) === key.id;
    const isOpened = !isKept && row < this.length;
    if (!isKept) {
      if (this.length === this.words * 32) this.grow(resize);
      if (isOpened) this.open(row);
      this.length++;
      this.ids.fill(0, row * ID_BYTES, (row + 1) * ID_BYTES);
      this.ids.write(key.id, row * ID_BYTES, 'latin1');
      this.hashes[row] = hashOf(key.id);
      this.publishedUs[row] = key.publishedUs;
    }
    for (const name of COLUMNS) this.columns[name][row] = numbers[name];
    setBit(this.live, row);
    return { row, isOpened };
  }

  hide(row: number): void {
    clearBit(this.live, row);
  }

  private isBefore(row: number, key: RowKey): boolean {
    const published = at(this.publishedUs, row);
    return published < key.publishedUs || (published === key.publishedUs && this.idOf(row) < key.id);
  }

  private open(row: number): void {
    const { length } = this;
    openBit(this.live, row);
    this.ids.copyWithin((row + 1) * ID_BYTES, row * ID_BYTES, length * ID_BYTES);
    this.hashes.copyWithin(row + 1, row, length);
    this.publishedUs.copyWithin(row + 1, row, length);
    for (const name of COLUMNS) this.columns[name].copyWithin(row + 1, row, length);
  }

  private grow(resize: Resize): void {
    const words = this.words + Math.max(32, this.words >>> 2);
    const wider = (old: Float64Array): Float64Array => {
      const array = new Float64Array(words * 32);
      array.set(old);
      return array;
    };
    const { live, ids, hashes } = this;
    this.live = new Uint32Array(words);
    this.live.set(live);
    this.ids = Buffer.alloc(words * 32 * ID_BYTES);
    ids.copy(this.ids);
    this.hashes = new Uint32Array(words * 32);
    this.hashes.set(hashes);
    this.publishedUs = wider(this.publishedUs);
    for (const name of COLUMNS) this.columns[name] = wider(this.columns[name]);
    resize(words);
  }
}

/** FNV-1a of the id's characters: finding a changed row is then one native scan over 4 bytes a row. */
function hashOf(id: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < id.length; i++) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
