import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { FileTree, Rate } from '@app/formats';
import { DiskFileTree } from '../../support/file-trees.js';
import type { RecordedEpisode } from '../../support/recordings.js';
import { makeRecording } from '../../support/recordings.js';
import { describeWithSharedData, sharedData } from '../../support/shared-data.js';
import { writeAgibot } from '../../support/written/agibot.js';
import { twice, writeAloha, writeRobomimic } from '../../support/written/hdf5.js';
import { writeMcap } from '../../support/written/mcap.js';
import { writeRlds } from '../../support/written/rlds.js';
import { messagesOf } from '../../support/written/ros-messages.js';
import { writeRosbag1 } from '../../support/written/rosbag1.js';
import { writeDb3, writeMetadata } from '../../support/written/rosbag2.js';
import { recordingArrays, writeZarr } from '../../support/written/zarr.js';
import { measureOnce } from '../lerobot/measuring.js';
import { readTable } from './loaders.js';
import type { MadeRendition } from './making.js';
import { Workshop } from './making.js';
import { expectStatisticsOf, expectTimesOf } from './same-as-source.js';
import { expectV21, expectV30 } from './to-the-letter.js';

const FPS = 30;
const recording = makeRecording({ episodes: 2, frames: 24, fps: FPS, width: 32, height: 24 });

interface Written {
  readonly format: string;
  readonly write: () => Promise<Iterable<readonly [string, Uint8Array]>>;
  /** Rate that somebody else knows, for formats that have none. */
  readonly fps?: Rate;
  readonly state?: (episode: RecordedEpisode) => Float32Array;
  readonly tasks?: readonly string[];
}

const perEpisode = async (
  write: (episode: RecordedEpisode) => Promise<readonly (readonly [string, Uint8Array])[]>,
): Promise<(readonly [string, Uint8Array])[]> => (await Promise.all(recording.map(write))).flat();

const FORMATS: readonly Written[] = [
  {
    format: 'MCAP',
    write: () => perEpisode(async (e) => [[`${e.name}.mcap`, await writeMcap(await messagesOf(e))]]),
    tasks: recording.map((e) => e.task),
  },
  {
    format: 'ROS 1 bags',
    write: () => perEpisode(async (e) => [[`${e.name}.bag`, await writeRosbag1(await messagesOf(e))]]),
    tasks: recording.map((e) => e.task),
  },
  {
    format: 'ROS 2 bags',
    write: () =>
      perEpisode(async (e) => {
        const messages = await messagesOf(e);
        return [
          [`${e.name}/${e.name}_0.db3`, await writeDb3(messages)],
          [`${e.name}/metadata.yaml`, writeMetadata([`${e.name}_0.db3`], messages)],
        ];
      }),
    tasks: recording.map((e) => e.task),
  },
  {
    format: 'robomimic',
    write: async () => [['lift.hdf5', await writeRobomimic(recording)]],
    fps: { num: 20, den: 1 },
  },
  {
    format: 'ALOHA',
    write: () => perEpisode(async (e) => [[`${e.name}.hdf5`, await writeAloha(e, { isCompressed: true })]]),
    fps: { num: 50, den: 1 },
    state: (episode) => twice(episode.state),
  },
  { format: 'AgiBot World', write: () => writeAgibot(recording), state: (episode) => twice(episode.state) },
  { format: 'RLDS', write: () => Promise.resolve(writeRlds(recording)), fps: { num: 10, den: 1 } },
  { format: 'a Zarr replay buffer', write: () => writeZarr(recordingArrays(recording)), fps: { num: 10, den: 1 } },
];

/** Streams of numbers that became a part of the state or of the action. */
const numbers = ({ loss }: MadeRendition): string[] =>
  loss.mapping.filter(({ channels }) => channels).map(({ from }) => from);

