import type { File, Group } from 'h5wasm';
import { makeRecording } from '../recordings.js';
import type { RecordedEpisode } from '../recordings.js';
import { writeAgibot } from '../written/agibot.js';
import { put, writeAloha, writeHdf5, writeRobomimic } from '../written/hdf5.js';
import { cut, deepBrackets, deepJson, flipped, overwritten, placeOf, u64, U64_MAX } from './damage.js';
import type { HostileUpload, Upload } from './hostile-upload.js';
import { fileOf, variants, withFiles } from './hostile-upload.js';
import { PAGE, POINTER } from './lerobot.js';

const recording = makeRecording({ episodes: 2, frames: 12, width: 16, height: 12, cameras: ['top'] });
const first = (): RecordedEpisode => {
  const [episode] = recording;
  if (!episode) throw new Error('no recording was made');
  return episode;
};
const demo = (bytes: Uint8Array): Upload => new Map([['demo.hdf5', bytes]]);
const withFirst = async (change: (group: Group) => void): Promise<Upload> =>
  demo(await writeRobomimic(recording, { change: (group, index) => (index === 0 ? change(group) : undefined) }));
const plain = (): Promise<Uint8Array> => writeRobomimic(recording, { libver: 'earliest' });
const changed = async (change: (bytes: Buffer) => Uint8Array): Promise<Upload> =>
  demo(change(Buffer.from(await plain())));
const BAD: HostileUpload['expected'] = [
  'BAD_HDF5',
  'TRUNCATED_FILE',
  'BAD_MAGIC',
  'UNSUPPORTED_FORMAT',
  'UNKNOWN_FORMAT',
];
const OUTSIDE: HostileUpload['expected'] = ['SYMLINK_FILE', 'BAD_HDF5'];

/** `data` holds so many links to one demonstration. */
const manyDemos = (count: number) => (): Promise<Uint8Array> =>
  writeHdf5((file: File) => {
    const group = file.create_group('data');
    put(group.create_group('demo_0'), 'actions', [4, 2], new Float32Array(8));
    for (let index = 1; index < count; index += 1) file.create_hard_link('/data/demo_0', `data/demo_${index}`);
  });

/** Group in group in group, made from the innermost: from the root it would take the library minutes. */
const deepFile = (levels: number): Promise<Uint8Array> =>
  writeHdf5((file) => {
    file.create_group('level_0');
    for (let level = 1; level < levels; level += 1) {
      file.create_group(`level_${level}`);
      file.create_hard_link(`/level_${level - 1}`, `level_${level}/g`);
    }
    file.create_hard_link(`/level_${levels - 1}`, 'data');
  });

