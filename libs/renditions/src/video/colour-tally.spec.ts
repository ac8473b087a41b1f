import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ColourTally, evenly, sampleCount } from './colour-tally.js';

describe('colour statistics', () => {
  it('are those of the definition, per colour, in 0..1', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 12, maxLength: 12 }), (values) => {
        const tally = new ColourTally(3);
        tally.add(Uint8Array.from(values), 2, 2);
        const stats = tally.finish();

        for (const c of [0, 1, 2]) {
          const channel = values.filter((_, i) => i % 3 === c).map((value) => value / 255);
          const mean = channel.reduce((sum, value) => sum + value, 0) / 4;
          expect([stats.min[c], stats.max[c]]).toEqual([Math.min(...channel), Math.max(...channel)]);
          expect(stats.mean[c]).toBeCloseTo(mean, 10);
          expect(stats.std[c]).toBeCloseTo(Math.sqrt(channel.reduce((sum, v) => sum + (v - mean) ** 2, 0) / 4), 7);
        }
      }),
    );
  });

  it('look at large pictures in steps, as LeRobot does', () => {
    const tally = new ColourTally(3);
    const picture = new Uint8Array(640 * 480 * 3);
    picture.fill(255, 0, 3);
    picture.fill(200, 3, 6); // between the steps of 4: not looked at
    tally.add(picture, 640, 480);

    expect(tally.finish().max).toEqual([1, 1, 1]);
    expect(tally.finish().mean[0]).toBeCloseTo(1 / (160 * 120), 12);
  });

  it('tell depth in its own unit', () => {
    const tally = new ColourTally(1);
    tally.add(Uint16Array.from([500, 1500]), 2, 1);

    expect(tally.finish()).toMatchObject({ count: 1, min: [500], max: [1500], mean: [1000], std: [500] });
  });
});

describe('sampling', () => {
  it('takes as many frames as LeRobot', () => {
    expect([50, 334, 10_000, 1_000_000].map(sampleCount)).toEqual([50, 100, 1000, 10_000]);
  });

  it('is even, without repeats, from the first to the last', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 500 }), fc.integer({ min: 2, max: 500 }), (total, count) => {
        const places = evenly(total, count);

        expect(new Set(places).size).toBe(Math.min(total, count));
        expect([places[0], places.at(-1)]).toEqual([0, total - 1]);
      }),
    );
  });
});
