import { promisify } from 'node:util';
import { inflate } from 'node:zlib';
import type { NumberRows } from '../dataset-source.js';
import { Defect } from '../defect.js';
import type { FeatureList } from './example.js';
import { byteStrings, countByteStrings, NumberCursor } from './example.js';
import type { Leaf } from './features.js';
import { ITEM_BYTES, widthOf } from './features.js';

/** Rows are handed out in blocks of about this many values. */
const BLOCK_VALUES = 64 * 1024;
const inflated = promisify(inflate);

/**
 * The rows of a tensor, block by block, after its list was found to hold exactly `steps` of them.
 * @throws Defect if it does not.
 */
export async function* tensorRows(
  record: Uint8Array,
  list: FeatureList,
  leaf: Leaf,
  steps: number,
): AsyncGenerator<{ rows: number; values: NumberRows }> {
  const width = widthOf(leaf);
  const rowsPerBlock = Math.max(1, Math.floor(BLOCK_VALUES / width));
  const make = (length: number): NumberRows =>
    leaf.dtype === 'float32' ? new Float32Array(length) : new Float64Array(length);
  checkList(record, list, leaf, steps);
  const cursor = leaf.encoding === 'none' ? new NumberCursor(record, list) : null;
  const strings = byteStrings(record, list);
  for (let from = 0; from < steps; from += rowsPerBlock) {
    const rows = Math.min(rowsPerBlock, steps - from);
    const values = make(rows * width);
    if (cursor) cursor.take(values.length, values);
    else
      for (let row = 0; row < rows; row += 1) {
        const next = strings.next();
        const bytes = await plainBytes(next.done === true ? new Uint8Array(0) : next.value, leaf);
        decodeInto(values, row * width, bytes, leaf.dtype, width);
      }
    yield { rows, values };
  }
}

/** One step of a tensor that is stored as a byte string, without its compression. */
export async function plainBytes(stored: Uint8Array, leaf: Leaf): Promise<Uint8Array> {
  const expected = widthOf(leaf) * (ITEM_BYTES[leaf.dtype] ?? 1);
  const bytes = leaf.encoding === 'zlib' ? await inflateTo(stored, expected, leaf.path) : stored;
  if (bytes.byteLength !== expected)
    throw new Defect('FEATURE_SHAPE_MISMATCH', `a step of ${leaf.path} does not have the size of its shape`, {
      expected: `${expected} bytes`,
      actual: `${bytes.byteLength} bytes`,
    });
  return bytes;
}

async function inflateTo(stored: Uint8Array, expectedBytes: number, path: string): Promise<Uint8Array> {
  try {
    return await inflated(stored, { maxOutputLength: Math.max(1, expectedBytes) });
  } catch {
    throw new Defect('BAD_TFRECORD', `a step of ${path} cannot be decompressed to the size of its shape`);
  }
}

/** @throws Defect if the list is of another kind, or does not hold `steps` rows. */
export function checkList(record: Uint8Array, list: FeatureList, leaf: Leaf, steps: number): void {
  const isBytes = leaf.kind !== 'number' || leaf.encoding !== 'none';
  const isFloat = leaf.dtype === 'float32' || leaf.dtype === 'float64';
  const expectedKind = isBytes ? 'bytes' : isFloat ? 'floats' : 'ints';
  if (list.kind !== expectedKind && list.kind !== 'empty')
    throw new Defect('DTYPE_MISMATCH', `${leaf.path} is stored as another type than features.json declares`, {
      expected: expectedKind,
      actual: list.kind,
    });
  const expected = steps * (isBytes ? 1 : widthOf(leaf));
  const actual =
    list.kind === 'empty' ? 0 : isBytes ? countByteStrings(record, list) : NumberCursor.count(record, list);
  if (actual !== expected)
    throw new Defect('FEATURE_SHAPE_MISMATCH', `${leaf.path} does not have a value for every step of the episode`, {
      expected: `${expected} values (${steps} steps)`,
      actual: `${actual}`,
    });
}

function decodeInto(into: NumberRows, at: number, bytes: Uint8Array, dtype: string, width: number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const read = READERS[dtype];
  if (!read) throw new Defect('DTYPE_MISMATCH', `values of type ${dtype} are not read`);
  const size = ITEM_BYTES[dtype] ?? 1;
  for (let i = 0; i < width; i += 1) into[at + i] = read(view, i * size);
}

const READERS: Readonly<Record<string, (view: DataView, at: number) => number>> = {
  bool: (view, at) => view.getUint8(at),
  uint8: (view, at) => view.getUint8(at),
  int8: (view, at) => view.getInt8(at),
  uint16: (view, at) => view.getUint16(at, true),
  int16: (view, at) => view.getInt16(at, true),
  uint32: (view, at) => view.getUint32(at, true),
  int32: (view, at) => view.getInt32(at, true),
  uint64: (view, at) => Number(view.getBigUint64(at, true)),
  int64: (view, at) => Number(view.getBigInt64(at, true)),
  float32: (view, at) => view.getFloat32(at, true),
  float64: (view, at) => view.getFloat64(at, true),
};
