import { Defect, decoding } from '../defect.js';
import type { Leaf } from './metadata.js';
import type { DataPage, DictionaryPage, PageWalk } from './pages.js';
import type { NumberArray, NumberPage } from './values.js';
import { isNumeric, numberArray, openNumbers, readNumberDictionary, readPlainStrings, readStrings } from './values.js';

/** Opens the pages of a column's next row group, or answers how many values it holds if that is at most `skippable`; null after the last. */
export type NextChunk = (skippable: number) => Promise<PageWalk | number | null>;

const LEVELS = new Uint8Array(1 << 16);
const MAX_ROW_PAGE_VALUES = 4 * 2 ** 20;

/** Walks a column's data pages over all row groups, keeping the dictionary of the current one. */
class PageFeed<Dictionary> {
  private walk: PageWalk | null = null;
  dictionary: Dictionary | null = null;

  constructor(
    private readonly nextChunk: NextChunk,
    private readonly readDictionary: (page: DictionaryPage) => Dictionary,
  ) {}

  /** The next page with values in it, or a number of values (at most `skippable`) that were passed over unread; null after the last. */
  async advance(skippable: number): Promise<DataPage | number | null> {
    for (;;) {
      if (!this.walk) {
        const chunk = await this.nextChunk(skippable);
        this.dictionary = null;
        if (chunk === null || typeof chunk === 'number') return chunk;
        this.walk = chunk;
      }
      const page = await this.walk.next(skippable);
      if (!page) this.walk = null;
      else if (page.kind === 'skipped') return page.numValues;
      else if (page.kind === 'dictionary')
        this.dictionary = decoding('BAD_PARQUET', 'a dictionary', () => this.readDictionary(page));
      else if (page.numValues > 0) return page;
    }
  }
}

/**
 * Numbers of a column in which every row holds the same count of values (`width`), none of them null.
 * Reads block by block; its memory is one page and one block, however long the column is.
 */
export class NumberColumn {
  readonly width: number;
  private readonly feed: PageFeed<NumberArray>;
  private readonly pattern: Uint8Array;
  private page: DataPage | null = null;
  private numbers: NumberPage | null = null;
  private left = 0;
  private valuesRead = 0;
  private block: NumberArray;

  /** @param shape lengths of the nested lists; empty for a scalar column. */
  constructor(
    readonly leaf: Leaf,
    shape: readonly number[],
    nextChunk: NextChunk,
  ) {
    this.width = shape.reduce((product, length) => product * length, 1);
    this.pattern = repetitionPattern(shape, this.width);
    this.feed = new PageFeed(nextChunk, (page) => readNumberDictionary(leaf, page.bytes, page.numValues));
    this.block = numberArray(leaf, 0);
  }

  /** Rows read or skipped so far. */
  get row(): number {
    return Math.floor(this.valuesRead / this.width);
  }

  /** The next `rows` rows, flat. The array is reused by the next call. */
  async read(rows: number): Promise<NumberArray> {
    const count = rows * this.width;
    const block = this.reserve(count);
    for (let done = 0; done < count;) {
      if (this.left === 0) await this.open();
      done += this.take(block, done, count - done);
    }
    return block.subarray(0, count);
  }

  /** Passes over `rows` rows; row groups and pages that lie wholly in them are neither read nor checked. */
  async skip(rows: number): Promise<void> {
    for (let left = rows * this.width; left > 0;) {
      const passed = this.left === 0 ? await this.open(left) : this.take(this.reserve(LEVELS.length), 0, left);
      left -= passed;
    }
  }

  private reserve(count: number): NumberArray {
    if (this.block.length < count) this.block = numberArray(this.leaf, count);
    return this.block;
  }

  /** Decodes at most `count` values of the open page; how many it were. */
  private take(out: NumberArray, from: number, count: number): number {
    const taken = Math.min(this.left, count, LEVELS.length);
    decoding('BAD_PARQUET', `column ${this.leaf.path.join('.')}`, () => {
      this.checkLevels(taken);
      this.numbers?.fill(out, from, taken);
    });
    this.left -= taken;
    this.valuesRead += taken;
    return taken;
  }

  /** Opens the next page, or passes over at most `skippable` values and says how many. */
  private async open(skippable = 0): Promise<number> {
    const page = await this.feed.advance(skippable);
    if (page === null)
      throw new Defect('BAD_PARQUET', `column ${this.leaf.path.join('.')} ends before its rows do`, { row: this.row });
    if (typeof page === 'number') {
      this.valuesRead += page;
      return page;
    }
    this.page = page;
    this.left = page.numValues;
    this.numbers = decoding('BAD_PARQUET', `column ${this.leaf.path.join('.')}`, () =>
      openNumbers(this.leaf, page.encoding, page.bytes, page.numValues, this.feed.dictionary),
    );
    return 0;
  }

