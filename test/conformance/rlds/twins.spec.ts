import { describe, expect, it } from '@jest/globals';
import { deflateSync } from 'node:zlib';
import { MemoryFileTree } from '../../support/file-trees.js';
import { makeRecording } from '../../support/recordings.js';
import type { WrittenExample } from '../../support/written/rlds.js';
import {
  encodeExample,
  featuresJson,
  recordingExample,
  recordingFeatures,
  shardName,
  writeRlds,
  writeRldsFiles,
} from '../../support/written/rlds.js';
import type { ReadEpisode } from './reading.js';
import { readRlds } from './reading.js';

const recording = makeRecording({ episodes: 4, frames: 9, width: 16, height: 12 });
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const text = (value: string): Uint8Array => Buffer.from(value);

function expectRecording(episodes: readonly ReadEpisode[]): void {
  expect(episodes).toHaveLength(recording.length);
  for (const [i, { episode, rows, texts, pictures }] of episodes.entries()) {
    const made = recording[i] as (typeof recording)[number];
    expect(episode).toMatchObject({
      index: i,
      announcedFrames: made.frames,
      tasks: [{ text: made.task, from: 0, to: null }],
      outcome: made.outcome,
      outcomeSource: 'flag',
    });
    expect(rows['observation.state']).toEqual([...made.state]);
    expect(rows['action']).toEqual([...made.action]);
    expect(texts['language_instruction']).toEqual(Array.from({ length: made.frames }, () => made.task));
    for (const [camera, expected] of Object.entries(made.images)) {
      const read = pictures[`observation.${camera}`] ?? [];
      expect(read.map(({ bytes }) => hex(bytes))).toEqual(expected.map(hex));
      expect(read[0]).toMatchObject({ encoding: 'rgb8', width: 16, height: 12 });
    }
  }
}

describe('the made-up recording as RLDS', () => {
  it('reads the same content, from one shard or from several', async () => {
    for (const shards of [1, 3]) {
      const { source, log, episodes } = await readRlds(new MemoryFileTree(writeRlds(recording, shards)));

      expect(log.toList()).toEqual([]);
      expect(source?.head).toMatchObject({ format: 'rlds', formatVersion: 'tfrecord', announcedEpisodes: 4 });
      expectRecording(episodes);
    }
  });

  it('reads lists whose numbers were not packed', async () => {
    const [first] = recording;
    if (!first) throw new Error('no episode');
    const examples = recording.map((episode) => encodeExample(recordingExample(episode), false));

    const { log, episodes } = await readRlds(new MemoryFileTree(writeRldsFiles(examples, recordingFeatures(first))));

    expect(log.toList()).toEqual([]);
    expectRecording(episodes);
  });

  it('gives back an episode that is read again after another one', async () => {
    const { source } = await readRlds(new MemoryFileTree(writeRlds(recording)));
    const opened = [];
    for await (const episode of source?.episodes() ?? []) opened.push(episode);
    const states: number[][] = [];

    for (const episode of opened) {
      const state: number[] = [];
      for await (const item of episode.items())
        if (item.kind === 'rows' && item.key === 'observation.state') state.push(...item.values);
      states.push(state);
    }

    expect(states).toEqual(recording.map(({ state }) => [...state]));
  });
});

const flags = (steps: number): WrittenExample => ({
  'steps/is_first': { ints: Array.from({ length: steps }, (_, i) => Number(i === 0)) },
  'steps/is_last': { ints: Array.from({ length: steps }, (_, i) => Number(i === steps - 1)) },
});
const bool = { tensor: { shape: {}, dtype: 'bool', encoding: 'none' } };
const STEPS = { is_first: bool, is_last: bool };
const tensor = (dtype: string, dimensions: readonly string[], encoding = 'none') => ({
  tensor: { shape: { dimensions }, dtype, encoding },
});

async function readOne(example: WrittenExample, steps: object, metadata: object = {}) {
  const features = featuresJson({ ...STEPS, ...steps }, metadata as Record<string, unknown>);
  return readRlds(new MemoryFileTree(writeRldsFiles([encodeExample(example)], features)));
}

