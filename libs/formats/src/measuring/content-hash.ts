import { createHash } from 'node:crypto';
import type { NumberRows } from '../dataset-source.js';
import type { Rate } from '../episode-model.js';

/** How numbers are stored: float32, float64, or whole numbers as int64 whatever their width. */
export type StoredNumber = 'f4' | 'f8' | 'i8';

/** A running digest, SHA-256 or another. */
export interface PartDigest {
  update(bytes: Uint8Array): unknown;
  digest(): Uint8Array;
}

/**
 * The hash of an episode's content, independent of how it is packed into files. Each stream is digested on its own,
 * in whatever order the streams come; the episode's hash is the SHA-256 over a header, then for each part
 * (action and state signals, then cameras, each in key order) its key, what it is, its size and its digest.
 * This is the only place that knows the recipe.
 */
export class ContentHash {
  private readonly signals = new Map<string, Buffer>();
  private readonly cameras = new Map<string, Buffer>();

  /** A signal of role action or state: SHA-256 over its values, little-endian, row by row. */
  addSignal(key: string, stored: StoredNumber, width: number, rows: number, digest: Uint8Array): void {
    this.signals.set(key, Buffer.concat([Buffer.from(`${key}\n${stored}\n${width}\n${rows}\n`), digest]));
  }

  /** A camera whose pictures are stored one by one: SHA-256 over their bytes in order. */
  addPictures(key: string, pictures: number, digest: Uint8Array): void {
    this.cameras.set(key, Buffer.concat([Buffer.from(`${key}\nimages\n${pictures}\n`), digest]));
  }

  /** A camera of coded video: digest over its coded packets in decoding order. */
  addPackets(key: string, frames: number, digest: Uint8Array): void {
    this.cameras.set(key, Buffer.concat([Buffer.from(`${key}\npackets\n${frames}\n`), digest]));
  }

  /** @param fps rate that the source declares; a rate that was only measured is no content. */
  digest(fps: Rate | null): string {
    const hash = createHash('sha256').update(`bodega episode 2\n${fps ? `${fps.num}/${fps.den}` : 'no rate'}\n`);
    for (const parts of [this.signals, this.cameras]) {
      for (const [, part] of [...parts].sort(([a], [b]) => (a < b ? -1 : 1))) hash.update(part);
    }
    return hash.digest('hex');
  }
}

/** The bytes that are digested of a block of numbers. */
export function storedBytes(values: NumberRows, stored: StoredNumber): Uint8Array {
  if (stored !== 'i8') return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const whole = new BigInt64Array(values.length);
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i] as number;
    if (Number.isSafeInteger(value)) whole[i] = BigInt(value);
  }
  return new Uint8Array(whole.buffer);
}

/** How numpy's dtype is stored for the hash; `values` decide for a float, since what was widened cannot be told apart. */
export function storedAs(dtype: string, values: NumberRows): StoredNumber {
  if (values instanceof Float32Array) return 'f4';
  return /^(u?int\d*|bool)/.test(dtype) ? 'i8' : 'f8';
}
