import { loadDecompressHandlers } from '@mcap/support';
import type { ByteSource } from '../byte-source.js';
import { Defect, decoding } from '../defect.js';
import type { FindingCode } from '../findings.js';
import { ForwardFile } from './forward-bytes.js';
import { unpackLz4 } from './lz4-frame.js';
import { unpackZstd, unpackZstdStream } from './zstd-blocks.js';

/** Largest chunk or message, packed or unpacked. Writers make chunks of 1 to 4 MiB; a child process has 400 MB in all. */
export const MAX_BLOCK_BYTES = 64 * 2 ** 20;

/** The WebAssembly decompressor holds a chunk three times over and never gives memory back: larger chunks go without it. */
const MAX_WASM_BYTES = 16 * 2 ** 20;

/** A file that grows more than this when unpacked is a bomb: pictures and joints pack ten- to fiftyfold at most. */
const MAX_EXPANSION = 250;

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
  let bytes: Uint8Array;
  if (compression === 'lz4') bytes = unpackLz4(packed, unpackedBytes, code);
  else if (compression === 'zstd' && unpackedBytes > MAX_WASM_BYTES) bytes = unpackInPlace(packed, unpackedBytes);
  else bytes = await unpackByWasm(compression, packed, unpackedBytes, code);
  if (bytes.byteLength !== unpackedBytes)
    throw new Defect(code, 'a chunk does not unpack to the size that it announces', {
      expected: `${unpackedBytes} bytes`,
      actual: `${bytes.byteLength} bytes`,
    });
  return bytes;
}

async function unpackByWasm(
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
  unpackZstd(packed, (part) => parts.push(part.slice()), MAX_BLOCK_BYTES);
  return Buffer.concat(parts);
}

/** Unpacks a zstd file piece by piece. */
export function unpackFile(packed: ByteSource): AsyncGenerator<Uint8Array> {
  return unpackZstdStream(new ForwardFile(packed), MAX_BLOCK_BYTES + packed.sizeBytes * MAX_EXPANSION);
}

function unpackInPlace(packed: Uint8Array, unpackedBytes: number): Uint8Array {
  const out = new Uint8Array(unpackedBytes);
  let end = 0;
  const put = (part: Uint8Array): void => {
    out.set(part, end);
    end += part.byteLength;
  };
  unpackZstd(packed, put, unpackedBytes);
  return out.subarray(0, end);
}
