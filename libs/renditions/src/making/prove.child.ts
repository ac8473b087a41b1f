import { caged, signedFileTree } from '@app/cages';
import { measureDataset } from '@app/formats';
import type { ProveMessage, ProveOrder } from './making.types.js';

/** Entry of the caged process that reads a stored rendition back, as if a stranger had uploaded it. */

const HASHES_AT_ONCE = 1_000;

await caged<ProveOrder, ProveMessage>(async ({ files, scratch }, say) => {
  let contentHashes: string[] = [];
  let hashes: [string, string][] = [];
  const tree = signedFileTree(files, { scratch });
  const flush = async (): Promise<void> => {
    const [episodes, read] = [contentHashes, hashes];
    [contentHashes, hashes] = [[], []];
    if (episodes.length > 0) await say({ kind: 'episodes', contentHashes: episodes });
    if (read.length > 0) await say({ kind: 'hashes', hashes: read });
  };
  const measure = await measureDataset(tree, {
    onEpisode: async (episode) => {
      contentHashes.push(episode.contentHash);
      if (contentHashes.length >= HASHES_AT_ONCE) await flush();
    },
    onFileHash: async (path, sha256) => {
      hashes.push([path, sha256]);
      if (hashes.length >= HASHES_AT_ONCE) await flush();
    },
  });
  await flush();
  await say({ kind: 'done', measure });
});
