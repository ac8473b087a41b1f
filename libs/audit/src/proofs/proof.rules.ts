import { TILE_HEIGHT } from '@app/kernel';

/** Leaves from … to, the last one excluded. */
export interface LeafRange {
  readonly from: number;
  readonly to: number;
}

/** Hashes of a tile level, by their index in it: level 0 holds leaf hashes, level l roots of 256^l leaves. */
export interface TileRow {
  readonly level: number;
  readonly from: number;
  readonly to: number;
}

/** The subtrees whose roots prove that a leaf is in the tree, leaf side first. @see RFC 6962 section 2.1.1 */
export function inclusionRanges(index: number, size: number): LeafRange[] {
  const path: LeafRange[] = [];
  let [from, to] = [0, size];
  while (to - from > 1) {
    const middle = from + powerBelow(to - from);
    path.push(index < middle ? { from: middle, to } : { from, to: middle });
    if (index < middle) to = middle;
    else from = middle;
  }
  return path.reverse();
}

/** The subtrees whose roots prove that the tree of the smaller size is the beginning of the larger. @see RFC 6962 section 2.1.2 */
export function consistencyRanges(smaller: number, larger: number): LeafRange[] {
  if (smaller === 0 || smaller === larger) return [];
  const path: LeafRange[] = [];
  let [from, to] = [0, larger];
  // Down to the subtree that ends where the smaller tree ends.
  while (smaller !== to) {
    const middle = from + powerBelow(to - from);
    path.push(smaller <= middle ? { from: middle, to } : { from, to: middle });
    if (smaller <= middle) to = middle;
    else from = middle;
  }
  // That subtree is the whole smaller tree when nothing lies before it, and then its root is known already.
  if (from > 0) path.push({ from, to });
  return path.reverse();
}

/** The perfect subtrees that a range of a tree consists of, largest first. */
export function perfectSubtrees({ from, to }: LeafRange): { height: number; index: number }[] {
  const subtrees = [];
  for (let at = from; at < to;) {
    let height = 0;
    while (at % 2 ** (height + 1) === 0 && at + 2 ** (height + 1) <= to) height++;
    subtrees.push({ height, index: at / 2 ** height });
    at += 2 ** height;
  }
  return subtrees;
}

/** The stored hashes from which a perfect subtree's root is computed: 128 at most. */
export function tileRowOf({ height, index }: { readonly height: number; readonly index: number }): TileRow {
  const span = 2 ** (height % TILE_HEIGHT);
  return { level: Math.floor(height / TILE_HEIGHT), from: index * span, to: (index + 1) * span };
}

/** The fewest rows that hold all of these, by level. */
export function mergeRows(rows: readonly TileRow[]): TileRow[] {
  const merged: TileRow[] = [];
  for (const row of [...rows].sort((a, b) => a.level - b.level || a.from - b.from)) {
    const last = merged.at(-1);
    if (last?.level === row.level && row.from <= last.to)
      merged.splice(-1, 1, { ...last, to: Math.max(last.to, row.to) });
    else merged.push(row);
  }
  return merged;
}

/** A proof as one file that can be checked with the network off. @see C2SP tlog-proof */
export function formatTlogProof(index: number, hashes: readonly Buffer[], note: string): string {
  const lines = hashes.map((hash) => `${hash.toString('base64')}\n`).join('');
  return `c2sp.org/tlog-proof@v1\nindex ${index}\n${lines}\n${note}`;
}

/** Largest power of two below n, for n > 1. */
function powerBelow(n: number): number {
  let power = 1;
  while (power * 2 < n) power *= 2;
  return power;
}
