import type { Encoding, ParquetType, SchemaElement } from 'hyparquet';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { MemoryFileTree } from '../../support/file-trees.js';
import type { Mp4Plan } from './mp4-writer.js';
import { writeMp4 } from './mp4-writer.js';

/** A column of a table to be written. `depth` is how deep its lists nest. */
export interface ColumnPlan {
  type: ParquetType;
  depth: number;
  values: unknown[];
  isText?: boolean;
  encoding?: Encoding;
  /** The struct of bytes and path in which images are embedded. */
  isImage?: boolean;
}
/** A table to be written, column by column. */
export type TablePlan = Record<string, ColumnPlan>;

/** A small dataset before it is written, so that a test can put one defect into it. */
export interface SetPlan {
  version: 'v2.0' | 'v2.1' | 'v3.0';
  info: Record<string, unknown> & { features: Record<string, Record<string, unknown>> };
  tasks: { task_index: number; task: string }[];
  pandas: string | null;
  /** v2.1: lines of episodes.jsonl. */
  lines: Record<string, unknown>[];
  /** v2.1: lines of episodes_stats.jsonl. */
  statsLines: Record<string, unknown>[];
  /** v3.0: the episodes table. */
  episodes: TablePlan;
  /** v3.0 and v2.0: meta/stats.json. */
  stats: Record<string, Record<string, unknown>>;
  /** Sections of meta/modality.json, which makes the GR00T flavour; null for none. */
  modality: Record<string, Record<string, unknown>> | null;
  data: Record<string, TablePlan>;
  videos: Record<string, Mp4Plan>;
}

export const FPS = 10;
export const LENGTHS = [20, 15, 12];
export const CAMERA = 'observation.images.top';
const TASKS = ['pick the red cube', 'place it in the tray'];
const TICKS = 512;
const QUANTILES = { q01: 0.01, q10: 0.1, q50: 0.5, q90: 0.9, q99: 0.99 };
const PANDAS = JSON.stringify({
  index_columns: ['task'],
  column_indexes: [],
  columns: [],
  attributes: {},
  pandas_version: '2.2.0',
});

/** Values that move in every channel and differ between episodes. */
function valueAt(episode: number, frame: number, channel: number): number {
  return Math.fround(Math.sin(frame / 3 + channel) * (1 + episode / 4) + episode / 10 + channel);
}

function rowsOf(episode: number, firstIndex: number, key: string): unknown[] {
  return Array.from({ length: LENGTHS[episode] ?? 0 }, (_, frame) => {
    switch (key) {
      case 'timestamp':
        return Math.fround(frame / FPS);
      case 'frame_index':
        return BigInt(frame);
      case 'episode_index':
        return BigInt(episode);
      case 'index':
        return BigInt(firstIndex + frame);
      case 'task_index':
        return BigInt(episode % 2);
      default:
        return [valueAt(episode, frame, key === 'action' ? 1 : 0), valueAt(episode, frame, key === 'action' ? 3 : 2)];
    }
  });
}

function dataTable(episodes: number[], firstIndex: number): TablePlan {
  const table: TablePlan = {};
  for (const key of [
    'action',
    'observation.state',
    'timestamp',
    'frame_index',
    'episode_index',
    'index',
    'task_index',
  ]) {
    let next = firstIndex;
    const values: unknown[] = [];
    for (const episode of episodes) {
      values.push(...rowsOf(episode, next, key));
      next += LENGTHS[episode] ?? 0;
    }
    const isList = key === 'action' || key === 'observation.state';
    table[key] = { type: isList || key === 'timestamp' ? 'FLOAT' : 'INT64', depth: isList ? 1 : 0, values };
  }
  return table;
}

function statsOf(tables: TablePlan[], key: string): Record<string, number[]> {
  const rows = tables.flatMap((table) => (table[key]?.values ?? []) as number[][]);
  const channel = (c: number): number[] => rows.map((row) => row[c] ?? 0);
  const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const both = (of: (values: number[]) => number): number[] => [of(channel(0)), of(channel(1))];
  return {
    min: both((values) => Math.min(...values)),
    max: both((values) => Math.max(...values)),
    mean: both(mean),
    std: both((values) => Math.sqrt(mean(values.map((value) => (value - mean(values)) ** 2)))),
    count: [rows.length],
    ...Object.fromEntries(
      Object.entries(QUANTILES).map(([name, share]) => [
        name,
        both((values) => [...values].sort((a, b) => a - b)[Math.floor(share * (values.length - 1))] ?? 0),
      ]),
    ),
  };
}

/** As v2.1 ships them. */
function withoutQuantiles(stats: Record<string, number[]>): Record<string, number[]> {
  return Object.fromEntries(Object.entries(stats).filter(([name]) => !(name in QUANTILES)));
}

function video(frames: number, seed: number): Mp4Plan {
  return {
    width: 32,
    height: 24,
    fourcc: 'av01',
    timescale: FPS * TICKS,
    ticks: Array.from({ length: frames }, (_, i) => i * TICKS),
    keyEvery: 2,
    seed,
    editStart: null,
  };
}

