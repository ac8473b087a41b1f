import { Defect } from '../defect.js';

/** Wire types of the compact protocol. */
export const WIRE = {
  stop: 0,
  yes: 1,
  no: 2,
  i8: 3,
  i16: 4,
  i32: 5,
  i64: 6,
  double: 7,
  binary: 8,
  list: 9,
  set: 10,
  map: 11,
  struct: 12,
} as const;

const MAX_DEPTH = 32;
const text = new TextDecoder();

/**
 * Reads Thrift's compact protocol without building objects for what nobody asks for.
 * Every length is bounded by the bytes that are left, since footers are written by strangers.
 * @see https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
 */
export class ThriftReader {
  private depth = 0;
  /** True once a read failed for want of bytes: with more of the file at hand it may succeed. */
  ranOut = false;

  constructor(
    private readonly bytes: Uint8Array,
    public at = 0,
    private readonly end = bytes.byteLength,
  ) {}

  /** Calls `field` for each field of a struct; it returns false to have the value skipped. */
  struct(field: (id: number, type: number) => boolean): void {
    if (++this.depth > MAX_DEPTH) throw new Defect('BAD_PARQUET', 'thrift structs nest too deep');
    let id = 0;
    for (;;) {
      const head = this.byte();
      const type = head & 15;
      if (type === WIRE.stop) break;
      const delta = head >> 4;
      id = delta === 0 ? this.int() : id + delta;
      if (!field(id, type)) this.skip(type);
    }
    this.depth -= 1;
  }

  /** Calls `item` once per element of a list. */
  list(item: (type: number) => void): void {
    const head = this.byte();
    const type = head & 15;
    let size = head >> 4;
    if (size === 15) size = this.varint();
    if (size > this.end - this.at) throw this.endsEarly();
    for (let i = 0; i < size; i += 1) item(type);
  }

  /** A zigzag integer of any width. Exact up to 2^53; what is larger cannot be an offset or a count. */
  int(): number {
    const raw = this.varint();
    return raw % 2 === 1 ? -(raw + 1) / 2 : raw / 2;
  }

  binary(): Uint8Array {
    const length = this.varint();
    if (length > this.end - this.at) throw this.endsEarly();
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  string(): string {
    return text.decode(this.binary());
  }

  skip(type: number): void {
    switch (type) {
      case WIRE.yes:
      case WIRE.no:
        return;
      case WIRE.i8:
        this.byte();
        return;
      case WIRE.i16:
      case WIRE.i32:
      case WIRE.i64:
        this.varint();
        return;
      case WIRE.double:
        this.advance(8);
        return;
      case WIRE.binary:
        this.binary();
        return;
      case WIRE.list:
      case WIRE.set:
        // A list's booleans take a byte each, unlike a struct's.
        this.list((item) => (item === WIRE.yes || item === WIRE.no ? this.advance(1) : this.skip(item)));
        return;
      case WIRE.struct:
        this.struct(() => false);
        return;
      default:
        throw new Defect('BAD_PARQUET', `unknown thrift type ${type}`);
    }
  }

  private endsEarly(): Defect {
    this.ranOut = true;
    return new Defect('BAD_PARQUET', 'a thrift structure is longer than its bytes');
  }

  private byte(): number {
    const byte = this.bytes[this.at];
    if (byte === undefined || this.at >= this.end) throw this.endsEarly();
    this.at += 1;
    return byte;
  }

  private advance(count: number): void {
    if (count > this.end - this.at) throw this.endsEarly();
    this.at += count;
  }

  private varint(): number {
    let value = 0;
    let scale = 1;
    for (let i = 0; i < 10; i += 1) {
      const byte = this.byte();
      value += (byte & 127) * scale;
      if (byte < 128) return value;
      scale *= 128;
    }
    throw new Defect('BAD_PARQUET', 'a thrift number is too long');
  }
}
