import { describe, expect, it } from '@jest/globals';
import { ColourHistogram, sampledFrames, statsOf } from './statistics.js';

describe('statistics', () => {
  it('gives exact numbers for each channel', () => {
    const stats = statsOf([
      [1, 10],
      [2, 10],
      [3, 10],
      [4, 10],
    ]);

    expect(stats.min).toEqual([1, 10]);
    expect(stats.max).toEqual([4, 10]);
    expect(stats.mean).toEqual([2.5, 10]);
    expect(stats.std[0]).toBeCloseTo(Math.sqrt(1.25), 12);
    expect(stats.std[1]).toBe(0);
    expect(stats.q50).toEqual([2.5, 10]);
    expect(stats.q10[0]).toBeCloseTo(1.3, 12);
    expect(stats.count).toEqual([4]);
  });

  it('refuses an episode without rows', () => {
    expect(() => statsOf([])).toThrow(RangeError);
  });

  it('measures colours from 0 to 1 and adds episodes up', () => {
    const [dark, bright, all] = [new ColourHistogram(), new ColourHistogram(), new ColourHistogram()];
    dark.addPicture(new Uint8Array(3 * 4 * 4), 4);
    bright.addPicture(new Uint8Array(3 * 4 * 4).fill(255), 4);

    all.addAll(dark);
    all.addAll(bright);

    expect(all.stats()).toMatchObject({
      min: [0, 0, 0],
      max: [1, 1, 1],
      mean: [0.5, 0.5, 0.5],
      std: [0.5, 0.5, 0.5],
      count: [2],
    });
  });

  it('looks at all frames of a short episode and at a hundred of a longer one', () => {
    expect(sampledFrames(40)).toHaveLength(40);
    expect(sampledFrames(300)).toHaveLength(100);
    expect(sampledFrames(300).at(-1)).toBe(299);
  });
});
