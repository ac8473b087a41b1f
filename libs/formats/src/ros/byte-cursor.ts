import { Defect } from '../defect.js';
import type { FindingCode } from '../findings.js';

/** Reads little-endian fields of one record. What lies past its end is a defect of `code`, never a short answer. */
export class ByteCursor {
  private readonly view: DataView;
  offset = 0;

  constructor(
    readonly bytes: Uint8Array,
    private readonly code: FindingCode,
    private readonly what: string,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get left(): number {
    return this.bytes.byteLength - this.offset;
  }

  u8(): number {
    return this.view.getUint8(this.claim(1));
  }

  u16(): number {
    return this.view.getUint16(this.claim(2), true);
  }

  u32(): number {
    return this.view.getUint32(this.claim(4), true);
  }

  u64(): bigint {
    return this.view.getBigUint64(this.claim(8), true);
  }

  /** A 64-bit size or offset. One that no file can have is Infinity, so that every comparison with it fails. */
  size(): number {
    const value = this.u64();
    return value > BigInt(Number.MAX_SAFE_INTEGER) ? Infinity : Number(value);
  }

  /** A view, not a copy. */
  take(length: number): Uint8Array {
    const at = this.claim(length);
    return this.bytes.subarray(at, at + length);
  }

  text(length: number): string {
    return Buffer.from(this.take(length)).toString('utf8');
  }

  private claim(length: number): number {
    const at = this.offset;
    if (!(length <= this.left))
      throw new Defect(this.code, `${this.what} is shorter than its fields`, {
        expected: `${length} bytes at ${at}`,
        actual: `${this.left} bytes`,
      });
    this.offset += length;
    return at;
  }
}
