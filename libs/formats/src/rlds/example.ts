import protobuf from 'protobufjs/minimal.js';
import { Defect, decoding } from '../defect.js';

const { Reader } = protobuf;
const MAX_FEATURES = 10_000;
const MAX_KEY_BYTES = 4096;
const VARINT = 0;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;

/** One feature of an example: what its list holds and where the list is in the record. Nothing is decoded yet. */
export interface FeatureList {
  readonly kind: 'bytes' | 'floats' | 'ints' | 'empty';
  readonly start: number;
  readonly end: number;
}

/** The features of a `tf.train.Example` by key. The last of two with one key counts, as protobuf has it. */
export type Example = ReadonlyMap<string, FeatureList>;

const KINDS = ['empty', 'bytes', 'floats', 'ints'] as const;

/**
 * Finds the features of a record without decoding their lists: a record holds as many numbers as it likes,
 * and only those that someone asks for are read.
 * @see https://github.com/tensorflow/tensorflow/blob/v2.16.1/tensorflow/core/example/feature.proto
 */
export function indexExample(record: Uint8Array): Example {
  const features = new Map<string, FeatureList>();
  for (const example of fieldsOf(record, 0, record.length, 1))
    for (const entry of fieldsOf(record, example.start, example.end, 1)) {
      let key = '';
      let feature: FeatureList = { kind: 'empty', start: 0, end: 0 };
      for (const part of fieldsOf(record, entry.start, entry.end)) {
        if (part.field === 1) key = textOf(record, part.start, part.end);
        if (part.field === 2) feature = listIn(record, part.start, part.end);
      }
      features.set(key, feature);
      if (features.size > MAX_FEATURES)
        throw new Defect('BAD_TFRECORD', `the record has more than ${MAX_FEATURES} features`);
    }
  return features;
}

function textOf(record: Uint8Array, start: number, end: number): string {
  if (end - start > MAX_KEY_BYTES) throw new Defect('BAD_TFRECORD', 'the name of a feature is too long');
  return new TextDecoder().decode(record.subarray(start, end));
}

function listIn(record: Uint8Array, start: number, end: number): FeatureList {
  let list: FeatureList = { kind: 'empty', start, end: start };
  for (const part of fieldsOf(record, start, end)) {
    const kind = KINDS[part.field];
    if (kind) list = { kind, start: part.start, end: part.end };
  }
  return list;
}

interface Field {
  readonly field: number;
  readonly start: number;
  readonly end: number;
}

/** The length-delimited fields of a message; others are stepped over. @throws Defect where it is none. */
function* fieldsOf(record: Uint8Array, from: number, to: number, only?: number): Generator<Field> {
  const reader = new Reader(record);
  reader.pos = from;
  for (;;) {
    const next = nextField(record, reader, to);
    if (!next) break;
    if (only === undefined || next.field === only) yield next;
  }
}

/** Null at the end of the message. Apart from the generator, so that only its own faults are caught. */
function nextField(record: Uint8Array, reader: protobuf.Reader, to: number): Field | null {
  return decoding('BAD_TFRECORD', 'the record', () => {
    while (reader.pos < to) {
      const tag = reader.uint32();
      if ((tag & 7) === LENGTH_DELIMITED) {
        const start = endOfVarint(record, reader, to);
        return { field: tag >>> 3, start, end: reader.pos };
      }
      reader.skipType(tag & 7);
    }
    if (reader.pos !== to) throw new Defect('BAD_TFRECORD', 'a field of the record is longer than what holds it');
    return null;
  });
}

/** Reads a length and steps over what it covers; answers where that starts. */
function endOfVarint(record: Uint8Array, reader: protobuf.Reader, to: number): number {
  const length = reader.uint32();
  const start = reader.pos;
  if (start + length > to || start + length > record.length)
    throw new Defect('BAD_TFRECORD', 'a field of the record is longer than what holds it');
  reader.pos = start + length;
  return start;
}

/**
 * Walks a list of numbers. TensorFlow packs them; single values, which protobuf allows as well, are read too.
 * Every packed run is one span of bytes.
 */
export class NumberCursor {
  private readonly reader: protobuf.Reader;
  private runEnd: number;

