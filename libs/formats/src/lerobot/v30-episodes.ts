import type { RowColumn, RowValues } from '../parquet/columns.js';
import { ParquetFile } from '../parquet/parquet.reader.js';
import { fillTemplate } from './info.js';
import type { DeclaredStats, EpisodeMeta, Reading, VideoSpan } from './reading.js';
import { QUANTILE_NAMES, report } from './reading.js';

const EPISODES = /^meta\/episodes\/chunk-(\d+)\/file-(\d+)\.parquet$/;
const REQUIRED = [
  'episode_index',
  'length',
  'data/chunk_index',
  'data/file_index',
  'dataset_from_index',
  'dataset_to_index',
] as const;
/** Spelling that some writers use instead; read, but no loader finds it. */
const MISSPELT: Readonly<Record<string, string>> = {
  'data/chunk_index': 'data_chunk_index',
  'data/file_index': 'data_file_index',
};
const text = new TextDecoder();

/**
 * Episodes of a v3.0 set, row by row of meta/episodes, a page of each column in memory.
 * @param withStats whether the shipped statistics are wanted: they are most of the table.
 */
export async function* readEpisodesV30(reading: Reading, withStats: boolean): AsyncGenerator<EpisodeMeta> {
  const { files, log } = reading;
  const paths = files.list(EPISODES).map((path) => ({ path, order: EPISODES.exec(path)?.slice(1).map(Number) ?? [] }));
  paths.sort((a, b) => (a.order[0] ?? 0) - (b.order[0] ?? 0) || (a.order[1] ?? 0) - (b.order[1] ?? 0));
  if (paths.length === 0) {
    const stray = files.list(/^meta\/episodes(\/|\.)/)[0];
    if (stray)
      log.add('MISPLACED_FILE', 'the episodes table is not where the layout has it', {
        path: files.full(stray),
        expected: 'meta/episodes/chunk-000/file-000.parquet',
      });
    log.add('MISSING_EPISODES', 'the episodes table is missing', {
      path: files.full('meta/episodes/chunk-000/file-000.parquet'),
    });
  }
  for (const { path } of paths) {
    try {
      yield* readTable(reading, path, withStats);
    } catch (error) {
      report(log, error, { path: files.full(path) });
    }
  }
}

