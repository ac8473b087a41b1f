import type { ByteSource } from '../byte-source.js';
import { readRange } from '../byte-source.js';
import type { NextChunk } from './columns.js';
import { NumberColumn, RowColumn } from './columns.js';
import type { Leaf, ParquetMeta } from './metadata.js';
import { readParquetMeta } from './metadata.js';
import type { Region } from './pages.js';
import { PageWalk } from './pages.js';

/** Small row groups are fetched together up to this size: one request instead of one per episode. */
const REGION_BYTES = 8 * 2 ** 20;

/** An open parquet file. Columns are read side by side, each at its own pace, in bounded memory. */
export class ParquetFile {
  private regions: Region[] = [];

  private constructor(
    private readonly source: ByteSource,
    readonly meta: ParquetMeta,
  ) {}

  static async open(source: ByteSource): Promise<ParquetFile> {
    return new ParquetFile(source, await readParquetMeta(source));
  }

  get numRows(): number {
    return this.meta.numRows;
  }

  /** The leaves below a top-level column. */
  leavesOf(column: string): Leaf[] {
    return this.meta.leaves.filter((leaf) => leaf.path[0] === column);
  }

  /** Names of the top-level columns. */
  get columns(): string[] {
    return [...new Set(this.meta.leaves.map((leaf) => leaf.path[0] ?? ''))];
  }

  numbers(leaf: Leaf, shape: readonly number[]): NumberColumn {
    return new NumberColumn(leaf, shape, this.chunksOf(leaf));
  }

  rows(leaf: Leaf): RowColumn {
    return new RowColumn(leaf, this.chunksOf(leaf));
  }

  private chunksOf(leaf: Leaf): NextChunk {
    const column = this.meta.leaves.indexOf(leaf);
    let next = 0;
    return async (skippable) => {
      while (next < this.meta.rowGroups.length) {
        const group = next;
        next += 1;
        const chunk = this.meta.rowGroups[group]?.chunks[column];
        if (!chunk || chunk.numValues === 0) continue;
        if (chunk.numValues <= skippable) return chunk.numValues;
        return new PageWalk(this.source, chunk, leaf, await this.regionOf(group));
      }
      return null;
    };
  }

  /** The bytes of a row group and of its followers, if they are small; null if each column should read for itself. */
  private async regionOf(group: number): Promise<Region | null> {
    const span = this.spanOf(group, group);
    if (span.end - span.start > REGION_BYTES) return null;
    const held = this.regions.find(
      (region) => region.start <= span.start && region.start + region.bytes.byteLength >= span.end,
    );
    if (held) return held;
    let { start, end } = span;
    for (let g = group + 1; g < this.meta.rowGroups.length; g += 1) {
      const next = this.spanOf(g, g);
      const joined = { start: Math.min(start, next.start), end: Math.max(end, next.end) };
      if (joined.end - joined.start > REGION_BYTES) break;
      ({ start, end } = joined);
    }
    const region = { start, bytes: await readRange(this.source, start, end - start, 'a row group') };
    this.regions = [...this.regions.slice(-1), region];
    return region;
  }

  private spanOf(from: number, to: number): { start: number; end: number } {
    let start = Number.POSITIVE_INFINITY;
    let end = 0;
    for (let g = from; g <= to; g += 1) {
      for (const chunk of this.meta.rowGroups[g]?.chunks ?? []) {
        start = Math.min(start, chunk.start);
        end = Math.max(end, chunk.end);
      }
    }
    return { start: Math.min(start, end), end };
  }
}
