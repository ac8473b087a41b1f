import { describe, expect, it, jest } from '@jest/globals';
import type { MemoryFileTree } from '../../support/file-trees.js';
import type { SetPlan, TablePlan } from './clean-set.js';
import { CAMERA, cleanSet, LENGTHS, writeSet, writeTable } from './clean-set.js';
import { errorCodes, measure, warningCodes } from './measuring.js';

// Generous: other work may share the machine, and no test here is about time.
jest.setTimeout(300_000);

type Version = SetPlan['version'];

/** One defect: put into the plan, or into the written files, and the codes that must answer it (and no other error). */
interface Defect {
  name: string;
  on: Version[];
  plan?: (plan: SetPlan) => void;
  files?: (tree: MemoryFileTree) => void;
  errors?: string[];
  warnings?: string[];
}

const BOTH: Version[] = ['v2.1', 'v3.0'];
const V3: Version[] = ['v3.0'];
const V2: Version[] = ['v2.1'];
const EVERY: Version[] = ['v2.0', 'v2.1', 'v3.0'];

function firstTable(plan: SetPlan): TablePlan {
  const table = Object.values(plan.data)[0];
  if (!table) throw new Error('the plan has no data');
  return table;
}
function values(table: TablePlan, key: string): unknown[] {
  const column = table[key];
  if (!column) throw new Error(`no column ${key}`);
  return column.values;
}
function setValue(key: string, row: number, value: unknown): (plan: SetPlan) => void {
  return (plan) => {
    values(firstTable(plan), key)[row] = value;
  };
}
function episodeValue(key: string, row: number, value: unknown): (plan: SetPlan) => void {
  return (plan) => {
    values(plan.episodes, key)[row] = value;
  };
}
function dropRow(table: TablePlan, row: number): void {
  for (const column of Object.values(table)) column.values.splice(row, 1);
}
function firstPath(tree: MemoryFileTree, pattern: RegExp): string {
  const path = [...tree.contents.keys()].filter((name) => pattern.test(name)).sort()[0];
  if (path === undefined) throw new Error(`nothing matches ${pattern}`);
  return path;
}
function replace(pattern: RegExp, change: (bytes: Uint8Array) => Uint8Array): (tree: MemoryFileTree) => void {
  return (tree) => {
    const path = firstPath(tree, pattern);
    tree.contents.set(path, change(tree.contents.get(path) ?? new Uint8Array(0)));
  };
}
function remove(pattern: RegExp): (tree: MemoryFileTree) => void {
  return (tree) => {
    tree.contents.delete(firstPath(tree, pattern));
  };
}
const text = (content: string): Uint8Array => new TextEncoder().encode(content);
const LFS = text(`version https://git-lfs.github.com/spec/v1\noid sha256:${'a'.repeat(64)}\nsize 123456\n`);

