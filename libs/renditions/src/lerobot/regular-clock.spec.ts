import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { frameAt, frameGrid, pickLatest } from './regular-clock.js';
import { toSaneRate } from './survey.js';

const FPS = { num: 30, den: 1 };

/** Rising times, steps of 1 ms to 100 ms. */
const times = fc
  .array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 80 })
  .map((stepsMs) =>
    Float64Array.from(stepsMs.map((_, i) => stepsMs.slice(1, i + 1).reduce((sum, ms) => sum + ms, 0) / 1000)),
  );

describe('a regular grid of frames', () => {
  it('has a frame for every sample of a camera that jitters by less than half a frame, each its own', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -0.015, max: 0.015, noNaN: true }), { minLength: 2, maxLength: 60 }),
        (jitter) => {
          const samples = Float64Array.from(jitter, (offset, k) => k / 30 + (k === 0 ? 0 : offset)).sort();

          const grid = frameGrid(samples, FPS);
          const { picks, dropped, repeated } = pickLatest(samples, grid);

          expect([...picks]).toEqual([...samples.keys()]);
          expect([grid.frames, dropped, repeated]).toEqual([samples.length, 0, 0]);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('keeps what is left of a camera that lost every third picture, each in its place', () => {
    const kept = Array.from({ length: 60 }, (_, k) => k).filter((k) => k % 3 !== 1);
    const samples = Float64Array.from(kept, (k) => k / 30 + (k === 0 ? 0 : 0.004 * Math.sin(k)));

    const { picks, dropped, repeated } = pickLatest(samples, frameGrid(samples, FPS));

    for (const [i, k] of kept.entries()) expect(picks[k]).toBe(i);
    expect([dropped, repeated]).toEqual([0, 60 - kept.length]);
  });

  it('never takes a sample from after its moment, but the first', () => {
    fc.assert(
      fc.property(times, times, (reference, samples) => {
        const grid = frameGrid(reference, FPS);
        const { picks, worstAgeS } = pickLatest(samples, grid);

        for (let k = 0; k < grid.frames; k += 1) {
          const takenS = samples[picks[k] ?? 0] ?? 0;
          const dueS = grid.timesS[k] ?? 0;
          expect(takenS <= dueS || picks[k] === 0).toBe(true);
          const nextS = samples[(picks[k] ?? 0) + 1];
          expect(nextS === undefined || nextS > dueS).toBe(true);
          expect(Math.abs(dueS - takenS)).toBeLessThanOrEqual(worstAgeS);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('counts what it drops and repeats', () => {
    fc.assert(
      fc.property(times, times, (reference, samples) => {
        const grid = frameGrid(reference, FPS);
        const { picks, dropped, repeated } = pickLatest(samples, grid);
        const used = new Set(picks).size;

        expect([dropped, repeated]).toEqual([samples.length - used, grid.frames - used]);
      }),
      { numRuns: 100 },
    );
  });

  it('finds the frame at which a span of the reference begins', () => {
    const reference = Float64Array.from({ length: 11 }, (_, i) => i / 10);
    const grid = frameGrid(reference, FPS);

    expect([0, 1, 5, 10].map((sample) => frameAt(reference, sample, grid))).toEqual([0, 3, 15, 30]);
    expect(frameAt(reference, 11, grid)).toBe(31);
  });
});

describe('a measured rate', () => {
  it.each([
    [29.99, { num: 30, den: 1 }],
    [29.97003, { num: 30000, den: 1001 }],
    [59.94, { num: 60000, den: 1001 }],
    [10.02, { num: 10, den: 1 }],
    [12.5, { num: 25, den: 2 }],
    [0.4, { num: 2, den: 5 }],
  ])('of %p is %p', (rateHz, rate) => {
    expect(toSaneRate(rateHz)).toEqual(rate);
  });

  it('is no broadcast rate on the word of a few seconds', () => {
    expect(toSaneRate(29.97, 29.97, 5)).toEqual({ num: 30, den: 1 });
  });

  it('is none where there is none', () => {
    expect([toSaneRate(0), toSaneRate(Number.NaN), toSaneRate(Number.POSITIVE_INFINITY)]).toEqual([null, null, null]);
  });
});
