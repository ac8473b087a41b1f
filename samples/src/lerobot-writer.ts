import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FRAME_RATE_HZ } from './arm.mjcf.js';
import type { CameraKey } from './features.js';
import { CAMERA_KEYS, SIGNALS } from './features.js';
import { PICTURE } from './look.js';
import type { Column } from './parquet-table.js';
import { writeTable } from './parquet-table.js';
import type { Recording } from './recorder.js';
import { KEY_FRAME_EVERY } from './video-encoder.js';
import type { FeatureStats } from './statistics.js';
import { ColourHistogram, STAT_NAMES, statsOf } from './statistics.js';

/** An episode ready to be written: what was recorded and how its pictures are distributed. */
export interface FilmedEpisode {
  readonly recording: Recording;
  readonly colours: Readonly<Record<CameraKey, ColourHistogram>>;
}

/** Scalar columns after the signals: stored as plain values, declared with shape [1]. */
const SCALARS = [
  { key: 'next.reward', dtype: 'float32', type: 'float' },
  { key: 'next.done', dtype: 'bool', type: 'bool' },
  { key: 'next.success', dtype: 'bool', type: 'bool' },
  { key: 'timestamp', dtype: 'float32', type: 'float' },
  { key: 'frame_index', dtype: 'int64', type: 'int64' },
  { key: 'episode_index', dtype: 'int64', type: 'int64' },
  { key: 'index', dtype: 'int64', type: 'int64' },
  { key: 'task_index', dtype: 'int64', type: 'int64' },
] as const;

type DataRow = Readonly<Record<string, number | bigint | boolean | readonly number[]>>;

/** The rows of one episode as they go to parquet. */
export function dataRows(recording: Recording, episode: number, firstIndex: number, task: number): DataRow[] {
  const last = recording.rows.length - 1;
  return recording.rows.map((row, k) => ({
    // Shape [1] is stored as a plain value, as LeRobot's recorder does.
    ...Object.fromEntries(SIGNALS.map((s) => [s.key, s.names.length === 1 ? (s.of(row)[0] ?? Number.NaN) : s.of(row)])),
    'next.reward': k === last ? Math.fround(recording.goalShare) : 0,
    'next.done': k === last,
    'next.success': k === last && recording.goalShare === 1,
    timestamp: Math.fround(k / FRAME_RATE_HZ),
    frame_index: BigInt(k),
    episode_index: BigInt(episode),
    index: BigInt(firstIndex + k),
    task_index: BigInt(task),
  }));
}

function numbersOf(row: DataRow, key: string): readonly number[] {
  const value = row[key];
  return typeof value === 'object' ? value : [Number(value)];
}

const NUMERIC_KEYS = [...SIGNALS.map((s) => s.key), ...SCALARS.map((s) => s.key)];

function numericStats(rows: readonly DataRow[]): Record<string, FeatureStats> {
  return Object.fromEntries(NUMERIC_KEYS.map((key) => [key, statsOf(rows.map((r) => numbersOf(r, key)))]));
}

/** Image statistics are stored per channel as [[[r]], [[g]], [[b]]]. */
function asImage(values: readonly number[]): number[][][] {
  return values.map((v) => [[v]]);
}

function features(): Record<string, unknown> {
  const camera = {
    dtype: 'video',
    shape: [PICTURE.height, PICTURE.width, 3],
    names: ['height', 'width', 'channels'],
    info: {
      'video.height': PICTURE.height,
      'video.width': PICTURE.width,
      'video.codec': 'h264',
      'video.pix_fmt': 'yuv420p',
      'video.is_depth_map': false,
      'video.fps': FRAME_RATE_HZ,
      'video.channels': 3,
      'video.g': KEY_FRAME_EVERY,
      has_audio: false,
    },
  };
  return {
    ...Object.fromEntries(
      SIGNALS.map((s) => [s.key, { dtype: 'float32', shape: [s.names.length], names: s.names, fps: FRAME_RATE_HZ }]),
    ),
    ...Object.fromEntries(CAMERA_KEYS.map((key) => [key, camera])),
    ...Object.fromEntries(SCALARS.map((s) => [s.key, { dtype: s.dtype, shape: [1], names: null, fps: FRAME_RATE_HZ }])),
  };
}