/** A set without a fault, in any version. Three episodes, one camera, two tasks. */
export function cleanSet(version: SetPlan['version']): SetPlan {
  const plain = (dtype: string): Record<string, unknown> => ({ dtype, shape: [1], names: null });
  const vector = { dtype: 'float32', shape: [2], names: ['shoulder.pos', 'gripper.pos'] };
  const total = LENGTHS.reduce((sum, length) => sum + length, 0);
  const features = {
    action: { ...vector },
    'observation.state': { ...vector },
    [CAMERA]: {
      dtype: 'video',
      shape: [24, 32, 3],
      names: ['height', 'width', 'channels'],
      info: { 'video.codec': 'av1', 'video.fps': FPS },
    },
    timestamp: plain('float32'),
    frame_index: plain('int64'),
    episode_index: plain('int64'),
    index: plain('int64'),
    task_index: plain('int64'),
  };
  const starts = LENGTHS.map((_, e) => LENGTHS.slice(0, e).reduce((sum, length) => sum + length, 0));
  const perEpisode = LENGTHS.map((_, e) => dataTable([e], starts[e] ?? 0));
  const isV3 = version === 'v3.0';
  const plan: SetPlan = {
    version,
    info: {
      codebase_version: version,
      robot_type: 'test_arm',
      total_episodes: LENGTHS.length,
      total_frames: total,
      total_tasks: 2,
      chunks_size: 1000,
      fps: FPS,
      data_path: isV3
        ? 'data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet'
        : 'data/chunk-{episode_chunk:03d}/episode_{episode_index:06d}.parquet',
      video_path: isV3
        ? 'videos/{video_key}/chunk-{chunk_index:03d}/file-{file_index:03d}.mp4'
        : 'videos/chunk-{episode_chunk:03d}/{video_key}/episode_{episode_index:06d}.mp4',
      features,
    },
    tasks: TASKS.map((task, task_index) => ({ task_index, task })),
    pandas: PANDAS,
    lines: LENGTHS.map((length, e) => ({ episode_index: e, tasks: [TASKS[e % 2]], length })),
    statsLines: perEpisode.map((table, e) => ({
      episode_index: e,
      stats: {
        action: withoutQuantiles(statsOf([table], 'action')),
        'observation.state': withoutQuantiles(statsOf([table], 'observation.state')),
      },
    })),
    episodes: {},
    stats: {
      action: statsOf(perEpisode, 'action'),
      'observation.state': statsOf(perEpisode, 'observation.state'),
      timestamp: { min: [0], max: [1.9], mean: [0.8], std: [0.5] },
    },
    modality: null,
    data: {},
    videos: {},
  };
  if (!isV3) {
    LENGTHS.forEach((length, e) => {
      plan.data[`data/chunk-000/episode_00000${e}.parquet`] = perEpisode[e] ?? {};
      plan.videos[`videos/chunk-000/${CAMERA}/episode_00000${e}.mp4`] = video(length, e);
    });
    return plan;
  }
  const file = [0, 0, 1];
  const spanFrom = [0, LENGTHS[0] ?? 0, 0];
  const whole = (values: number[]): ColumnPlan => ({ type: 'INT64', depth: 0, values: values.map(BigInt) });
  const seconds = (values: number[]): ColumnPlan => ({ type: 'DOUBLE', depth: 0, values });
  const stat = (key: string, name: string): ColumnPlan => ({
    type: name === 'count' ? 'INT64' : 'DOUBLE',
    depth: 1,
    values: perEpisode.map((table) => {
      const values = statsOf([table], key)[name] ?? [];
      return name === 'count' ? values.map(BigInt) : values;
    }),
  });
  plan.episodes = {
    episode_index: whole([0, 1, 2]),
    tasks: { type: 'BYTE_ARRAY', depth: 1, isText: true, values: LENGTHS.map((_, e) => [TASKS[e % 2]]) },
    length: whole(LENGTHS),
    'data/chunk_index': whole([0, 0, 0]),
    'data/file_index': whole(file),
    dataset_from_index: whole(starts),
    dataset_to_index: whole(starts.map((start, e) => start + (LENGTHS[e] ?? 0))),
    [`videos/${CAMERA}/chunk_index`]: whole([0, 0, 0]),
    [`videos/${CAMERA}/file_index`]: whole(file),
    [`videos/${CAMERA}/from_timestamp`]: seconds(spanFrom.map((from) => from / FPS)),
    [`videos/${CAMERA}/to_timestamp`]: seconds(spanFrom.map((from, e) => (from + (LENGTHS[e] ?? 0)) / FPS)),
    ...Object.fromEntries(
      ['action', 'observation.state'].flatMap((key) =>
        ['min', 'max', 'mean', 'std', 'count', ...Object.keys(QUANTILES)].map((name) => [
          `stats/${key}/${name}`,
          stat(key, name),
        ]),
      ),
    ),
  };
  plan.data = {
    'data/chunk-000/file-000.parquet': dataTable([0, 1], 0),
    'data/chunk-000/file-001.parquet': dataTable([2], starts[2] ?? 0),
  };
  plan.videos = {
    [`videos/${CAMERA}/chunk-000/file-000.mp4`]: video((LENGTHS[0] ?? 0) + (LENGTHS[1] ?? 0), 0),
    [`videos/${CAMERA}/chunk-000/file-001.mp4`]: video(LENGTHS[2] ?? 0, 2),
  };
  return plan;
}

