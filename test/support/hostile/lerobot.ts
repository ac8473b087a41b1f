import { cleanSet, writeSet, CAMERA } from '../../conformance/lerobot/clean-set.js';
import type { SetPlan } from '../../conformance/lerobot/clean-set.js';
import { cut, deepBrackets, deepJson, flipped } from './damage.js';
import type { HostileUpload, Upload } from './hostile-upload.js';
import { fileOf, variants, withFiles } from './hostile-upload.js';

export const INFO = 'meta/info.json';
export const DATA_V21 = 'data/chunk-000/episode_000000.parquet';
export const DATA_V30 = 'data/chunk-000/file-000.parquet';
export const VIDEO_V21 = `videos/chunk-000/${CAMERA}/episode_000000.mp4`;
export const POINTER =
  'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345678\n';
export const PAGE = '<!DOCTYPE html><html><head><title>403 Forbidden</title></head><body>Sign in first.</body></html>';

export type Version = SetPlan['version'];

/** A sound set, changed before it is written. */
export function plannedSet(version: Version, change: (plan: SetPlan) => void = () => undefined): Upload {
  const plan = cleanSet(version);
  change(plan);
  return writeSet(plan).contents;
}

function infoWith(change: Readonly<Record<string, unknown>>, version: Version = 'v2.1'): Upload {
  return plannedSet(version, (plan) => Object.assign(plan.info, change));
}

/** info.json with a number or literal that JSON.stringify would not write. */
function infoWithText(key: string, text: string): Upload {
  const upload = plannedSet('v2.1');
  const info = fileOf(upload, INFO).toString();
  return withFiles(upload, { [INFO]: info.replace(new RegExp(`"${key}":[^,]+,`), `"${key}":${text},`) });
}

function valuesWith(value: number): Upload {
  return plannedSet('v2.1', (plan) => {
    const action = plan.data[DATA_V21]?.['action'];
    if (action) action.values[3] = [value, value];
  });
}

const MILLION = 1_000_000;