describe('what the features of RLDS can say', () => {
  it('reads whole numbers of every sign and size, and 64-bit ones to the nearest double', async () => {
    const ints = [0, 1, -1, 127, 128, -128, 2 ** 31, -(2 ** 31), Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER];
    const example = { ...flags(5), 'steps/counter': { ints } };

    const { log, episodes } = await readOne(example, { counter: tensor('int64', ['2']) });

    expect(log.toList()).toEqual([]);
    expect(episodes[0]?.rows['counter']).toEqual(ints);
  });

  it('reads tensors that are kept as bytes, plain and compressed', async () => {
    const values = Float64Array.from([1.5, -2.25, Number.NaN, Number.POSITIVE_INFINITY]);
    const step = (at: number) => new Uint8Array(values.buffer, at * 16, 16);
    const example = {
      ...flags(2),
      'steps/observation/plain': { bytes: [step(0), step(1)] },
      'steps/observation/packed': { bytes: [deflateSync(step(0)), deflateSync(step(1))] },
    };

    const { log, episodes } = await readOne(example, {
      observation: {
        featuresDict: {
          features: { plain: tensor('float64', ['2'], 'bytes'), packed: tensor('float64', ['2'], 'zlib') },
        },
      },
    });

    expect(log.toList()).toEqual([]);
    expect(episodes[0]?.rows).toMatchObject({ 'observation.plain': [...values], 'observation.packed': [...values] });
  });

  it('refuses a compressed step that holds more than its shape', async () => {
    const example = { ...flags(1), 'steps/state': { bytes: [deflateSync(new Uint8Array(50_000_000))] } };

    const { log } = await readOne(example, { state: tensor('float64', ['2'], 'zlib') });

    expect(log.toList()).toMatchObject([{ code: 'BAD_TFRECORD', episode: 0 }]);
  });

  it('makes a span of every text that the instruction has in turn', async () => {
    const texts = ['open the drawer', 'open the drawer', '', 'close it', 'close it'].map(text);
    const example = { ...flags(5), 'steps/observation/natural_language_instruction': { bytes: texts } };

    const { episodes } = await readOne(example, {
      observation: { featuresDict: { features: { natural_language_instruction: { text: {} } } } },
    });

    expect(episodes[0]?.episode.tasks).toEqual([
      { text: 'open the drawer', from: 0, to: 2 },
      { text: 'close it', from: 3, to: null },
    ]);
  });

  it('keeps every part of an action that is a dictionary', async () => {
    const example = {
      ...flags(2),
      'steps/action/world_vector': { floats: [1, 2, 3, 4, 5, 6] },
      'steps/action/gripper': { floats: [0, 1] },
    };

    const { source } = await readOne(example, {
      action: {
        featuresDict: { features: { world_vector: tensor('float32', ['3']), gripper: tensor('float32', ['1']) } },
      },
    });

    const actions = source?.head.signals.filter(({ role }) => role === 'action').map(({ key }) => key);
    expect(actions).toEqual(['action.world_vector', 'action.gripper']);
  });

  it.each([
    ['a last reward of 1 at a terminal step', 1, 1, 'success', 'reward'],
    ['a last reward of 0', 0, 1, null, null],
    ['a reward of 1 where the episode was cut', 1, 0, null, null],
  ])('takes %s for what it is', async (_, reward, terminal, outcome, outcomeSource) => {
    const example = {
      ...flags(2),
      'steps/reward': { floats: [0, reward] },
      'steps/is_terminal': { ints: [0, terminal] },
    };

    const { episodes } = await readOne(example, { reward: tensor('float32', []), is_terminal: bool });

    expect(episodes[0]?.episode).toMatchObject({ outcome, outcomeSource });
  });

  it('leaves out an episode that calls itself invalid, and says so', async () => {
    const features = featuresJson(STEPS, { invalid: bool });
    const examples = [0, 1, 0].map((invalid, i) =>
      encodeExample({ ...flags(2 + i), 'episode_metadata/invalid': { ints: [invalid] } }),
    );

    const tree = new MemoryFileTree(writeRldsFiles(examples, features));
    const { log, episodes } = await readRlds(tree);
    const { episodes: second } = await readRlds(tree, new Set([1]));

    expect(log.toList()).toMatchObject([{ code: 'NOT_DECODED' }]);
    expect(episodes.map(({ episode }) => [episode.index, episode.announcedFrames])).toEqual([
      [0, 2],
      [1, 4],
    ]);
    expect(second.map(({ episode }) => [episode.index, episode.announcedFrames])).toEqual([[1, 4]]);
  });

  it('says which features it does not read', async () => {
    const { log } = await readOne(flags(1), {
      cloud: tensor('float32', ['10000', '3']),
      open: tensor('float32', ['-1', '-1']),
      words: { sequence: { feature: { text: {} }, length: '-1' } },
      video: { video: {} },
    });

    expect(log.toList().map(({ code }) => code)).toEqual(Array.from({ length: 4 }, () => 'CHANNEL_SKIPPED'));
  });
});

