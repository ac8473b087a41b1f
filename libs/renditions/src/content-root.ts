import { merkleRootOf } from '@app/kernel';

/**
 * One hash over the content of all episodes, in order, however they are packed into files: equal before and after a
 * rendition, or the rendition holds something else. Hex.
 */
export function contentRootOf(contentHashes: readonly string[]): string {
  return merkleRootOf(
    contentHashes.map((sha256, index) => ({ path: `episode_${String(index).padStart(9, '0')}`, sizeBytes: 0, sha256 })),
  );
}