describe('the made-up recording as', () => {
  const workshop = new Workshop();
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bodega-written-'));
  });
  afterAll(async () => {
    await workshop.clean();
    await rm(folder, { recursive: true, force: true });
  });

  async function onDisk(name: string, files: Iterable<readonly [string, Uint8Array]>): Promise<DiskFileTree> {
    const root = join(folder, name.replace(/[^a-z0-9]/gi, '-'));
    for (const [path, bytes] of files) {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), bytes);
    }
    return DiskFileTree.of(root);
  }

  it.each(FORMATS.map((written) => [written.format, written] as const))(
    '%s becomes LeRobot, its frames, times, numbers, statistics and tasks those of the source',
    async (name, { write, fps = null, state = (e: RecordedEpisode) => e.state, tasks }) => {
      const source = await onDisk(name, await write());

      const v30 = await workshop.of(source, 'lerobot_v3.0', fps);
      await expectV30(v30, source);
      const v21 = await workshop.of(source, 'lerobot_v2.1', fps);
      await expectV21(v21, source);

      const [before, after] = [await measureOnce(source), await measureOnce(v30.tree)];
      expect(after.episodes.map((e) => e.frames)).toEqual(recording.map((e) => e.frames));
      expect(after.set.cameras.map((camera) => camera.frames)).toEqual(
        before.set.cameras.map(() => recording.reduce((sum, e) => sum + e.frames, 0)),
      );
      const rows = await readTable(v30, 'data/chunk-000/file-000.parquet');
      const map = v30.loss.mapping.find(
        (line) => line.to === 'observation.state' && /state|joint|qpos|position/.test(line.from),
      );
      const [from, to] = map?.channels ?? [0, 0];
      const states = rows.flatMap((row) => (row['observation.state'] as number[]).slice(from, to));
      expect(states).toEqual(recording.flatMap((e) => [...state(e)]));
      expect(await expectStatisticsOf(source, v30)).toEqual(expect.arrayContaining(numbers(v30)));
      await expectTimesOf(source, v30, fps);
      if (tasks) expect(after.episodes.map((e) => e.tasks)).toEqual(tasks.map((task) => [task]));
      expect((await measureOnce(v21.tree)).episodes.map((e) => e.frames)).toEqual(recording.map((e) => e.frames));
      await source.close();
    },
  );

  it('AgiBot World keeps its steps as the task of each frame, its depth and its copied packets', async () => {
    const source = await onDisk('agibot-depth', await writeAgibot(recording, { hasDepth: true }));

    const made = await workshop.of(source, 'lerobot_v3.0');

    await expectV30(made, source);
    const tasks = (await readTable(made, 'meta/tasks.parquet')).map((row) => row.task);
    const rows = await readTable(made, 'data/chunk-000/file-000.parquet');
    expect(tasks[Number(rows[0]?.task_index)]).toMatch(/reach/);
    expect(tasks[Number(rows[22]?.task_index)]).toMatch(/lift/);
    expect((await measureOnce(made.tree)).set.cameras.map((camera) => camera.kind).sort()).toContain('depth');
    await source.close();
  });
});

describeWithSharedData('real recordings of other formats', () => {
  const workshop = new Workshop();
  afterAll(() => workshop.clean());

  it.each([
    [
      'rlds-bridge-debug',
      { num: 5, den: 1 },
      ['action', 'discount', 'is_first', 'is_last', 'is_terminal', 'language_embedding', 'observation.state', 'reward'],
    ],
    // Its demonstrations have one clock at 20 Hz.
    ['hdf5-robosuite-demos/wipe-panda', { num: 20, den: 1 }, ['actions', 'joint_torques', 'states']],
    // These jitter: rows are dropped and repeated to stand at a rate.
    ['hdf5-robosuite-demos/SawyerLift', { num: 20, den: 1 }, []],
  ])('%s becomes LeRobot v3.0 to the letter, its statistics those of the source', async (path, fps, unchanged) => {
    const source: FileTree = await DiskFileTree.of(sharedData(path));
    const before = await measureOnce(source);

    const made = await workshop.of(source, 'lerobot_v3.0', fps);

    await expectV30(made, source);
    expect(made.episodes).toBe(before.set.episodes);
    // Every row of the source is a frame, or is counted as dropped; every other frame is counted as repeated.
    const states = made.loss.losses.find((line) => line.what === 'resampled' && line.stream === 'states')?.figures;
    expect(made.frames).toBe(before.set.frames - (states?.samplesDropped ?? 0) + (states?.framesRepeated ?? 0));
    expect(await expectStatisticsOf(source, made)).toEqual(unchanged);
  });
});