/** The key under which the `datasets` library keeps column types in a parquet footer. */
function huggingfaceKey(): string {
  const value = (dtype: string): object => ({ dtype, _type: 'Value' });
  return JSON.stringify({
    info: {
      features: Object.fromEntries([
        ...SIGNALS.map((s) => [
          s.key,
          s.names.length === 1
            ? value('float32')
            : { feature: value('float32'), length: s.names.length, _type: 'Sequence' },
        ]),
        ...SCALARS.map((s) => [s.key, value(s.dtype)]),
      ]) as object,
    },
  });
}

/** Tells pandas that the text is the index: without it LeRobot gives the number 0 as the task, silently. */
function pandasKey(): string {
  const text = { pandas_type: 'unicode', numpy_type: 'object' };
  return JSON.stringify({
    index_columns: ['task'],
    column_indexes: [{ name: null, field_name: null, ...text, metadata: { encoding: 'UTF-8' } }],
    columns: [
      { name: 'task_index', field_name: 'task_index', pandas_type: 'int64', numpy_type: 'int64', metadata: null },
      { name: 'task', field_name: 'task', ...text, metadata: null },
    ],
    attributes: {},
    creator: { library: 'pyarrow', version: '21.0.0' },
    pandas_version: '2.2.0',
  });
}

const DATA_COLUMNS: readonly Column[] = [
  ...SIGNALS.map((s): Column => ({ name: s.key, type: 'float', listDepth: s.names.length === 1 ? 0 : 1 })),
  ...SCALARS.map((s): Column => ({ name: s.key, type: s.type, listDepth: 0 })),
];

const EPISODE_COLUMNS: readonly Column[] = [
  { name: 'episode_index', type: 'int64', listDepth: 0 },
  { name: 'tasks', type: 'string', listDepth: 1 },
  ...['length', 'data/chunk_index', 'data/file_index', 'dataset_from_index', 'dataset_to_index'].map(
    (name): Column => ({ name, type: 'int64', listDepth: 0 }),
  ),
  ...CAMERA_KEYS.flatMap((key): Column[] => [
    { name: `videos/${key}/chunk_index`, type: 'int64', listDepth: 0 },
    { name: `videos/${key}/file_index`, type: 'int64', listDepth: 0 },
    { name: `videos/${key}/from_timestamp`, type: 'double', listDepth: 0 },
    { name: `videos/${key}/to_timestamp`, type: 'double', listDepth: 0 },
  ]),
  ...[...NUMERIC_KEYS, ...CAMERA_KEYS].flatMap((key) =>
    STAT_NAMES.map((stat): Column => {
      if (stat === 'count') return { name: `stats/${key}/count`, type: 'int64', listDepth: 1 };
      const isImage = CAMERA_KEYS.some((c) => c === key);
      return { name: `stats/${key}/${stat}`, type: 'double', listDepth: isImage ? 3 : 1 };
    }),
  ),
  { name: 'meta/episodes/chunk_index', type: 'int64', listDepth: 0 },
  { name: 'meta/episodes/file_index', type: 'int64', listDepth: 0 },
];

function statCells(stats: Readonly<Record<string, FeatureStats>>): Record<string, unknown> {
  const cells: Record<string, unknown> = {};
  for (const [key, of] of Object.entries(stats)) {
    const isImage = CAMERA_KEYS.some((c) => c === key);
    for (const stat of STAT_NAMES) {
      if (stat === 'count') cells[`stats/${key}/count`] = of.count.map(BigInt);
      else cells[`stats/${key}/${stat}`] = isImage ? asImage(of[stat]) : of[stat];
    }
  }
  return cells;
}

/** What was written, counted. */
export interface WrittenSet {
  readonly episodes: number;
  readonly frames: number;
  readonly tasks: readonly string[];
  /** SHA-256 over all rows in order, independent of how parquet stores them: equal seeds give equal digests. */
  readonly rowsSha256: string;
}

/** Path of a camera's one mp4 inside the dataset. */
export function videoPath(key: CameraKey): string {
  return `videos/${key}/chunk-000/file-000.mp4`;
}

