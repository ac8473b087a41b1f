import { promisify } from 'node:util';
import { gunzip, inflate } from 'node:zlib';
import { registry } from 'zarrita';
import { Defect } from '../defect.js';
import type { ArrayInfo } from './array-info.js';

const inflated = promisify(inflate);
const gunzipped = promisify(gunzip);
const BLOSC_HEADER_BYTES = 16;

/** Compressors that can be read. */
const CODECS: Readonly<Record<string, (bytes: Uint8Array, sizeBytes: number) => Promise<Uint8Array>>> = {
  zlib: (bytes, sizeBytes) => inflated(bytes, { maxOutputLength: sizeBytes }),
  gzip: (bytes, sizeBytes) => gunzipped(bytes, { maxOutputLength: sizeBytes }),
  blosc: (bytes, sizeBytes) => {
    if (bytes.byteLength < BLOSC_HEADER_BYTES || u32(bytes, 4) !== sizeBytes || u32(bytes, 12) !== bytes.byteLength)
      throw new RangeError('the sizes in its header are not those of the chunk');
    return byRegistry('blosc', bytes);
  },
  lz4: (bytes, sizeBytes) => {
    if (bytes.byteLength < 4 || u32(bytes, 0) !== sizeBytes) throw new RangeError('its size is not that of the chunk');
    return byRegistry('lz4', bytes);
  },
  zstd: (bytes, sizeBytes) => {
    if (zstdContentBytes(bytes) !== sizeBytes) throw new RangeError('its frame does not state the size of the chunk');
    return byRegistry('zstd', bytes);
  },
};

/** True if chunks of this array can be decompressed. */
export function canDecompress({ compressor, hasFilters }: ArrayInfo): boolean {
  return !hasFilters && (compressor === null || Object.hasOwn(CODECS, compressor.id));
}

/**
 * A chunk without its compression. What it claims to hold is compared with the chunk's size before anything
 * is written: zarrita's own codecs expand without bound.
 * @throws Defect if it does not hold exactly a chunk.
 */
export async function decompressChunk(info: ArrayInfo, bytes: Uint8Array, path: string): Promise<Uint8Array> {
  const codec = info.compressor ? CODECS[info.compressor.id] : null;
  if (codec === undefined) throw unsupportedCodec(info);
  let plain = bytes;
  if (codec) {
    try {
      plain = await codec(bytes, info.chunkBytes);
    } catch (error) {
      const why = error instanceof Error ? error.message.slice(0, 100) : 'it is damaged';
      throw new Defect('BAD_ZARR', `chunk ${path} cannot be decompressed: ${why}`);
    }
  }
  if (plain.byteLength !== info.chunkBytes)
    throw new Defect('BAD_ZARR', `chunk ${path} does not have the size of a chunk: copy it again`, {
      expected: `${info.chunkBytes} bytes`,
      actual: `${plain.byteLength} bytes`,
    });
  return aligned(plain);
}

/** A plain array that typed arrays of any width can look into. A Buffer will not do: its `slice` does not copy. */
function aligned(bytes: Uint8Array): Uint8Array {
  return bytes.byteOffset % 8 === 0
    ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    : new Uint8Array(bytes);
}

/** What to say of an array that needs a codec which is not here. */
export function unsupportedCodec({ path, compressor, hasFilters }: ArrayInfo): Defect {
  const what =
    compressor && !Object.hasOwn(CODECS, compressor.id) ? `compressed with ${compressor.id.slice(0, 60)}` : '';
  return new Defect(
    'CODEC_UNSUPPORTED',
    `${path} is ${what || (hasFilters ? 'filtered' : 'coded')}, which cannot be read here: save it with Blosc, zlib, gzip, lz4 or zstd and no filter`,
  );
}

async function byRegistry(id: 'blosc' | 'lz4' | 'zstd', bytes: Uint8Array): Promise<Uint8Array> {
  const codec = await registry.get(id)?.();
  if (!codec) throw new RangeError(`there is no codec ${id}`);
  const meta = { dataType: 'uint8', shape: [bytes.byteLength], codecs: [], fillValue: null } as const;
  const decoded: unknown = await codec.fromConfig({}, { ...meta, shape: [...meta.shape], codecs: [] }).decode(bytes);
  if (decoded instanceof Uint8Array) return decoded;
  throw new RangeError('it gave no bytes');
}

/** Size that the first frame states; null if it states none. @see https://www.rfc-editor.org/rfc/rfc8878#section-3.1.1.1 */
function zstdContentBytes(bytes: Uint8Array): number | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const descriptor = bytes[4] ?? 0;
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const at = 5 + (isSingleSegment ? 0 : 1) + ([0, 1, 2, 4][descriptor & 3] ?? 0);
  const form = descriptor >>> 6;
  if (bytes.byteLength < at + 2 ** form || view.getUint32(0, true) !== 0xfd2fb528) return null;
  switch (form) {
    case 0:
      return isSingleSegment ? view.getUint8(at) : null;
    case 1:
      return view.getUint16(at, true) + 256;
    case 2:
      return view.getUint32(at, true);
    default:
      return view.getUint32(at + 4, true) * 2 ** 32 + view.getUint32(at, true);
  }
}

function u32(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(at, true);
}
