import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { decompress as unpackZstd } from 'fzstd';
import { compressors } from 'hyparquet-compressors';
import { snappyUncompress } from 'hyparquet/src/snappy.js';
import { Defect } from '../defect.js';
import type { CodecName } from './metadata.js';

/** WASM memory never shrinks, so only pages up to this size go through it. */
const MAX_WASM_BYTES = 8 * 2 ** 20;

/** Decompresses one page to exactly the announced size, which the caller has already capped. */
export function decompress(codec: CodecName, input: Uint8Array, size: number): Uint8Array {
  if (codec === 'UNCOMPRESSED') return exact(input, size);
  if (size === 0) return new Uint8Array(0);
  switch (codec) {
    case 'SNAPPY':
      return unsnap(input, size);
    case 'GZIP':
      return exact(gunzipSync(input, { maxOutputLength: size }), size);
    case 'BROTLI':
      return exact(brotliDecompressSync(input, { maxOutputLength: size }), size);
    default: {
      if (codec === 'ZSTD') return exact(unzstd(input, size), size);
      const inflate = compressors[codec];
      if (!inflate) throw new Defect('PARQUET_UNSUPPORTED', `compression ${codec} is not supported`);
      return exact(inflate(input, size), size);
    }
  }
}

function exact(output: Uint8Array, size: number): Uint8Array {
  if (output.byteLength !== size) {
    throw new Defect('BAD_PARQUET', 'a page has another size than its header says', {
      expected: `${size}`,
      actual: `${output.byteLength}`,
    });
  }
  return output;
}

function unsnap(input: Uint8Array, size: number): Uint8Array {
  // The stream says its own length; check it before either decoder trusts it.
  let length = 0;
  for (let i = 0, scale = 1; i < 5; i += 1, scale *= 128) {
    const byte = input[i] ?? 0;
    length += (byte & 127) * scale;
    if (byte < 128) break;
  }
  if (length !== size)
    throw new Defect('BAD_PARQUET', 'a snappy page has another size than its header says', {
      expected: `${size}`,
      actual: `${length}`,
    });
  const wasm = compressors.SNAPPY;
  if (wasm && size + input.byteLength <= MAX_WASM_BYTES) return exact(wasm(input, size), size);
  const output = new Uint8Array(size);
  snappyUncompress(input, output);
  return output;
}

/**
 * One zstd frame into a buffer of the announced size. Without one, the library gathers whatever comes out, and that may be
 * 30,000 times what went in.
 * @see https://www.rfc-editor.org/rfc/rfc8878
 */
function unzstd(input: Uint8Array, size: number): Uint8Array {
  checkZstdFrame(input, size);
  return unpackZstd(input, new Uint8Array(size));
}

/** A frame may announce any size, its blocks may hold more, and further frames may follow it. */
function checkZstdFrame(input: Uint8Array, size: number): void {
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength);
  if (input.byteLength < 9 || view.getUint32(0, true) !== 0xfd2fb528)
    throw new Defect('BAD_PARQUET', 'a zstd page does not start as one');
  const flags = view.getUint8(4);
  const isSingle = (flags & 32) !== 0;
  const sizeCode = flags >> 6;
  const at = 5 + (isSingle ? 0 : 1) + ([0, 1, 2, 4][flags & 3] ?? 0);
  const sizeBytes = sizeCode === 0 ? (isSingle ? 1 : 0) : 1 << sizeCode;
  let announced = sizeCode === 1 ? 256 : 0;
  for (let i = 0; i < sizeBytes; i += 1) announced += (input[at + i] ?? 0) * 256 ** i;
  if (sizeBytes > 0 && announced !== size) throw wrongSize(size, announced);
  const end = zstdBlocksEnd(input, at + sizeBytes, size) + (flags & 4 ? 4 : 0);
  if (end !== input.byteLength) throw new Defect('BAD_PARQUET', 'a zstd page is not one whole frame');
}

/** Walks the blocks of a frame; those that are not compressed tell how long they are. Returns where the last one ends. */
function zstdBlocksEnd(input: Uint8Array, start: number, size: number): number {
  let plain = 0;
  for (let at = start; at + 3 <= input.byteLength;) {
    const head = (input[at] ?? 0) | ((input[at + 1] ?? 0) << 8) | ((input[at + 2] ?? 0) << 16);
    const kind = (head >> 1) & 3;
    const blockBytes = head >> 3;
    if (kind < 2) plain += blockBytes;
    if (plain > size) throw wrongSize(size, plain);
    at += 3 + (kind === 1 ? 1 : blockBytes);
    if ((head & 1) === 1) return at;
  }
  throw new Defect('BAD_PARQUET', 'a zstd page is cut off');
}

function wrongSize(expected: number, actual: number): Defect {
  return new Defect('BAD_PARQUET', 'a zstd page has another size than its header says', {
    expected: `${expected}`,
    actual: `${actual}`,
  });
}
