import { createHash } from 'node:crypto';
import { createXXHash128 } from 'hash-wasm';
import type { PartDigest } from '../measuring/content-hash.js';

/**
 * How coded video goes into the content hash. `fast` is XXH128: it finds equal episodes at the speed of reading, but whoever
 * wants to can make two videos collide. `sha256` is for proofs that nothing was changed; it costs as much as the file's own hash.
 */
export type VideoDigest = 'fast' | 'sha256';

/** Starts the digest of the next stream of packets; the one before must be finished. */
export type NewDigest = () => PartDigest;

/** Prepares digests of a kind. */
export async function videoDigests(kind: VideoDigest): Promise<NewDigest> {
  if (kind === 'sha256') return () => createHash('sha256');
  // One WASM instance for all: it is set back, not made anew.
  const hasher = await createXXHash128();
  return () => {
    hasher.init();
    return { update: (bytes) => hasher.update(bytes), digest: () => hasher.digest('binary') };
  };
}
