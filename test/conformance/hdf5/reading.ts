import type { Finding, FormatReader, ImageItem, SourceEpisode, SourceHead } from '@app/formats';
import type { FileTree } from '../../../libs/formats/src/byte-source.js';
import { FindingLog } from '../../../libs/formats/src/findings.js';
import { DatasetFiles } from '../../../libs/formats/src/tree.js';

/** Everything that a reader hands out of one episode, put together. */
export interface ReadEpisode {
  readonly episode: SourceEpisode;
  /** Values by signal, row after row. */
  readonly values: Readonly<Record<string, number[]>>;
  readonly timesS: Readonly<Record<string, number[]>>;
  readonly images: Readonly<Record<string, ImageItem[]>>;
  readonly videos: Readonly<Record<string, string>>;
}

export interface ReadSet {
  readonly head: SourceHead | null;
  readonly episodes: ReadEpisode[];
  readonly findings: Finding[];
}

/** Opens a set at its only root and walks all of it. Small sets only: everything is kept. */
export async function readAll(
  reader: FormatReader,
  tree: FileTree,
  root = '',
  only?: ReadonlySet<number>,
): Promise<ReadSet> {
  const log = new FindingLog(1000);
  const source = await reader.open(new DatasetFiles(tree, root), log);
  const episodes: ReadEpisode[] = [];
  if (source) for await (const episode of source.episodes(only)) episodes.push(await readEpisode(episode));
  await source?.close();
  return { head: source?.head ?? null, episodes, findings: log.toList() };
}

/** Codes of findings, each once, sorted. */
export function codesOf(findings: readonly Finding[]): string[] {
  return [...new Set(findings.map((finding) => finding.code))].sort();
}

async function readEpisode(episode: SourceEpisode): Promise<ReadEpisode> {
  const values: Record<string, number[]> = {};
  const timesS: Record<string, number[]> = {};
  const images: Record<string, ImageItem[]> = {};
  const videos: Record<string, string> = {};
  for await (const item of episode.items()) {
    if (item.kind === 'rows') {
      const list = (values[item.key] ??= []);
      for (const value of item.values) list.push(value);
      if (item.timesS) (timesS[item.key] ??= []).push(...item.timesS);
    } else if (item.kind === 'image') (images[item.camera] ??= []).push(item);
    else if (item.kind === 'video') videos[item.camera] = item.path;
  }
  return { episode, values, timesS, images, videos };
}
