import { expect } from '@jest/globals';
import type { DatasetMeasure, EpisodeFact } from '@app/formats';

export interface Measured {
  readonly set: DatasetMeasure;
  readonly episodes: readonly EpisodeFact[];
  /** SHA-256 and size of each file, as they were told while measuring. */
  readonly hashes: ReadonlyMap<string, string>;
}

/** A sentence of a sample's PROVENANCE.md, and what must have been measured if it is true. */
export interface ProvenanceFact {
  readonly folder: string;
  readonly says: string;
  readonly shows: (measured: Measured) => unknown;
  readonly is: unknown;
}

/** Every dataset among the real recordings, by its folder. */
export const SAMPLES: readonly string[] = [
  'hdf5-robosuite-demos/BaxterLift',
  'hdf5-robosuite-demos/SawyerLift',
  'hdf5-robosuite-demos/SawyerNutAssembly',
  'hdf5-robosuite-demos/wipe-panda',
  'lerobot-malformed-franka',
  'lerobot-tiny-fixtures/invalid/v2-missing-episodes',
  'lerobot-tiny-fixtures/lerobotv2-image',
  'lerobot-tiny-fixtures/lerobotv3',
  'lerobot-v21-unitree-g1/original',
  'lerobot-v21-unitree-g1/subset-8ep',
  'lerobot-v30-so101-meta-only',
  'lerobot-v30-unitree-g1/subset-4ep',
  'lerobot-v30-unitree-g1-drift/subset-4ep',
  'mcap-lichtblick',
  'mp4-rollouts',
  'rlds-bridge-debug/bridge_dataset',
  'rosbag1',
  'rosbag2-fixtures/resources/mcap/bag_with_topics_and_service_events',
  'rosbag2-fixtures/resources/mcap/cdr_test',
  'rosbag2-fixtures/resources/mcap/wrong_rmw_test',
  'rosbag2-fixtures/test/resources/mcap/convert_a',
  'rosbag2-fixtures/test/resources/mcap/talker',
  'rosbag2-fixtures/test/resources/mcap/wbag',
  'rosbag2-fixtures/test/resources/sqlite3/talker',
  'rosbag2-fixtures/test/resources/sqlite3/wbag',
];

const frames = ({ episodes }: Measured): number[] => episodes.map((episode) => episode.frames);
const camera = ({ set }: Measured): unknown =>
  set.cameras.map(({ name, codec, width, height, fps }) => ({ name, codec, width, height, fps }));
const widths = ({ set }: Measured): unknown =>
  set.streams.filter(({ role }) => role === 'action' || role === 'state').map(({ key, shape }) => [key, ...shape]);
const roles = ({ set }: Measured): string[] => [...new Set(set.streams.map(({ role }) => role))].sort();
/** What is found of one kind, as people read it. */
const found =
  (code: string) =>
  ({ set }: Measured): string[] =>
    set.findings
      .filter((finding) => finding.code === code)
      .map(({ message, expected, actual }) => `${message}: ${actual ?? '-'} (${expected ?? '-'})`);
const howOften =
  (...codes: string[]) =>
  ({ set }: Measured): number[] =>
    codes.map((code) => set.findings.filter((finding) => finding.code === code).length);
const errors = ({ set }: Measured): string[] =>
  [...new Set(set.findings.filter(({ severity }) => severity === 'error').map(({ code }) => code))].sort();
const content = ({ episodes }: Measured): string[] => episodes.map((episode) => episode.contentHash);

const BAGS = 'rosbag2-fixtures/';
const TWINS = 'MCAP and SQLite3 twins';
/** One content out of either storage. */
const WBAG = '73b98d9935ed9a06ca2fe03d7f3176a80c1a77d18aa27f3b803b7253c2695e70';
const TALKER = '73b98d9935ed9a06ca2fe03d7f3176a80c1a77d18aa27f3b803b7253c2695e70';
const TEST_MESSAGES = 'Messages are small test messages, not robot joints';
const RAW = 'RAW robosuite HDF5 (not yet robomimic post-processed: no obs, no rewards, no num_samples, no data.total)';
const G1 = 'Unitree G1 with Inspire hands (26-dim state and action, one AV1 640x480 head camera, 30 fps, v2.1)';
const HEAD = { name: 'cam_high', codec: 'av1', width: 640, height: 480, fps: 30 };
const BOTH_26 = [
  ['action', 26],
  ['observation.state', 26],
];