  constructor(
    private readonly record: Uint8Array,
    private readonly list: FeatureList,
  ) {
    this.reader = new Reader(record);
    this.reader.pos = list.start;
    this.runEnd = list.start;
  }

  /** The next `count` numbers. @throws Defect if there are fewer. */
  take(count: number, into: Float32Array | Float64Array): void {
    decoding('BAD_TFRECORD', 'a list of numbers', () => this.takeAll(count, into));
  }

  private takeAll(count: number, into: Float32Array | Float64Array): void {
    for (let done = 0; done < count;) {
      if (this.reader.pos >= this.runEnd && !this.nextRun())
        throw new Defect('BAD_TFRECORD', 'a list of numbers ends too early');
      done += this.list.kind === 'floats' ? this.takeFloats(into, done, count) : this.takeInts(into, done, count);
    }
  }

  private takeFloats(into: Float32Array | Float64Array, done: number, count: number): number {
    const values = Math.min(count - done, (this.runEnd - this.reader.pos) / 4);
    const view = new DataView(this.record.buffer, this.record.byteOffset + this.reader.pos, values * 4);
    for (let i = 0; i < values; i += 1) into[done + i] = view.getFloat32(i * 4, true);
    this.reader.pos += values * 4;
    return values;
  }

  private takeInts(into: Float32Array | Float64Array, done: number, count: number): number {
    let values = 0;
    for (; done + values < count && this.reader.pos < this.runEnd; values += 1)
      into[done + values] = this.signedVarint();
    return values;
  }

  /** 64 bits in two's complement, as a number: exact to 2^53, nearest beyond. */
  private signedVarint(): number {
    const { record, reader } = this;
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (reader.pos >= this.runEnd) throw new Defect('BAD_TFRECORD', 'a number of the record is cut short');
      const byte = record[reader.pos] ?? 0;
      reader.pos += 1;
      const bits = byte & 127;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high |= bits >>> 4;
      } else high |= bits << (shift - 32);
      if (byte < 128) return high * 2 ** 32 + (low >>> 0);
    }
    throw new Defect('BAD_TFRECORD', 'a number of the record is longer than ten bytes');
  }

  private nextRun(): boolean {
    const { reader, list } = this;
    while (reader.pos < list.end) {
      const tag = reader.uint32();
      const wire = tag & 7;
      const isNumbers = tag >>> 3 === 1;
      if (isNumbers && wire === LENGTH_DELIMITED) {
        const start = endOfVarint(this.record, reader, list.end);
        this.runEnd = reader.pos;
        if (list.kind === 'floats' && (this.runEnd - start) % 4 !== 0)
          throw new Defect('BAD_TFRECORD', 'a list of floats is not a multiple of four bytes long');
        reader.pos = start;
        if (start < this.runEnd) return true;
      } else if (isNumbers && wire === (list.kind === 'floats' ? FIXED32 : VARINT)) {
        const start = reader.pos;
        reader.skipType(wire);
        this.runEnd = reader.pos;
        if (this.runEnd > list.end) throw new Defect('BAD_TFRECORD', 'a number lies outside the list that holds it');
        reader.pos = start;
        return true;
      } else {
        reader.skipType(wire);
      }
    }
    return false;
  }

  /** How many numbers there are, without decoding them. */
  static count(record: Uint8Array, list: FeatureList): number {
    return decoding('BAD_TFRECORD', 'a list of numbers', () => {
      const cursor = new NumberCursor(record, list);
      let count = 0;
      while (cursor.nextRun()) {
        if (list.kind === 'floats') count += (cursor.runEnd - cursor.reader.pos) / 4;
        else for (let at = cursor.reader.pos; at < cursor.runEnd; at += 1) if ((record[at] ?? 0) < 128) count += 1;
        cursor.reader.pos = cursor.runEnd;
      }
      return count;
    });
  }
}

/** Byte strings of a list, one at a time: views into the record. */
export function* byteStrings(record: Uint8Array, list: FeatureList): Generator<Uint8Array> {
  for (const { start, end } of fieldsOf(record, list.start, list.end, 1)) yield record.subarray(start, end);
}

export function countByteStrings(record: Uint8Array, list: FeatureList): number {
  let count = 0;
  for (const _ of fieldsOf(record, list.start, list.end, 1)) count += 1;
  return count;
}
