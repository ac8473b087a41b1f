import { get, open, root, slice } from 'zarrita';
import type { AbsolutePath, Array as Zarray, DataType, Readable } from 'zarrita';
import { Defect } from '../defect.js';
import type { ArrayInfo } from './array-info.js';
import { bandOf, chunkPath } from './array-info.js';
import type { ChunkCache } from './chunk-cache.js';
import type { ChunkStore } from './chunk-store.js';
import { decompressChunk } from './decompress.js';

const MAX_BROKEN = 10_000;

/** Values of rows, in row order. */
export type Values =
  Float32Array | Float64Array | Uint8Array | Int8Array | Uint16Array | Int16Array | Uint32Array | Int32Array;

/**
 * One array of numbers, read by rows of its first axis. Chunks are fetched and decompressed here, one after the other;
 * zarrita, which knows types, byte orders and how chunks lie in an array, sees only those that are in memory.
 */
export class ZarrArray {
  private readonly held = new Map<string, Uint8Array>();
  /** Chunks that failed once are not tried again in every episode that shares them. */
  private readonly broken = new Map<string, Defect>();
  private opened: Zarray<DataType, Readable> | null = null;

  constructor(
    private readonly store: ChunkStore,
    private readonly cache: ChunkCache,
    readonly info: ArrayInfo,
  ) {}

  /** Last row, half-open, that can be read together with `from`: to the end of its chunks. */
  endOfBand(from: number): number {
    const rows = this.info.chunks[0] ?? 1;
    return Math.min(this.info.shape[0] ?? 0, (Math.floor(from / rows) + 1) * rows);
  }

  /** Rows of one band, see `endOfBand`. @throws Defect if a chunk is missing or damaged. */
  async rows(from: number, to: number): Promise<Values> {
    const { info } = this;
    this.held.clear();
    for (const at of bandOf(info, Math.floor(from / (info.chunks[0] ?? 1)))) {
      const path = chunkPath(info, at);
      this.held.set(path.slice(info.path.length), await this.chunk(path));
    }
    const array = (this.opened ??= await this.openHeld());
    try {
      const selection = [slice(from, to), ...info.shape.slice(1).map(() => null)];
      const { data, shape, stride } = await get(array, selection);
      return rowMajor(toValues(data), shape, stride);
    } catch (error) {
      // Everything it needed was in memory: no fault of the source can be behind this.
      const why = error instanceof Error ? error.message.slice(0, 100) : '';
      throw new Defect('BAD_ZARR', `${info.path} cannot be decoded: ${why}`);
    } finally {
      this.held.clear();
    }
  }

  private async chunk(path: string): Promise<Uint8Array> {
    const cached = this.cache.get(path);
    if (cached) return cached;
    // Zarr would read a chunk that is not there as if it held the fill value throughout.
    if (!this.store.has(path))
      throw new Defect('MISSING_CHUNK', `chunk ${path} is missing, its values would be read as zeros: upload it`);
    const known = this.broken.get(path);
    if (known) throw known;
    const { info } = this;
    this.cache.makeRoom(info.chunkBytes);
    try {
      const bytes = await decompressChunk(info, await this.store.read(path, info.chunkBytes * 2 + 65_536), path);
      this.cache.put(path, bytes);
      return bytes;
    } catch (error) {
      if (error instanceof Defect && this.broken.size < MAX_BROKEN) this.broken.set(path, error);
      throw error;
    }
  }

  private async openHeld(): Promise<Zarray<DataType, Readable>> {
    const document = { ...this.info.document, compressor: null, filters: null, fill_value: 0 };
    const metadata = new TextEncoder().encode(JSON.stringify(document));
    const readable: Readable = {
      get: (key: AbsolutePath) => (key === '/.zarray' ? metadata : this.held.get(key)),
    };
    try {
      return await open.v2(root(readable), { kind: 'array', attrs: false });
    } catch (error) {
      const why = error instanceof Error ? error.message.slice(0, 100) : '';
      throw new Defect('BAD_ZARR', `the .zarray of ${this.info.path} cannot be used: ${why}`);
    }
  }
}

/** What zarrita gives as numbers. 64-bit integers become the nearest double: exact to 2^53. */
function toValues(data: unknown): Values {
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) return Float64Array.from(data, Number);
  if (ArrayBuffer.isView(data) && !(data instanceof DataView)) return data as Values;
  if (data !== null && typeof data === 'object' && Symbol.iterator in data)
    return Uint8Array.from(data as Iterable<unknown>, Number);
  throw new Defect('BAD_ZARR', 'the array does not hold numbers');
}

/** Arrays of order F come with their axes the other way round. */
function rowMajor(values: Values, shape: readonly number[], stride: readonly number[]): Values {
  let step = 1;
  const isRowMajor = [...shape].reverse().every((length, i) => {
    const isNext = length === 1 || stride.at(-1 - i) === step;
    step *= length;
    return isNext;
  });
  if (isRowMajor) return values;
  const out = values.slice();
  const at = shape.map(() => 0);
  for (let i = 0; i < out.length; i += 1) {
    out[i] = values[at.reduce((sum, index, axis) => sum + index * (stride[axis] ?? 0), 0)] ?? 0;
    for (let axis = shape.length - 1; axis >= 0; axis -= 1) {
      at[axis] = (at[axis] ?? 0) + 1;
      if ((at[axis] ?? 0) < (shape[axis] ?? 0)) break;
      at[axis] = 0;
    }
  }
  return out;
}