/** A clean v2.0 set of the GR00T flavour; its vectors have no names but those of modality.json. */
export function gr00tSet(): SetPlan {
  const plan = cleanSet('v2.0');
  for (const key of ['action', 'observation.state'])
    plan.info.features[key] = { dtype: 'float32', shape: [2], names: null };
  plan.info.features['annotation.human.validity'] = { dtype: 'int64', shape: [1], names: null };
  for (const table of Object.values(plan.data))
    table['annotation.human.validity'] = {
      type: 'INT64',
      depth: 0,
      values: Array<bigint>(table['index']?.values.length ?? 0).fill(1n),
    };
  const parts = { arm: { start: 0, end: 1 }, gripper: { start: 1, end: 2 } };
  plan.modality = {
    state: { ...parts },
    action: { ...parts, gripper: { start: 1, end: 2, original_key: 'action' } },
    video: { top: { original_key: CAMERA } },
    annotation: { 'human.task_description': { original_key: 'task_index' }, 'human.validity': {} },
  };
  return plan;
}

/** Writes the plan as files in memory. */
export function writeSet(plan: SetPlan): MemoryFileTree {
  const files = new Map<string, Uint8Array>();
  const json = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
  const lines = (rows: unknown[]): Uint8Array =>
    new TextEncoder().encode(rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  files.set('meta/info.json', json(plan.info));
  if (plan.modality) files.set('meta/modality.json', json(plan.modality));
  if (plan.version !== 'v3.0') {
    files.set('meta/tasks.jsonl', lines(plan.tasks));
    files.set('meta/episodes.jsonl', lines(plan.lines));
    if (plan.version === 'v2.1') files.set('meta/episodes_stats.jsonl', lines(plan.statsLines));
    else files.set('meta/stats.json', json(plan.stats));
  } else {
    const tasks: TablePlan = {
      task_index: { type: 'INT64', depth: 0, values: plan.tasks.map((task) => BigInt(task.task_index)) },
      task: { type: 'BYTE_ARRAY', depth: 0, isText: true, values: plan.tasks.map((task) => task.task) },
    };
    files.set('meta/tasks.parquet', writeTable(tasks, { pandas: plan.pandas }));
    files.set('meta/episodes/chunk-000/file-000.parquet', writeTable(plan.episodes));
    files.set('meta/stats.json', json(plan.stats));
  }
  for (const [path, table] of Object.entries(plan.data)) files.set(path, writeTable(table));
  for (const [path, mp4] of Object.entries(plan.videos)) files.set(path, writeMp4(mp4));
  return new MemoryFileTree(files);
}

/** How a table is laid out in its file. */
export interface TableOptions {
  pandas?: string | null;
  rowGroupSize?: number;
  pageSize?: number;
  codec?: 'SNAPPY' | 'UNCOMPRESSED';
  dictionarySize?: number;
}

/** Writes one table as parquet, lists in the three-level form that Arrow uses. */
export function writeTable(
  table: TablePlan,
  { pandas, rowGroupSize, pageSize, dictionarySize, codec = 'SNAPPY' }: TableOptions = {},
): Uint8Array {
  const schema: SchemaElement[] = [{ name: 'schema', num_children: Object.keys(table).length }];
  for (const [name, column] of Object.entries(table)) {
    if (column.isImage) {
      schema.push(
        { name, repetition_type: 'OPTIONAL', num_children: 2 },
        { name: 'bytes', type: 'BYTE_ARRAY', repetition_type: 'OPTIONAL' },
        { name: 'path', type: 'BYTE_ARRAY', repetition_type: 'OPTIONAL', converted_type: 'UTF8' },
      );
      continue;
    }
    for (let d = 0; d < column.depth; d += 1) {
      schema.push(
        { name: d === 0 ? name : 'element', repetition_type: 'OPTIONAL', num_children: 1, converted_type: 'LIST' },
        { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
      );
    }
    schema.push({
      name: column.depth === 0 ? name : 'element',
      type: column.type,
      repetition_type: 'OPTIONAL',
      ...(column.isText ? { converted_type: 'UTF8' as const } : {}),
    });
  }
  const buffer = parquetWriteBuffer({
    schema,
    codec,
    columnData: Object.entries(table).map(([name, column]) => ({
      name,
      data: column.values,
      ...(column.encoding ? { encoding: column.encoding } : {}),
    })),
    ...(rowGroupSize === undefined ? {} : { rowGroupSize }),
    ...(pageSize === undefined ? {} : { pageSize }),
    ...(dictionarySize === undefined ? {} : { dictionarySize }),
    ...(pandas ? { kvMetadata: [{ key: 'pandas', value: pandas }] } : {}),
  });
  return new Uint8Array(buffer);
}
