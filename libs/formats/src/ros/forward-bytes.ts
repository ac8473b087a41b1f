import type { ByteSource } from '../byte-source.js';
import { readRange } from '../byte-source.js';

/** One ranged read of a recording. Large enough for object stores, small beside the memory of a child process. */
const BLOCK_BYTES = 1 << 20;

/** Bytes that are read once from front to back. */
export interface ForwardBytes {
  /** Where the next byte lies. */
  readonly offset: number;
  /** Bytes that are still there; null while a stream has not ended. */
  readonly left: number | null;
  /** Exactly `length` bytes that stay valid, or null if so many are not there. */
  take(length: number): Promise<Uint8Array | null>;
  /** False if the end comes first. */
  skip(length: number): Promise<boolean>;
}

/** A part of a file, read block by block. Blocks are never reused, so what was taken may be kept. */
export class ForwardFile implements ForwardBytes {
  private block: Uint8Array = new Uint8Array(0);
  private blockStart = 0;
  offset: number;

  constructor(
    private readonly source: ByteSource,
    from = 0,
    private readonly to = source.sizeBytes,
  ) {
    this.offset = from;
  }

  get left(): number {
    return Math.max(0, this.to - this.offset);
  }

  async take(length: number): Promise<Uint8Array | null> {
    if (!(length <= this.left)) return null;
    let at = this.offset - this.blockStart;
    if (at < 0 || at + length > this.block.byteLength) {
      const bytes = Math.min(this.left, Math.max(length, BLOCK_BYTES));
      this.block = await readRange(this.source, this.offset, bytes, 'a record');
      this.blockStart = this.offset;
      at = 0;
    }
    this.offset += length;
    return this.block.subarray(at, at + length);
  }

  skip(length: number): Promise<boolean> {
    const isThere = length <= this.left;
    this.offset += isThere ? length : this.left;
    return Promise.resolve(isThere);
  }
}

/** Bytes that a decompressor hands out piece by piece. */
export class ForwardStream implements ForwardBytes {
  private readonly pieces: AsyncIterator<Uint8Array>;
  private block: Uint8Array = new Uint8Array(0);
  private isEnded = false;
  offset = 0;

  constructor(pieces: AsyncIterable<Uint8Array>) {
    this.pieces = pieces[Symbol.asyncIterator]();
  }

  get left(): number | null {
    return this.isEnded ? this.block.byteLength : null;
  }

  async take(length: number): Promise<Uint8Array | null> {
    if (this.block.byteLength < length) await this.gather(length);
    if (this.block.byteLength < length) return null;
    const bytes = this.block.subarray(0, length);
    this.block = this.block.subarray(length);
    this.offset += length;
    return bytes;
  }

  async skip(length: number): Promise<boolean> {
    let open = length;
    for (;;) {
      const step = Math.min(open, this.block.byteLength);
      this.block = this.block.subarray(step);
      this.offset += step;
      open -= step;
      if (open === 0) return true;
      if (!(await this.gather(1))) return false;
    }
  }

  private async gather(length: number): Promise<boolean> {
    const parts = [this.block];
    let bytes = this.block.byteLength;
    while (bytes < length && !this.isEnded) {
      const next = await this.pieces.next();
      if (next.done) this.isEnded = true;
      else {
        parts.push(next.value);
        bytes += next.value.byteLength;
      }
    }
    this.block = parts.length === 1 ? this.block : Buffer.concat(parts);
    return bytes >= length;
  }
}
