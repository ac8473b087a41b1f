import { deltaBinaryUnpack, deltaByteArray, deltaLengthByteArray } from 'hyparquet/src/delta.js';
import { byteStreamSplit } from 'hyparquet/src/encoding.js';
import { Defect } from '../defect.js';
import { HybridReader } from './hybrid.js';
import type { Leaf } from './metadata.js';
import { ENCODING } from './pages.js';

/** Float32 for FLOAT columns, float64 for everything else that is a number. */
export type NumberArray = Float32Array | Float64Array;

/** Hands out the numbers of one page in order. */
export interface NumberPage {
  fill(out: NumberArray, from: number, count: number): void;
}

const VALUE_BYTES: Record<string, number> = { INT32: 4, INT64: 8, FLOAT: 4, DOUBLE: 8 };
const SCRATCH = new Uint32Array(1 << 16);
/** Rare encodings are decoded a page at once; writers put far fewer values into a page. */
const MAX_EAGER_VALUES = 8 * 2 ** 20;

/** True for columns whose values are numbers (or booleans, read as 0 and 1). */
export function isNumeric(leaf: Leaf): boolean {
  return leaf.type === 'BOOLEAN' || leaf.type in VALUE_BYTES;
}

/** An array that holds `length` values of the column without loss (int64 up to 2^53). */
export function numberArray(leaf: Leaf, length: number): NumberArray {
  return leaf.type === 'FLOAT' ? new Float32Array(length) : new Float64Array(length);
}

/** Decodes a dictionary page of numbers. */
export function readNumberDictionary(leaf: Leaf, bytes: Uint8Array, count: number): NumberArray {
  checkPlainRoom(leaf, bytes, count);
  const out = numberArray(leaf, count);
  new PlainNumbers(leaf, bytes).fill(out, 0, count);
  return out;
}

/** Opens the values of a data page. `count` is the number of values that are not null. */
export function openNumbers(
  leaf: Leaf,
  encoding: number,
  bytes: Uint8Array,
  count: number,
  dictionary: NumberArray | null,
): NumberPage {
  if (encoding === ENCODING.plain) {
    return leaf.type === 'BOOLEAN' ? new BooleanNumbers(new PlainBits(bytes)) : new PlainNumbers(leaf, bytes);
  }
  if (encoding === ENCODING.rleDictionary || encoding === ENCODING.plainDictionary) {
    if (!dictionary) throw new Defect('BAD_PARQUET', 'a page refers to a dictionary that is not there');
    const width = bytes[0] ?? 0;
    return new DictionaryNumbers(
      dictionary,
      new HybridReader(bytes, Math.min(1, bytes.byteLength), bytes.byteLength, width),
    );
  }
  if (encoding === ENCODING.rle && leaf.type === 'BOOLEAN') {
    return new BooleanNumbers(new HybridReader(bytes, 4, bytes.byteLength, 1));
  }
  return new EagerNumbers(decodeRare(leaf, encoding, bytes, count));
}

function checkPlainRoom(leaf: Leaf, bytes: Uint8Array, count: number): void {
  const need = leaf.type === 'BOOLEAN' ? Math.ceil(count / 8) : count * (VALUE_BYTES[leaf.type] ?? 0);
  if (need > bytes.byteLength)
    throw new Defect('BAD_PARQUET', 'a page holds fewer values than it announces', {
      expected: `${need} bytes`,
      actual: `${bytes.byteLength} bytes`,
    });
}

class PlainNumbers implements NumberPage {
  private at = 0;
  private readonly view: DataView;

  constructor(
    private readonly leaf: Leaf,
    private readonly bytes: Uint8Array,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  fill(out: NumberArray, from: number, count: number): void {
    const { type } = this.leaf;
    const width = VALUE_BYTES[type] ?? 8;
    const length = count * width;
    if (this.at + length > this.bytes.byteLength)
      throw new Defect('BAD_PARQUET', 'a page holds fewer values than it announces');
    if (type === 'FLOAT' || type === 'DOUBLE') {
      // Parquet is little-endian and so is every machine we run on: copying bytes also mends alignment.
      new Uint8Array(out.buffer, out.byteOffset + from * width, length).set(
        this.bytes.subarray(this.at, this.at + length),
      );
    } else if (type === 'INT32') {
      for (let i = 0; i < count; i += 1) out[from + i] = this.view.getInt32(this.at + 4 * i, true);
    } else {
      for (let i = 0, at = this.at; i < count; i += 1, at += 8) {
        out[from + i] = this.view.getInt32(at + 4, true) * 4294967296 + this.view.getUint32(at, true);
      }
    }
    this.at += length;
  }
}

class DictionaryNumbers implements NumberPage {
  constructor(
    private readonly dictionary: NumberArray,
    private readonly indices: HybridReader,
  ) {}