export const PROVENANCE_FACTS: readonly ProvenanceFact[] = [
  ...['BaxterLift', 'SawyerLift', 'SawyerNutAssembly'].map((name) => ({
    folder: `hdf5-robosuite-demos/${name}`,
    says: RAW,
    shows: ({ set }: Measured) => [set.formatVersion, set.reality, set.cameras, set.coverage.outcomes.success],
    is: ['robosuite-raw', 'simulated', [], 0],
  })),
  { folder: 'hdf5-robosuite-demos/BaxterLift', says: 'BaxterLift (states only)', shows: roles, is: ['state'] },
  {
    folder: 'hdf5-robosuite-demos/wipe-panda',
    says: 'robosuite/models/assets/demonstrations/wipe/panda/demo.hdf5',
    shows: ({ set }) => [set.formatVersion, set.robotType, set.episodes],
    is: ['robosuite-raw', 'Panda', 1],
  },
  {
    folder: 'lerobot-malformed-franka',
    says: 'info.json has no codebase_version / features / data_path',
    shows: (measured) => [...found('UNKNOWN_VERSION')(measured), ...found('INFO_FIELD_MISSING')(measured)],
    is: [
      'info.json does not say its codebase_version: absent (v3.0, v2.1 or v2.0)',
      expect.stringContaining('info.json has no features'),
      expect.stringContaining('info.json has no data_path'),
      expect.any(String),
    ],
  },
  {
    folder: 'lerobot-malformed-franka',
    says: 'episodes.jsonl lists 2 of 200 episodes and lacks length/tasks',
    shows: (measured) => [...found('EPISODE_COUNT_MISMATCH')(measured), ...found('EPISODE_FIELD_MISSING')(measured)],
    is: [
      expect.stringMatching(/2 episodes \(200 episodes/),
      'an episode lacks length, tasks: - (-)',
      'an episode lacks length, tasks: - (-)',
    ],
  },
  {
    folder: 'lerobot-malformed-franka',
    says: 'no data parquet, meta/episodes/episodes.parquet instead of chunk/file, MPEG-4 Part 2 video',
    shows: (measured) => [
      howOften('MISSING_DATA_FILE', 'MISPLACED_FILE', 'CODEC_UNUSUAL')(measured),
      found('CODEC_UNUSUAL')(measured)[0],
    ],
    is: [[1, 1, 4], expect.stringContaining('mpeg4')],
  },
  {
    folder: 'lerobot-tiny-fixtures/lerobotv2-image',
    says: '2 episodes x 3 frames',
    shows: (measured) => [measured.set.formatVersion, ...frames(measured), errors(measured)],
    is: ['v2.1', 3, 3, []],
  },
  {
    folder: 'lerobot-tiny-fixtures/lerobotv3',
    says: '2 episodes x 3 frames',
    shows: (measured) => [measured.set.formatVersion, ...frames(measured)],
    is: ['v3.0', 3, 3],
  },
  {
    folder: 'lerobot-tiny-fixtures/invalid/v2-missing-episodes',
    says: 'tests/fixtures/invalid/v2-missing-episodes',
    shows: (measured) => [measured.set.episodes, howOften('MISSING_EPISODES')(measured)],
    is: [0, [1]],
  },
  {
    folder: 'lerobot-v21-unitree-g1/original',
    says: '100 episodes, 35 965 frames',
    shows: (measured) => [howOften('MISSING_VIDEO')(measured), found('FRAME_COUNT_MISMATCH')(measured)],
    is: [[100], ['total_frames is not the number of rows: 35965 (22042 rows)']],
  },
  {
    folder: 'lerobot-v21-unitree-g1/original',
    says: 'episode_000000..000059.parquet',
    shows: ({ set, episodes }) => [set.episodes, episodes[0]?.sourceKey, episodes.at(-1)?.sourceKey],
    is: [60, 'episode_000000', 'episode_000059'],
  },
  {
    folder: 'lerobot-v21-unitree-g1/original',
    says: 'announced but missing video',
    shows: (measured) => [errors(measured), measured.set.cameras],
    is: [['FRAME_COUNT_MISMATCH', 'MISSING_DATA_FILE', 'MISSING_VIDEO'], []],
  },
  {
    folder: 'lerobot-v21-unitree-g1/subset-8ep',
    says: G1,
    shows: (measured) => [
      measured.set.formatVersion,
      measured.set.robotType,
      measured.set.fps,
      widths(measured),
      camera(measured),
    ],
    is: ['v2.1', 'Unitree_G1_Inspire', { num: 30, den: 1 }, BOTH_26, [HEAD]],
  },
  {
    folder: 'lerobot-v21-unitree-g1/subset-8ep',
    says: 'a complete, self-consistent v2.1 dataset',
    shows: (measured) => [frames(measured).length, errors(measured), howOften('STATS_MISMATCH')(measured)],
    is: [8, [], [0]],
  },
  {
    folder: 'lerobot-v30-so101-meta-only',
    says: 'SO-101 follower, 50 episodes, 22 449 frames, 30 fps, camera top_phone',
    shows: (measured) => [
      measured.set.robotType,
      measured.set.fps,
      measured.set.streams.filter(({ role }) => role === 'video').map(({ key }) => key),
      found('FRAME_COUNT_MISMATCH')(measured),
      // Its 50 episodes are all in the table: no finding says otherwise.
      howOften('EPISODE_COUNT_MISMATCH', 'EPISODE_INDEX_GAP')(measured),
    ],
    is: [
      'so101_follower',
      { num: 30, den: 1 },
      ['observation.images.top_phone'],
      ['total_frames is not the number of rows: 22449 (0 rows)'],
      [0, 0],
    ],
  },
  {
    folder: 'lerobot-v30-so101-meta-only',
    says: 'the task string is the pandas index, stored as `__index_level_0__`',
    shows: (measured) => [measured.set.tasks, howOften('TASKS_INDEX_MISSING', 'METADATA_ONLY')(measured)],
    is: [['Pick the tiger and place near elephant'], [0, 1]],
  },
  {
    folder: 'lerobot-v30-unitree-g1/subset-4ep',
    says: 'Unitree G1, 26 DoF, 30 fps, one AV1 camera 640x480',
    shows: (measured) => [measured.set.fps, widths(measured), camera(measured)],
    is: [{ num: 30, den: 1 }, BOTH_26, [HEAD]],
  },
  {
    folder: 'lerobot-v30-unitree-g1/subset-4ep',
    says: 'first, second, middle and last two frames of each of the 4 episodes read, task text right',
    shows: (measured) => [frames(measured), measured.set.tasks, errors(measured)],
    is: [[278, 221, 277, 267], ['Pick up the yellow bottle on the table.'], []],
  },
  {
    folder: 'lerobot-v30-unitree-g1-drift/subset-4ep',
    says: 'A check must find both',
    shows: (measured) => [errors(measured), found('TIMESTAMP_TOLERANCE')(measured)[0]],
    is: [['TASKS_INDEX_MISSING', 'TIMESTAMP_TOLERANCE'], expect.stringContaining('by up to 0.000326 s')],
  },
  {
    folder: 'lerobot-v30-unitree-g1-drift/subset-4ep',
    says: 'Source episodes 28,29,30 in file-000 and 31 in file-001',
    shows: ({ episodes }) =>
      episodes.map(({ files }) => files.find(({ kind }) => kind === 'video')?.path.slice(-'file-000.mp4'.length)),
    is: ['file-000.mp4', 'file-000.mp4', 'file-000.mp4', 'file-001.mp4'],
  },
  {
    folder: 'mcap-lichtblick',
    says: 'custom-camera-model.mcap (JSON-encoded foxglove.CompressedImage + CameraCalibration',
    shows: ({ set, episodes }) => [
      set.format,
      episodes.map(({ sourceKey }) => sourceKey),
      set.cameras.map(({ name, carrier, hasIntrinsics }) => [name, carrier, hasIntrinsics]),
    ],
    is: ['mcap', ['custom-camera-model'], [['image', 'images', true]]],
  },
  {
    folder: 'mp4-rollouts',
    says: 'for preview and probe tests only; no joint data',
    shows: (measured) => [measured.set.format, errors(measured)],
    is: [null, ['UNSUPPORTED_FORMAT']],
  },
  {
    folder: 'rlds-bridge-debug/bridge_dataset',
    says: '25 real WidowX episodes cut to 10 steps, four JPEG cameras',
    shows: (measured) => [
      frames(measured),
      measured.set.cameras.map(({ codec, carrier }) => `${codec} ${carrier}`),
      howOften('BAD_TFRECORD')(measured),
    ],
    is: [Array(25).fill(10), Array(4).fill('jpeg images'), [25]],
  },
  {
    folder: 'rlds-bridge-debug/bridge_dataset',
    says: 'instruction and 512-float language embedding per step',
    shows: ({ set }) => set.streams.filter(({ key }) => /^language/.test(key)).map(({ key, shape }) => [key, ...shape]),
    is: [['language_embedding', 512], ['language_instruction']],
  },
  {
    folder: 'rlds-bridge-debug/bridge_dataset',
    says: 'announces a val split that is absent here',
    shows: found('SPLIT_MISSING'),
    is: ['split "val" is announced, but none of its shards is here: 0 shards (1 shards)'],
  },
  {
    folder: 'rosbag1',
    says: 'example-lz4.bag (8 647 turtlesim messages, 9 connections)',
    // Two of the nine are commands; the messages of each of the other seven are counted as left out.
    shows: ({ set, episodes }) => [
      set.streams.map(({ key }) => key),
      set.findings
        .filter(({ code }) => code === 'CHANNEL_SKIPPED')
        .reduce((sum, { message }) => sum + Number(/^(\d+) messages/.exec(message)?.[1]), 0) +
        Object.values(episodes[0]?.clocks ?? {}).reduce((sum, { samples }) => sum + samples, 0),
      set.findings.filter(({ code }) => code === 'CHANNEL_SKIPPED').length,
    ],
    is: [['/turtle1/cmd_vel', '/turtle2/cmd_vel'], 8647, 7],
  },
  {
    folder: 'rosbag1',
    says: 'no-messages.bag, empty-file.bag (zero bytes)',
    shows: ({ set }) => set.findings.filter(({ code }) => code === 'EMPTY_RECORDING').map(({ path }) => path),
    is: ['empty-file.bag', 'no-messages.bag'],
  },
  ...['resources/mcap/cdr_test', 'resources/mcap/wrong_rmw_test', 'test/resources/mcap/convert_a'].map((bag) => ({
    folder: `${BAGS}${bag}`,
    says: TEST_MESSAGES,
    shows: (measured: Measured) => [measured.set.formatVersion, errors(measured)],
    is: ['rosbag2-mcap', ['EMPTY_EPISODE']],
  })),
  {
    folder: `${BAGS}resources/mcap/bag_with_topics_and_service_events`,
    says: 'bag_with_topics_and_service_events',
    shows: (measured) => [
      errors(measured),
      found('CHANNEL_SKIPPED')(measured).filter((text) => text.includes('/_service_event')).length > 0,
    ],
    is: [['EMPTY_EPISODE'], true],
  },
  ...['talker', 'wbag'].flatMap((bag) =>
    ['mcap', 'sqlite3'].map((storage) => ({
      folder: `${BAGS}test/resources/${storage}/${bag}`,
      says: TWINS,
      shows: (measured: Measured) => [measured.set.formatVersion, frames(measured), content(measured)],
      is: [`rosbag2-${storage}`, bag === 'wbag' ? [804] : [10], [bag === 'wbag' ? WBAG : TALKER]],
    })),
  ),
  ...['mcap', 'sqlite3'].map((storage) => ({
    folder: `${BAGS}test/resources/${storage}/wbag`,
    says: 'wbag = five-file split bag',
    shows: ({ set, episodes }: Measured) => [set.files, episodes.map(({ files }) => files.length)],
    is: [6, [5]],
  })),
];