  private checkLevels(count: number): void {
    const { page, pattern, width } = this;
    const { maxDef, maxRep } = this.leaf;
    if (page?.def && !page.def.skipRun(maxDef, count)) {
      page.def.fill(LEVELS, 0, count);
      for (let i = 0; i < count; i += 1) {
        if (LEVELS[i] !== maxDef) {
          throw new Defect('NULL_VALUE', `column ${this.leaf.path.join('.')} has a null or an empty list`, {
            row: Math.floor((this.valuesRead + i) / width),
          });
        }
      }
    }
    if (page?.rep && maxRep > 0) {
      page.rep.fill(LEVELS, 0, count);
      let phase = this.valuesRead % width;
      for (let i = 0; i < count; i += 1) {
        if (LEVELS[i] !== pattern[phase]) {
          throw new Defect(
            'FEATURE_SHAPE_MISMATCH',
            `column ${this.leaf.path.join('.')} has a row of another length than its shape says`,
            {
              row: Math.floor((this.valuesRead + i) / width),
              expected: `${width} values`,
            },
          );
        }
        phase += 1;
        if (phase === width) phase = 0;
      }
    }
  }
}

/** The repetition level that each value of a row must have: 0 for the first, the depth of the list it continues for the rest. */
function repetitionPattern(shape: readonly number[], width: number): Uint8Array {
  const pattern = new Uint8Array(width);
  for (let i = 1; i < width; i += 1) {
    let level = shape.length;
    for (let d = shape.length - 1, block = 1; d > 0; d -= 1) {
      block *= shape[d] ?? 1;
      if (i % block === 0) level = d;
    }
    pattern[i] = level;
  }
  return pattern;
}

/** One row of a column of any shape: its values in order, nested lists flattened, nulls left out. */
export interface RowValues {
  readonly numbers: readonly number[];
  readonly strings: readonly Uint8Array[];
}

/** Reads a column row by row whatever its nesting. For tables of metadata and for byte strings; a page at a time in memory. */
export class RowColumn {
  /** Rows taken or passed over so far. */
  row = 0;
  private readonly feed: PageFeed<NumberArray | Uint8Array[]>;
  private rows: RowValues[] = [];
  private next = 0;
  private open: { numbers: number[]; strings: Uint8Array[] } | null = null;
  private ended = false;

  constructor(
    readonly leaf: Leaf,
    nextChunk: NextChunk,
  ) {
    this.feed = new PageFeed(nextChunk, (page) =>
      isNumeric(leaf)
        ? readNumberDictionary(leaf, page.bytes, page.numValues)
        : readPlainStrings(leaf, page.bytes, page.numValues),
    );
  }

  /** The next row, or undefined when the page at hand is used up: then await `load`. */
  take(): RowValues | undefined {
    const row = this.rows[this.next];
    if (row) {
      this.next += 1;
      this.row += 1;
    }
    return row;
  }

  /** Passes over `rows` rows. In a flat column, row groups and pages that lie wholly in them are not read. */
  async skip(rows: number): Promise<void> {
    for (let left = rows; left > 0;) {
      if (this.take()) left -= 1;
      else if (this.leaf.maxRep > 0) {
        await this.load();
        left -= 1;
      } else {
        const passed = await this.turnPage(left);
        this.row += passed;
        left -= passed;
      }
    }
  }

  /** Reads on and returns the next row. */
  async load(): Promise<RowValues> {
    for (;;) {
      const row = this.take();
      if (row) return row;
      await this.turnPage(0);
    }
  }

  /** Takes the next page apart, or passes over at most `skippable` rows and says how many. */
  private async turnPage(skippable: number): Promise<number> {
    if (this.ended) throw new Defect('BAD_PARQUET', `column ${this.leaf.path.join('.')} ends before its rows do`);
    this.rows = [];
    this.next = 0;
    const page = await this.feed.advance(skippable);
    if (typeof page === 'number') return page;
    if (page) decoding('BAD_PARQUET', `column ${this.leaf.path.join('.')}`, () => this.assemble(page));
    else this.finish();
    return 0;
  }

  private finish(): void {
    this.ended = true;
    if (this.open) this.rows.push(this.open);
    this.open = null;
  }

  private assemble(page: DataPage): void {
    const { leaf } = this;
    if (page.numValues > MAX_ROW_PAGE_VALUES)
      throw new Defect('PARQUET_UNSUPPORTED', `a page of ${page.numValues} values in column ${leaf.path.join('.')}`);
    const count = page.numValues;
    const rep = new Uint8Array(count);
    const def = new Uint8Array(count).fill(leaf.maxDef);
    page.rep?.fill(rep, 0, count);
    page.def?.fill(def, 0, count);
    let present = 0;
    for (const level of def) if (level === leaf.maxDef) present += 1;
    let numbers: NumberArray | null = null;
    let strings: Uint8Array[] = [];
    if (isNumeric(leaf)) {
      numbers = numberArray(leaf, present);
      openNumbers(leaf, page.encoding, page.bytes, present, this.feed.dictionary as NumberArray | null).fill(
        numbers,
        0,
        present,
      );
    } else {
      strings = readStrings(leaf, page.encoding, page.bytes, present, this.feed.dictionary as Uint8Array[] | null);
    }
    for (let i = 0, at = 0; i < count; i += 1) {
      if (rep[i] === 0) {
        if (this.open) this.rows.push(this.open);
        this.open = { numbers: [], strings: [] };
      }
      if (def[i] !== leaf.maxDef) continue;
      const string = strings[at];
      if (numbers) this.open?.numbers.push(numbers[at] ?? Number.NaN);
      else if (string) this.open?.strings.push(string);
      at += 1;
    }
    // In a flat column the last row is whole already; in a nested one it may go on in the next page.
    if (leaf.maxRep === 0 && this.open) {
      this.rows.push(this.open);
      this.open = null;
    }
  }
}
