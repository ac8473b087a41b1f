import { brotliDecompressSync, gunzipSync } from 'node:zlib';
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
      if (codec === 'ZSTD') checkZstdSize(input, size);
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

/** A zstd frame may announce any size; the decoder would allocate it. */
function checkZstdSize(input: Uint8Array, size: number): void {
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength);
  if (input.byteLength < 6 || view.getUint32(0, true) !== 0xfd2fb528)
    throw new Defect('BAD_PARQUET', 'a zstd page does not start as one');
  const descriptor = view.getUint8(4);
  const single = (descriptor & 32) !== 0;
  const sizeCode = descriptor >> 6;
  const at = 5 + (single ? 0 : 1) + ([0, 1, 2, 4][descriptor & 3] ?? 0);
  const sizeBytes = sizeCode === 0 ? (single ? 1 : 0) : 1 << sizeCode;
  if (sizeBytes === 0) return;
  let announced = 0;
  for (let i = sizeBytes - 1; i >= 0; i -= 1) announced = announced * 256 + view.getUint8(at + i);
  if (sizeBytes === 2) announced += 256;
  if (announced !== size)
    throw new Defect('BAD_PARQUET', 'a zstd page has another size than its header says', {
      expected: `${size}`,
      actual: `${announced}`,
    });
}
