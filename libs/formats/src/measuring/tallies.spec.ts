import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { EpisodeFact } from '../episode-model.js';
import { ContentHash, storedAs, storedBytes } from './content-hash.js';
import { largestOffsetS } from './camera-offset.js';
import { CoverageTally } from './coverage-tally.js';
import { QualityTally } from './quality-tally.js';
import { toRate } from './rate.js';
import { SpreadTally } from './spread-tally.js';

function episodeOf(facts: Partial<EpisodeFact>): EpisodeFact {
  return {
    index: 0,
    sourceKey: 'e',
    frames: 100,
    durationS: 1,
    tasks: [],
    outcome: null,
    outcomeSource: null,
    stats: {},
    clocks: {},
    motion: null,
    cameraOffsetS: null,
    taskSpans: [],
    startedAt: null,
    contentHash: `${facts.index ?? 0}`.padStart(64, '0'),
    files: [],
    ...facts,
  };
}

const clock = (rateHz: number, completeness = 1) => ({
  samples: 10,
  rateHz,
  jitterS: 0.001,
  maxGapS: 0.1,
  gaps: 0,
  faults: 1,
  completeness,
});

const statsOf = (min: number[], max: number[], nonFinite = 0, count = 10) => ({
  count,
  min,
  max,
  mean: min,
  std: min,
  q01: min,
  q10: min,
  q50: min,
  q90: min,
  q99: min,
  nonFinite,
});

describe('a spread', () => {
  it('keeps the ten lowest and the ten highest, the earlier episode first', () => {
    const value = fc.oneof(fc.integer({ min: -5, max: 5 }), fc.constant(null), fc.constant(Number.NaN));
    fc.assert(
      fc.property(fc.array(value, { maxLength: 60 }), (values) => {
        const tally = new SpreadTally();
        values.forEach((entry, episode) => tally.add(episode, entry));
        const spread = tally.finish();

        const list = values.flatMap((entry, episode) =>
          entry !== null && Number.isFinite(entry) ? [{ episode, value: entry }] : [],
        );
        if (list.length === 0) {
          expect(spread).toBeNull();
          return;
        }
        expect(spread?.lowest).toEqual(
          [...list].sort((a, b) => a.value - b.value || a.episode - b.episode).slice(0, 10),
        );
        expect(spread?.highest).toEqual(
          [...list].sort((a, b) => b.value - a.value || a.episode - b.episode).slice(0, 10),
        );
        expect([spread?.count, spread?.min, spread?.max]).toEqual([
          list.length,
          Math.min(...list.map((entry) => entry.value)),
          Math.max(...list.map((entry) => entry.value)),
        ]);
        expect(spread?.mean).toBeCloseTo(list.reduce((sum, entry) => sum + entry.value, 0) / list.length, 9);
      }),
    );
  });
});

describe('the quality of a set', () => {
  const streams = [
    { key: 'state', role: 'state' as const, names: ['a', 'b'] },
    { key: 'time', role: 'time' as const, names: [] },
  ];

  it('takes the worst stream of each episode', () => {
    const tally = new QualityTally(
      streams,
      new Map([
        ['cam', 30],
        ['state', 100],
      ]),
    );
    tally.add(episodeOf({ index: 3, clocks: { cam: clock(24, 0.8), state: clock(99) } }), {
      videoRowGap: 2,
      completeness: 0.9,
    });
    const quality = tally.finish();

    expect(quality.rateRatio).toMatchObject({ min: 0.8, lowest: [{ episode: 3, value: 0.8 }] });
    expect(quality.completeness?.min).toBe(0.8);
    expect(quality.clockFaults?.max).toBe(2);
    expect(quality.videoRowGap?.max).toBe(2);
    expect(quality.rates['state']?.mean).toBe(99);
    expect([quality.cameraOffsetS, quality.jerk]).toEqual([null, null]);
  });

  it('pools ranges of values, names constant channels, and leaves out clocks', () => {
    const tally = new QualityTally(streams, new Map());
    tally.add(episodeOf({ index: 0, stats: { state: statsOf([1, 7], [2, 7]), time: statsOf([0], [1]) } }), {
      videoRowGap: null,
    });
    tally.add(episodeOf({ index: 1, stats: { state: statsOf([-1, 7], [1, 7]) } }), { videoRowGap: null });
    const quality = tally.finish();

    expect(quality.ranges).toEqual({ state: { min: [-1, 7], max: [2, 7] } });
    expect(quality.constantChannels).toEqual({ state: ['b'] });
  });

  it('pairs each episode with the first of the same content', () => {
    const tally = new QualityTally([], new Map());
    const same = 'f'.repeat(64);
    const found = [0, 1, 2, 3].map(
      (index) =>
        tally.add(episodeOf({ index, ...(index === 1 ? {} : { contentHash: same }) }), { videoRowGap: null })
          .duplicateOf,
    );

    expect(found).toEqual([null, null, 0, 0]);
    expect(tally.finish().duplicates).toEqual({
      count: 2,
      pairs: [
        [2, 0],
        [3, 0],
      ],
    });
  });
});