const robomimicUploads: readonly HostileUpload[] = [
  ...variants<(bytes: Buffer) => Uint8Array>(
    'HDF5 cut',
    {
      'inside the signature': (bytes) => cut(bytes, 5),
      'inside the superblock': (bytes) => cut(bytes, 40),
      'behind the superblock': (bytes) => cut(bytes, 96),
      'inside the first group': (bytes) => cut(bytes, 900),
      'in the middle': (bytes) => cut(bytes, bytes.length >> 1),
      'at the last byte': (bytes) => cut(bytes, -1),
    },
    changed,
    BAD,
  ),
  ...variants<(bytes: Buffer) => Uint8Array>(
    'HDF5 with',
    {
      'an end at 2^64-1': (bytes) => overwritten(bytes, 40, u64(U64_MAX)),
      'a root at 2^64-1': (bytes) => overwritten(bytes, 64, u64(U64_MAX)),
      'a root at the superblock': (bytes) => overwritten(bytes, 64, u64(0)),
      'offsets of 255 bytes': (bytes) => overwritten(bytes, 13, Buffer.from([255])),
      'flipped bits in its first groups': (bytes) => flipped(bytes, 21, 200, 96, 3_000),
      'a heap of 2^64-1 bytes': (bytes) => overwritten(bytes, placeOf(bytes, 'HEAP') + 8, u64(U64_MAX)),
    },
    changed,
    BAD,
  ),
  { name: 'HDF5 with groups 1,000 deep', build: async () => demo(await deepFile(1_000)), expected: BAD },
  {
    name: 'HDF5 with an external link to /etc/passwd',
    build: () => withFirst((group) => void group.create_external_link('/etc/passwd', '/a', 'obs/leak')),
    expected: OUTSIDE,
  },
  {
    name: 'HDF5 with an external link for its demonstration',
    build: async () =>
      demo(await writeHdf5((file) => file.create_group('data').create_external_link('/etc/passwd', '/a', 'demo_0'))),
    expected: [...OUTSIDE, 'EMPTY_RECORDING', 'MISSING_EPISODES'],
  },
  {
    name: 'HDF5 with a link to itself',
    build: () => withFirst((group) => void group.create_soft_link('/data/demo_0/obs/me', 'obs/me')),
    // It leads to nothing, and nothing is missing.
    expected: 'sound',
  },
  {
    name: 'HDF5 with a demonstration inside itself',
    build: async () =>
      demo(
        await writeHdf5((file) => {
          const group = file.create_group('data');
          group.create_group('demo_0').create_group('obs');
          file.create_hard_link('/data', 'data/demo_0/obs/again');
        }),
      ),
    expected: [...BAD, 'FEATURE_MISSING', 'EMPTY_RECORDING', 'EMPTY_EPISODE'],
  },
  {
    name: 'HDF5 with an array of 10^12 rows',
    build: () =>
      withFirst((group) => {
        put(group, 'obs/huge', [1, 7], new Float64Array(7), { chunks: [1000, 7], maxshape: [null, 7] as never });
        (group.get('obs/huge') as unknown as { resize(shape: number[]): number }).resize([1e12, 7]);
      }),
    expected: ['EXPANSION_LIMIT', 'TOO_LARGE', 'LENGTH_MISMATCH'],
  },
  {
    name: 'HDF5 with a gzip bomb for pictures',
    isAlone: true,
    build: async () => {
      const frames = 64;
      return demo(
        await writeHdf5((file) => {
          const group = file.create_group('data');
          const one = group.create_group('demo_0');
          put(one, 'actions', [frames, 2], new Float32Array(frames * 2));
          put(one.create_group('obs'), 'top_image', [frames, 512, 512, 3], new Uint8Array(frames * 512 * 512 * 3), {
            chunks: [1, 512, 512, 3],
            compression: 'gzip',
          });
          for (let index = 1; index < 200; index += 1) file.create_hard_link('/data/demo_0', `data/demo_${index}`);
        }),
      );
    },
    expected: ['EXPANSION_LIMIT'],
  },
  {
    name: 'HDF5 with one chunk of 200 MB that is all zeros',
    isAlone: true,
    build: () =>
      withFirst((group) =>
        put(group, 'obs/huge', [1, 25_000_000], new Float64Array(25_000_000), {
          chunks: [1, 25_000_000],
          compression: 'gzip',
        }),
      ),
    expected: ['EXPANSION_LIMIT', 'TOO_LARGE', 'LENGTH_MISMATCH', 'BAD_HDF5'],
  },
  {
    name: 'HDF5 with 250,000 demonstrations',
    isAlone: true,
    build: async () => demo(await manyDemos(250_000)()),
    expected: ['TOO_LARGE', 'EXPANSION_LIMIT', 'BAD_HDF5'],
  },
  {
    name: 'HDF5 whose env_args are 20,000 brackets deep',
    build: async () =>
      demo(
        await writeRobomimic(recording, {
          change: (group) => group.create_attribute('env_args', deepBrackets(10_000).toString()),
        }),
      ),
    expected: 'sound',
  },
  ...variants(
    'HDF5 actions of',
    { NaN: Number.NaN, Infinity: Number.NEGATIVE_INFINITY },
    async (value) => {
      const bad = first().action.slice();
      bad[10] = value;
      return demo(await writeRobomimic([{ ...first(), action: bad }]));
    },
    ['NAN_OR_INF'],
  ),
  ...variants<(bytes: Buffer) => Uint8Array>(
    'ALOHA',
    {
      'cut in the middle': (bytes) => cut(bytes, bytes.length >> 1),
      'a web page': () => Buffer.from(PAGE),
      'a pointer': () => Buffer.from(POINTER),
      nothing: () => Buffer.alloc(0),
    },
    async (change) =>
      new Map([
        ['episode_0.hdf5', await writeAloha(first())],
        ['episode_1.hdf5', change(Buffer.from(await writeAloha(first())))],
      ]),
    [...BAD, 'LFS_POINTER', 'EPISODE_INDEX_GAP'],
  ),
  {
    name: 'ALOHA with a link for its commands',
    build: async () =>
      new Map([
        [
          'episode_0.hdf5',
          await writeHdf5((file) => {
            const observations = file.create_group('observations');
            put(observations, 'qpos', [4, 14], new Float32Array(56));
            file.create_external_link('/etc/passwd', '/a', 'action');
          }),
        ],
      ]),
    expected: [...OUTSIDE, ...(BAD as readonly never[]), 'FEATURE_MISSING'],
  },
];

