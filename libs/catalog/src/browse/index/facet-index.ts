import type { Currency } from '@app/kernel';
import type { Labels } from '../../vocabulary/vocabulary.js';
import type { NormalFilter } from '../dataset-filter.rules.js';
import { FACETS, facetLabel } from '../facets.js';
import type { FacetField } from '../facets.js';
import { at, clearBit, countBits, intersect, setBit, walkDown } from './bits.js';
import type { Bits } from './bits.js';
import { pageOf } from './page-order.js';
import type { DatasetOrder, PageOfRows } from './page-order.js';
import { Posting, sparseMaskOf } from './posting.js';
import { RowTable } from './row-table.js';
import type { RowNumbers } from './row-table.js';

/** Names that appear as they come (robots, providers) may be many; the answer holds the most frequent, and those asked for. */
const VALUES_SHOWN = 100;
/** Empty numbers cost memory and time; from this share on the index should be built anew. */
const WORN_SHARE = 0.25;
const WORN_ROWS = 4_096;

/** One listed dataset as the index knows it. */
export interface IndexRow extends RowNumbers {
  readonly id: string;
  /** Number of its search document; null when it has none. */
  readonly document: number | null;
  readonly publishedUs: number;
  /** Values of each facet in the order of `FACETS`. */
  readonly facets: readonly (readonly string[])[];
  readonly providerName: string;
}

/** Documents that a text matches, and those among them whose title does. */
export interface TextMatch {
  readonly documents: Int32Array;
  readonly titled: Int32Array;
}

export interface FacetValueCount {
  readonly code: string;
  readonly label: Labels;
  readonly count: number;
}

export interface FacetCounts {
  readonly field: FacetField;
  readonly values: readonly FacetValueCount[];
}

interface FacetValue {
  readonly code: string;
  label: Labels;
  readonly posting: Posting;
}

/** What a filter selects, as long as the index does not change. */
export interface Selection {
  readonly rows: Bits;
  /** Per facet, the rows that match every other facet; null where the facet is not filtered: then `rows` itself. */
  readonly others: readonly (Bits | null)[];
  readonly titled: Bits | null;
  readonly isEverything: boolean;
}

/**
 * Every listed dataset in the memory of this process: a posting per facet value, the columns that pages are ordered and
 * filtered by. Counts, totals and pages come from here; no method waits.
 */
export class FacetIndex {
  private readonly table: RowTable;
  private readonly values: readonly Map<string, FacetValue>[] = FACETS.map(() => new Map());
  /** Row of each search document, or -1. */
  private rowOfDocument = new Int32Array(0);
  private liveCount = 0;

  /** @param rows how many rows are expected, so that nothing grows while loading */
  constructor(rows = 0) {
    this.table = new RowTable(rows);
    this.rowOfDocument = new Int32Array(Math.max(1_024, rows)).fill(-1);
  }

  /** How many datasets are listed. */
  get size(): number {
    return this.liveCount;
  }

  /** Whether so many rows have gone or moved that building the index anew pays. */
  get isWorn(): boolean {
    const empty = this.table.length - this.liveCount;
    return empty > WORN_ROWS && empty > this.table.length * WORN_SHARE;
  }

  /** Lists the dataset, or replaces what is known of it. */
  upsert(row: IndexRow): void {
    this.remove(row.id);
    this.add(row);
  }

  /** Lists a dataset that is not listed yet; cheapest in order of publication. */
  add(row: IndexRow): void {
    const resize = (words: number): void => this.eachPosting((posting) => posting.resize(words));
    const { row: place, isOpened } = this.table.insert(row, row, resize);
    if (isOpened) {
      this.eachPosting((posting) => posting.open(place));
      const { rowOfDocument } = this;
      for (let i = 0; i < rowOfDocument.length; i++)
        if (at(rowOfDocument, i) >= place) rowOfDocument[i] = at(rowOfDocument, i) + 1;
    }
    row.facets.forEach((codes, facet) => {
      for (const code of codes) this.valueOf(facet, code, row.providerName).posting.add(place);
    });
    if (row.document !== null) this.noteDocument(row.document, place);
    this.liveCount++;
  }

  /** Takes the dataset off the list; nothing happens when it is not on it. */
  remove(id: string): void {
    const row = this.table.find(id);
    if (row < 0) return;
    this.eachPosting((posting) => posting.remove(row));
    this.table.hide(row);
    this.liveCount--;
  }

