import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { agibotReader } from '../../../libs/formats/src/agibot/agibot.source.js';
import type { FileTree } from '../../../libs/formats/src/byte-source.js';
import { FindingLog } from '../../../libs/formats/src/findings.js';
import { alohaReader } from '../../../libs/formats/src/hdf5/aloha.source.js';
import { robomimicReader } from '../../../libs/formats/src/hdf5/robomimic.source.js';
import { measureSource } from '../../../libs/formats/src/measuring/measure-source.js';
import { DatasetFiles } from '../../../libs/formats/src/tree.js';
import type { EpisodeFact, FormatReader } from '@app/formats';
import { MemoryFileTree } from '../../support/file-trees.js';
import { makeRecording } from '../../support/recordings.js';
import { depthPng, writeAgibot } from '../../support/written/agibot.js';
import { twice, writeAloha, writeRobomimic } from '../../support/written/hdf5.js';
import { codesOf, readAll } from './reading.js';

const recording = makeRecording({ episodes: 3, frames: 40, fps: 20 });
const tree = (files: Record<string, Uint8Array>): MemoryFileTree => new MemoryFileTree(new Map(Object.entries(files)));

describe('one recording, written as robomimic', () => {
  const written = writeRobomimic(recording);

  it('gives back every value, picture, rate and outcome', async () => {
    const { head, episodes, findings } = await readAll(robomimicReader, tree({ 'lift.hdf5': await written }));

    expect(findings).toEqual([]);
    expect(head?.formatVersion).toBe('robomimic');
    expect(head?.fps.value).toEqual({ num: 20, den: 1 });
    expect(head?.robotType.value).toBe('Panda');
    expect(head?.cameras.map((camera) => [camera.name, camera.width, camera.height, camera.isFlipped])).toEqual([
      ['top', 64, 48, undefined],
      ['wrist', 64, 48, undefined],
    ]);
    expect(episodes).toHaveLength(3);
    for (const [index, { episode, values, images }] of episodes.entries()) {
      const made = recording[index];
      if (!made) throw new Error('no such recording');
      expect(episode.announcedFrames).toBe(made.frames);
      expect(episode.outcome).toBe(made.outcome === 'success' ? 'success' : null);
      expect(episode.outcomeSource).toBe(made.outcome === 'success' ? 'reward' : null);
      expect(episode.tasks).toEqual([]);
      expect(values['obs/robot0_joint_pos']).toEqual([...made.state]);
      expect(values.actions).toEqual([...made.action.slice(0, made.frames * 7)]);
      expect(Object.keys(values).sort()).toEqual(['actions', 'dones', 'obs/robot0_joint_pos', 'rewards']);
      for (const camera of ['top', 'wrist'])
        expect(digestsOf(images[`obs/${camera}_image`]?.map((item) => item.bytes))).toEqual(
          digestsOf(made.images[camera]),
        );
    }
  });

  it('orders demonstrations by their number, not by their name', async () => {
    const bytes = await writeRobomimic(recording, { firstDemo: 5, demoStep: 5 });

    const { episodes } = await readAll(robomimicReader, tree({ 'lift.hdf5': bytes }));

    expect(episodes.map(({ episode }) => episode.sourceKey)).toEqual(['demo_5', 'demo_10', 'demo_15']);
    expect(episodes[1]?.values['obs/robot0_joint_pos']).toEqual([...(recording[1]?.state ?? [])]);
  });

  it('goes from file to file with one count of episodes', async () => {
    const files = tree({ 'b.hdf5': await writeRobomimic(recording.slice(0, 1)), 'a.hdf5': await written });

    const { episodes } = await readAll(robomimicReader, files);
    const { episodes: last } = await readAll(robomimicReader, files, '', new Set([3]));

    expect(episodes.map(({ episode }) => `${episode.index} ${episode.sourceKey}`)).toEqual([
      '0 a.hdf5:demo_0',
      '1 a.hdf5:demo_1',
      '2 a.hdf5:demo_2',
      '3 b.hdf5:demo_0',
    ]);
    expect(last.map(({ episode }) => episode.sourceKey)).toEqual(['b.hdf5:demo_0']);
  });

  it('measures clean', async () => {
    const { measure } = await measured(robomimicReader, tree({ 'lift.hdf5': await written }));

    expect(measure.findings.filter((finding) => finding.severity === 'error')).toEqual([]);
    expect([measure.episodes, measure.frames]).toEqual([3, 40 + 43 + 46]);
    expect(measure.coverage.outcomes).toEqual({ success: 2, failure: 0, unknown: 1 });
  });
});

