import type { DatasetSource, EpisodeItem, FileTree, SourceEpisode } from '@app/formats';
import { FindingLog } from '../../../libs/formats/src/findings.js';
import { DatasetFiles } from '../../../libs/formats/src/tree.js';
import { replayBufferReader } from '../../../libs/formats/src/zarr/replay-buffer.reader.js';

/** Everything that was read of one episode. */
export interface ReadEpisode {
  readonly episode: SourceEpisode;
  readonly rows: Readonly<Record<string, readonly number[]>>;
  readonly pictures: Readonly<Record<string, readonly Extract<EpisodeItem, { kind: 'image' }>[]>>;
}

/** Finds, opens and reads the only dataset of a tree. */
export async function readBuffer(
  tree: FileTree,
  only?: ReadonlySet<number>,
): Promise<{ roots: readonly string[]; source: DatasetSource | null; log: FindingLog; episodes: ReadEpisode[] }> {
  const log = new FindingLog(1000);
  const roots = await replayBufferReader.find(tree);
  const source = await replayBufferReader.open(new DatasetFiles(tree, roots[0] ?? ''), log);
  const episodes: ReadEpisode[] = [];
  for await (const episode of source?.episodes(only) ?? []) episodes.push(await readEpisode(episode));
  await source?.close();
  return { roots, source, log, episodes };
}

async function readEpisode(episode: SourceEpisode): Promise<ReadEpisode> {
  const rows: Record<string, number[]> = {};
  const pictures: Record<string, Extract<EpisodeItem, { kind: 'image' }>[]> = {};
  for await (const item of episode.items()) {
    if (item.kind === 'rows') (rows[item.key] ??= []).push(...item.values);
    if (item.kind === 'image') (pictures[item.camera] ??= []).push(item);
  }
  return { episode, rows, pictures };
}
