import { describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import type { EpisodeItem, FindingCode } from '@app/formats';
import { makeRecording } from '../../support/recordings.js';
import type { FakeEpisode, FakeSet } from './fake-source.js';
import { framesSet, measureFake, ownClockSet, sourceOf } from './fake-source.js';

type Rows = Extract<EpisodeItem, { kind: 'rows' }>;
type Image = Extract<EpisodeItem, { kind: 'image' }>;

/** The second of the three episodes is the one that is damaged. */
function damaged(set: FakeSet): FakeEpisode {
  const episode = set.episodes[1];
  if (!episode) throw new Error('no second episode');
  return episode;
}

function mapRows(set: FakeSet, key: string, change: (item: Rows, at: number) => Rows): void {
  let at = -1;
  const episode = damaged(set);
  episode.items = episode.items.map((item) => {
    if (item.kind !== 'rows' || item.key !== key) return item;
    at += 1;
    return change(item, at);
  });
}

function mapPictures(set: FakeSet, camera: string, change: (item: Image, at: number) => Image | null): void {
  let at = -1;
  const episode = damaged(set);
  episode.items = episode.items.flatMap((item) => {
    if (item.kind !== 'image' || item.camera !== camera) return item;
    at += 1;
    return change(item, at) ?? [];
  });
}

function withValue(item: Rows, at: number, value: number): Rows {
  const values = Float32Array.from(item.values);
  values[at] = value;
  return { ...item, values };
}

const dropFirst = (set: FakeSet, isIt: (item: EpisodeItem) => boolean): void => {
  const episode = damaged(set);
  const at = episode.items.findIndex(isIt);
  episode.items.splice(at, 1);
};

const isRows = (key: string) => (item: EpisodeItem) => item.kind === 'rows' && item.key === key;
const isPicture = (camera: string) => (item: EpisodeItem) => item.kind === 'image' && item.camera === camera;

const png = (width: number, height: number): Promise<Buffer> =>
  sharp({ create: { width, height, channels: 3, background: { r: 9, g: 80, b: 20 } } })
    .png()
    .toBuffer();

/** What is done to a clean set, and the one kind of finding that must come of it. */
const DEFECTS: readonly [string, FindingCode, () => FakeSet, (set: FakeSet) => void | Promise<void>][] = [
  [
    'a NaN in a state',
    'NAN_OR_INF',
    framesSet,
    (set) => mapRows(set, 'state', (item, at) => (at === 2 ? withValue(item, 8, Number.NaN) : item)),
  ],
  [
    'an infinite action',
    'NAN_OR_INF',
    framesSet,
    (set) => mapRows(set, 'action', (item, at) => (at === 0 ? withValue(item, 0, Number.POSITIVE_INFINITY) : item)),
  ],
  ['a missing block of action rows', 'LENGTH_MISMATCH', framesSet, (set) => dropFirst(set, isRows('action'))],
  [
    'a signal without rows',
    'FEATURE_MISSING',
    framesSet,
    (set) => {
      damaged(set).items = damaged(set).items.filter((item) => !isRows('action')(item));
    },
  ],
  ['a dropped picture', 'VIDEO_FRAME_MISMATCH', framesSet, (set) => dropFirst(set, isPicture('wrist'))],
  [
    'an episode without items',
    'EMPTY_EPISODE',
    framesSet,
    (set) => {
      damaged(set).items = [];
    },
  ],
  [
    'another number of frames than announced',
    'FRAME_COUNT_MISMATCH',
    framesSet,
    (set) => {
      damaged(set).facts = { ...damaged(set).facts, announcedFrames: 64 };
    },
  ],
  [
    'another number of episodes than announced',
    'EPISODE_COUNT_MISMATCH',
    framesSet,
    (set) => {
      set.head = { ...set.head, announcedEpisodes: 4 };
    },
  ],
  [
    'no episode',
    'EMPTY_RECORDING',
    framesSet,
    (set) => {
      set.episodes = [];
      set.head = { ...set.head, announcedEpisodes: null };
    },
  ],
  [
    'rows of another width',
    'FEATURE_SHAPE_MISMATCH',
    framesSet,
    (set) => mapRows(set, 'state', (item) => ({ ...item, values: item.values.slice(1) })),
  ],
  [
    'rows of an unannounced signal',
    'FEATURE_UNDECLARED',
    framesSet,
    (set) => {
      damaged(set).items.push({ kind: 'rows', key: 'secret', rows: 1, values: new Float64Array(1), timesS: null });
    },
  ],
  [
    'a picture without bytes',
    'EMPTY_IMAGE',
    framesSet,
    (set) => mapPictures(set, 'top', (item, at) => (at === 5 ? { ...item, bytes: new Uint8Array(0) } : item)),
  ],
  [
    'a picture cut short',
    'IMAGE_INVALID',
    framesSet,
    (set) => mapPictures(set, 'top', (item, at) => (at === 5 ? { ...item, bytes: item.bytes.subarray(1) } : item)),
  ],
  [
    'a picture that is no JPEG',
    'IMAGE_INVALID',
    framesSet,
    (set) => mapPictures(set, 'top', (item) => ({ ...item, encoding: 'jpeg' })),
  ],
  [
    'a picture of another size',
    'VIDEO_SIZE_MISMATCH',
    framesSet,
    async (set) => {
      const bytes = await png(32, 24);
      mapPictures(set, 'top', (item, at) =>
        at === 7 ? { ...item, encoding: 'png', width: 32, height: 24, bytes } : item,
      );
    },
  ],
  [
    'a picture that says another size than it has',
    'VIDEO_SIZE_MISMATCH',
    framesSet,
    async (set) => {
      const bytes = await png(32, 24);
      mapPictures(set, 'top', (item, at) => (at === 7 ? { ...item, encoding: 'png', bytes } : item));
    },
  ],
  [
    'a frozen camera',
    'FROZEN_VIDEO',
    framesSet,
    (set) => {
      let first: Uint8Array | null = null;
      mapPictures(set, 'wrist', (item) => ({ ...item, bytes: (first ??= item.bytes) }));
    },
  ],
  [
    'a black camera',
    'EMPTY_CAMERA_PLACEHOLDER',
    framesSet,
    (set) => mapPictures(set, 'wrist', (item) => ({ ...item, bytes: new Uint8Array(item.bytes.length) })),
  ],
  [
    'a camera of tiny equal JPEGs',
    'EMPTY_CAMERA_PLACEHOLDER',
    framesSet,
    async (set) => {
      const bytes = await sharp({ create: { width: 64, height: 48, channels: 3, background: '#000' } })
        .jpeg()
        .toBuffer();
      mapPictures(set, 'wrist', (item) => ({ ...item, encoding: 'jpeg', bytes }));
    },
  ],
  [
    'a tail that repeats its last row',
    'PADDED_TAIL',
    framesSet,
    (set) => {
      const last = (key: string): Float32Array =>
        Float32Array.from(
          damaged(set)
            .items.filter((item): item is Rows => isRows(key)(item))
            .at(-1)
            ?.values.slice(-7) ?? [],
        );
      for (const key of ['state', 'action']) {
        const row = last(key);
        for (let k = 0; k < 12; k += 1)
          damaged(set).items.push({ kind: 'rows', key, rows: 1, values: row, timesS: null });
      }
      for (const camera of ['top', 'wrist']) {
        const picture = damaged(set).items.find((item): item is Image => isPicture(camera)(item));
        if (picture) damaged(set).items.push(...Array.from({ length: 12 }, () => picture));
      }
      damaged(set).facts = { ...damaged(set).facts, announcedFrames: 75 };
    },
  ],
  [
    'an episode that is there twice',
    'DUPLICATE_EPISODE',
    framesSet,
    (set) => {
      set.episodes.push({ ...damaged(set), facts: { ...damaged(set).facts, index: 3 } });
      set.head = { ...set.head, announcedEpisodes: 4 };
    },
  ],
  [
    'a channel that never moves',
    'CONSTANT_CHANNEL',
    framesSet,
    (set) => {
      for (const episode of set.episodes)
        episode.items = episode.items.map((item) =>
          isRows('state')(item) && item.kind === 'rows'
            ? { ...item, values: Float32Array.from(item.values, (value, at) => (at % 7 === 3 ? 0.25 : value)) }
            : item,
        );
    },
  ],
  [
    'no outcome',
    'SUCCESS_UNKNOWN',
    framesSet,
    (set) => {
      for (const episode of set.episodes) episode.facts = { ...episode.facts, outcome: null, outcomeSource: null };
    },
  ],
  [
    'no task text',
    'TASK_TEXT_MISSING',
    framesSet,
    (set) => {
      damaged(set).facts = { ...damaged(set).facts, tasks: [] };
    },
  ],
  [
    'no rate',
    'FPS_UNKNOWN',
    framesSet,
    (set) => {
      set.head = { ...set.head, fps: { value: null, reason: 'nothing says it' } };
    },
  ],
  [
    'no robot',
    'ROBOT_UNKNOWN',
    framesSet,
    (set) => {
      set.head = { ...set.head, robotType: { value: null, reason: 'nothing says it' } };
    },
  ],
  [
    'no unit',
    'UNITS_UNKNOWN',
    framesSet,
    (set) => {
      set.head = {
        ...set.head,
        signals: set.head.signals.map((spec) => ({ ...spec, unit: { value: null, reason: 'nothing says it' } })),
      };
    },
  ],
  [
    'a clock that goes backwards',
    'TIMESTAMP_NOT_MONOTONIC',
    ownClockSet,
    (set) =>
      mapRows(set, '/state', (item, at) =>
        at === 1
          ? { ...item, timesS: Float64Array.from(item.timesS ?? [], (time, k) => (k === 5 ? time - 0.1 : time)) }
          : item,
      ),
  ],
  [
    'a clock that stands',
    'TIMESTAMP_NOT_MONOTONIC',
    ownClockSet,
    (set) => mapPictures(set, 'top', (item, at) => (at === 9 ? { ...item, timeS: 8 / 30 } : item)),
  ],
  [
    'a time that is no number',
    'NAN_OR_INF',
    ownClockSet,
    (set) =>
      mapRows(set, '/action', (item, at) =>
        at === 1 ? { ...item, timesS: Float64Array.from(item.timesS ?? [], () => Number.NaN) } : item,
      ),
  ],
];

describe('each defect of a source', () => {
  it.each(DEFECTS)('%s: %s', async (_, code, make, damage) => {
    const set = make();
    const clean = await measureFake(sourceOf(set));
    expect(clean.set.findings).toEqual([]);

    await damage(set);
    const { set: measured } = await measureFake(sourceOf(set));

    expect([...new Set(measured.findings.map((finding) => finding.code))]).toEqual([code]);
  });

  it('is told with its episode, its row and its camera', async () => {
    const set = framesSet();
    mapRows(set, 'state', (item, at) => (at === 2 ? withValue(item, 8, Number.NaN) : item));
    dropFirst(set, isPicture('wrist'));
    const { set: measured } = await measureFake(sourceOf(set));

    expect(measured.findings).toEqual([
      expect.objectContaining({
        code: 'VIDEO_FRAME_MISMATCH',
        episode: 1,
        camera: 'wrist',
        expected: '63 frames',
        actual: '62',
      }),
      expect.objectContaining({ code: 'NAN_OR_INF', episode: 1, row: 33 }),
    ]);
  });

  it('leaves the reasons of what is not known', async () => {
    const set = framesSet(makeRecording({ episodes: 1 }));
    set.head = {
      ...set.head,
      fps: { value: null, reason: 'no rate' },
      robotType: { value: null, reason: 'no robot' },
      collectionMethod: { value: null, reason: 'no method' },
      reality: { value: null, reason: 'no origin' },
    };
    const { set: measured } = await measureFake(sourceOf(set));

    expect(measured.unknowns).toEqual({
      fps: 'no rate',
      durationS: 'without a rate or times the frames have no duration',
      robotType: 'no robot',
      collectionMethod: 'no method',
      reality: 'no origin',
    });
    expect([measured.fps, measured.fpsSource, measured.durationS]).toEqual([null, null, 0]);
  });
});