describe('one recording, written as LIBERO', () => {
  it('says its instruction, its scene and that its pictures stand on their heads', async () => {
    const bytes = await writeRobomimic(recording, { flavour: 'libero' });

    const { head, episodes, findings } = await readAll(
      robomimicReader,
      tree({ 'KITCHEN_SCENE3_pick_up_the_red_cube_demo.hdf5': bytes }),
    );

    expect(findings).toEqual([]);
    expect(head?.formatVersion).toBe('libero');
    expect(head?.cameras.map((camera) => [camera.key, camera.name, camera.isFlipped])).toEqual([
      ['obs/top_rgb', 'top', true],
      ['obs/wrist_rgb', 'wrist', true],
    ]);
    expect(episodes.map(({ episode }) => [episode.tasks, episode.scene])).toEqual(
      recording.map(() => [[{ text: recording[0]?.task, from: 0, to: null }], 'KITCHEN_SCENE3']),
    );
    expect(episodes[2]?.values['obs/joint_states']).toEqual([...(recording[2]?.state ?? [])]);
  });
});

describe('one recording, written as ALOHA', () => {
  it('gives back both arms, the pictures and their order of files', async () => {
    const files: Record<string, Uint8Array> = {};
    for (const [index, episode] of recording.entries()) files[`episode_${index + 8}.hdf5`] = await writeAloha(episode);

    const { head, episodes, findings } = await readAll(alohaReader, tree(files));

    expect(findings).toEqual([]);
    expect(head?.reality.value).toBe('simulated');
    expect(head?.fps).toEqual({ value: null, reason: 'the file does not say; ALOHA records at 50 Hz' });
    expect(head?.signals.find((signal) => signal.key === 'action')?.names.slice(6, 8)).toEqual([
      'left_gripper',
      'right_waist',
    ]);
    expect(episodes.map(({ episode }) => episode.sourceKey)).toEqual(['episode_8', 'episode_9', 'episode_10']);
    for (const [index, { values, images }] of episodes.entries()) {
      const made = recording[index];
      if (!made) throw new Error('no such recording');
      expect(values.action).toEqual([...twice(made.action.slice(0, made.frames * 7))]);
      expect(values['observations/qpos']).toEqual([...twice(made.state)]);
      expect(digestsOf(images['observations/images/wrist']?.map((item) => item.bytes))).toEqual(
        digestsOf(made.images.wrist),
      );
    }
  });

  it('hands out compressed pictures without their padding, and says that their colours are swapped', async () => {
    const bytes = await writeAloha(recording[0] ?? fail(), { isCompressed: true, sim: 0 });

    const { head, episodes, findings } = await readAll(alohaReader, tree({ 'episode_0.hdf5': bytes }));

    const pictures = episodes[0]?.images['observations/images/top'] ?? [];
    expect(codesOf(findings)).toEqual(['CODEC_UNUSUAL']);
    expect(head?.reality.value).toBe('real_robot');
    expect(pictures).toHaveLength(40);
    expect(pictures.map((item) => [item.encoding, item.width, item.height])).toEqual(
      pictures.map(() => ['jpeg', 64, 48]),
    );
    for (const { bytes: coded } of pictures) expect([...coded.subarray(-2)]).toEqual([0xff, 0xd9]);
  });

  it('reads the sentence that forks keep', async () => {
    const bytes = await writeAloha(recording[0] ?? fail(), {
      change: (file) => file.create_dataset({ name: 'language_instruction', data: ['fold the towel'] }),
    });

    const { episodes } = await readAll(alohaReader, tree({ 'episode_0.hdf5': bytes }));

    expect(episodes[0]?.episode.tasks).toEqual([{ text: 'fold the towel', from: 0, to: null }]);
  });
});

