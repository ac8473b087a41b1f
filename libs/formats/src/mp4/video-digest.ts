import { createHash } from 'node:crypto';
import xxhash from 'xxhash-addon';
import type { PartDigest } from '../measuring/content-hash.js';

/**
 * How coded video goes into the content hash. `fast` is XXH128: it finds equal episodes at the speed of reading, but whoever
 * wants to can make two videos collide. `sha256` is for proofs that nothing was changed; it costs as much as the file's own hash.
 */
export type VideoDigest = 'fast' | 'sha256';

/** Starts the digest of the next stream of packets; the one before must be finished. */
export type NewDigest = () => PartDigest;

const NO_SEED = Buffer.alloc(8);

/** Prepares digests of a kind. */
export function videoDigests(kind: VideoDigest): NewDigest {
  if (kind === 'sha256') return () => createHash('sha256');
  // Native: measured at seven times the same digest in WebAssembly, which was a tenth of what ingest of video cost.
  // One state for all: it is set back, not made anew for every camera of every episode.
  const hasher = new xxhash.XXHash128(NO_SEED);
  return () => {
    hasher.reset();
    return hasher;
  };
}
