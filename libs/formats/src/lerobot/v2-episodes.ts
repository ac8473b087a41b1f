import type { ByteSource } from '../byte-source.js';
import { readRange } from '../byte-source.js';
import { Defect } from '../defect.js';
import { asCount, asNumbers, asObject, asStrings, parseJson } from '../text/json.js';
import { readLines } from '../text/jsonl.js';
import { fillTemplate } from './info.js';
import type { DeclaredStats, EpisodeMeta, QuantileName, Reading, VideoSpan } from './reading.js';
import { QUANTILE_NAMES, report } from './reading.js';

const EPISODES = 'meta/episodes.jsonl';
const STATS = 'meta/episodes_stats.jsonl';
const MAX_LINE_BYTES = 1 << 20;
/** One line holds the statistics of every feature and camera of an episode. */
const MAX_STATS_LINE_BYTES = 8 << 20;

interface EpisodeLine {
  readonly index: number;
  readonly length: number;
  readonly tasks: readonly string[];
}

interface StatsLine {
  readonly offset: number;
  readonly bytes: number;
}

/**
 * Episodes of a v2.1 or v2.0 set in index order. The lines are short and kept (the loader sorts them too);
 * statistics stay in their file and are read one line at a time.
 * @param withStats whether the shipped statistics are wanted. v2.0 ships none per episode.
 */
export async function* readEpisodesV2(reading: Reading, withStats = true): AsyncGenerator<EpisodeMeta> {
  const { files, info, log } = reading;
  const lines = await readEpisodeLines(reading);
  const stats = withStats && reading.version === 'v2.1' ? await indexStats(reading) : new Map<number, StatsLine>();
  const source = stats.size > 0 ? await files.open(STATS) : null;
  const cameras = info.features.filter((feature) => feature.role === 'video').map((feature) => feature.key);
  for (const line of lines) {
    const values = {
      episode_chunk: Math.floor(line.index / info.chunksSize),
      episode_index: line.index,
      chunk_index: 0,
      file_index: 0,
    };
    const dataPath = fillTemplate(info.dataPath, values);
    if (dataPath === null) {
      log.add('INFO_INVALID', 'data_path has an unknown field', {
        path: files.full('meta/info.json'),
        actual: info.dataPath.slice(0, 200),
      });
      return;
    }
    const videos = new Map<string, VideoSpan>();
    for (const key of cameras) {
      const path = info.videoPath === null ? null : fillTemplate(info.videoPath, { ...values, video_key: key });
      if (path === null)
        log.addOnce('template', 'INFO_INVALID', 'video_path has an unknown field', {
          path: files.full('meta/info.json'),
        });
      else videos.set(key, { path, fromS: 0, toS: null });
    }
    const at = stats.get(line.index);
    yield {
      index: line.index,
      length: line.length,
      tasks: line.tasks,
      dataPath,
      fromIndex: null,
      videos,
      stats: source && at ? await readStats(reading, source, at) : null,
    };
  }
}

async function readEpisodeLines({ files, log, tick }: Reading): Promise<EpisodeLine[]> {
  const place = { path: files.full(EPISODES) };
  const lines: EpisodeLine[] = [];
  if (!files.has(EPISODES)) {
    log.add('MISSING_EPISODES', 'the list of episodes is missing', place);
    return lines;
  }
  const texts = new Map<string, readonly string[]>(); // one list per distinct set of tasks, however many episodes
  try {
    for await (const line of readLines(await files.open(EPISODES), MAX_LINE_BYTES)) {
      const row = asObject(parseJson(line.bytes));
      const index = asCount(row?.episode_index);
      const length = asCount(row?.length);
      const tasks = asStrings(row?.tasks);
      if (index === null || length === null || !tasks) {
        const missing = [index === null && 'episode_index', length === null && 'length', !tasks && 'tasks']
          .filter(Boolean)
          .join(', ');
        log.add('EPISODE_FIELD_MISSING', `an episode lacks ${missing}`, { ...place, row: line.row });
        if (index === null || length === null) continue;
      }
      const key = JSON.stringify(tasks ?? []);
      const shared = texts.get(key) ?? tasks ?? [];
      texts.set(key, shared);
      lines.push({ index, length, tasks: shared });
      if (lines.length % 10_000 === 0) tick('episodes', lines.length, lines.length);
    }
  } catch (error) {
    report(log, error, place);
  }
  lines.sort((a, b) => a.index - b.index);
  return lines;
}

async function indexStats({ files, log }: Reading): Promise<Map<number, StatsLine>> {
  const index = new Map<number, StatsLine>();
  const place = { path: files.full(STATS) };
  if (!files.has(STATS)) {
    log.add('STATS_MISSING', 'no statistics per episode: training cannot normalise', place);
    return index;
  }
  try {
    for await (const line of readLines(await files.open(STATS), MAX_STATS_LINE_BYTES)) {
      // The index stands first in the line; parsing all of it is left to when the episode is measured.
      const head = Buffer.from(line.bytes.subarray(0, 200)).toString('latin1');
      const episode =
        /"episode_index"\s*:\s*(\d{1,15})\b/.exec(head)?.[1] ?? asCount(asObject(parseJson(line.bytes))?.episode_index);
      if (episode === null)
        log.add('METADATA_INVALID', 'a line of statistics has no episode_index', { ...place, row: line.row });
      else index.set(Number(episode), { offset: line.offset, bytes: line.bytes.byteLength });
    }
  } catch (error) {
    report(log, error, place);
  }
  return index;
}

async function readStats(
  { files, log }: Reading,
  source: ByteSource,
  line: StatsLine,
): Promise<ReadonlyMap<string, DeclaredStats> | null> {
  const bytes = await readRange(source, line.offset, line.bytes, 'a line of statistics');
  try {
    return toDeclaredStats(asObject(parseJson(bytes))?.stats);
  } catch (error) {
    if (error instanceof Defect) log.add('METADATA_INVALID', error.message, { path: files.full(STATS) });
    else throw error;
    return null;
  }
}

/** Statistics as JSON objects by feature; features without all four numbers are left out. */
export function toDeclaredStats(value: unknown): Map<string, DeclaredStats> {
  const stats = new Map<string, DeclaredStats>();
  for (const [key, entry] of Object.entries(asObject(value) ?? {})) {
    const object = asObject(entry);
    const min = asNumbers(object?.min);
    const max = asNumbers(object?.max);
    const mean = asNumbers(object?.mean);
    const std = asNumbers(object?.std);
    if (!min || !max || !mean || !std) continue;
    const quantiles: Partial<Record<QuantileName, readonly number[]>> = {};
    for (const name of QUANTILE_NAMES) {
      const values = asNumbers(object?.[name]);
      if (values) quantiles[name] = values;
    }
    stats.set(key, { min, max, mean, std, count: asNumbers(object?.count)?.[0] ?? null, quantiles });
  }
  return stats;
}