async function* readTable(reading: Reading, path: string, withStats: boolean): AsyncGenerator<EpisodeMeta> {
  const { files, info, log } = reading;
  const place = { path: files.full(path) };
  const file = await ParquetFile.open(await files.open(path));
  const columns = new Map<string, RowColumn>();
  const open = (name: string): boolean => {
    const leaf = file.leavesOf(name)[0];
    if (leaf) columns.set(name, file.rows(leaf));
    return leaf !== undefined;
  };
  const cameras = info.features.filter((feature) => feature.role === 'video').map((feature) => feature.key);
  const spans = cameras.flatMap((key) =>
    ['chunk_index', 'file_index', 'from_timestamp', 'to_timestamp'].map((field) => `videos/${key}/${field}`),
  );
  for (const name of [...REQUIRED, ...spans]) {
    if (open(name)) continue;
    log.add('EPISODE_FIELD_MISSING', `the episodes table has no column ${name}`, place);
    const other = MISSPELT[name];
    const column = other === undefined ? undefined : file.leavesOf(other)[0];
    if (column) columns.set(name, file.rows(column));
  }
  if (!open('tasks')) log.add('EPISODE_FIELD_MISSING', 'the episodes table has no column tasks', place);
  const statsOf = withStats ? openStats(reading, file, open) : () => null;
  if (!columns.has('episode_index') || !columns.has('length')) return;

  for (let row = 0; row < file.numRows; row += 1) {
    const values = new Map<string, RowValues>();
    for (const [name, column] of columns) values.set(name, column.take() ?? (await column.load()));
    const number = (name: string): number | null => {
      const value = values.get(name)?.numbers[0];
      return value === undefined || !Number.isFinite(value) ? null : value;
    };
    const whole = (name: string): number | null => {
      const value = number(name);
      if (columns.has(name) && (value === null || !Number.isSafeInteger(value) || value < 0)) {
        log.add('METADATA_INVALID', `${name} is not a count`, { ...place, row, actual: `${value}` });
        return null;
      }
      return value;
    };
    const index = whole('episode_index');
    const length = whole('length');
    if (index === null || length === null) continue;
    const from = whole('dataset_from_index');
    const to = whole('dataset_to_index');
    if (from !== null && to !== null && to - from !== length) {
      log.add('LENGTH_MISMATCH', 'dataset_from_index and dataset_to_index span another number of frames than length', {
        ...place,
        row,
        episode: index,
        expected: `${length}`,
        actual: `${to - from}`,
      });
    }
    const dataPath = fillTemplate(info.dataPath, {
      chunk_index: whole('data/chunk_index') ?? 0,
      file_index: whole('data/file_index') ?? 0,
    });
    if (dataPath === null) {
      log.add('INFO_INVALID', 'data_path has an unknown field', {
        path: files.full('meta/info.json'),
        actual: info.dataPath.slice(0, 200),
      });
      return;
    }
    const videos = new Map<string, VideoSpan>();
    for (const key of cameras) {
      const chunk = whole(`videos/${key}/chunk_index`);
      const fileIndex = whole(`videos/${key}/file_index`);
      const fromS = number(`videos/${key}/from_timestamp`);
      const toS = number(`videos/${key}/to_timestamp`);
      if (chunk === null || fileIndex === null || fromS === null || toS === null || info.videoPath === null) {
        if (columns.has(`videos/${key}/from_timestamp`))
          log.add('METADATA_INVALID', 'an episode has no usable span in its video', {
            ...place,
            row,
            episode: index,
            camera: key,
          });
        continue;
      }
      const videoPath = fillTemplate(info.videoPath, { video_key: key, chunk_index: chunk, file_index: fileIndex });
      if (videoPath === null)
        log.addOnce('template', 'INFO_INVALID', 'video_path has an unknown field', {
          path: files.full('meta/info.json'),
        });
      else videos.set(key, { path: videoPath, fromS, toS });
    }
    const tasks = values.get('tasks')?.strings.map((bytes) => text.decode(bytes)) ?? [];
    yield { index, length, tasks, dataPath, fromIndex: from, videos, stats: statsOf(values) };
  }
}

/** Opens the `stats/<feature>/<name>` columns of numeric features; says once if there are none. */
function openStats(
  reading: Reading,
  file: ParquetFile,
  open: (name: string) => boolean,
): (values: ReadonlyMap<string, RowValues>) => ReadonlyMap<string, DeclaredStats> | null {
  const keys = reading.info.features
    .filter((feature) => feature.role === 'action' || feature.role === 'state')
    .map((feature) => feature.key);
  const complete = keys.filter((key) =>
    ['min', 'max', 'mean', 'std'].map((name) => open(`stats/${key}/${name}`)).every(Boolean),
  );
  const quantiles = new Map(
    complete.map((key) => [key, QUANTILE_NAMES.filter((name) => open(`stats/${key}/${name}`))] as const),
  );
  const counted = new Set(complete.filter((key) => open(`stats/${key}/count`)));
  if (!file.columns.some((column) => column.startsWith('stats/'))) {
    reading.log.addOnce('episode', 'STATS_MISSING', 'the episodes table has no statistics', {
      path: reading.files.full('meta/episodes'),
    });
  }
  return (values) => {
    if (complete.length === 0) return null;
    const stats = new Map<string, DeclaredStats>();
    for (const key of complete) {
      const part = (name: string): readonly number[] => values.get(`stats/${key}/${name}`)?.numbers ?? [];
      stats.set(key, {
        ...{ min: part('min'), max: part('max'), mean: part('mean'), std: part('std') },
        count: counted.has(key) ? (part('count')[0] ?? null) : null,
        quantiles: Object.fromEntries((quantiles.get(key) ?? []).map((name) => [name, part(name)])),
      });
    }
    return stats;
  };
}