  select(filter: NormalFilter, text: TextMatch | null): Selection {
    const base = this.baseOf(filter, text);
    const titled = text && this.maskOfDocuments(text.titled);
    const unions = filter.facets.map((codes, facet) => codes && this.unionOf(facet, codes));
    const rows = base.slice();
    for (const union of unions) if (union) intersect(rows, union);
    const others = unions.map((own) => {
      if (!own) return null;
      const mask = base.slice();
      for (const union of unions) if (union && union !== own) intersect(mask, union);
      return mask;
    });
    const isEverything = text === null && !hasNumbers(filter) && unions.every((union) => union === null);
    return { rows, others, titled, isEverything };
  }

  total(selection: Selection): number {
    return selection.isEverything ? this.liveCount : countBits(selection.rows);
  }

  page(
    selection: Selection,
    order: DatasetOrder,
    page: { first: number; after: string | null; currency: Currency },
  ): PageOfRows {
    return pageOf(selection.rows, this.table, order, { ...page, titled: selection.titled });
  }

  /** Each facet counted as if it were not filtered itself: what a further click on another of its values would add. */
  counts(selection: Selection, filter: NormalFilter): FacetCounts[] {
    const common = selection.isEverything ? null : sparseMaskOf(selection.rows);
    return FACETS.map(({ field, kind }, facet) => {
      const own = selection.others[facet];
      const mask = own ? sparseMaskOf(own) : common;
      const asked = filter.facets[facet] ?? null;
      const values: FacetValueCount[] = [];
      for (const { code, label, posting } of this.valuesOf(facet).values()) {
        const count = mask ? posting.countIn(mask) : posting.count;
        if (count > 0 || asked?.includes(code)) values.push({ code, label, count });
      }
      values.sort((a, b) => b.count - a.count || (a.code < b.code ? -1 : 1));
      if (kind !== null || values.length <= VALUES_SHOWN) return { field, values };
      return { field, values: values.filter(({ code }, i) => i < VALUES_SHOWN || asked?.includes(code)) };
    });
  }

  private baseOf(filter: NormalFilter, text: TextMatch | null): Bits {
    const base = this.table.live.slice();
    if (text) intersect(base, this.maskOfDocuments(text.documents));
    if (!hasNumbers(filter)) return base;
    const { minDurationS, minEpisodes, maxPriceMinor } = filter;
    const durations = this.table.column('durationS');
    const episodes = this.table.column('episodes');
    const prices = this.table.column(filter.currency === 'CNY' ? 'priceCny' : 'priceUsd');
    walkDown(base, this.table.length, (row) => {
      const isWanted =
        (minDurationS === null || at(durations, row) >= minDurationS) &&
        (minEpisodes === null || at(episodes, row) >= minEpisodes) &&
        (maxPriceMinor === null || at(prices, row) <= maxPriceMinor);
      if (!isWanted) clearBit(base, row);
      return true;
    });
    return base;
  }

  private unionOf(facet: number, codes: readonly string[]): Bits {
    const union = new Uint32Array(this.table.words);
    for (const code of codes) this.valuesOf(facet).get(code)?.posting.addTo(union);
    return union;
  }

  private maskOfDocuments(documents: Int32Array): Bits {
    const mask = new Uint32Array(this.table.words);
    const { rowOfDocument } = this;
    for (let i = 0; i < documents.length; i++) {
      const document = at(documents, i);
      const row = document < rowOfDocument.length ? at(rowOfDocument, document) : -1;
      if (row >= 0) setBit(mask, row);
    }
    return mask;
  }

  private noteDocument(document: number, row: number): void {
    if (document >= this.rowOfDocument.length) {
      const longer = new Int32Array(
        Math.max(document + 1, this.rowOfDocument.length + (this.rowOfDocument.length >>> 2)),
      ).fill(-1);
      longer.set(this.rowOfDocument);
      this.rowOfDocument = longer;
    }
    this.rowOfDocument[document] = row;
  }

  private valuesOf(facet: number): Map<string, FacetValue> {
    const values = this.values[facet];
    if (!values) throw new Error(`There is no facet ${facet}.`);
    return values;
  }

  private valueOf(facet: number, code: string, providerName: string): FacetValue {
    const definition = FACETS[facet];
    if (!definition) throw new Error(`There is no facet ${facet}.`);
    const label =
      definition.field === 'providers' ? { zh: providerName, en: providerName } : facetLabel(definition, code);
    const known = this.valuesOf(facet).get(code);
    if (known) {
      if (definition.field === 'providers' && known.label.en !== providerName) known.label = label;
      return known;
    }
    const value = { code, label, posting: new Posting(this.table.words) };
    this.valuesOf(facet).set(code, value);
    return value;
  }

  private eachPosting(visit: (posting: Posting) => void): void {
    for (const values of this.values) for (const { posting } of values.values()) visit(posting);
  }
}

function hasNumbers(filter: NormalFilter): boolean {
  return filter.minDurationS !== null || filter.minEpisodes !== null || filter.maxPriceMinor !== null;
}