describe('the coverage of a set', () => {
  const span = (text: string, from: number, to: number | null) => ({ text, from, to });

  it('counts tasks by episodes and by the frames of their spans, the most frequent first', () => {
    const tally = new CoverageTally();
    tally.add(episodeOf({ tasks: ['fold', 'pick'], taskSpans: [span('pick', 0, 30), span('fold', 30, 100)] }), {
      operator: 'op1',
      scene: 'lab',
    });
    tally.add(episodeOf({ tasks: ['pick'], outcome: 'success' }));
    tally.add(episodeOf({ tasks: ['  '], outcome: 'failure' }));

    expect(tally.finish()).toEqual({
      tasks: [
        { text: 'pick', episodes: 2, frames: 130 },
        { text: 'fold', episodes: 1, frames: 70 },
      ],
      operators: [{ name: 'op1', episodes: 1 }],
      scenes: [{ name: 'lab', episodes: 1 }],
      outcomes: { success: 1, failure: 1, unknown: 1 },
      withTask: 2,
      withSubtasks: 1,
      subtaskFaults: [],
    });
  });

  it.each([
    ['a whole task', [span('t', 0, null)], 0, null],
    ['parts that cover it', [span('t', 0, null), span('b', 60, null), span('a', 0, 60)], 1, null],
    ['a hole', [span('a', 0, 50), span('b', 60, 100)], 0, 'no sub-task covers frames 50 to 60'],
    ['an open end', [span('a', 0, 50)], 0, 'no sub-task covers frames 50 to 100'],
    ['an overlap', [span('a', 0, 50), span('b', 40, 100)], 0, 'sub-tasks overlap from frame 40 to 50'],
    [
      'a part outside',
      [span('a', 0, 50), span('b', 50, 120)],
      0,
      'a sub-task spans frames 50 to 120 of an episode of 100 frames',
    ],
  ])('judges sub-tasks: %s', (_, taskSpans, withSubtasks, message) => {
    const tally = new CoverageTally();
    tally.add(episodeOf({ index: 4, taskSpans }));
    const coverage = tally.finish();

    expect(coverage.withSubtasks).toBe(withSubtasks);
    expect(coverage.subtaskFaults).toEqual(message === null ? [] : [{ episode: 4, message }]);
  });

  it('lists a thousand tasks of however many', () => {
    const tally = new CoverageTally();
    for (let k = 0; k < 3000; k += 1) tally.add(episodeOf({ index: k, tasks: [`task ${k}`] }));

    expect([tally.finish().tasks.length, tally.finish().withTask]).toEqual([1000, 3000]);
  });
});

describe('a measured rate', () => {
  it.each([
    [30.0001, 30, 1],
    [29.97002, 30_000, 1001],
    [59.94, 60_000, 1001],
    [100.02, 100, 1],
    [19.8, 99, 5],
    [0.5, 1, 2],
  ])('%d Hz is %d/%d', (rateHz, num, den) => {
    expect(toRate(rateHz)).toEqual({ num, den });
  });

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, 1e9])('%d is none', (rateHz) => {
    expect(toRate(rateHz)).toBeNull();
  });
});

describe('the offset between cameras and signals', () => {
  const held = (times: number[], isWhole = true) => ({ timesS: Float64Array.from(times), isWhole });

  it('is the largest distance of the slower one from the nearest of the faster one', () => {
    const time = fc.integer({ min: 0, max: 1000 }).map((ms) => ms / 1000);
    fc.assert(
      fc.property(
        fc.array(time, { minLength: 1, maxLength: 30 }),
        fc.array(time, { minLength: 1, maxLength: 30 }),
        (camera, signal) => {
          const [slow, fast] = camera.length <= signal.length ? [camera, signal] : [signal, camera];
          const expected = Math.max(...slow.map((a) => Math.min(...fast.map((b) => Math.abs(a - b)))));
          expect(largestOffsetS([held(camera)], [held(signal)])).toBeCloseTo(expected, 12);
        },
      ),
    );
  });

  it('is not known without both, and is not judged behind the last time that is held', () => {
    expect(largestOffsetS([], [held([1])])).toBeNull();
    expect(largestOffsetS([held([1])], [])).toBeNull();
    expect(largestOffsetS([held([0, 5])], [held([0, 0.1, 0.2], false)])).toBe(0);
  });
});

describe('the content hash', () => {
  const digest = (fill: number): Uint8Array => new Uint8Array(32).fill(fill);

  it('does not depend on the order in which the parts come', () => {
    const [one, two] = [new ContentHash(), new ContentHash()];
    one.addSignal('a', 'f4', 7, 10, digest(1));
    one.addSignal('b', 'f4', 7, 10, digest(2));
    one.addPictures('cam', 10, digest(3));
    two.addPictures('cam', 10, digest(3));
    two.addSignal('b', 'f4', 7, 10, digest(2));
    two.addSignal('a', 'f4', 7, 10, digest(1));

    expect(one.digest({ num: 30, den: 1 })).toBe(two.digest({ num: 30, den: 1 }));
    expect(one.digest(null)).not.toBe(one.digest({ num: 30, den: 1 }));
  });

  it('stores whole numbers as int64, whatever they came as', () => {
    expect(Buffer.from(storedBytes(Float64Array.from([1, -1, Number.NaN]), 'i8')).toString('hex')).toBe(
      '0100000000000000ffffffffffffffff0000000000000000',
    );
    expect([storedAs('int32', new Float64Array(1)), storedAs('float64', new Float64Array(1))]).toEqual(['i8', 'f8']);
    expect(storedAs('float64', new Float32Array(1))).toBe('f4');
  });
});
