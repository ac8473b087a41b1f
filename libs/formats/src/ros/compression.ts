import { loadDecompressHandlers } from '@mcap/support';
import { Decompress } from 'fzstd';
import { Defect, decoding } from '../defect.js';
import type { FindingCode } from '../findings.js';
import { unpackLz4 } from './lz4-frame.js';

/** Largest chunk or message, packed or unpacked. Writers make chunks of 1 to 4 MiB; a child process has 400 MB in all. */
export const MAX_BLOCK_BYTES = 64 * 2 ** 20;

/** A file that grows more than this when unpacked is a bomb: pictures and joints pack ten- to fiftyfold at most. */
const MAX_EXPANSION = 250;

/** Every compressed byte pair may stand for a block of 128 KiB, so little is fed at a time. */
const FEED_BYTES = 2048;

/** Unpacks one chunk whose unpacked size the file announces. `code` is the format's own for bytes that cannot be unpacked. */
export async function unpackChunk(
  compression: string,
  packed: Uint8Array,
  unpackedBytes: number,
  code: FindingCode,
): Promise<Uint8Array> {
  if (!(unpackedBytes <= MAX_BLOCK_BYTES) || packed.byteLength > MAX_BLOCK_BYTES)
    throw new Defect('EXPANSION_LIMIT', 'a chunk unpacks to more than is read at once: record with smaller chunks', {
      expected: `at most ${MAX_BLOCK_BYTES} bytes`,
      actual: `${Math.max(unpackedBytes, packed.byteLength)} bytes`,
    });
  if (compression === '' || compression === 'none') return packed;
  if (compression !== 'lz4' && compression !== 'zstd' && compression !== 'bz2')
    throw new Defect(code, `a chunk is compressed with "${compression.slice(0, 40)}", which is none of lz4, zstd, bz2`);
  if (unpackedBytes === 0) return new Uint8Array(0);
  const bytes =
    compression === 'lz4'
      ? unpackLz4(packed, unpackedBytes, code)
      : await unpackByLibrary(compression, packed, unpackedBytes, code);
  if (bytes.byteLength !== unpackedBytes)
    throw new Defect(code, 'a chunk does not unpack to the size that it announces', {
      expected: `${unpackedBytes} bytes`,
      actual: `${bytes.byteLength} bytes`,
    });
  return bytes;
}

async function unpackByLibrary(
  compression: 'zstd' | 'bz2',
  packed: Uint8Array,
  unpackedBytes: number,
  code: FindingCode,
): Promise<Uint8Array> {
  const unpack = (await loadDecompressHandlers())[compression];
  if (!unpack) throw new Error(`the decompressor of ${compression} is not installed`);
  return decoding(code, 'a chunk', () => unpack(packed, BigInt(unpackedBytes)));
}

/** Unpacks one zstd message, whatever size it claims. */
export function unpackMessage(packed: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [];
  const stream = new ZstdFeed((part) => parts.push(part), MAX_BLOCK_BYTES);
  for (let at = 0; at < packed.byteLength; at += FEED_BYTES) stream.push(packed.subarray(at, at + FEED_BYTES));
  return Buffer.concat(parts);
}

/** Unpacks a zstd file piece by piece; nothing is held but the window of the decompressor. */
export async function* unpackStream(
  read: (offset: number, length: number) => Promise<Uint8Array>,
  sizeBytes: number,
): AsyncGenerator<Uint8Array> {
  let parts: Uint8Array[] = [];
  const stream = new ZstdFeed((part) => parts.push(part), MAX_BLOCK_BYTES + sizeBytes * MAX_EXPANSION);
  for (let offset = 0; offset < sizeBytes; offset += 1 << 20) {
    const block = await read(offset, Math.min(1 << 20, sizeBytes - offset));
    for (let at = 0; at < block.byteLength; at += FEED_BYTES) {
      stream.push(block.subarray(at, at + FEED_BYTES));
      yield* parts;
      parts = [];
    }
  }
}

/** A zstd decompressor that stops as soon as more comes out than is allowed. */
class ZstdFeed {
  private readonly stream: Decompress;
  private bytes = 0;

  constructor(onPart: (part: Uint8Array) => void, maxBytes: number) {
    this.stream = new Decompress((part) => {
      this.bytes += part.byteLength;
      if (this.bytes > maxBytes)
        throw new Defect('EXPANSION_LIMIT', 'zstd data unpacks to far more than a recording does', {
          expected: `at most ${maxBytes} bytes`,
        });
      // The decompressor reuses its window.
      if (part.byteLength > 0) onPart(part.slice());
    });
  }

  push(packed: Uint8Array): void {
    decoding('BAD_ARCHIVE', 'zstd data', () => {
      this.stream.push(packed.slice());
    });
  }
}