  fill(out: NumberArray, from: number, count: number): void {
    const { dictionary } = this;
    const size = dictionary.length;
    for (let done = 0; done < count;) {
      const take = Math.min(count - done, SCRATCH.length);
      this.indices.fill(SCRATCH, 0, take);
      for (let i = 0, at = from + done; i < take; i += 1, at += 1) {
        const index = SCRATCH[i] as number;
        if (index >= size)
          throw new Defect('BAD_PARQUET', 'a value refers outside its dictionary', {
            expected: `below ${size}`,
            actual: `${index}`,
          });
        out[at] = dictionary[index] as number;
      }
      done += take;
    }
  }
}

/** Plain booleans: one bit each, lowest first. */
class PlainBits {
  private at = 0;
  constructor(private readonly bytes: Uint8Array) {}
  fill(out: Uint8Array | Uint32Array, from: number, count: number): void {
    if (this.at + count > this.bytes.byteLength * 8)
      throw new Defect('BAD_PARQUET', 'a page holds fewer values than it announces');
    for (let i = 0; i < count; i += 1, this.at += 1)
      out[from + i] = ((this.bytes[this.at >> 3] ?? 0) >> (this.at & 7)) & 1;
  }
}

class BooleanNumbers implements NumberPage {
  constructor(private readonly bits: { fill(out: Uint32Array, from: number, count: number): void }) {}

  fill(out: NumberArray, from: number, count: number): void {
    for (let done = 0; done < count;) {
      const take = Math.min(count - done, SCRATCH.length);
      this.bits.fill(SCRATCH, 0, take);
      for (let i = 0; i < take; i += 1) out[from + done + i] = SCRATCH[i] as number;
      done += take;
    }
  }
}

class EagerNumbers implements NumberPage {
  private at = 0;
  constructor(private readonly values: ArrayLike<number | bigint>) {}

  fill(out: NumberArray, from: number, count: number): void {
    if (this.at + count > this.values.length)
      throw new Defect('BAD_PARQUET', 'a page holds fewer values than it announces');
    for (let i = 0; i < count; i += 1) out[from + i] = Number(this.values[this.at + i]);
    this.at += count;
  }
}

/** Encodings that robot sets hardly use: hyparquet decodes them, into arrays of a size that we chose. */
function decodeRare(leaf: Leaf, encoding: number, bytes: Uint8Array, count: number): ArrayLike<number | bigint> {
  if (count > MAX_EAGER_VALUES)
    throw new Defect('PARQUET_UNSUPPORTED', `a page of ${count} values in encoding ${encoding}`);
  const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: 0 };
  if (encoding === ENCODING.deltaBinary && (leaf.type === 'INT32' || leaf.type === 'INT64')) {
    const out = leaf.type === 'INT32' ? new Int32Array(count) : new BigInt64Array(count);
    deltaBinaryUnpack(reader, count, out);
    return out;
  }
  if (encoding === ENCODING.byteStreamSplit && leaf.type !== 'BOOLEAN') {
    checkPlainRoom(leaf, bytes, count);
    return byteStreamSplit(reader, count, leaf.type, undefined) as
      Float32Array | Float64Array | Int32Array | BigInt64Array;
  }
  throw new Defect('PARQUET_UNSUPPORTED', `encoding ${encoding} of column ${leaf.path.join('.')}`);
}

/** Decodes all byte strings of a page. They are views into `bytes`. */
export function readStrings(
  leaf: Leaf,
  encoding: number,
  bytes: Uint8Array,
  count: number,
  dictionary: readonly Uint8Array[] | null,
): Uint8Array[] {
  if (count > MAX_EAGER_VALUES) throw new Defect('PARQUET_UNSUPPORTED', `a page of ${count} strings`);
  if (encoding === ENCODING.plain) return readPlainStrings(leaf, bytes, count);
  if (encoding === ENCODING.rleDictionary || encoding === ENCODING.plainDictionary) {
    if (!dictionary) throw new Defect('BAD_PARQUET', 'a page refers to a dictionary that is not there');
    const indices = new Uint32Array(count);
    new HybridReader(bytes, Math.min(1, bytes.byteLength), bytes.byteLength, bytes[0] ?? 0).fill(indices, 0, count);
    return Array.from(indices, (index) => {
      const value = dictionary[index];
      if (!value)
        throw new Defect('BAD_PARQUET', 'a value refers outside its dictionary', {
          expected: `below ${dictionary.length}`,
          actual: `${index}`,
        });
      return value;
    });
  }
  const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: 0 };
  const out: Uint8Array[] = new Array<Uint8Array>(Math.min(count, bytes.byteLength));
  if (out.length < count) throw new Defect('BAD_PARQUET', 'a page holds fewer values than it announces');
  if (encoding === ENCODING.deltaLength) deltaLengthByteArray(reader, count, out);
  else if (encoding === ENCODING.deltaByteArray) deltaByteArray(reader, count, out);
  else throw new Defect('PARQUET_UNSUPPORTED', `encoding ${encoding} of column ${leaf.path.join('.')}`);
  return out;
}

/** Plain byte strings: a 4-byte length before each, or all of one length. */
export function readPlainStrings(leaf: Leaf, bytes: Uint8Array, count: number): Uint8Array[] {
  const fixed = leaf.type === 'FIXED_LEN_BYTE_ARRAY' ? leaf.typeLength : -1;
  if (count * (fixed < 0 ? 4 : fixed) > bytes.byteLength)
    throw new Defect('BAD_PARQUET', 'a page holds fewer values than it announces');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const out: Uint8Array[] = [];
  for (let i = 0, at = 0; i < count; i += 1) {
    let length = fixed;
    if (fixed < 0) {
      length = view.getUint32(at, true);
      at += 4;
    }
    if (at + length > bytes.byteLength) throw new Defect('BAD_PARQUET', 'a string reaches behind its page');
    out.push(bytes.subarray(at, at + length));
    at += length;
  }
  return out;
}
