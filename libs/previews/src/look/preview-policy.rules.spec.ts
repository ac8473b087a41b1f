import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { CLIP_BOX, fitInto, pickSamples } from './preview-policy.rules.js';
import type { MeasuredEpisode } from './preview-policy.rules.js';

const episode = (index: number, frames: number, fps = 30): MeasuredEpisode => ({
  index,
  sourceKey: `episode_${index}`,
  frames,
  durationS: frames / fps,
});
const setOf = (episodes: readonly MeasuredEpisode[]) => ({
  frames: episodes.reduce((sum, { frames }) => sum + frames, 0),
  durationS: episodes.reduce((sum, { durationS }) => sum + durationS, 0),
});

describe('what previews may show', () => {
  const episodes = fc
    .record({
      lengths: fc.array(fc.integer({ min: 1, max: 200_000 }), { minLength: 1, maxLength: 40 }),
      fps: fc.constantFrom(1, 10, 29.97, 30, 200),
    })
    .map(({ lengths, fps }) => lengths.map((frames, index) => episode(index, frames, fps)));

  it('is at most three episodes, a minute of each, and a tenth of the set, or else five seconds', () => {
    fc.assert(
      fc.property(episodes, (all) => {
        const set = setOf(all);
        const fps = set.frames / set.durationS;

        const picks = pickSamples(set, all);

        const shown = picks.reduce((sum, { shownFrames }) => sum + shownFrames, 0);
        expect(picks.length).toBeGreaterThanOrEqual(1);
        expect(picks.length).toBeLessThanOrEqual(3);
        expect(shown).toBeLessThanOrEqual(Math.max(set.frames * 0.1, 5 * fps));
        for (const { frames, shownFrames, shownS } of picks) {
          expect(shownFrames).toBeGreaterThanOrEqual(1);
          expect(shownFrames).toBeLessThanOrEqual(Math.min(frames, 60 * fps));
          expect(shownS).toBeLessThanOrEqual(60);
        }
        expect(picks.map(({ index }) => index)).toEqual(
          [...new Set(picks.map(({ index }) => index))].sort((a, b) => a - b),
        );
      }),
    );
  });

  it('shows three episodes of every set that has three, a second and a half of each or all of it', () => {
    fc.assert(
      fc.property(episodes, (all) => {
        const set = setOf(all);
        const least = Math.floor((1.5 * set.frames) / set.durationS);

        const picks = pickSamples(set, all);

        expect(picks).toHaveLength(Math.min(3, all.length));
        for (const { frames, shownFrames } of picks)
          expect(shownFrames).toBeGreaterThanOrEqual(Math.min(frames, Math.max(1, least)));
      }),
    );
  });

  it('is no more when the episodes claim no time', () => {
    const picks = pickSamples({ frames: 10_000, durationS: 0 }, [{ ...episode(0, 10_000), durationS: 0 }]);

    expect(picks).toMatchObject([{ shownFrames: 1_000 }]);
    expect(picks[0]?.shownS).toBeCloseTo(1_000 / 30);
  });

  it('takes the candidates in the order of preference, each once, and shows them in order', () => {
    const long = { frames: 30_000, durationS: 1_000 };

    expect(pickSamples(long, [episode(5, 300), episode(0, 300), episode(9, 300)]).map(({ index }) => index)).toEqual([
      0, 5, 9,
    ]);
    expect(pickSamples(long, [episode(0, 300), episode(0, 300)]).map(({ index }) => index)).toEqual([0]);
    // 200 frames may be shown: a hundred of each.
    expect(pickSamples({ frames: 2_000, durationS: 2_000 / 30 }, [episode(5, 300), episode(0, 300)])).toMatchObject([
      { index: 0, shownFrames: 100 },
      { index: 5, shownFrames: 100 },
    ]);
  });

  it('is nothing of a set without frames', () => {
    expect(pickSamples({ frames: 0, durationS: 0 }, [episode(0, 0)])).toEqual([]);
    expect(pickSamples({ frames: 0, durationS: 0 }, [])).toEqual([]);
  });
});

describe('the size of a picture', () => {
  it.each([
    [640, 480, 320, 240],
    [1920, 1080, 426, 238],
    [64, 48, 64, 48],
    [63, 47, 62, 46],
    [480, 640, 180, 240],
    [1, 1, 2, 2],
    [10_000, 3, 426, 2],
  ])('%p x %p becomes %p x %p', (width, height, fitWidth, fitHeight) => {
    expect(fitInto(CLIP_BOX, { width, height })).toEqual({ width: fitWidth, height: fitHeight });
  });
});
