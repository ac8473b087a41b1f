import { KernelErrors, decodeCursor, encodeCursor } from '@app/kernel';
import type { Currency } from '@app/kernel';
import { at, hasBit, walkDown } from './bits.js';
import type { Bits } from './bits.js';
import type { RowTable } from './row-table.js';

export const DATASET_ORDERS = ['NEWEST', 'RELEVANCE', 'MOST_EPISODES', 'LONGEST', 'PRICE_LOW', 'PRICE_HIGH'] as const;
export type DatasetOrder = (typeof DATASET_ORDERS)[number];

export interface PageOfRows {
  readonly ids: readonly string[];
  readonly cursors: readonly string[];
  readonly hasNextPage: boolean;
}

/** The greater, the earlier on the page; what has no value comes last whichever way the order goes. */
type Rank = (row: number) => number;

function rankOf(order: DatasetOrder, table: RowTable, currency: Currency, titled: Bits | null): Rank | null {
  const price = table.column(currency === 'CNY' ? 'priceCny' : 'priceUsd');
  const column = order === 'MOST_EPISODES' ? table.column('episodes') : table.column('durationS');
  switch (order) {
    case 'NEWEST':
      return null;
    case 'RELEVANCE':
      return titled && ((row) => (hasBit(titled, row) ? 1 : 0));
    case 'MOST_EPISODES':
    case 'LONGEST':
      return (row) => at(column, row);
    case 'PRICE_LOW':
      return (row) => (Number.isNaN(at(price, row)) ? -Infinity : -at(price, row));
    case 'PRICE_HIGH':
      return (row) => (Number.isNaN(at(price, row)) ? -Infinity : at(price, row));
  }
}

interface Position {
  readonly rank: number;
  /** Rows below this number stand behind the cursor among rows of equal rank. */
  readonly bound: number;
}

const CURSOR_LENGTH = 4;

/** A cursor says where its row stood: order, rank (null = no value), publication, id. It outlives changes of the catalogue. */
function cursorOf(order: DatasetOrder, rank: number, table: RowTable, row: number): string {
  const { publishedUs, id } = table.keyOf(row);
  return encodeCursor([order, Number.isFinite(rank) ? rank : null, publishedUs, id]);
}

function positionOf(after: string, order: DatasetOrder, table: RowTable): Position {
  const [cursorOrder, rank, publishedUs, id] = decodeCursor(after, CURSOR_LENGTH);
  if (cursorOrder !== order || typeof rank === 'string' || typeof publishedUs !== 'number' || typeof id !== 'string') {
    throw KernelErrors.INVALID({ problems: [{ path: 'after', message: 'is not a cursor of a list in this order' }] });
  }
  return { rank: rank ?? -Infinity, bound: table.lowerBound({ publishedUs, id }) };
}

/**
 * One page of the mask's rows. Rows are numbered by publication, so the newest come by walking bits downwards; any other
 * order keeps the best `first` rows seen on that walk, and of equals the newer.
 */
export function pageOf(
  mask: Bits,
  table: RowTable,
  order: DatasetOrder,
  page: { first: number; after: string | null; currency: Currency; titled: Bits | null },
): PageOfRows {
  const position = page.after === null ? null : positionOf(page.after, order, table);
  const rank = rankOf(order, table, page.currency, page.titled);
  const wanted = page.first + 1;
  const rows: number[] = [];
  const ranks: number[] = [];
  if (rank === null) {
    walkDown(mask, position?.bound ?? table.length, (row) => rows.push(row) < wanted);
    ranks.length = rows.length;
    ranks.fill(0);
  } else {
    walkDown(mask, table.length, (row) => {
      const r = rank(row);
      if (position && (r > position.rank || (r === position.rank && row >= position.bound))) return true;
      if (rows.length === wanted && r <= (ranks[wanted - 1] as number)) return true;
      let place = ranks.length;
      while (place > 0 && (ranks[place - 1] as number) < r) place--;
      rows.splice(place, 0, row);
      ranks.splice(place, 0, r);
      if (rows.length > wanted) {
        rows.pop();
        ranks.pop();
      }
      return true;
    });
  }
  const shown = rows.slice(0, page.first);
  return {
    ids: shown.map((row) => table.idOf(row)),
    cursors: shown.map((row, i) => cursorOf(order, ranks[i] as number, table, row)),
    hasNextPage: rows.length > page.first,
  };
}
