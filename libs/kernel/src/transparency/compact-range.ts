import { createHash } from 'node:crypto';
import { nodeHash } from '../file-tree-hash.js';

/** A perfect subtree: the `index`-th of its height, counted from the left; it covers 2^height leaves. */
export interface Subtree {
  readonly height: number;
  readonly index: number;
  readonly hash: Buffer;
}

/** Tiles are eight levels high, so the roots of subtrees of 256, 65,536, … leaves are the rows of the tiles above level 0. */
export const TILE_HEIGHT = 8;

/** Root of the tree without leaves. @see RFC 6962 section 2.1 */
export const EMPTY_ROOT = createHash('sha256').digest();

/**
 * The right edge of an RFC 6962 tree: the perfect subtrees that its size breaks into, largest first. Enough to add leaves and
 * to know the root, in memory that grows with the logarithm of the size.
 */
export class CompactRange {
  private readonly edge: Buffer[];
  private count: number;

  /** @throws when the number of subtrees does not fit the size */
  constructor(size = 0, subtrees: readonly Buffer[] = []) {
    if (subtrees.length !== ones(size)) {
      throw new Error(`A tree of ${size} leaves has ${ones(size)} subtrees at its right edge, not ${subtrees.length}.`);
    }
    this.count = size;
    this.edge = [...subtrees];
  }

  get size(): number {
    return this.count;
  }

  get subtrees(): readonly Buffer[] {
    return this.edge;
  }

  /** Adds a leaf's hash. `onSubtree` hears of every perfect subtree that this completes, smallest first. */
  append(leafHash: Buffer, onSubtree?: (subtree: Subtree) => void): void {
    let hash = leafHash;
    let index = this.count;
    // No bit operators: they end at 2^31 leaves.
    for (let height = 1; index % 2 === 1; height++) {
      const left = this.edge.pop();
      if (!left) throw new Error('The right edge of the tree is broken.');
      hash = nodeHash(left, hash);
      index = (index - 1) / 2;
      onSubtree?.({ height, index, hash });
    }
    this.edge.push(hash);
    this.count += 1;
  }

  root(): Buffer {
    const last = this.edge.at(-1);
    if (!last) return EMPTY_ROOT;
    return this.edge.slice(0, -1).reduceRight((right, left) => nodeHash(left, right), last);
  }
}

function ones(size: number): number {
  let count = 0;
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) count += rest % 2;
  return count;
}
