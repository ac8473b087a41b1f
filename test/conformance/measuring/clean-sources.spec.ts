import { describe, expect, it } from '@jest/globals';
import type { FeatureStats } from '@app/formats';
import { DatasetFiles, FindingLog, measureDataset, measureSource, openDataset } from '@app/formats';
import { DiskFileTree } from '../../support/file-trees.js';
import { makeRecording } from '../../support/recordings.js';
import { describeWithSharedData, sharedData } from '../../support/shared-data.js';
import { framesSet, measureFake, ownClockSet, pictureTime, sourceOf } from './fake-source.js';

/** Lowest, highest and mean value of a channel, spelled out. */
function reference(values: Float32Array, channel: number): { min: number; max: number; mean: number; std: number } {
  const list = [...values].filter((_, at) => at % 7 === channel);
  const mean = list.reduce((sum, value) => sum + value, 0) / list.length;
  return {
    min: Math.min(...list),
    max: Math.max(...list),
    mean,
    std: Math.sqrt(list.reduce((sum, value) => sum + (value - mean) ** 2, 0) / list.length),
  };
}

function expectStats(stats: FeatureStats | undefined, values: Float32Array): void {
  for (let channel = 0; channel < 7; channel += 1) {
    const expected = reference(values, channel);
    for (const key of ['min', 'max', 'mean', 'std'] as const)
      expect([channel, key, Math.abs((stats?.[key][channel] ?? Number.NaN) - expected[key]) < 1e-9]).toEqual([
        channel,
        key,
        true,
      ]);
  }
}

describe('a clean set on the clock of its frames', () => {
  it('is measured as it was made, and nothing is found', async () => {
    const recording = makeRecording();
    const { set, episodes } = await measureFake(sourceOf(framesSet(recording)));

    expect(set.findings).toEqual([]);
    expect(set).toMatchObject({
      format: 'mcap',
      fps: { num: 30, den: 1 },
      fpsSource: 'declared',
      robotType: 'made-up arm',
      collectionMethod: 'teleop_vr',
      reality: 'simulated',
      episodes: 3,
      frames: 60 + 63 + 66,
      tasks: ['pick up the red cube', 'place the cube into the left bin'],
      modalities: ['action', 'gripper_state', 'joint_position', 'language', 'rgb'],
      unknowns: {},
    });
    expect(set.durationS).toBeCloseTo(189 / 30, 9);
    expect(set.cameras).toEqual(
      ['top', 'wrist'].map((name) =>
        expect.objectContaining({
          name,
          codec: 'rawvideo',
          pixFmt: 'rgb24',
          width: 64,
          height: 48,
          fps: 30,
          frames: 189,
          keyFrames: 189,
          bytes: 189 * 64 * 48 * 3,
        }),
      ),
    );
    expect(set.coverage).toMatchObject({
      outcomes: { success: 2, failure: 1, unknown: 0 },
      withTask: 3,
      operators: [{ name: 'op-1', episodes: 3 }],
    });
    expect(set.quality).toMatchObject({
      cameraOffsetS: null,
      jitterS: null,
      videoRowGap: { min: 0, max: 0 },
      jumps: { max: 0 },
      duplicates: { count: 0 },
      constantChannels: {},
    });
    for (const [index, episode] of episodes.entries()) {
      const made = recording[index];
      if (!made) throw new Error('more episodes than were made');
      expect(episode).toMatchObject({ index, sourceKey: made.name, frames: made.frames, outcome: made.outcome });
      expectStats(episode.stats['state'], made.state);
      expectStats(episode.stats['action'], made.action);
    }
    expect(new Set(episodes.map((episode) => episode.contentHash)).size).toBe(3);
  });

  it('has the same content in whatever blocks and order its items come', async () => {
    const set = framesSet();
    const before = await measureFake(sourceOf(set));
    for (const episode of set.episodes) {
      episode.items = [
        ...episode.items.filter((item) => item.kind === 'image'),
        ...episode.items.filter((item) => item.kind === 'rows'),
      ];
    }
    const after = await measureFake(sourceOf(set));

    expect(after.episodes).toEqual(before.episodes);
  });
});

