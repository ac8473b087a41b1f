import { createHash } from 'node:crypto';
import type { DatasetSource, EpisodeItem, FileTree, Finding, SourceEpisode } from '@app/formats';
import type { FormatReader } from '../../../libs/formats/src/dataset-source.js';
import { FindingLog } from '../../../libs/formats/src/findings.js';
import { DatasetFiles } from '../../../libs/formats/src/tree.js';

/** Everything that was read of one episode. */
export interface ReadEpisode {
  readonly episode: SourceEpisode;
  readonly rows: Readonly<Record<string, readonly number[]>>;
  readonly timesS: Readonly<Record<string, readonly number[]>>;
  readonly texts: Readonly<Record<string, readonly string[]>>;
  readonly pictures: Readonly<Record<string, readonly Extract<EpisodeItem, { kind: 'image' }>[]>>;
}

export interface ReadDataset {
  readonly roots: readonly string[];
  readonly source: DatasetSource | null;
  readonly findings: readonly Finding[];
  readonly episodes: readonly ReadEpisode[];
}

/** Finds, opens and reads the first dataset that a reader finds in a tree. */
export async function readAll(reader: FormatReader, tree: FileTree): Promise<ReadDataset> {
  const log = new FindingLog(1000);
  const roots = await reader.find(tree);
  const source = await reader.open(new DatasetFiles(tree, roots[0] ?? ''), log);
  const episodes: ReadEpisode[] = [];
  for await (const episode of source?.episodes() ?? []) episodes.push(await readEpisode(episode));
  await source?.close();
  return { roots, source, findings: log.toList(), episodes };
}

export async function readEpisode(episode: SourceEpisode): Promise<ReadEpisode> {
  const rows: Record<string, number[]> = {};
  const timesS: Record<string, number[]> = {};
  const texts: Record<string, string[]> = {};
  const pictures: Record<string, Extract<EpisodeItem, { kind: 'image' }>[]> = {};
  for await (const item of episode.items()) {
    if (item.kind === 'image') {
      (pictures[item.camera] ??= []).push(item);
      (timesS[item.camera] ??= []).push(item.timeS ?? NaN);
    } else if (item.kind !== 'video') {
      for (const time of item.timesS ?? []) (timesS[item.key] ??= []).push(time);
      if (item.kind === 'rows') for (const value of item.values) (rows[item.key] ??= []).push(value);
      else (texts[item.key] ??= []).push(...item.values);
    }
  }
  return { episode, rows, timesS, texts, pictures };
}

/** What of a dataset goes into a golden file: everything that is small, digests and rates of the rest. */
export function digest({ roots, source, findings, episodes }: ReadDataset) {
  const rateOf = (times: readonly number[] = []) =>
    times.length < 2 ? null : Number(((times.length - 1) / ((times.at(-1) ?? 0) - (times[0] ?? 0))).toPrecision(9));
  return {
    roots,
    head: source?.head ?? null,
    findings,
    episodes: episodes.map(({ episode, rows, timesS, texts, pictures }) => ({
      sourceKey: episode.sourceKey,
      startedAt: episode.startedAt,
      tasks: episode.tasks,
      outcome: episode.outcome,
      files: episode.files,
      streams: Object.keys(timesS)
        .sort()
        .map((key) => ({
          key,
          count: timesS[key]?.length,
          rateHz: rateOf(timesS[key]),
          sha256: sha256(rows[key] ? Float64Array.from(rows[key]) : (texts[key]?.join('\n') ?? joined(pictures[key]))),
        })),
    })),
  };
}

const joined = (pictures: readonly { bytes: Uint8Array }[] = []) => Buffer.concat(pictures.map(({ bytes }) => bytes));

function sha256(content: Float64Array | Uint8Array | string): string {
  return createHash('sha256').update(content).digest('hex').slice(0, 16);
}
