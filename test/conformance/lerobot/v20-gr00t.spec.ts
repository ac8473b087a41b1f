import { describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import type { MemoryFileTree } from '../../support/file-trees.js';
import type { SetPlan } from './clean-set.js';
import { cleanSet, gr00tSet, writeSet } from './clean-set.js';
import { errorCodes, measure, warningCodes } from './measuring.js';

// Generous: other work may share the machine, and no test here is about time.
jest.setTimeout(300_000);

const text = (content: string): Uint8Array => new TextEncoder().encode(content);
const part = (plan: SetPlan, section: string, name: string, value: unknown): void => {
  const entries = plan.modality?.[section];
  if (!entries) throw new Error(`the plan has no section ${section}`);
  entries[name] = value;
};

describe('a v2.0 set', () => {
  it('holds the same episodes as its v2.1 twin', async () => {
    const old = await measure(writeSet(cleanSet('v2.0')));
    const newer = await measure(writeSet(cleanSet('v2.1')));

    const hashes = old.episodes.map((episode) => episode.contentHash);
    expect(newer.episodes.map((episode) => episode.contentHash)).toEqual(hashes);
    expect(new Set(hashes).size).toBe(3);
  });

  it('needs no statistics per episode, but those of the set', async () => {
    const tree = writeSet(cleanSet('v2.0'));
    tree.contents.delete('meta/stats.json');

    const { set } = await measure(tree);

    expect(errorCodes(set)).toEqual([]);
    expect(set.findings).toContainEqual(expect.objectContaining({ code: 'STATS_MISSING', path: 'meta/stats.json' }));
  });

  it.each<[string, (plan: SetPlan, tree: MemoryFileTree) => void, string[], string[]]>([
    [
      'the list of episodes is missing',
      (_, tree) => tree.contents.delete('meta/episodes.jsonl'),
      ['EPISODE_COUNT_MISMATCH', 'FRAME_COUNT_MISMATCH', 'MISSING_EPISODES'],
      [],
    ],
    [
      'a data file is missing',
      (_, tree) => tree.contents.delete('data/chunk-000/episode_000001.parquet'),
      ['FRAME_COUNT_MISMATCH', 'MISSING_DATA_FILE'],
      [],
    ],
    [
      'a video is missing',
      (_, tree) => tree.contents.delete('videos/chunk-000/observation.images.top/episode_000002.mp4'),
      ['MISSING_VIDEO'],
      [],
    ],
    [
      'stats.json is not JSON',
      (_, tree) => tree.contents.set('meta/stats.json', text('{"action":')),
      ['METADATA_INVALID'],
      [],
    ],
  ])('is refused when %s', async (_, harm, errors, warnings) => {
    const plan = cleanSet('v2.0');
    const tree = writeSet(plan);
    harm(plan, tree);

    const { set } = await measure(tree);

    expect(errorCodes(set)).toEqual(errors);
    expect(warningCodes(set)).toEqual(expect.arrayContaining(warnings));
  });

  it('is told when its statistics are not those of the data', async () => {
    const plan = cleanSet('v2.0');
    const stats = plan.stats['action'];
    if (stats) stats['mean'] = [9, 9];

    const { set } = await measure(writeSet(plan));

    expect(set.findings).toContainEqual(
      expect.objectContaining({ code: 'STATS_MISMATCH', path: 'meta/stats.json', actual: '9' }),
    );
  });

  it('is refused when its video drifts away from its rows', async () => {
    const plan = cleanSet('v2.0');
    const video = plan.videos['videos/chunk-000/observation.images.top/episode_000001.mp4'];
    if (!video) throw new Error('the plan has no such video');
    video.ticks = video.ticks.map((tick, i) => tick + (i > 5 ? 3 : 0));

    const { set } = await measure(writeSet(plan));

    expect(set.findings.filter((finding) => finding.severity === 'error')).toEqual([
      expect.objectContaining({ code: 'TIMESTAMP_TOLERANCE', episode: 1, camera: 'top', row: 6 }),
    ]);
    expect(set.quality.cameraOffsetS?.highest[0]).toEqual({ episode: 1, value: expect.closeTo(3 / 5120, 9) });
  });
});

describe('the GR00T flavour', () => {
  it('is a v2.0 set without a finding that names its channels by modality.json', async () => {
    const { set } = await measure(writeSet(gr00tSet()));

    expect([...errorCodes(set), ...warningCodes(set)]).toEqual([]);
    expect([set.formatVersion, set.flavour]).toEqual(['v2.0', 'gr00t']);
    for (const key of ['action', 'observation.state'])
      expect(set.streams.find((stream) => stream.key === key)?.names).toEqual(['arm', 'gripper']);
    expect(set.streams.find((stream) => stream.key === 'annotation.human.validity')?.role).toBe('index');
  });

  it('numbers the channels of a wider part, and leaves names alone that are there', async () => {
    const plan = gr00tSet();
    plan.modality = { ...plan.modality, state: { arm: { start: 0, end: 2 } } };
    plan.info.features['action'] = { dtype: 'float32', shape: [2], names: ['a', 'b'] };

    const { set } = await measure(writeSet(plan));

    const names = Object.fromEntries(set.streams.map((stream) => [stream.key, stream.names]));
    expect(names['observation.state']).toEqual(['arm.0', 'arm.1']);
    expect(names['action']).toEqual(['a', 'b']);
  });

  it('is not told of sets without modality.json', async () => {
    const { set } = await measure(writeSet(cleanSet('v2.0')));

    expect(set).not.toHaveProperty('flavour');
  });

  it.each<[string, (plan: SetPlan) => void, string]>([
    ['a range behind its vector', (plan) => part(plan, 'state', 'gripper', { start: 1, end: 3 }), 'state.gripper'],
    ['a range that ends before it starts', (plan) => part(plan, 'action', 'arm', { start: 1, end: 0 }), 'action.arm'],
    ['a range without an end', (plan) => part(plan, 'state', 'arm', { start: 0 }), 'state.arm'],
    ['a negative start', (plan) => part(plan, 'state', 'arm', { start: -1, end: 1 }), 'state.arm'],
    [
      'an original_key that is no feature',
      (plan) => part(plan, 'state', 'arm', { start: 0, end: 1, original_key: 'observation.eef' }),
      'state.arm',
    ],
    ['an original_key that is no text', (plan) => part(plan, 'video', 'top', { original_key: 7 }), 'video.top'],
    ['a camera that is no feature', (plan) => part(plan, 'video', 'ego', {}), 'video.ego'],
    ['a camera that is a vector', (plan) => part(plan, 'video', 'top', { original_key: 'action' }), 'video.top'],
    ['an annotation without a column', (plan) => part(plan, 'annotation', 'human.mood', {}), 'annotation.human.mood'],
    ['no section of actions', (plan) => void delete plan.modality?.['action'], 'action'],
    ['a section that is a list', (plan) => void (plan.modality = { ...plan.modality, video: [] as never }), 'video'],
  ])('is refused with %s', async (_, harm, where) => {
    const plan = gr00tSet();
    harm(plan);

    const { set } = await measure(writeSet(plan));

    expect(errorCodes(set)).toEqual(['METADATA_INVALID']);
    const [finding] = set.findings.filter(({ code }) => code === 'METADATA_INVALID');
    expect(finding).toMatchObject({ path: 'meta/modality.json', severity: 'error' });
    expect(finding?.message).toContain(where);
    expect(set.episodes).toBe(3);
  });

  it('survives any modality.json', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.json().map(text), fc.uint8Array({ maxLength: 200 })), async (bytes) => {
        const tree = writeSet(gr00tSet());
        tree.contents.set('meta/modality.json', bytes);

        const { set } = await measure(tree);

        expect([set.episodes, set.formatVersion]).toEqual([3, 'v2.0']);
      }),
      { numRuns: 60 },
    );
  });
});
