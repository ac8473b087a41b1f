import { constants, deflateRawSync } from 'node:zlib';
import { u32 } from './damage.js';

/** Small files that unpack to gigabytes of zeros. */

const GIB = 2 ** 30;
export const BOMB_BYTES = 10 * GIB;

const ZSTD_BLOCK = 2 ** 17;
const ZSTD_RLE_BLOCK = 1;

/** A zstd frame of run-length blocks: 128 KiB out of four bytes. Its header announces `announced` bytes, or nothing. */
export function zstdBomb(sizeBytes = BOMB_BYTES, announced: number | null = null): Buffer {
  const blocks = Math.ceil(sizeBytes / ZSTD_BLOCK);
  const body = Buffer.alloc(blocks * 4);
  for (let i = 0; i < blocks; i += 1) {
    const isLast = i === blocks - 1 ? 1 : 0;
    body.writeUIntLE((ZSTD_BLOCK << 3) | (ZSTD_RLE_BLOCK << 1) | isLast, i * 4, 3);
  }
  // One window of 8 MiB; or a single segment with its content size in four bytes.
  const header =
    announced === null ? Buffer.from([0x00, 13 << 3]) : Buffer.concat([Buffer.from([0xa0]), u32(announced)]);
  return Buffer.concat([Buffer.from('28b52ffd', 'hex'), header, body]);
}

const FLUSHED_BYTES = 2 ** 26;
let flushed: Buffer | undefined;

/** A zstd frame of one block that asks for a window of almost 2 GB. */
export function zstdWindow(): Buffer {
  return Buffer.concat([
    Buffer.from('28b52ffd00', 'hex'),
    Buffer.from([(20 << 3) | 7]),
    Buffer.from([(16 << 3) | 3, 0, 0, 0]),
  ]);
}

/** Raw deflate of zeros, at about a thousandth of their size. */
export function deflateBomb(sizeBytes = BOMB_BYTES): Buffer {
  flushed ??= deflateRawSync(Buffer.alloc(FLUSHED_BYTES), { level: 9, finishFlush: constants.Z_FULL_FLUSH });
  const part = flushed;
  const parts = Array.from({ length: Math.ceil(sizeBytes / FLUSHED_BYTES) }, () => part);
  return Buffer.concat([...parts, Buffer.from([0x03, 0x00])]);
}

export function gzipBomb(sizeBytes = BOMB_BYTES): Buffer {
  return Buffer.concat([
    Buffer.from('1f8b0800000000000003', 'hex'),
    deflateBomb(sizeBytes),
    u32(0),
    u32(sizeBytes % 2 ** 32),
  ]);
}

export function zlibBomb(sizeBytes = BOMB_BYTES): Buffer {
  return Buffer.concat([Buffer.from('7801', 'hex'), deflateBomb(sizeBytes), u32(0)]);
}

/** Snappy: an announced length, one literal, and copies of 64 bytes each. */
export function snappyBomb(announced: number, sizeBytes: number): Buffer {
  const copies = Buffer.alloc(Math.ceil(sizeBytes / 64) * 3, Buffer.from([(63 << 2) | 2, 1, 0]));
  return Buffer.concat([varint(announced), Buffer.from([0x00, 0x00]), copies]);
}

/** An LZ4 frame of independent blocks of 4 MiB, each one match that repeats a zero. */
export function lz4Bomb(sizeBytes = BOMB_BYTES): Buffer {
  const BLOCK = 2 ** 22;
  const run = Buffer.alloc(Math.floor((BLOCK - 64) / 255), 255);
  const block = Buffer.concat([Buffer.from([0x1f, 0x00, 0x01, 0x00]), run, Buffer.from([0x00, 0x50]), Buffer.alloc(5)]);
  const one = Buffer.concat([u32(block.length), block]);
  const blocks = Array.from({ length: Math.ceil(sizeBytes / BLOCK) }, () => one);
  return Buffer.concat([Buffer.from('04224d18607073', 'hex'), ...blocks, u32(0)]);
}

export function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest % 128) | 128);
  }
}
