import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { ClockFact } from '../episode-model.js';
import { ClockMeter } from './clock-meter.js';

/** The definitions, spelled out. */
function reference(times: readonly number[]): ClockFact {
  const steps = times.slice(1).map((time, i) => time - (times[i] ?? 0));
  const forward = steps.filter((step) => step > 0).sort((a, b) => a - b);
  const middle = (forward.length - 1) / 2;
  const median = forward.length > 0 ? ((forward[Math.floor(middle)] ?? 0) + (forward[Math.ceil(middle)] ?? 0)) / 2 : 0;
  const mean = steps.reduce((sum, step) => sum + step, 0) / steps.length;
  const span = (times.at(-1) ?? 0) - (times[0] ?? 0);
  return {
    samples: times.length,
    rateHz: steps.length > 0 && span > 0 ? steps.length / span : null,
    jitterS: steps.length > 0 ? Math.sqrt(steps.reduce((sum, step) => sum + (step - mean) ** 2, 0) / steps.length) : 0,
    maxGapS: Math.max(0, ...steps),
    gaps: median > 0 ? steps.filter((step) => step > 1.5 * median).length : 0,
    faults: steps.filter((step) => step <= 0).length,
    completeness: span > 0 && median > 0 ? Math.min(1, times.length / (1 + Math.round(span / median))) : 1,
  };
}

function measured(times: readonly number[], block = times.length, maxHeld?: number): ClockFact {
  const meter = new ClockMeter(maxHeld);
  for (let at = 0; at < times.length; at += Math.max(1, block))
    meter.add(Float64Array.from(times.slice(at, at + Math.max(1, block))));
  return meter.finish();
}

function expectClose(actual: ClockFact, expected: ClockFact): void {
  for (const key of Object.keys(expected) as (keyof ClockFact)[]) {
    const [mine, theirs] = [actual[key], expected[key]];
    if (mine === null || theirs === null) expect([key, mine]).toEqual([key, theirs]);
    else expect([key, Math.abs(mine - theirs) <= 1e-9 * Math.max(1, Math.abs(theirs))]).toEqual([key, true]);
  }
}

describe('the clock of a stream', () => {
  it('is that of the definitions, in whatever blocks the times come', () => {
    const time = fc.integer({ min: 0, max: 10_000 }).map((ms) => ms / 1000);
    fc.assert(
      fc.property(
        fc.array(time, { maxLength: 60 }),
        fc.boolean(),
        fc.integer({ min: 1, max: 20 }),
        (times, isSorted, block) => {
          const list = isSorted ? [...times].sort((a, b) => a - b) : times;
          expectClose(measured(list, block), reference(list));
        },
      ),
    );
  });

  it('finds two dropped frames of a camera at 30 Hz, and what they cost', () => {
    const times = Array.from({ length: 100 }, (_, k) => k / 30).filter((_, k) => k !== 40 && k !== 70);
    const clock = measured(times);

    expect([clock.samples, clock.gaps, clock.faults]).toEqual([98, 2, 0]);
    expect(clock.completeness).toBeCloseTo(0.98, 12);
    expect(clock.maxGapS).toBeCloseTo(2 / 30, 12);
  });

  it('says nothing of a rate that it cannot know', () => {
    expect(measured([])).toMatchObject({ samples: 0, rateHz: null, jitterS: 0, completeness: 1 });
    expect(measured([5])).toMatchObject({ samples: 1, rateHz: null, gaps: 0, faults: 0 });
    expect(measured([5, 5])).toMatchObject({ samples: 2, rateHz: null, faults: 1 });
  });

  it('counts a time that is no number as a fault, says where, and goes on', () => {
    const meter = new ClockMeter();
    meter.add(Float64Array.from([0, 1, Number.NaN, 2, Number.POSITIVE_INFINITY, 3]));

    expect(meter.finish()).toMatchObject({ samples: 6, faults: 2, rateHz: 1, maxGapS: 1 });
    expect([meter.firstFault, meter.firstNonFinite]).toEqual([2, 2]);
  });

  it('stays exact in rate, jitter and longest step, and within 0.1 % in the median, when it holds almost nothing', () => {
    const times = Array.from({ length: 5000 }, (_, k) => k / 100 + (k % 7) * 1e-4).filter((_, k) => k % 50 !== 0);
    const exact = measured(times);
    const bounded = measured(times, 512, 16);

    expect({ ...bounded, completeness: 0 }).toEqual({ ...exact, completeness: 0 });
    expect(bounded.completeness).toBeCloseTo(exact.completeness, 2);
    expect(exact.gaps).toBe(99);
  });

  it('measures completeness over a longer time than its own', () => {
    const meter = new ClockMeter();
    meter.add(Float64Array.from({ length: 31 }, (_, k) => k / 30));

    expect(meter.completenessOver(1)).toBe(1);
    expect(meter.completenessOver(2)).toBeCloseTo(31 / 61, 12);
  });
});