const DEFECTS: Defect[] = [
  // names and files
  {
    name: 'a parent folder in a path',
    on: BOTH,
    files: (tree) => tree.contents.set('../escape.txt', text('x')),
    errors: ['PATH_REFUSED'],
  },
  {
    name: 'an absolute path',
    on: BOTH,
    files: (tree) => tree.contents.set('/etc/passwd', text('x')),
    errors: ['PATH_REFUSED'],
  },
  {
    name: 'a name with #',
    on: BOTH,
    files: (tree) => tree.contents.set('notes#1.txt', text('x')),
    errors: ['PATH_REFUSED'],
  },
  {
    name: 'a name with ?',
    on: BOTH,
    files: (tree) => tree.contents.set('what?.txt', text('x')),
    errors: ['PATH_REFUSED'],
  },
  {
    name: 'a name with %',
    on: BOTH,
    files: (tree) => tree.contents.set('100%.txt', text('x')),
    errors: ['PATH_REFUSED'],
  },
  {
    name: 'a link written as text',
    on: BOTH,
    files: (tree) => tree.contents.set('data/link.parquet', text('../../blobs/abcdef')),
    errors: ['SYMLINK_FILE'],
    warnings: ['EXTRA_FILES'],
  },
  {
    name: 'an LFS pointer for a parquet',
    on: BOTH,
    files: replace(/^data\//, () => LFS),
    errors: ['BAD_MAGIC', 'FRAME_COUNT_MISMATCH', 'LFS_POINTER'],
  },
  {
    name: 'an LFS pointer for a video',
    on: BOTH,
    files: replace(/\.mp4$/, () => LFS),
    errors: ['BAD_MAGIC', 'LFS_POINTER'],
  },
  {
    name: 'an LFS pointer under another extension',
    on: BOTH,
    files: (tree) => tree.contents.set('README.md', LFS),
    errors: ['LFS_POINTER'],
  },
  {
    name: 'a file left by macOS',
    on: BOTH,
    files: (tree) => tree.contents.set('data/.DS_Store', text('x')),
    warnings: ['EXTRA_FILES'],
  },
  {
    name: 'a parquet that no episode uses',
    on: BOTH,
    files: (tree) => tree.contents.set('data/chunk-009/other.parquet', text('x'.repeat(2000))),
    warnings: ['EXTRA_FILES'],
  },
  // info.json
  { name: 'no fps', on: BOTH, plan: (plan) => delete plan.info.fps, errors: ['INFO_FIELD_MISSING'] },
  { name: 'fps 0', on: BOTH, plan: (plan) => void (plan.info.fps = 0), errors: ['INFO_INVALID'] },
  {
    name: 'no features',
    on: BOTH,
    plan: (plan) => delete (plan.info as Record<string, unknown>).features,
    errors: ['INFO_FIELD_MISSING'],
  },
  { name: 'no data_path', on: BOTH, plan: (plan) => delete plan.info.data_path, errors: ['INFO_FIELD_MISSING'] },
  {
    name: 'a data_path with an unknown field',
    on: BOTH,
    plan: (plan) => void (plan.info.data_path = 'data/{shard}.parquet'),
    errors: ['FRAME_COUNT_MISMATCH', 'INFO_INVALID', 'EPISODE_COUNT_MISMATCH'],
  },
  {
    name: 'a version from the future',
    on: BOTH,
    plan: (plan) => void (plan.info.codebase_version = 'v9.0'),
    errors: ['UNKNOWN_VERSION'],
  },
  {
    name: 'version 1.6',
    on: V2,
    plan: (plan) => void (plan.info.codebase_version = 'v1.6'),
    errors: ['UNSUPPORTED_VERSION'],
  },
  {
    name: 'info.json that is not JSON',
    on: BOTH,
    files: replace(/info\.json$/, () => text('{"fps": 10,')),
    errors: ['METADATA_INVALID'],
  },
  {
    name: 'a feature that the data lacks',
    on: BOTH,
    plan: (plan) => void (plan.info.features['observation.effort'] = { dtype: 'float32', shape: [2], names: null }),
    errors: ['FEATURE_MISSING'],
  },
  {
    name: 'a column that is not declared',
    on: BOTH,
    plan: (plan) => delete plan.info.features.action,
    errors: ['FEATURE_UNDECLARED'],
  },
  {
    name: 'a shape that the rows do not have',
    on: BOTH,
    plan: (plan) => void (plan.info.features.action = { dtype: 'float32', shape: [3], names: null }),
    errors: ['FEATURE_SHAPE_MISMATCH'],
  },
  {
    name: 'a list declared as a scalar',
    on: BOTH,
    plan: (plan) => void (plan.info.features.action = { dtype: 'float32', shape: [1], names: null }),
    errors: ['FEATURE_SHAPE_MISMATCH'],
  },
  {
    name: 'numbers declared as text',
    on: BOTH,
    plan: (plan) => void (plan.info.features.action = { dtype: 'string', shape: [1], names: null }),
    errors: ['DTYPE_MISMATCH'],
  },
  {
    name: 'float64 declared, float32 stored',
    on: BOTH,
    plan: (plan) => void (plan.info.features.action = { dtype: 'float64', shape: [2], names: null }),
    warnings: ['DTYPE_MISMATCH'],
  },
  {
    name: 'more episodes announced than there are',
    on: BOTH,
    plan: (plan) => void (plan.info.total_episodes = 4),
    errors: ['EPISODE_COUNT_MISMATCH'],
  },
  {
    name: 'another number of frames announced',
    on: BOTH,
    plan: (plan) => void (plan.info.total_frames = 46),
    errors: ['FRAME_COUNT_MISMATCH'],
  },
  {
    name: 'another number of tasks announced',
    on: BOTH,
    plan: (plan) => void (plan.info.total_tasks = 5),
    warnings: ['TASK_COUNT_MISMATCH'],
  },
  {
    name: 'a fractional rate',
    on: BOTH,
    plan: (plan) => void (plan.info.fps = 10.00001),
    errors: [],
    warnings: ['FPS_FRACTIONAL'],
  },
  // tasks
  { name: 'no tasks table', on: BOTH, files: remove(/^meta\/tasks/), errors: ['TASKS_MISSING'] },
  {
    name: 'no pandas index in the tasks table',
    on: V3,
    plan: (plan) => void (plan.pandas = null),
    errors: ['TASKS_INDEX_MISSING'],
  },
  {
    name: 'a pandas range index in the tasks table',
    on: V3,
    plan: (plan) => void (plan.pandas = '{"index_columns":[{"kind":"range"}]}'),
    errors: ['TASKS_INDEX_MISSING'],
  },
  { name: 'a row of an unknown task', on: BOTH, plan: setValue('task_index', 3, 7n), errors: ['TASK_INDEX_UNKNOWN'] },
  {
    name: 'a task that says nothing',
    on: BOTH,
    plan: (plan) => {
      for (const task of plan.tasks) task.task = 'TODO';
      for (const line of plan.lines) line.tasks = ['TODO'];
      if (plan.episodes.tasks) plan.episodes.tasks.values = LENGTHS.map(() => ['TODO']);
    },
    warnings: ['TASK_TEXT_GENERIC'],
  },
  // rows
  {
    name: 'one row too few',
    on: V2,
    plan: (plan) => dropRow(firstTable(plan), 19),
    errors: ['FRAME_COUNT_MISMATCH', 'INDEX_GAP', 'LENGTH_MISMATCH', 'VIDEO_FRAME_MISMATCH'],
  },
  {
    name: 'one row too few',
    on: V3,
    plan: (plan) => dropRow(firstTable(plan), 19),
    errors: ['FRAME_COUNT_MISMATCH', 'LENGTH_MISMATCH', 'VIDEO_FRAME_MISMATCH'],
  },
  { name: 'a hole in frame_index', on: BOTH, plan: setValue('frame_index', 5, 6n), errors: ['INDEX_GAP'] },
  { name: 'a hole in index', on: BOTH, plan: setValue('index', 5, 99n), errors: ['INDEX_GAP'] },
  {
    name: 'a wrong episode_index in a row',
    on: V2,
    plan: setValue('episode_index', 5, 2n),
    errors: ['EPISODE_INDEX_GAP'],
  },
  {
    name: 'a clock that goes backwards',
    on: BOTH,
    plan: setValue('timestamp', 6, 0.3),
    errors: ['TIMESTAMP_NOT_MONOTONIC'],
  },
  { name: 'a clock that stands', on: BOTH, plan: setValue('timestamp', 6, 0.5), errors: ['TIMESTAMP_NOT_MONOTONIC'] },
  { name: 'a time that is NaN', on: BOTH, plan: setValue('timestamp', 6, Number.NaN), errors: ['NAN_OR_INF'] },
  { name: 'a time 0.2 ms off', on: BOTH, plan: setValue('timestamp', 6, 0.6002), errors: ['TIMESTAMP_TOLERANCE'] },
  {
    name: 'a NaN in an action',
    on: BOTH,
    plan: setValue('action', 4, [0, Number.NaN]),
    errors: ['NAN_OR_INF'],
    warnings: [],
  },
  {
    name: 'an infinity in a state',
    on: BOTH,
    plan: setValue('observation.state', 4, [Number.POSITIVE_INFINITY, 0]),
    errors: ['NAN_OR_INF'],
  },
  { name: 'a null in a state', on: BOTH, plan: setValue('observation.state', 4, null), errors: ['NULL_VALUE'] },
  {
    name: 'a row of three values among pairs',
    on: BOTH,
    plan: setValue('action', 4, [1, 2, 3]),
    errors: ['FEATURE_SHAPE_MISMATCH'],
  },
  {
    name: 'a channel that never moves',
    on: BOTH,
    plan: (plan) => {
      for (const table of Object.values(plan.data)) for (const row of values(table, 'action') as number[][]) row[1] = 5;
    },
    warnings: ['CONSTANT_CHANNEL', 'STATS_MISMATCH'],
  },
  {
    name: 'no timestamp column',
    on: BOTH,
    plan: (plan) => {
      for (const table of Object.values(plan.data)) delete table.timestamp;
    },
    errors: ['FEATURE_MISSING'],
  },
  {
    name: 'rows that belong to nobody',
    on: V3,
    plan: (plan) => {
      const table = Object.values(plan.data)[1];
      if (table)
        for (const [key, column] of Object.entries(table))
          column.values.push(key === 'episode_index' ? 9n : column.values[11]);
    },
    errors: ['FRAME_COUNT_MISMATCH'],
  },
  {
    name: 'a data file that is missing',
    on: BOTH,
    files: remove(/^data\//),
    errors: ['FRAME_COUNT_MISMATCH', 'MISSING_DATA_FILE'],
  },
  {
    name: 'a parquet cut in half',
    on: BOTH,
    files: replace(/^data\//, (bytes) => bytes.slice(0, bytes.length >> 1)),
    errors: ['FRAME_COUNT_MISMATCH', 'TRUNCATED_FILE'],
  },
  // episodes
  {
    name: 'no list of episodes',
    on: BOTH,
    files: remove(/^meta\/episodes(\.jsonl|\/)/),
    errors: ['EPISODE_COUNT_MISMATCH', 'FRAME_COUNT_MISMATCH', 'MISSING_EPISODES'],
  },
  {
    name: 'a length that the rows do not have',
    on: V2,
    plan: (plan) => void ((plan.lines[1] ?? {}).length = 14),
    errors: ['LENGTH_MISMATCH'],
  },
  {
    name: 'a line without tasks',
    on: V2,
    plan: (plan) => delete (plan.lines[1] ?? {}).tasks,
    errors: ['EPISODE_FIELD_MISSING'],
  },
  {
    name: 'a line that is not JSON',
    on: V2,
    files: replace(/episodes\.jsonl$/, (bytes) => new Uint8Array([...bytes, ...text('{oops\n')])),
    errors: ['METADATA_INVALID'],
  },
  {
    name: 'a number left out',
    on: V2,
    plan: (plan) => {
      plan.lines = plan.lines.slice(1);
      plan.info.total_episodes = 2;
      plan.info.total_frames = 27;
    },
    errors: ['EPISODE_INDEX_GAP', 'INDEX_GAP'],
    warnings: ['EXTRA_FILES'],
  },
  {
    name: 'a length that the rows do not have',
    on: V3,
    plan: episodeValue('length', 1, 14n),
    errors: ['LENGTH_MISMATCH', 'INDEX_GAP'],
  },
  {
    name: 'a length of nothing',
    on: V3,
    plan: episodeValue('length', 1, null),
    errors: ['EPISODE_COUNT_MISMATCH', 'EPISODE_INDEX_GAP', 'FRAME_COUNT_MISMATCH', 'INDEX_GAP', 'METADATA_INVALID'],
  },
  {
    name: 'a wrong dataset_from_index',
    on: V3,
    plan: episodeValue('dataset_from_index', 1, 21n),
    errors: ['INDEX_GAP', 'LENGTH_MISMATCH'],
  },
  {
    name: 'no column of data files',
    on: V3,
    plan: (plan) => delete plan.episodes['data/file_index'],
    errors: ['EPISODE_FIELD_MISSING', 'FRAME_COUNT_MISMATCH', 'LENGTH_MISMATCH'],
    warnings: ['EXTRA_FILES'],
  },
  {
    name: 'the episodes table under another name',
    on: V3,
    files: (tree) => {
      const path = firstPath(tree, /^meta\/episodes/);
      tree.contents.set('meta/episodes/episodes.parquet', tree.contents.get(path) ?? new Uint8Array(0));
      tree.contents.delete(path);
    },
    errors: ['EPISODE_COUNT_MISMATCH', 'FRAME_COUNT_MISMATCH', 'MISPLACED_FILE', 'MISSING_EPISODES'],
  },
  {
    name: 'an episode twice',
    on: V2,
    plan: (plan) => {
      const [a, b] = ['data/chunk-000/episode_000000.parquet', 'data/chunk-000/episode_000001.parquet'];
      const copy = structuredClone(plan.data[a ?? '']);
      if (!copy || !b) throw new Error('no table');
      copy.episode_index = { ...copy.episode_index, values: Array.from({ length: 20 }, () => 1n) } as TablePlan[string];
      copy.index = { ...copy.index, values: Array.from({ length: 20 }, (_, i) => BigInt(20 + i)) } as TablePlan[string];
      plan.data[b] = copy;
      const videos = Object.keys(plan.videos);
      plan.videos[videos[1] ?? ''] = { ...plan.videos[videos[0] ?? ''] } as SetPlan['videos'][string];
      (plan.lines[1] ?? {}).length = 20;
      plan.info.total_frames = 52;
      const third = plan.data['data/chunk-000/episode_000002.parquet'];
      if (third?.index) third.index.values = Array.from({ length: 12 }, (_, i) => BigInt(40 + i));
      plan.statsLines[1] = { ...plan.statsLines[0], episode_index: 1 };
    },
    warnings: ['DUPLICATE_EPISODE'],
  },
  // statistics
  { name: 'no statistics', on: BOTH, files: remove(/stats/), warnings: ['STATS_MISSING'] },
  {
    name: 'statistics of other data',
    on: V2,
    plan: (plan) => {
      const stats = plan.statsLines[1]?.stats as Record<string, Record<string, number[]>>;
      (stats.action ?? {}).mean = [9, 9];
    },
    warnings: ['STATS_MISMATCH'],
  },
  {
    name: 'statistics of other data',
    on: V3,
    plan: (plan) => void ((plan.stats.action ?? {}).max = [99, 99]),
    warnings: ['STATS_MISMATCH'],
  },
  {
    name: 'statistics of other data in the episodes table',
    on: V3,
    plan: episodeValue('stats/action/min', 1, [50, 50]),
    warnings: ['STATS_MISMATCH'],
  },
  {
    name: 'a median of other data',
    on: V3,
    plan: (plan) => void ((plan.stats.action ?? {}).q50 = [9, 9]),
    warnings: ['STATS_MISMATCH'],
  },
  {
    name: 'quantiles of nothing but zeros',
    on: V3,
    plan: (plan) => {
      for (const name of ['q01', 'q10', 'q50', 'q90', 'q99']) (plan.stats.action ?? {})[name] = [0, 0];
    },
    warnings: ['STATS_MISMATCH'],
  },
  {
    name: 'a quantile that is no number',
    on: V3,
    plan: episodeValue('stats/action/q99', 1, [Number.NaN, 1]),
    warnings: ['STATS_MISMATCH'],
  },
  {
    name: 'a quantile of other data in the episodes table',
    on: V3,
    plan: episodeValue('stats/action/q99', 1, [50, 50]),
    warnings: ['STATS_MISMATCH'],
  },
  {
    name: 'quantiles of one feature only',
    on: V3,
    plan: (plan) => {
      for (const name of ['q01', 'q99']) delete (plan.stats['observation.state'] ?? {})[name];
    },
    warnings: ['STATS_MISSING'],
  },
  {
    name: 'statistics of another number of rows',
    on: V3,
    plan: (plan) => void ((plan.stats.action ?? {}).count = [46]),
    warnings: ['STATS_MISMATCH'],
  },
  {
    name: 'statistics of another number of rows',
    on: V2,
    plan: (plan) => {
      const stats = plan.statsLines[1]?.stats as Record<string, Record<string, number[]>>;
      (stats.action ?? {}).count = [14];
    },
    warnings: ['STATS_MISMATCH'],
  },
  // video
  { name: 'a missing video', on: BOTH, files: remove(/\.mp4$/), errors: ['MISSING_VIDEO'] },
  {
    name: 'a video cut in half',
    on: BOTH,
    files: replace(/\.mp4$/, (bytes) => bytes.slice(0, bytes.length >> 1)),
    errors: ['TRUNCATED_FILE'],
  },
  {
    name: 'a video without its moov box',
    on: BOTH,
    files: replace(/\.mp4$/, (bytes) => bytes.slice(0, Buffer.from(bytes).indexOf('moov') - 4)),
    errors: ['TRUNCATED_FILE'],
  },
  {
    name: 'a video that is text',
    on: BOTH,
    files: replace(/\.mp4$/, () => text('#EXTM3U '.repeat(300))),
    errors: ['BAD_MAGIC'],
  },
  {
    name: 'a video one frame short',
    on: V2,
    plan: (plan) => {
      for (const video of Object.values(plan.videos)) video.ticks.pop();
    },
    errors: ['VIDEO_FRAME_MISMATCH'],
  },
  {
    name: 'a video one frame short',
    on: V3,
    plan: (plan) => {
      for (const video of Object.values(plan.videos)) video.ticks.pop();
    },
    errors: ['VIDEO_SPAN_OUT_OF_RANGE'],
  },
  {
    name: 'a video whose frames drift by 0.4 ms',
    on: BOTH,
    plan: (plan) => {
      for (const video of Object.values(plan.videos))
        video.ticks = video.ticks.map((tick, i) => (i > 5 ? tick + 2 : tick));
    },
    errors: ['TIMESTAMP_TOLERANCE'],
  },
  {
    name: 'a video that starts late by its edit list',
    on: BOTH,
    plan: (plan) => {
      for (const video of Object.values(plan.videos)) video.editStart = 256;
    },
    errors: ['TIMESTAMP_TOLERANCE'],
  },
  {
    name: 'a video of another size',
    on: BOTH,
    plan: (plan) => {
      for (const video of Object.values(plan.videos)) video.width = 64;
    },
    errors: ['VIDEO_SIZE_MISMATCH'],
  },
  {
    name: 'a wrongly declared codec',
    on: BOTH,
    plan: (plan) =>
      void (plan.info.features[CAMERA] = { ...plan.info.features[CAMERA], info: { 'video.codec': 'h264' } }),
    warnings: ['CODEC_DECLARED_WRONG'],
  },
  {
    name: 'a codec that nothing plays',
    on: BOTH,
    plan: (plan) => {
      for (const video of Object.values(plan.videos)) video.fourcc = 'mp4v';
    },
    warnings: ['CODEC_DECLARED_WRONG', 'CODEC_UNUSUAL'],
  },
  {
    name: 'a span that overlaps',
    on: V3,
    plan: (plan) => {
      episodeValue(`videos/${CAMERA}/from_timestamp`, 1, 1.5)(plan);
      episodeValue(`videos/${CAMERA}/to_timestamp`, 1, 3.0)(plan);
    },
    errors: ['VIDEO_SPAN_OVERLAP'],
  },
  {
    name: 'a span behind the end',
    on: V3,
    plan: (plan) => {
      episodeValue(`videos/${CAMERA}/from_timestamp`, 2, 300)(plan);
      episodeValue(`videos/${CAMERA}/to_timestamp`, 2, 301.2)(plan);
    },
    errors: ['VIDEO_SPAN_OUT_OF_RANGE'],
  },
  {
    name: 'a span of another length',
    on: V3,
    plan: episodeValue(`videos/${CAMERA}/to_timestamp`, 2, 1.5),
    errors: ['VIDEO_FRAME_MISMATCH'],
  },
  {
    name: 'a span that is NaN',
    on: V3,
    plan: episodeValue(`videos/${CAMERA}/from_timestamp`, 2, Number.NaN),
    errors: ['METADATA_INVALID'],
  },
];

DEFECTS.push(
  {
    name: 'an episode that is padded with its last row',
    on: EVERY,
    plan: (plan) => {
      for (const key of ['action', 'observation.state']) {
        const rows = values(firstTable(plan), key);
        for (let row = 6; row < 20; row += 1) rows[row] = rows[5];
      }
    },
    warnings: ['PADDED_TAIL'],
  },
  {
    name: 'a robot without a name',
    on: EVERY,
    plan: (plan) => void (plan.info.robot_type = null),
    warnings: ['ROBOT_UNKNOWN'],
  },
);

const CASES = DEFECTS.flatMap((defect) => defect.on.map((version) => [version, defect.name, defect] as const));

describe.each(EVERY)('a clean %s set', (version) => {
  it('has no error and no warning, and counts what was written', async () => {
    const { set, episodes } = await measure(writeSet(cleanSet(version)));

    expect(errorCodes(set)).toEqual([]);
    expect(warningCodes(set)).toEqual([]);
    expect([set.episodes, set.frames, set.formatVersion]).toEqual([3, 47, version]);
    expect(episodes.map((episode) => episode.frames)).toEqual(LENGTHS);
  });

  it('is the same set below a folder', async () => {
    const clean = writeSet(cleanSet(version));
    const moved = clean.copy();
    moved.contents.clear();
    for (const [path, bytes] of clean.contents) moved.contents.set(`my upload/set/${path}`, bytes);

    const { set, episodes } = await measure(moved);

    expect(set.rootPath).toBe('my upload/set/');
    expect(errorCodes(set)).toEqual([]);
    expect(episodes[0]?.files[0]?.path).toMatch(/^my upload\/set\/data\//);
  });
});

describe('one defect at a time', () => {
  it.each(CASES)('%s: names %s', async (version, _, defect) => {
    const plan = cleanSet(version);
    defect.plan?.(plan);
    const tree = writeSet(plan);
    defect.files?.(tree);

    const { set } = await measure(tree);

    expect(errorCodes(set)).toEqual([...(defect.errors ?? [])].sort());
    expect(warningCodes(set)).toEqual(expect.arrayContaining([...(defect.warnings ?? [])].sort()));
    for (const finding of set.findings) expect(finding.message.length).toBeGreaterThan(10);
  });

  it('tells file, row and reason of a bad value', async () => {
    const plan = cleanSet('v3.0');
    setValue('timestamp', 25, 0.1)(plan);

    const { set } = await measure(writeSet(plan));

    expect(set.findings.filter((finding) => finding.severity === 'error')).toEqual([
      expect.objectContaining({
        code: 'TIMESTAMP_NOT_MONOTONIC',
        path: 'data/chunk-000/file-000.parquet',
        row: 25,
        episode: 1,
      }),
    ]);
  });

  it('finds the same faults however the parquet is cut into pages and row groups', async () => {
    const plan = cleanSet('v3.0');
    setValue('action', 30, [Number.NaN, 1])(plan);
    const tree = writeSet(plan);
    for (const [path, table] of Object.entries(plan.data))
      tree.contents.set(path, writeTable(table, { rowGroupSize: 7, pageSize: 24 }));

    const { set } = await measure(tree);

    expect(set.findings.filter((finding) => finding.severity === 'error')).toEqual([
      expect.objectContaining({ code: 'NAN_OR_INF', row: 30, episode: 1 }),
    ]);
    expect(set.frames).toBe(47);
  });

  it('lists at most as many findings as asked for, and counts the rest', async () => {
    const plan = cleanSet('v2.1');
    const tree = writeSet(plan);
    for (let i = 0; i < 50; i += 1) tree.contents.set(`bad#${i}.txt`, text('x'.repeat(2000)));

    const { set } = await measure(tree, 10);

    const refused = set.findings.filter((finding) => finding.code === 'PATH_REFUSED');
    expect(refused.length).toBe(11);
    expect(refused.at(-1)?.message).toBe('40 more of this kind are not listed');
  });
});

describe('what the data says about success', () => {
  it.each([
    ['a flag that is set', 'next.success', (frame: number, last: number) => frame === last, ['success', 'flag']],
    ['a flag that is never set', 'next.success', () => false, ['failure', 'flag']],
    [
      'a sparse reward that ends in 1',
      'next.reward',
      (frame: number, last: number) => (frame === last ? 1 : 0),
      ['success', 'reward'],
    ],
    ['a dense reward', 'next.reward', (frame: number) => frame / 10, [null, null]],
    ['a reward that stays 0', 'next.reward', () => 0, [null, null]],
  ])('reads %s', async (_, key, of, [outcome, source]) => {
    const plan = cleanSet('v2.1');
    const isFlag = key === 'next.success';
    plan.info.features[key] = { dtype: isFlag ? 'bool' : 'float32', shape: [1], names: null };
    Object.values(plan.data).forEach((table, e) => {
      const length = LENGTHS[e] ?? 0;
      table[key] = {
        type: isFlag ? 'BOOLEAN' : 'FLOAT',
        depth: 0,
        values: Array.from({ length }, (__, frame) => of(frame, length - 1)),
      };
    });

    const { set, episodes } = await measure(writeSet(plan));

    expect(errorCodes(set)).toEqual([]);
    expect(episodes.map((episode) => [episode.outcome, episode.outcomeSource])).toEqual(
      LENGTHS.map(() => [outcome, source]),
    );
  });
});

describe('images that are embedded in the data', () => {
  /** The first bytes of a PNG of a given size: all that is looked at. */
  function png(width: number, height: number, seed: number): Buffer {
    const bytes = Buffer.alloc(40, seed);
    Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex').copy(bytes);
    bytes.writeUInt32BE(width, 16);
    bytes.writeUInt32BE(height, 20);
    bytes.set([8, 2, 0, 0, 0], 24);
    return bytes;
  }

  function withImages(of: (episode: number, frame: number) => Uint8Array | null): SetPlan {
    const plan = cleanSet('v2.1');
    plan.info.features['observation.images.wrist'] = {
      dtype: 'image',
      shape: [24, 32, 3],
      names: ['height', 'width', 'channel'],
    };
    Object.values(plan.data).forEach((table, episode) => {
      const values = Array.from({ length: LENGTHS[episode] ?? 0 }, (_, frame) => ({
        bytes: of(episode, frame),
        path: `frame_${frame}.png`,
      }));
      table['observation.images.wrist'] = { type: 'BYTE_ARRAY', depth: 0, isImage: true, values };
    });
    return plan;
  }

  it('are a camera like any other', async () => {
    const { set, episodes } = await measure(
      writeSet(withImages((episode, frame) => png(32, 24, episode * 50 + frame))),
    );
    const other = await measure(
      writeSet(withImages((episode, frame) => png(32, 24, episode * 50 + frame + (frame === 3 ? 1 : 0)))),
    );

    expect(errorCodes(set)).toEqual([]);
    expect(
      set.cameras.map((camera) => [camera.name, camera.codec, camera.width, camera.height, camera.frames]),
    ).toEqual([
      ['top', 'av1', 32, 24, 47],
      ['wrist', 'png', 32, 24, 47],
    ]);
    expect(other.episodes.map((episode) => episode.contentHash)).not.toContain(episodes[0]?.contentHash);
  });

  it('are told to be frozen, or a placeholder, where every one in an episode is the same', async () => {
    const frozen = (bytes: number): SetPlan =>
      withImages((episode, frame) => {
        const picture = Buffer.alloc(bytes, 9);
        png(32, 24, episode === 1 ? 7 : episode * 50 + frame).copy(picture);
        return picture;
      });
    const still = await measure(writeSet(frozen(5000)));
    const blank = await measure(writeSet(frozen(60)));

    expect([errorCodes(still.set), warningCodes(still.set)]).toEqual([[], ['FROZEN_VIDEO']]);
    expect(still.set.findings).toContainEqual(
      expect.objectContaining({ code: 'FROZEN_VIDEO', episode: 1, camera: 'wrist' }),
    );
    expect(warningCodes(blank.set)).toEqual(['EMPTY_CAMERA_PLACEHOLDER']);
  });

  it.each<[string, (episode: number, frame: number) => Uint8Array | null, string, number]>([
    [
      'a path without bytes',
      (episode, frame) => (episode === 1 && frame === 4 ? null : png(32, 24, frame)),
      'EMPTY_IMAGE',
      4,
    ],
    [
      'an image of another size',
      (episode, frame) => png(episode === 1 && frame >= 6 ? 64 : 32, 24, frame),
      'VIDEO_SIZE_MISMATCH',
      6,
    ],
    [
      'bytes that are no image',
      (episode, frame) => (episode === 1 && frame === 2 ? Buffer.from('no picture here, sorry') : png(32, 24, frame)),
      'IMAGE_INVALID',
      2,
    ],
  ])('are refused as %s', async (_, of, code, row) => {
    const { set } = await measure(writeSet(withImages(of)));

    expect(set.findings.filter((finding) => finding.severity === 'error')).toEqual([
      expect.objectContaining({
        code,
        row,
        episode: 1,
        camera: 'wrist',
        path: 'data/chunk-000/episode_000001.parquet',
      }),
    ]);
  });
});
