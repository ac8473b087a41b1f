import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { CameraSpec, EpisodeItem, SignalSpec } from '@app/formats';
import { DatasetFiles, FindingLog, measureSource } from '@app/formats';
import { MemoryFileTree } from '../../support/file-trees.js';
import { writeMp4 } from '../lerobot/mp4-writer.js';
import type { FakeSet } from './fake-source.js';
import { framesSet, measureFake, sourceOf } from './fake-source.js';

const number = fc.oneof(
  fc.double({ min: -1e100, max: 1e100 }),
  fc.constantFrom(0, 1, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 2 ** 53),
);
const key = fc.constantFrom('a', 'b', 'observation.c', '__proto__', 'frames');
const clock = fc.constantFrom('frames' as const, 'own' as const);
const size = fc.oneof(fc.integer({ min: -2, max: 9 }), fc.constantFrom(0.5, Number.NaN, 2 ** 40, 5000));
const times = fc.oneof(
  fc.constant(null),
  fc.array(number, { maxLength: 12 }).map((list) => Float64Array.from(list)),
);

const signalSpec: fc.Arbitrary<SignalSpec> = fc.record({
  key,
  role: fc.constantFrom('action' as const, 'state' as const, 'time' as const, 'index' as const, 'other' as const),
  dtype: fc.constantFrom('float32', 'int64', 'bool', 'nonsense'),
  shape: fc.array(size, { maxLength: 3 }),
  names: fc.array(fc.string(), { maxLength: 3 }),
  unit: fc.constantFrom({ value: 's' }, { value: null, reason: 'unknown' }),
  clock,
  nominalRateHz: fc.constantFrom(null, 0, 30, Number.NaN),
});

const cameraSpec: fc.Arbitrary<CameraSpec> = fc.record({
  key,
  name: fc.string(),
  kind: fc.constantFrom('rgb' as const, 'depth' as const),
  carrier: fc.constantFrom('images' as const, 'video' as const),
  width: fc.constantFrom(null, 4, -1),
  height: fc.constantFrom(null, 4),
  nominalRateHz: fc.constantFrom(null, 30),
  clock,
  declaredCodec: fc.constantFrom(null, 'h264'),
});

const item: fc.Arbitrary<EpisodeItem> = fc.oneof(
  fc.record({
    kind: fc.constant('rows' as const),
    key,
    rows: fc.integer({ min: 0, max: 12 }),
    values: fc
      .tuple(fc.array(number, { maxLength: 40 }), fc.boolean())
      .map(([list, isSingle]) => (isSingle ? Float32Array.from(list) : Float64Array.from(list))),
    timesS: times,
  }),
  fc.record({
    kind: fc.constant('text' as const),
    key,
    values: fc.array(fc.string(), { maxLength: 4 }),
    timesS: times,
  }),
  fc.record({
    kind: fc.constant('image' as const),
    camera: key,
    timeS: fc.oneof(fc.constant(null), number),
    encoding: fc.constantFrom('jpeg' as const, 'png' as const, 'rgb8' as const, 'gray16le' as const, 'jxl' as const),
    width: size,
    height: size,
    bytes: fc.uint8Array({ maxLength: 60 }),
  }),
  fc.record({
    kind: fc.constant('video' as const),
    camera: key,
    path: fc.constantFrom('video.mp4', 'cut.mp4', 'absent.mp4'),
    fromFrame: fc.oneof(fc.integer({ min: -3, max: 40 }), number),
    toFrame: fc.oneof(fc.constant(null), fc.integer({ min: -3, max: 40 })),
  }),
);

const span = fc.record({
  text: fc.string(),
  from: fc.oneof(fc.integer({ min: -2, max: 12 }), number),
  to: fc.oneof(fc.constant(null), fc.integer({ min: -2, max: 12 })),
});

const fakeSet: fc.Arbitrary<FakeSet> = fc.record({
  head: fc.record({
    format: fc.constant('mcap' as const),
    formatVersion: fc.string(),
    fps: fc.constantFrom({ value: { num: 30, den: 1 } }, { value: null, reason: 'unknown' }),
    robotType: fc.constant({ value: null, reason: 'unknown' }),
    collectionMethod: fc.constant({ value: null, reason: 'unknown' }),
    reality: fc.constant({ value: null, reason: 'unknown' }),
    signals: fc.array(signalSpec, { maxLength: 4 }),
    cameras: fc.array(cameraSpec, { maxLength: 3 }),
    tasks: fc.array(fc.string(), { maxLength: 2 }),
    referenceKey: fc.oneof(fc.constant(null), key),
    announcedEpisodes: fc.constantFrom(null, 0, 2),
  }),
  episodes: fc.array(
    fc.record({
      facts: fc.record({
        index: fc.integer({ min: 0, max: 3 }),
        sourceKey: fc.string(),
        tasks: fc.array(span, { maxLength: 3 }),
        outcome: fc.constantFrom(null, 'success' as const),
        outcomeSource: fc.constant(null),
        announcedFrames: fc.constantFrom(null, 0, 5),
        startedAt: fc.constant(null),
        operator: fc.constantFrom(null, 'x'),
        scene: fc.constant(null),
        files: fc.constant([]),
      }),
      items: fc.array(item, { maxLength: 14 }),
    }),
    { maxLength: 3 },
  ),
});

