import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { S3Error } from './s3-error.js';

/** Checksums that clients may ask us to verify. */
export const CHECKSUM_ALGORITHMS = ['crc32', 'crc32c', 'sha1', 'sha256'] as const;
export type ChecksumAlgorithm = (typeof CHECKSUM_ALGORITHMS)[number];

/** A checksum in base64, as the headers carry it. */
export interface Checksum {
  readonly algorithm: ChecksumAlgorithm;
  readonly value: string;
}

const HEADER_PREFIX = 'x-amz-checksum-';
/** Headers of that prefix that are no checksum. */
const NOT_CHECKSUMS = new Set(['x-amz-checksum-mode', 'x-amz-checksum-type', 'x-amz-checksum-algorithm']);

/** `x-amz-checksum-crc32` → `crc32`; null for another header. @throws S3Error NotImplemented for an algorithm we lack */
export function checksumAlgorithmOf(header: string): ChecksumAlgorithm | null {
  if (!header.startsWith(HEADER_PREFIX) || NOT_CHECKSUMS.has(header)) return null;
  const name = header.slice(HEADER_PREFIX.length);
  const known = CHECKSUM_ALGORITHMS.find((algorithm) => algorithm === name);
  if (!known) throw new S3Error('NotImplemented', `The checksum algorithm ${name} is not supported.`);
  return known;
}

/** The header that carries a checksum. */
export function checksumHeader(algorithm: ChecksumAlgorithm): string {
  return `${HEADER_PREFIX}${algorithm}`;
}

/** A hash that is fed piece by piece. */
export interface RunningChecksum {
  readonly algorithm: ChecksumAlgorithm;
  update(chunk: Uint8Array): void;
  digest(): string;
}

/** Starts one. */
export function startChecksum(algorithm: ChecksumAlgorithm): RunningChecksum {
  if (algorithm === 'sha1' || algorithm === 'sha256') {
    const hash = createHash(algorithm);
    return { algorithm, update: (chunk) => void hash.update(chunk), digest: () => hash.digest('base64') };
  }
  const step = algorithm === 'crc32' ? (chunk: Uint8Array, value: number) => crc32(chunk, value) : crc32c;
  let value = 0;
  return {
    algorithm,
    update: (chunk) => (value = step(chunk, value)),
    digest: () => {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(value >>> 0);
      return bytes.toString('base64');
    },
  };
}

/** Castagnoli's polynomial, bits reversed. */
const CRC32C_POLYNOMIAL = 0x82f63b78;
const crc32cTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ CRC32C_POLYNOMIAL : value >>> 1;
  return value;
});

/** CRC-32C of a chunk, continuing from the value of what came before. */
export function crc32c(chunk: Uint8Array, previous: number): number {
  let value = ~previous >>> 0;
  for (const byte of chunk) value = (crc32cTable[(value ^ byte) & 0xff] ?? 0) ^ (value >>> 8);
  return ~value >>> 0;
}