describe('one recording, written as AgiBot World', () => {
  it('gives back values at their times, videos, depth, steps and the start', async () => {
    const files = new MemoryFileTree(await writeAgibot(recording, { hasDepth: true }));

    expect(await agibotReader.find(files)).toEqual(['']);
    const { head, episodes, findings } = await readAll(agibotReader, files);

    expect(findings).toEqual([]);
    expect(
      head?.cameras.map(({ name, kind, carrier, depthUnit, hasIntrinsics }) => [
        name,
        kind,
        carrier,
        depthUnit,
        hasIntrinsics,
      ]),
    ).toEqual([
      ['head', 'rgb', 'video', undefined, true],
      ['head_depth', 'depth', 'images', 'mm', true],
      ['wrist', 'rgb', 'video', undefined, false],
    ]);
    for (const [index, { episode, values, timesS, images, videos }] of episodes.entries()) {
      const made = recording[index];
      if (!made) throw new Error('no such recording');
      expect(values['state/joint/position']).toEqual([...twice(made.state)]);
      expect(values['action/joint/position']).toEqual([...twice(made.action.slice(0, made.frames * 7))]);
      expect(timesS['state/joint/position']?.map((time, row) => Math.abs(time - row / 20) < 1e-9)).not.toContain(false);
      expect(episode.startedAt).toBe('2023-11-14T22:13:20.000Z');
      expect(episode.scene).toBe('a table with a cube on it');
      expect(episode.tasks).toEqual([
        { text: made.task, from: 0, to: null },
        { text: 'reach for the cube', from: 0, to: 20 },
        { text: 'lift the cube', from: 20, to: made.frames },
      ]);
      expect(videos).toEqual({
        'observations/head': `observations/327/${648_000 + index}/videos/head_color.mp4`,
        'observations/wrist': `observations/327/${648_000 + index}/videos/wrist_color.mp4`,
      });
      expect(images['observations/head_depth']).toHaveLength(made.frames);
      expect(Buffer.from(images['observations/head_depth']?.[7]?.bytes ?? [])).toEqual(await depthPng(7));
    }
  });

  it('places commands on the frames that their index names', async () => {
    const files = new MemoryFileTree(await writeAgibot(recording.slice(0, 1), { isSparse: true }));

    const { episodes, findings } = await readAll(agibotReader, files);

    expect(findings).toEqual([]);
    expect(episodes[0]?.timesS['action/joint/position']?.slice(0, 3)).toEqual([0, 0.1, 0.2]);
    expect(episodes[0]?.values['action/joint/position']?.slice(14, 21)).toEqual([
      ...(recording[0]?.action.subarray(14, 21) ?? []),
    ]);
  });

  it('measures clean, at the rate of its timestamps and with steps that cover it', async () => {
    const { measure, facts } = await measured(
      agibotReader,
      new MemoryFileTree(await writeAgibot(recording, { hasDepth: true })),
    );

    expect(measure.findings.filter((finding) => finding.severity === 'error')).toEqual([]);
    expect([measure.fps, measure.fpsSource]).toEqual([{ num: 20, den: 1 }, 'measured']);
    expect(measure.coverage.withSubtasks).toBe(3);
    expect(facts.map((fact) => fact.frames)).toEqual([40, 43, 46]);
  });

  it('says what is missing: numbers, pictures, a camera, whole episodes', async () => {
    const files = await writeAgibot(recording);
    files.delete('proprio_stats/327/648000/proprio_stats.h5');
    files.delete('observations/327/648001/videos/head_color.mp4');
    files.delete('observations/327/648001/videos/wrist_color.mp4');
    files.delete('observations/327/648002/videos/wrist_color.mp4');
    const info = JSON.parse(Buffer.from(files.get('task_info/task_327.json') ?? []).toString()) as object[];
    files.set('task_info/task_327.json', Buffer.from(JSON.stringify([...info, { ...info[0], episode_id: 9 }])));

    const { findings } = await readAll(agibotReader, new MemoryFileTree(files));

    expect(
      findings.map((finding) => `${finding.code} ${finding.episode ?? ''} ${finding.camera ?? ''}`.trim()).sort(),
    ).toEqual(['MISSING_DATA_FILE 0', 'MISSING_EPISODES', 'MISSING_VIDEO 1', 'MISSING_VIDEO 2 wrist']);
  });
});

function digestsOf(pictures: readonly Uint8Array[] = []): string[] {
  return pictures.map((bytes) => createHash('sha256').update(bytes).digest('hex'));
}

async function measured(reader: FormatReader, files: FileTree) {
  const log = new FindingLog(1000);
  const set = new DatasetFiles(files, '');
  const source = await reader.open(set, log);
  if (!source) throw new Error('the set does not open');
  const facts: EpisodeFact[] = [];
  const measure = await measureSource(source, set, log, {
    onEpisode: (fact) => {
      facts.push(fact);
    },
    tick: () => undefined,
  });
  await source.close();
  return { measure: { ...measure, findings: log.toList() }, facts };
}

function fail(): never {
  throw new Error('no such recording');
}
