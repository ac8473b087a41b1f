import { Defect } from '../defect.js';
import { asCount, asObject, parseJson } from '../text/json.js';
import type { ChunkStore } from './chunk-store.js';

const MAX_JSON_BYTES = 1024 * 1024;
const MAX_CHUNK_BYTES = 64 * 1024 * 1024;
/** All chunks of one step along the first axis are held together. */
const MAX_BAND_BYTES = 128 * 1024 * 1024;
const MAX_AXES = 8;

/** What `.zarray` says of an array, checked. */
export interface ArrayInfo {
  /** Path of the array in the store: `data/action`. */
  readonly path: string;
  readonly shape: readonly number[];
  readonly chunks: readonly number[];
  /** As numpy names it: float32, uint8. Null where it is not of numbers. */
  readonly dtype: string | null;
  readonly chunkBytes: number;
  readonly compressor: { readonly id: string; readonly config: Readonly<Record<string, unknown>> } | null;
  readonly hasFilters: boolean;
  readonly separator: '.' | '/';
  /** The document as it stands, for the library that reads the chunks. */
  readonly document: Readonly<Record<string, unknown>>;
}

/** Reads and checks `.zarray`. @throws Defect. @see https://zarr-specs.readthedocs.io/en/latest/v2/v2.0.html#arrays */
export async function readArrayInfo(store: ChunkStore, path: string): Promise<ArrayInfo> {
  if (!store.has(`${path}/.zarray`))
    throw new Defect(
      'BAD_ZARR',
      `${path} has no .zarray: some tools leave out files whose names start with a dot, upload them as well`,
    );
  const document = asObject(parseJson(await store.read(`${path}/.zarray`, MAX_JSON_BYTES)));
  const shape = counts(document?.['shape']);
  const chunks = counts(document?.['chunks']);
  const code = document?.['dtype'];
  const order = document?.['order'];
  if (document?.['zarr_format'] !== 2)
    throw new Defect('UNSUPPORTED_FORMAT', `${path} is not Zarr version 2: save the store with zarr_format=2`);
  if (!shape || !chunks || shape.length !== chunks.length || shape.length > MAX_AXES || chunks.includes(0))
    throw new Defect('BAD_ZARR', `the .zarray of ${path} states no shape, or chunks that do not fit it`);
  if (order !== 'C' && order !== 'F')
    throw new Defect('BAD_ZARR', `the .zarray of ${path} states no order of its axes`);
  const match = typeof code === 'string' ? /^[<>|]([biufcmMSUOV])(\d{1,6})?/.exec(code) : null;
  if (!match) throw new Defect('BAD_ZARR', `the .zarray of ${path} states no data type that Zarr has`);
  const itemBytes = Math.max(1, Number(match[2] ?? 8));
  const chunkBytes = chunks.reduce((product, length) => product * length, itemBytes);
  const bandBytes = shape
    .slice(1)
    .reduce(
      (product, length, axis) => product * Math.ceil(length / (chunks[axis + 1] ?? 1)) * (chunks[axis + 1] ?? 1),
      (chunks[0] ?? 1) * itemBytes,
    );
  if (chunkBytes > MAX_CHUNK_BYTES || bandBytes > MAX_BAND_BYTES)
    throw new Defect('TOO_LARGE', `the chunks of ${path} are too large to read: save it with smaller ones`, {
      expected: `at most ${MAX_CHUNK_BYTES} bytes a chunk`,
      actual: `${chunkBytes} bytes a chunk, ${bandBytes} a row of chunks`,
    });
  return {
    path,
    shape,
    chunks,
    dtype: DTYPES[`${match[1]}${match[2]}`] ?? null,
    chunkBytes,
    compressor: toCompressor(document['compressor'], path),
    hasFilters: Array.isArray(document['filters']) && document['filters'].length > 0,
    separator: document['dimension_separator'] === '/' ? '/' : '.',
    document,
  };
}

const DTYPES: Readonly<Record<string, string>> = {
  b1: 'bool',
  u1: 'uint8',
  u2: 'uint16',
  u4: 'uint32',
  u8: 'uint64',
  i1: 'int8',
  i2: 'int16',
  i4: 'int32',
  i8: 'int64',
  f4: 'float32',
  f8: 'float64',
};

function toCompressor(value: unknown, path: string): ArrayInfo['compressor'] {
  if (value === null || value === undefined) return null;
  const object = asObject(value);
  if (typeof object?.['id'] !== 'string') throw new Defect('BAD_ZARR', `the compressor of ${path} has no name`);
  return { id: object['id'], config: object };
}

function counts(value: unknown): number[] | null {
  if (!Array.isArray(value)) return null;
  const list = value.map(asCount);
  return list.every((item) => item !== null) ? list : null;
}

/** Chunks along every axis. */
export function chunkGrid({ shape, chunks }: ArrayInfo): number[] {
  return shape.map((length, axis) => Math.ceil(length / (chunks[axis] ?? 1)));
}

/** File of a chunk within the store. */
export function chunkPath({ path, separator }: ArrayInfo, at: readonly number[]): string {
  return `${path}/${at.length === 0 ? '0' : at.join(separator)}`;
}

/** Places of the chunks that hold one step along the first axis, in row order. */
export function* bandOf(info: ArrayInfo, step: number): Generator<number[]> {
  const grid = chunkGrid(info).slice(1);
  const at = grid.map(() => 0);
  if (grid.includes(0)) return;
  for (;;) {
    yield [step, ...at];
    let axis = grid.length - 1;
    while (axis >= 0 && (at[axis] ?? 0) + 1 >= (grid[axis] ?? 0)) {
      at[axis] = 0;
      axis -= 1;
    }
    if (axis < 0) return;
    at[axis] = (at[axis] ?? 0) + 1;
  }
}
