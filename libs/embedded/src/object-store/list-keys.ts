import { compareKeys } from './sorted-keys.js';
import type { SortedKeys } from './sorted-keys.js';

/** Where a listing goes on: behind a key, or behind everything that starts with a group. */
export type ListPosition = { readonly afterKey: string } | { readonly afterGroup: string };

/** What to list. */
export interface ListQuery {
  readonly prefix: string;
  /** Keys that have it behind the prefix are rolled up into one group; empty = no groups. */
  readonly delimiter: string;
  readonly after: ListPosition | null;
  readonly limit: number;
}

/** One page: keys and groups share the limit. */
export interface ListPage {
  readonly keys: readonly string[];
  readonly groups: readonly string[];
  /** Set when there is more. */
  readonly next: ListPosition | null;
}

/** Lists one page. Groups are jumped over, so the cost is that of the page, not of what the groups hide. */
export function listKeys(keys: SortedKeys, { prefix, delimiter, after, limit }: ListQuery): ListPage {
  const found: string[] = [];
  const groups: string[] = [];
  let last: ListPosition | null = after;
  let cursor = keys.seek((key) => compareKeys(key, prefix) < 0 || (after !== null && isReached(key, after)));
  while (limit > 0) {
    const { key } = cursor;
    if (key === undefined || !key.startsWith(prefix)) break;
    if (found.length + groups.length === limit) return { keys: found, groups, next: last };
    const cut = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
    if (cut < 0) {
      found.push(key);
      last = { afterKey: key };
      cursor.advance();
    } else {
      const group = key.slice(0, cut + delimiter.length);
      groups.push(group);
      const position = { afterGroup: group };
      last = position;
      cursor = keys.seek((other) => isReached(other, position));
    }
  }
  return { keys: found, groups, next: null };
}

function isReached(key: string, position: ListPosition): boolean {
  if ('afterKey' in position) return compareKeys(key, position.afterKey) <= 0;
  return key.startsWith(position.afterGroup) || compareKeys(key, position.afterGroup) < 0;
}
