import { expect } from '@jest/globals';
import type { RecordedEpisode } from '../../support/recordings.js';
import { CAMERA_TOPIC, jpegOf, START_NS } from '../../support/written/ros-messages.js';
import type { ReadDataset } from './reading.js';

/** The made-up recording must come out as it went in, whatever carried it. */
export async function expectTwin(
  { source, episodes }: ReadDataset,
  recording: readonly RecordedEpisode[],
): Promise<void> {
  expect(episodes).toHaveLength(recording.length);
  expect(source?.head.referenceKey).toBe(CAMERA_TOPIC('top'));
  expect(source?.head.signals.map(({ key, role, shape }) => [key, role, shape])).toEqual([
    ['/joint_commands/position', 'action', [7]],
    ['/joint_states/position', 'state', [7]],
    ['/task', 'language', []],
  ]);
  expect(source?.head.signals[1]).toMatchObject({
    names: recording[0]?.joints,
    frame: 'base',
    dtype: 'float64',
    unit: { value: null, reason: 'rad or m, per joint' },
  });
  expect(source?.head.cameras.map(({ name, kind, width, height }) => [name, kind, width, height])).toEqual([
    ['top', 'rgb', 32, 24],
    ['wrist', 'rgb', 32, 24],
  ]);
  for (const [i, { episode, rows, timesS, texts, pictures }] of episodes.entries()) {
    const expected = recording[i];
    if (!expected) throw new Error('an episode too many');
    expect(episode.tasks).toEqual([{ text: expected.task, from: 0, to: null }]);
    expect(episode.startedAt).toBe(new Date(Number(START_NS / 1_000_000n)).toISOString());
    expect(texts['/task']).toEqual([expected.task]);
    expect(rows['/joint_states/position']).toEqual([...expected.state]);
    expect(rows['/joint_commands/position']).toEqual([...expected.action]);
    const times = Array.from({ length: expected.frames }, (_, frame) => frame / expected.fps);
    for (const key of ['/joint_states/position', CAMERA_TOPIC('wrist')]) {
      expect(timesS[key]).toHaveLength(times.length);
      for (const [frame, time] of (timesS[key] ?? []).entries()) expect(time).toBeCloseTo(times[frame] ?? NaN, 8);
    }
    for (const camera of Object.keys(expected.images)) {
      const read = pictures[CAMERA_TOPIC(camera)] ?? [];
      expect(read).toHaveLength(expected.frames);
      for (const frame of [0, 7, expected.frames - 1]) {
        expect(read[frame]).toMatchObject({ encoding: 'jpeg', width: expected.width, height: expected.height });
        expect(Buffer.from(read[frame]?.bytes ?? []).equals(await jpegOf(expected, camera, frame))).toBe(true);
      }
    }
  }
}