const video = writeMp4({
  width: 64,
  height: 48,
  fourcc: 'avc1',
  timescale: 90_000,
  ticks: Array.from({ length: 30 }, (_, k) => k * 3000),
  keyEvery: 10,
  seed: 5,
  editStart: null,
});
const FILES = new Map([
  ['video.mp4', video],
  ['cut.mp4', video.subarray(0, video.length - 40)],
]);

/** Whatever is kept must survive JSON: no NaN, no infinity. */
function expectFinite(value: unknown, at = ''): void {
  if (typeof value === 'number' && !Number.isFinite(value)) throw new Error(`${at} is ${value}`);
  if (value !== null && typeof value === 'object')
    for (const [name, inner] of Object.entries(value)) expectFinite(inner, `${at}.${name}`);
}

describe('a source that tells nonsense', () => {
  it('is measured without a throw, and what comes of it is made of numbers', async () => {
    await fc.assert(
      fc.asyncProperty(fakeSet, async (set) => {
        const { set: measured, episodes } = await measureFake(sourceOf(set), FILES);

        for (const episode of episodes) {
          expect(episode.frames).toBeGreaterThan(0);
          const { taskSpans: _given, ...facts } = episode;
          expectFinite(facts);
        }
        const { coverage: _told, streams, ...rest } = measured;
        expectFinite(rest);
        expectFinite(streams.map(({ stats }) => stats));
        expect(measured.episodes).toBe(episodes.length);
      }),
      { numRuns: 300 },
    );
  });
});

describe('a video', () => {
  const withVideo = (from: number, to: number | null, path = 'video.mp4'): FakeSet => {
    const set = framesSet();
    const [camera] = set.head.cameras;
    const [episode] = set.episodes;
    if (!camera || !episode) throw new Error('the recording is empty');
    const rows = episode.items.filter((entry) => entry.kind === 'rows' && entry.key === 'state').slice(0, 1);
    return {
      head: {
        ...set.head,
        signals: set.head.signals.filter((spec) => spec.key === 'state'),
        cameras: [{ ...camera, key: 'cam', name: 'cam', carrier: 'video', declaredCodec: 'h264' }],
        announcedEpisodes: null,
      },
      // The first block of state has 16 rows.
      episodes: [
        {
          facts: { ...episode.facts, announcedFrames: 16 },
          items: [...rows, { kind: 'video', camera: 'cam', path, fromFrame: from, toFrame: to }],
        },
      ],
    };
  };

  it.each([
    ['fits', withVideo(4, 20), []],
    ['is one frame short', withVideo(4, 19), ['VIDEO_FRAME_MISMATCH']],
    ['reaches behind the end', withVideo(20, 36), ['VIDEO_FRAME_MISMATCH', 'VIDEO_SPAN_OUT_OF_RANGE']],
    ['is a negative span', withVideo(4, 2), ['VIDEO_SPAN_OUT_OF_RANGE']],
    ['is absent', withVideo(0, null, 'absent.mp4'), ['MISSING_VIDEO']],
    ['is cut', withVideo(0, null, 'cut.mp4'), ['TRUNCATED_FILE']],
  ])('%s', async (_, set, codes) => {
    const { set: measured } = await measureFake(sourceOf(set), FILES);

    expect(measured.findings.map((finding) => finding.code).sort()).toEqual(codes);
  });

  it('is counted once, hashed by its packets, and timed by its tables', async () => {
    const set = withVideo(0, 16);
    const [episode] = set.episodes;
    if (!episode) throw new Error('no episode');
    const second = {
      facts: { ...episode.facts, index: 1 },
      items: episode.items.map((entry) => (entry.kind === 'video' ? { ...entry, fromFrame: 14, toFrame: 30 } : entry)),
    };
    const { set: measured, episodes } = await measureFake(sourceOf({ ...set, episodes: [episode, second] }), FILES);

    expect(measured.findings.map((finding) => finding.code)).toEqual(['VIDEO_SPAN_OVERLAP']);
    expect(measured.cameras).toEqual([
      expect.objectContaining({ name: 'cam', codec: 'h264', frames: 30, keyFrames: 3, fps: 30, bytes: video.length }),
    ]);
    expect(episodes.map((fact) => fact.files)).toEqual([
      [{ path: 'video.mp4', kind: 'video', camera: 'cam', from: 0, to: 16 }],
      [{ path: 'video.mp4', kind: 'video', camera: 'cam', from: 14, to: 30 }],
    ]);
    expect(episodes[0]?.clocks['cam']).toMatchObject({ samples: 16, faults: 0, rateHz: expect.closeTo(30, 9) });
    expect(episodes[0]?.contentHash).not.toBe(episodes[1]?.contentHash);
  });
});

describe('what is not the fault of the data', () => {
  const measureWith = (set: FakeSet, tick: () => void, broken?: Error) => {
    const source = sourceOf(set);
    const tree = new MemoryFileTree(new Map());
    return measureSource(
      broken
        ? {
            ...source,
            async *episodes() {
              yield* source.episodes();
              throw broken;
            },
          }
        : source,
      new DatasetFiles(tree, ''),
      new FindingLog(10),
      { onEpisode: () => undefined, tick },
    );
  };

  it('is thrown, so that the job can try again', async () => {
    await expect(measureWith(framesSet(), () => undefined, new Error('connection lost'))).rejects.toThrow(
      'connection lost',
    );
  });

  it('stops within an episode when the caller wants it', async () => {
    let ticks = 0;
    const stop = (): void => {
      ticks += 1;
      throw new Error('stopped');
    };

    await expect(measureWith(framesSet(), stop)).rejects.toThrow('stopped');
    expect(ticks).toBe(1);
  });
});