/**
 * Writes everything of a LeRobot v3.0 dataset but the mp4 files, which are filmed at `videoPath`.
 * @see https://github.com/huggingface/lerobot dataset format v3.0
 */
export function writeLeRobot(root: string, episodes: readonly FilmedEpisode[]): WrittenSet {
  const tasks = [...new Set(episodes.map((e) => e.recording.plan.instruction))];
  const groups: DataRow[][] = [];
  const episodeRows: Record<string, unknown>[] = [];
  const allColours = Object.fromEntries(CAMERA_KEYS.map((key) => [key, new ColourHistogram()]));
  let from = 0;
  episodes.forEach(({ recording, colours }, episode) => {
    const rows = dataRows(recording, episode, from, tasks.indexOf(recording.plan.instruction));
    const to = from + rows.length;
    groups.push(rows);
    for (const key of CAMERA_KEYS) allColours[key]?.addAll(colours[key]);
    episodeRows.push({
      episode_index: BigInt(episode),
      tasks: [recording.plan.instruction],
      length: BigInt(rows.length),
      'data/chunk_index': 0n,
      'data/file_index': 0n,
      dataset_from_index: BigInt(from),
      dataset_to_index: BigInt(to),
      ...Object.fromEntries(
        CAMERA_KEYS.flatMap((key) => [
          [`videos/${key}/chunk_index`, 0n],
          [`videos/${key}/file_index`, 0n],
          // Whole frames over the rate, never a sum of durations: sums drift.
          [`videos/${key}/from_timestamp`, from / FRAME_RATE_HZ],
          [`videos/${key}/to_timestamp`, to / FRAME_RATE_HZ],
        ]),
      ),
      ...statCells({
        ...numericStats(rows),
        ...Object.fromEntries(CAMERA_KEYS.map((key) => [key, colours[key].stats()])),
      }),
      'meta/episodes/chunk_index': 0n,
      'meta/episodes/file_index': 0n,
    });
    from = to;
  });
  for (const folder of ['meta/episodes/chunk-000', 'data/chunk-000'])
    mkdirSync(join(root, folder), { recursive: true });
  writeTable(join(root, 'data/chunk-000/file-000.parquet'), DATA_COLUMNS, groups, [
    { key: 'huggingface', value: huggingfaceKey() },
  ]);
  writeTable(join(root, 'meta/episodes/chunk-000/file-000.parquet'), EPISODE_COLUMNS, [episodeRows]);
  writeTable(
    join(root, 'meta/tasks.parquet'),
    [
      { name: 'task_index', type: 'int64', listDepth: 0 },
      { name: 'task', type: 'string', listDepth: 0 },
    ],
    [tasks.map((task, i) => ({ task_index: BigInt(i), task }))],
    [{ key: 'pandas', value: pandasKey() }],
  );
  const overall: Record<string, unknown> = { ...numericStats(groups.flat()) };
  for (const key of CAMERA_KEYS) {
    const stats = allColours[key]?.stats();
    if (stats)
      overall[key] = Object.fromEntries(STAT_NAMES.map((s) => [s, s === 'count' ? stats.count : asImage(stats[s])]));
  }
  writeJson(join(root, 'meta/stats.json'), overall);
  writeJson(join(root, 'meta/info.json'), {
    codebase_version: 'v3.0',
    robot_type: 'bodega_bd6_simulated',
    total_episodes: episodes.length,
    total_frames: from,
    total_tasks: tasks.length,
    chunks_size: 1000,
    data_files_size_in_mb: 100,
    video_files_size_in_mb: 200,
    fps: FRAME_RATE_HZ,
    splits: { train: `0:${episodes.length}` },
    data_path: 'data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet',
    video_path: 'videos/{video_key}/chunk-{chunk_index:03d}/file-{file_index:03d}.mp4',
    features: features(),
  });
  return { episodes: episodes.length, frames: from, tasks, rowsSha256: digestOf(groups.flat()) };
}

function digestOf(rows: readonly DataRow[]): string {
  const hash = createHash('sha256');
  for (const row of rows) hash.update(NUMERIC_KEYS.map((key) => numbersOf(row, key).join(',')).join(';') + '\n');
  return hash.digest('hex');
}

function writeJson(file: string, value: unknown): void {
  writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`);
}