export const lerobotUploads: readonly HostileUpload[] = [
  { name: 'LeRobot v2.1: a sound set', build: () => plannedSet('v2.1'), expected: 'sound' },
  { name: 'LeRobot v3.0: a sound set', build: () => plannedSet('v3.0'), expected: 'sound' },
  ...variants(
    'LeRobot',
    { 'info.json cut': 100, 'info.json of one byte': 1, 'info.json empty': 0 },
    (length) => {
      const upload = plannedSet('v3.0');
      return withFiles(upload, { [INFO]: cut(fileOf(upload, INFO), length) });
    },
    ['METADATA_INVALID'],
  ),
  ...variants(
    'LeRobot info.json',
    {
      '100,000 brackets deep': deepBrackets(100_000),
      '100,000 objects deep': deepJson(100_000),
      'a web page': Buffer.from(PAGE),
      'of 17 MB': Buffer.alloc(17_000_000, ' '),
      'not UTF-8': Buffer.from([0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00]),
      'a list': Buffer.from('[]'),
      'the number 1e999': Buffer.from('1e999'),
    },
    (bytes) => withFiles(plannedSet('v2.1'), { [INFO]: bytes }),
    ['METADATA_INVALID', 'UNKNOWN_VERSION'],
  ),
  ...variants(
    'LeRobot info.json says',
    {
      'fps 1e999': ['fps', '1e999'],
      'fps NaN': ['fps', 'NaN'],
      'fps with a million digits': ['fps', '9'.repeat(MILLION)],
      'fps -0': ['fps', '-0'],
      'chunks of 0': ['chunks_size', '0'],
    } as const,
    ([key, text]) => infoWithText(key, text),
    ['INFO_INVALID'],
  ),
  ...variants(
    'LeRobot info.json says',
    {
      '10^15 episodes': ['total_episodes', '1000000000000000'],
      '1e308 frames': ['total_frames', '1e308'],
    } as const,
    ([key, text]) => infoWithText(key, text),
    ['EPISODE_COUNT_MISMATCH', 'FRAME_COUNT_MISMATCH', 'INFO_INVALID'],
  ),
  ...variants(
    'LeRobot data_path leads',
    {
      'out of the set': '../../../../etc/passwd',
      'to an absolute place': '/etc/passwd',
      'nowhere, by a width of 10^9 digits': 'data/{episode_index:01000000000d}.parquet',
      'through a field that is not one': '{__class__.__init__.__globals__}',
    },
    (path) => infoWith({ data_path: path }),
    ['MISSING_DATA_FILE', 'INFO_INVALID'],
  ),
  {
    name: 'LeRobot: 3,000 features',
    build: () =>
      plannedSet('v2.1', ({ info }) => {
        for (let i = 0; i < 3_000; i += 1)
          info.features[`observation.f${i}`] = { dtype: 'float32', shape: [1], names: null };
      }),
    expected: ['INFO_INVALID', 'TOO_LARGE', 'FEATURE_MISSING'],
  },
  {
    name: 'LeRobot: a feature of shape 10^12',
    build: () =>
      plannedSet('v2.1', ({ info }) => {
        info.features['action'] = { dtype: 'float32', shape: [1e6, 1e6], names: null };
      }),
    expected: ['INFO_INVALID', 'FEATURE_SHAPE_MISMATCH'],
  },
  {
    name: 'LeRobot v2.1: 10^6 lines of episodes',
    isAlone: true,
    build: () => {
      const lines = Array.from({ length: MILLION }, (_, i) => `{"episode_index":${i},"tasks":["a"],"length":1}`);
      return withFiles(infoWith({ total_episodes: MILLION, total_frames: MILLION }), {
        'meta/episodes.jsonl': lines.join('\n'),
      });
    },
    expected: ['MISSING_DATA_FILE'],
  },
  {
    name: 'LeRobot v2.1: one line of 40 MB',
    build: () => withFiles(plannedSet('v2.1'), { 'meta/episodes.jsonl': Buffer.alloc(40_000_000, 'x') }),
    expected: ['METADATA_INVALID', 'TOO_LARGE'],
  },
  {
    name: 'LeRobot v2.1: 10^6 empty lines of episodes',
    build: () => withFiles(plannedSet('v2.1'), { 'meta/episodes.jsonl': Buffer.alloc(MILLION, '\n') }),
    expected: ['MISSING_EPISODES', 'METADATA_INVALID', 'EPISODE_COUNT_MISMATCH'],
  },
  {
    name: 'LeRobot v2.1: 10^6 tasks, all with one index',
    build: () =>
      withFiles(plannedSet('v2.1'), {
        'meta/tasks.jsonl': Buffer.alloc(MILLION * 27, '{"task_index":0,"task":"a"}\n').subarray(0, 28 * 900_000),
      }),
    expected: ['METADATA_INVALID', 'TASK_INDEX_UNKNOWN', 'TASKS_MISSING'],
  },
  {
    name: 'LeRobot v2.1: statistics 100,000 brackets deep',
    build: () => withFiles(plannedSet('v2.1'), { 'meta/episodes_stats.jsonl': deepBrackets(100_000) }),
    expected: ['METADATA_INVALID'],
  },
  {
    name: 'LeRobot v2.0: modality.json 100,000 objects deep',
    build: () => withFiles(plannedSet('v2.0'), { 'meta/modality.json': deepJson(100_000) }),
    expected: ['METADATA_INVALID', 'INFO_INVALID'],
  },
  ...variants('LeRobot action of', { NaN: Number.NaN, Infinity: Number.POSITIVE_INFINITY }, valuesWith, ['NAN_OR_INF']),
  ...variants(
    'LeRobot, a Git-LFS pointer for',
    {
      'its data': DATA_V21,
      'its video': VIDEO_V21,
      'its episodes': 'meta/episodes.jsonl',
      'info.json': INFO,
    },
    (path) => withFiles(plannedSet('v2.1'), { [path]: POINTER }),
    ['LFS_POINTER'],
  ),
  ...variants(
    'LeRobot, a link written out as text for',
    { 'its data': DATA_V21, 'its video': VIDEO_V21 },
    (path) => withFiles(plannedSet('v2.1'), { [path]: '/etc/passwd' }),
    ['SYMLINK_FILE'],
  ),
  ...variants(
    'LeRobot, a web page for',
    { 'its data': DATA_V21, 'its video': VIDEO_V21 },
    (path) => withFiles(plannedSet('v2.1'), { [path]: PAGE }),
    ['BAD_MAGIC', 'BAD_PARQUET', 'VIDEO_INVALID'],
  ),
  ...variants(
    'LeRobot, nothing in',
    { 'its data': DATA_V21, 'its video': VIDEO_V21, 'its episodes': 'meta/episodes.jsonl' },
    (path) => withFiles(plannedSet('v2.1'), { [path]: '' }),
    ['TRUNCATED_FILE', 'BAD_PARQUET', 'VIDEO_INVALID', 'MISSING_EPISODES', 'EPISODE_COUNT_MISMATCH'],
  ),
  {
    name: 'LeRobot v3.0: flipped bits in the table of episodes',
    build: () => {
      const upload = plannedSet('v3.0');
      const path = 'meta/episodes/chunk-000/file-000.parquet';
      const bytes = fileOf(upload, path);
      return withFiles(upload, { [path]: flipped(bytes, 5, 40, bytes.length - 600, bytes.length - 8) });
    },
    expected: ['BAD_PARQUET', 'PARQUET_UNSUPPORTED', 'EPISODE_FIELD_MISSING'],
  },
];
