import { caged, signedFileTree } from '@app/cages';
import { measureDataset } from '@app/formats';
import type { EpisodeFact, FileTree } from '@app/formats';
import { isTextOfLicence } from '@app/standards';
import type { TextFile } from '@app/standards';
import type { MeasureMessage, MeasureOrder } from './ingest.types.js';

/** Entry of the caged process that reads untrusted bytes: one order in, facts out, then it ends. */

/** Episodes with their statistics are some 10 kB each; a message of this many stays small beside the heap. */
const EPISODES_AT_ONCE = 200;
const HASHES_AT_ONCE = 1_000;
const MAX_TEXTS = 8;
const MAX_TEXT_BYTES = 64 * 2 ** 10;

await caged<MeasureOrder, MeasureMessage>(async ({ files, scratch }, say) => {
  const hashes = batches<readonly [string, string]>(HASHES_AT_ONCE, (batch) => say({ kind: 'hashes', hashes: batch }));
  const episodes = batches<EpisodeFact>(EPISODES_AT_ONCE, (batch) => say({ kind: 'episodes', episodes: batch }));
  const tree = signedFileTree(files, { scratch });
  const measure = await measureDataset(tree, {
    onEpisode: (episode) => episodes.add(episode),
    onFileHash: (path, sha256) => hashes.add([path, sha256]),
  });
  await episodes.flush();
  await hashes.flush();
  await say({ kind: 'texts', texts: await textsOf(tree) });
  await say({ kind: 'done', measure });
});

/** The heads of the few texts that speak of the set and its licence; the nearest to the root first. */
async function textsOf(tree: FileTree): Promise<TextFile[]> {
  const depth = (path: string): number => path.split('/').length;
  const chosen = tree.files
    .filter(({ path }) => isTextOfLicence(path))
    .sort((a, b) => depth(a.path) - depth(b.path) || (a.path < b.path ? -1 : 1))
    .slice(0, MAX_TEXTS);
  const texts: TextFile[] = [];
  for (const { path } of chosen) {
    const source = await tree.open(path);
    const bytes = await source.read(0, Math.min(source.sizeBytes, MAX_TEXT_BYTES));
    texts.push({ path, text: new TextDecoder().decode(bytes) });
  }
  return texts;
}

/** Gathers things and passes them on by the batch; whoever adds waits for the passing. */
function batches<T>(size: number, pass: (batch: readonly T[]) => Promise<void>) {
  let batch: T[] = [];
  const flush = async (): Promise<void> => {
    if (batch.length === 0) return;
    const full = batch;
    batch = [];
    await pass(full);
  };
  return {
    add: async (thing: T): Promise<void> => {
      batch.push(thing);
      if (batch.length >= size) await flush();
    },
    flush,
  };
}
