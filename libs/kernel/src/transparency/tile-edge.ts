import { merkleRoot, nodeHash } from '../file-tree-hash.js';
import { EMPTY_ROOT } from './compact-range.js';
import { TILE_WIDTH, partialTiles } from './tiles.js';

/** A tile that has just become full. */
export interface FullTile {
  readonly level: number;
  readonly index: number;
  readonly hashes: readonly Buffer[];
}

/** The tiles at the right edge of a tiled log: enough to go on with it, and to know the root. */
export class TileEdge {
  private readonly rows: Buffer[][];
  private count: number;

  /** @param rows hashes of the tile at each level's right edge, lowest level first. @throws when they do not fit the size */
  constructor(size = 0, rows: readonly (readonly Buffer[])[] = []) {
    this.count = size;
    this.rows = rows.map((row) => [...row]);
    const widths = new Map(partialTiles(size).map(({ level, width }) => [level, width]));
    for (let level = 0; level < Math.max(rows.length, ...widths.keys()) + 1; level++) {
      if ((rows[level]?.length ?? 0) !== (widths.get(level) ?? 0)) {
        throw new Error(`These are not the tiles at the edge of ${size} leaves.`);
      }
    }
  }

  get size(): number {
    return this.count;
  }

  /** Hashes of the tile that is not full yet at a level, perhaps none. */
  row(level: number): readonly Buffer[] {
    return this.rows[level] ?? [];
  }

  /** Adds a leaf's hash. `onFull` hears of every tile that this fills, lowest first. */
  append(leafHash: Buffer, onFull?: (tile: FullTile) => void): void {
    let hash: Buffer | null = leafHash;
    let index = Math.floor(this.count / TILE_WIDTH);
    for (let level = 0; hash; level++) {
      const row: Buffer[] = (this.rows[level] ??= []);
      row.push(hash);
      hash = null;
      if (row.length < TILE_WIDTH) break;
      this.rows[level] = [];
      onFull?.({ level, index, hashes: row });
      hash = merkleRoot(row);
      index = Math.floor(index / TILE_WIDTH);
    }
    this.count += 1;
  }

  root(): Buffer {
    const subtrees = this.rows.toReversed().flatMap(perfectRoots);
    const last = subtrees.pop();
    return last ? subtrees.reduceRight((right, left) => nodeHash(left, right), last) : EMPTY_ROOT;
  }
}

/** Roots of the perfect subtrees that the hashes of a row make, largest first. */
function perfectRoots(row: readonly Buffer[]): Buffer[] {
  const roots: Buffer[] = [];
  for (let at = 0, span = TILE_WIDTH / 2; span >= 1; span /= 2) {
    if (row.length - at < span) continue;
    roots.push(merkleRoot(row.slice(at, at + span)));
    at += span;
  }
  return roots;
}
