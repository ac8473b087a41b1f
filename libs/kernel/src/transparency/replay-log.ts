import { leafHash } from '../file-tree-hash.js';
import { TileEdge } from './tile-edge.js';
import type { FullTile } from './tile-edge.js';
import { TILE_WIDTH, partialTiles, splitBundle } from './tiles.js';
import type { TileCoordinates } from './tiles.js';

/** Where the resources of a log come from. */
export interface LogSource {
  /** The bytes of a tile or bundle; a wider one than asked for will do. @throws when it cannot be had */
  read(tile: TileCoordinates): Promise<Uint8Array>;
}

export interface ReplayOptions {
  /** Sizes at which the root is wanted, besides that of the whole. */
  readonly rootsAt?: readonly number[];
  /** Told of the entries in order, bundle by bundle. */
  readonly onEntries?: (entries: readonly Buffer[], firstIndex: number) => Promise<void> | void;
}

/** Why the resources of a log are not those of one tree; the message is for people. */
export class LogProblem extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'LogProblem';
  }
}

/** Bundles on their way at a time: bounds the memory, and hides the time that each takes. */
const AHEAD = 8;

/**
 * Recomputes a tiled log of a size from its entries: every leaf hash, every tile on every level, the roots asked for.
 * Reads each resource once, a few ahead.
 * @returns roots by size
 * @throws LogProblem naming the first resource that is not what the entries say
 */
export async function replayLog(
  source: LogSource,
  size: number,
  { rootsAt = [], onEntries }: ReplayOptions = {},
): Promise<ReadonlyMap<number, Buffer>> {
  const wanted = new Set([...rootsAt, size]);
  const roots = new Map<number, Buffer>();
  const edge = new TileEdge();
  if (wanted.has(0)) roots.set(0, edge.root());
  for await (const { index, entries, tile } of bundles(source, size)) {
    const full: FullTile[] = [];
    const hashes = entries.map((entry) => leafHash(entry));
    compare('0', index, hashes, tile);
    for (const hash of hashes) {
      edge.append(hash, (filled) => full.push(filled));
      if (wanted.has(edge.size)) roots.set(edge.size, edge.root());
    }
    for (const { level, index: at, hashes: row } of full) {
      if (level > 0) compare(String(level), at, row, await source.read({ level, index: at, width: TILE_WIDTH }));
    }
    await onEntries?.(entries, index * TILE_WIDTH);
  }
  for (const { level, index, width } of partialTiles(size)) {
    if (level > 0) compare(String(level), index, edge.row(level), await source.read({ level, index, width }));
  }
  return roots;
}

interface Bundle {
  readonly index: number;
  readonly entries: readonly Buffer[];
  readonly tile: Uint8Array;
}

async function* bundles(source: LogSource, size: number): AsyncGenerator<Bundle> {
  const count = Math.ceil(size / TILE_WIDTH);
  const underWay: Promise<Bundle>[] = [];
  let next = 0;
  try {
    for (let index = 0; index < count; index++) {
      for (; next < count && next < index + AHEAD; next++) {
        const coming = readBundle(source, next, Math.min(TILE_WIDTH, size - next * TILE_WIDTH));
        // It may fail before its turn comes; whoever awaits it then hears of that.
        coming.catch(() => undefined);
        underWay.push(coming);
      }
      const bundle = await underWay.shift();
      if (bundle) yield bundle;
    }
  } finally {
    await Promise.allSettled(underWay);
  }
}

async function readBundle(source: LogSource, index: number, width: number): Promise<Bundle> {
  const [bytes, tile] = await Promise.all([
    source.read({ level: 'entries', index, width }),
    source.read({ level: 0, index, width }),
  ]);
  let entries: Buffer[];
  try {
    entries = splitBundle(bytes);
  } catch (error) {
    throw new LogProblem(`entry bundle ${index} is damaged: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (entries.length < width) throw new LogProblem(`entry bundle ${index} holds ${entries.length} of ${width} leaves`);
  return { index, entries: entries.slice(0, width), tile };
}

/** The bytes may hold more than the hashes: the tile has grown since the checkpoint. */
function compare(level: string, index: number, hashes: readonly Buffer[], tile: Uint8Array): void {
  const expected = Buffer.concat(hashes);
  if (expected.equals(tile.subarray(0, expected.length))) return;
  const at = hashes.findIndex((hash, i) => !hash.equals(tile.subarray(i * hash.length, (i + 1) * hash.length)));
  throw new LogProblem(
    level === '0'
      ? `leaf ${index * TILE_WIDTH + at} is not the one that tile 0/${index} holds`
      : `tile ${level}/${index} is not what the leaves below it hash to`,
  );
}