describe('a clean set of streams on clocks of their own', () => {
  it('is measured by its times, and nothing is found', async () => {
    const { set, episodes } = await measureFake(sourceOf(ownClockSet()));

    expect(set.findings).toEqual([]);
    expect(set).toMatchObject({ fps: { num: 30, den: 1 }, fpsSource: 'measured', episodes: 3, frames: 90 + 93 + 96 });
    expect(set.unknowns).toEqual({});
    for (const [index, episode] of episodes.entries()) {
      const frames = 90 + 3 * index;
      const rows = 300 + 3 * index;
      const lastS = Math.max((rows - 1) / 100 + 0.001, pictureTime(frames - 1));
      const top = episode.clocks['top'];
      expect(episode.frames).toBe(frames);
      expect(top).toMatchObject({ samples: frames, gaps: 0, faults: 0, completeness: 1 });
      expect(top?.rateHz).toBeCloseTo((frames - 1) / pictureTime(frames - 1), 9);
      expect(top?.maxGapS).toBeCloseTo(1 / 30 + 0.002, 9);
      expect(episode.durationS).toBeCloseTo(lastS + 1 / (top?.rateHz ?? 1), 9);
      expect(episode.clocks['/state']).toMatchObject({ samples: rows, faults: 0 });
      expect(episode.clocks['/state']?.rateHz).toBeCloseTo(100, 9);
    }
    expect(set.streams.find((stream) => stream.key === '/state')).toMatchObject({ rateHz: 100, unit: 'rad' });
    expect(set.streams.find((stream) => stream.key === '/state')?.measuredRateHz).toBeCloseTo(100, 9);
    expect(set.cameras.map((camera) => camera.fps)).toEqual([expect.closeTo(30, 0), expect.closeTo(30, 0)]);
  });

  it('finds how far the pictures are from the nearest row', async () => {
    const { episodes } = await measureFake(sourceOf(ownClockSet()));

    const expected = Math.max(
      ...Array.from({ length: 90 }, (_, frame) => {
        const time = pictureTime(frame);
        const near = (startS: number): number => {
          const row = Math.min(299, Math.max(0, Math.round((time - startS) * 100)));
          return Math.abs(row / 100 + startS - time);
        };
        return Math.max(near(0), near(0.001));
      }),
    );
    expect(episodes[0]?.cameraOffsetS).toBeCloseTo(expected, 9);
  });

  it('sees that a camera stopped half-way', async () => {
    const set = ownClockSet();
    const [episode] = set.episodes;
    if (!episode) throw new Error('no episode');
    episode.items = episode.items.filter(
      (item) => item.kind !== 'image' || item.camera !== 'wrist' || (item.timeS ?? 0) < 1.5,
    );
    const { set: measured } = await measureFake(sourceOf(set));

    expect(measured.quality.completeness?.lowest[0]?.episode).toBe(0);
    expect(measured.quality.completeness?.min).toBeCloseTo(45 / 76, 2);
    expect(measured.quality.completeness?.max).toBe(1);
  });
});

describeWithSharedData('the general walk beside the one of LeRobot', () => {
  it('measures the real G1 set alike: content, statistics, motion, clocks of the video', async () => {
    const tree = await DiskFileTree.of(sharedData('lerobot-v30-unitree-g1/subset-4ep'));
    try {
      const fast: Awaited<ReturnType<typeof measureFake>>['episodes'] = [];
      const own: typeof fast = [];
      const direct = await measureDataset(tree, {
        onEpisode: (episode) => {
          fast.push(episode);
        },
      });
      const log = new FindingLog(100);
      const source = await openDataset(tree, log);
      if (!source) throw new Error('the set does not open');
      const general = await measureSource(source, new DatasetFiles(tree, ''), log, {
        onEpisode: (episode) => {
          own.push(episode);
        },
        tick: () => undefined,
      });

      expect(log.toList().filter((finding) => finding.severity === 'error')).toEqual([]);
      expect(own.map((episode) => episode.contentHash)).toEqual(fast.map((episode) => episode.contentHash));
      expect(own.map(({ stats, motion, frames, tasks }) => ({ stats, motion, frames, tasks }))).toEqual(
        fast.map(({ stats, motion, frames, tasks }) => ({ stats, motion, frames, tasks })),
      );
      expect(own.map(({ files }) => files)).toEqual(fast.map(({ files }) => files));
      expect(general.cameras).toEqual(direct.cameras);
      expect([general.modalities, general.tasks, general.frames, general.fps]).toEqual([
        direct.modalities,
        direct.tasks,
        direct.frames,
        direct.fps,
      ]);
      expect(general.quality.ranges['action']).toEqual(direct.quality.ranges['action']);
      expect(general.coverage).toEqual(direct.coverage);
    } finally {
      await tree.close();
    }
  });
});
