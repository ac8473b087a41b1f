import { createHash } from 'node:crypto';
import type { DatasetSource, EpisodeItem, FileTree, SourceEpisode } from '@app/formats';
import { FindingLog } from '../../../libs/formats/src/findings.js';
import { rldsReader } from '../../../libs/formats/src/rlds/rlds.reader.js';
import { DatasetFiles } from '../../../libs/formats/src/tree.js';

/** Everything that was read of one episode. */
export interface ReadEpisode {
  readonly episode: SourceEpisode;
  readonly rows: Readonly<Record<string, readonly number[]>>;
  readonly texts: Readonly<Record<string, readonly string[]>>;
  readonly pictures: Readonly<Record<string, readonly Extract<EpisodeItem, { kind: 'image' }>[]>>;
}

/** Opens the only dataset of a tree. */
export async function openRlds(tree: FileTree): Promise<{ source: DatasetSource | null; log: FindingLog }> {
  const log = new FindingLog(1000);
  const [root = ''] = await rldsReader.find(tree);
  return { source: await rldsReader.open(new DatasetFiles(tree, root), log), log };
}

/** Opens a tree and reads all of it. */
export async function readRlds(
  tree: FileTree,
  only?: ReadonlySet<number>,
): Promise<{ source: DatasetSource | null; log: FindingLog; episodes: ReadEpisode[] }> {
  const { source, log } = await openRlds(tree);
  const episodes: ReadEpisode[] = [];
  for await (const episode of source?.episodes(only) ?? []) episodes.push(await readEpisode(episode));
  await source?.close();
  return { source, log, episodes };
}

export async function readEpisode(episode: SourceEpisode): Promise<ReadEpisode> {
  const rows: Record<string, number[]> = {};
  const texts: Record<string, string[]> = {};
  const pictures: Record<string, Extract<EpisodeItem, { kind: 'image' }>[]> = {};
  for await (const item of episode.items()) {
    if (item.kind === 'rows') (rows[item.key] ??= []).push(...item.values);
    if (item.kind === 'text') (texts[item.key] ??= []).push(...item.values);
    if (item.kind === 'image') (pictures[item.camera] ??= []).push(item);
  }
  return { episode, rows, texts, pictures };
}

/** A short, exact account of an episode for golden files. */
export function digest({ episode, rows, texts, pictures }: ReadEpisode): unknown {
  const { index, sourceKey, tasks, outcome, outcomeSource, announcedFrames, files } = episode;
  return {
    ...{ index, sourceKey, tasks, outcome, outcomeSource, announcedFrames, files },
    rows: mapValues(rows, (values) => ({ values: values.length, sum: values.reduce((a, b) => a + b, 0) })),
    texts: mapValues(texts, (values) => ({ values: values.length, first: values[0] })),
    pictures: mapValues(pictures, (list) => ({
      pictures: list.length,
      size: `${list[0]?.width}x${list[0]?.height} ${list[0]?.encoding}`,
      sha256: list.reduce((hash, { bytes }) => hash.update(bytes), createHash('sha256')).digest('hex'),
    })),
  };
}

function mapValues<T>(record: Readonly<Record<string, T>>, map: (value: T) => unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}