describe('what does not agree with the metadata of RLDS', () => {
  const value = (floats: number[]) => ({ ...flags(3), 'steps/state': { floats } });
  const state = { state: tensor('float32', ['2']) };

  it.each([
    ['a value too few', value([1, 2, 3, 4, 5]), 'FEATURE_SHAPE_MISMATCH'],
    ['a value too many', value([1, 2, 3, 4, 5, 6, 7]), 'FEATURE_SHAPE_MISMATCH'],
    ['no values', value([]), 'FEATURE_SHAPE_MISMATCH'],
    ['no such feature', flags(3), 'FEATURE_MISSING'],
    ['another type', { ...flags(3), 'steps/state': { ints: [1, 2, 3, 4, 5, 6] } }, 'DTYPE_MISMATCH'],
    ['no first step', { ...value([1, 2, 3, 4, 5, 6]), 'steps/is_first': { ints: [0, 0, 0] } }, 'BAD_TFRECORD'],
    ['two first steps', { ...value([1, 2, 3, 4, 5, 6]), 'steps/is_first': { ints: [1, 1, 0] } }, 'BAD_TFRECORD'],
    ['a last step inside', { ...value([1, 2, 3, 4, 5, 6]), 'steps/is_last': { ints: [0, 1, 1] } }, 'BAD_TFRECORD'],
  ])('reports %s', async (_, example, code) => {
    const { log } = await readOne(example, state);

    expect(log.toList()).toMatchObject([{ code, severity: 'error', episode: 0 }]);
  });

  async function withInfo(change: (info: Record<string, unknown>, files: Map<string, Uint8Array>) => void) {
    const files = writeRlds(recording, 2);
    const info = JSON.parse(Buffer.from(files.get('dataset_info.json') ?? []).toString()) as Record<string, unknown>;
    change(info, files);
    files.set('dataset_info.json', text(JSON.stringify(info)));
    return readRlds(new MemoryFileTree(files));
  }
  const splitOf = (info: Record<string, unknown>) => (info['splits'] as Record<string, unknown>[])[0] ?? {};

  it('reports an absent shard, and reads the other', async () => {
    const { log, episodes } = await withInfo((_, files) => files.delete(shardName('made_up', 0, 2)));

    expect(log.toList().map(({ code }) => code)).toEqual(['SHARD_COUNT_MISMATCH']);
    expect(episodes.map(({ rows }) => rows['action'])).toEqual(recording.slice(2).map(({ action }) => [...action]));
  });

  it('reports a shard that is not announced', async () => {
    const { log } = await withInfo((_, files) => files.set(shardName('made_up', 0, 1), new Uint8Array(0)));

    expect(log.toList()).toMatchObject([{ code: 'SHARD_COUNT_MISMATCH', path: shardName('made_up', 0, 1) }]);
  });

  it('reports other counts than announced', async () => {
    const { log } = await withInfo((info) => {
      splitOf(info)['shardLengths'] = ['2', '3'];
      splitOf(info)['numBytes'] = '1';
    });

    expect(log.toList().map(({ code }) => code)).toEqual(['STATS_MISMATCH', 'EPISODE_COUNT_MISMATCH']);
  });

  it.each([
    ['array_record', 'UNSUPPORTED_FORMAT'],
    ['riegeli', 'UNSUPPORTED_FORMAT'],
  ])('refuses %s files', async (format, code) => {
    const { source, log } = await withInfo((info) => (info['fileFormat'] = format));

    expect(source).toBeNull();
    expect(log.toList()).toMatchObject([{ code }]);
  });

  it('refuses metadata alone, and shards alone', async () => {
    const files = writeRlds(recording);
    const shard = shardName('made_up', 0, 1);
    const alone = new Map([['x/y/' + shard, files.get(shard) ?? new Uint8Array(0)]]);
    files.delete(shard);

    expect((await readRlds(new MemoryFileTree(files))).log.countOf('METADATA_ONLY')).toBe(1);
    expect((await readRlds(new MemoryFileTree(alone))).log.toList()).toMatchObject([{ code: 'MISSING_INFO' }]);
  });
});
