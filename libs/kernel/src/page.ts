import { KernelErrors } from './errors.js';

/** The most items that one page may hold. */
export const PAGE_CAP = 100;

export interface PageRequest {
  readonly first?: number | null;
  readonly after?: string | null;
}

export interface Page<T> {
  readonly items: readonly T[];
  /** Cursor of each item, in step with `items`. */
  readonly cursors: readonly string[];
  readonly hasNextPage: boolean;
  /** Null where counting was not asked for. */
  readonly totalCount: number | null;
}

/** The page size asked for, or the default. @throws REQUEST_INVALID when it is below 1 or above the cap */
export function pageSize(page: PageRequest, fallback = 20): number {
  const first = page.first ?? fallback;
  if (!Number.isInteger(first) || first < 1 || first > PAGE_CAP) {
    throw KernelErrors.INVALID({ problems: [{ path: 'first', message: `must be between 1 and ${PAGE_CAP}` }] });
  }
  return first;
}

/** An opaque cursor over the values that the page is ordered by. */
export function encodeCursor(values: readonly (string | number | null)[]): string {
  return Buffer.from(JSON.stringify(values)).toString('base64url');
}

/** The values of a cursor of ours. @throws REQUEST_INVALID when it is not one */
export function decodeCursor(cursor: string, length: number): (string | number | null)[] {
  try {
    const values: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    if (
      Array.isArray(values) &&
      values.length === length &&
      values.every((v) => v === null || typeof v === 'string' || typeof v === 'number')
    ) {
      return values as (string | number | null)[];
    }
  } catch {
    // Not base64url of JSON: the refusal below says so.
  }
  throw KernelErrors.INVALID({ problems: [{ path: 'after', message: 'is not a cursor of this list' }] });
}

/** Cuts a page out of rows fetched with one row more than asked for. */
export function toPage<T>(
  rows: readonly T[],
  size: number,
  cursorOf: (row: T) => string,
  totalCount: number | null = null,
): Page<T> {
  const items = rows.slice(0, size);
  return { items, cursors: items.map(cursorOf), hasNextPage: rows.length > size, totalCount };
}