let agibot: Promise<Upload> | undefined;
const agibotSet = (): Promise<Upload> => (agibot ??= writeAgibot([first()]));
const PROPRIO = 'proprio_stats/327/648000/proprio_stats.h5';
const TASKS = 'task_info/task_327.json';
const VIDEO = 'observations/327/648000/videos/head_color.mp4';
const inAgibot = (path: string, change: (bytes: Buffer) => Uint8Array) => async (): Promise<Upload> => {
  const upload = await agibotSet();
  return withFiles(upload, { [path]: change(fileOf(upload, path)) });
};

const agibotUploads: readonly HostileUpload[] = variants<() => Promise<Upload>>(
  'AgiBot with',
  {
    'its HDF5 cut': inAgibot(PROPRIO, (bytes) => cut(bytes, bytes.length >> 1)),
    'its HDF5 empty': inAgibot(PROPRIO, () => Buffer.alloc(0)),
    'flipped bits in its HDF5': inAgibot(PROPRIO, (bytes) => flipped(bytes, 3, 300, 40, 1_500)),
    'a pointer for its HDF5': inAgibot(PROPRIO, () => Buffer.from(POINTER)),
    'a web page for its HDF5': inAgibot(PROPRIO, () => Buffer.from(PAGE)),
    'task_info 100,000 objects deep': inAgibot(TASKS, () => deepJson(100_000)),
    'task_info of one number': inAgibot(TASKS, () => Buffer.from('7')),
    'task_info of 40 MB': inAgibot(TASKS, () => Buffer.alloc(40_000_000, ' ')),
    'a video without moov': inAgibot(VIDEO, (bytes) => cut(bytes, placeOf(bytes, 'moov') - 4)),
    'a link for its video': inAgibot(VIDEO, () => Buffer.from('../../../../../etc/passwd')),
  },
  (build) => build(),
  [
    ...BAD,
    'LFS_POINTER',
    'METADATA_INVALID',
    'TOO_LARGE',
    'VIDEO_INVALID',
    'SYMLINK_FILE',
    'FEATURE_MISSING',
    'EMPTY_EPISODE',
  ],
);

/** Python writes NaN into JSON; a span without an end is no span. */
const withoutEnd: HostileUpload = {
  name: 'AgiBot with task_info whose spans end at NaN',
  build: inAgibot(TASKS, (bytes) => Buffer.from(bytes.toString().replace('"end_frame":20', '"end_frame":NaN'))),
  expected: 'sound',
};

export const hdf5Uploads: readonly HostileUpload[] = [...robomimicUploads, ...agibotUploads, withoutEnd];
