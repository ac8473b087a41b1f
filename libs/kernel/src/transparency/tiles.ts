import { TILE_HEIGHT } from './compact-range.js';

/** Hashes of a full tile, entries of a full bundle. */
export const TILE_WIDTH = 2 ** TILE_HEIGHT;
export const HASH_BYTES = 32;
/** An entry bundle gives the length of an entry in two bytes. */
export const MAX_ENTRY_BYTES = 65_535;

/** Where a resource of the log is: a tile of hashes of one level, or a bundle of the entries below level 0. */
export interface TileCoordinates {
  readonly level: number | 'entries';
  readonly index: number;
  /** Hashes or entries in it: 256 when full. */
  readonly width: number;
}

const TILE_PATH = /^tile\/(entries|0|[1-9]\d?)\/((?:x\d{3}\/)*\d{3})(?:\.p\/([1-9]\d{0,2}))?$/;
const MAX_LEVEL = 63;

/** Path below the log's address. @see C2SP tlog-tiles */
export function tilePath({ level, index, width }: TileCoordinates): string {
  const groups = [String(index % 1000).padStart(3, '0')];
  for (let rest = Math.floor(index / 1000); rest > 0; rest = Math.floor(rest / 1000)) {
    groups.unshift(`x${String(rest % 1000).padStart(3, '0')}`);
  }
  return `tile/${level}/${groups.join('/')}${width < TILE_WIDTH ? `.p/${width}` : ''}`;
}

/** Null for what is no path of a tile in its one spelling. */
export function parseTilePath(path: string): TileCoordinates | null {
  const [, level = '', name = '', width] = TILE_PATH.exec(path) ?? [];
  const tile: TileCoordinates = {
    level: level === 'entries' ? level : Number(level),
    index: Number(name.replace(/[x/]/g, '')),
    width: width === undefined ? TILE_WIDTH : Number(width),
  };
  const isKnown = level !== '' && Number(tile.level === 'entries' ? 0 : tile.level) <= MAX_LEVEL;
  return isKnown && Number.isSafeInteger(tile.index) && tilePath(tile) === path ? tile : null;
}

/** Whole hashes of a level in a tree of that size. */
export function levelWidth(size: number, level: number): number {
  return Math.floor(size / TILE_WIDTH ** level);
}

/** Every tile of a level that a tree of that size has at its right edge and that is not full, lowest level first. */
export function partialTiles(size: number): { level: number; index: number; width: number }[] {
  const tiles = [];
  for (let level = 0; levelWidth(size, level) > 0; level++) {
    const hashes = levelWidth(size, level);
    if (hashes % TILE_WIDTH > 0) {
      tiles.push({ level, index: Math.floor(hashes / TILE_WIDTH), width: hashes % TILE_WIDTH });
    }
  }
  return tiles;
}

/** The hashes of a tile. @throws when the bytes are no whole hashes */
export function splitTile(bytes: Uint8Array): Buffer[] {
  if (bytes.length % HASH_BYTES !== 0) throw new Error(`A tile of ${bytes.length} bytes holds no whole hashes.`);
  const tile = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: tile.length / HASH_BYTES }, (_, i) =>
    tile.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES),
  );
}

/** An entry bundle: before each entry its length as a big-endian uint16. */
export function joinBundle(entries: readonly Uint8Array[]): Buffer {
  const parts: Uint8Array[] = [];
  for (const entry of entries) {
    if (entry.length > MAX_ENTRY_BYTES) throw new Error(`An entry of ${entry.length} bytes fits no bundle.`);
    parts.push(Buffer.of(entry.length >> 8, entry.length & 0xff), entry);
  }
  return Buffer.concat(parts);
}

/** The entries of a bundle. @throws when the bytes end within one */
export function splitBundle(bytes: Uint8Array): Buffer[] {
  const bundle = Buffer.from(bytes);
  const entries: Buffer[] = [];
  for (let at = 0; at < bundle.length;) {
    const end = at + 2 + (at + 2 <= bundle.length ? bundle.readUInt16BE(at) : MAX_ENTRY_BYTES);
    if (end > bundle.length) throw new Error('A bundle ends within an entry.');
    entries.push(bundle.subarray(at + 2, end));
    at = end;
  }
  return entries;
}
