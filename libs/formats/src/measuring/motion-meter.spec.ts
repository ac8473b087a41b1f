import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { MotionFact } from '../episode-model.js';
import { MotionMeter } from './motion-meter.js';

/** As numpy interpolates by default. */
function quantileOf(sorted: Float64Array, q: number): number {
  const at = (sorted.length - 1) * q;
  const below = sorted[Math.floor(at)] ?? 0;
  return below + ((sorted[Math.ceil(at)] ?? 0) - below) * (at - Math.floor(at));
}

const STATE = { key: 'state', role: 'state', width: 2, names: [] } as const;
const ACTION = { key: 'action', role: 'action', width: 1, names: [] } as const;

/** The definitions, spelled out over columns of a state and an action of the same number of rows. */
function reference(columns: readonly number[][], action: readonly number[], rateHz: number): MotionFact {
  const rows = action.length;
  const ranges = columns.map((x) => Math.max(...x) - Math.min(...x));
  const steps = columns.map((x) => x.slice(1).map((value, k) => Math.abs(value - (x[k] ?? 0))));
  const still = (k: number): boolean => steps.every((s, c) => (s[k] ?? 0) <= 1e-3 * (ranges[c] ?? 0));
  const jumped = (k: number): boolean =>
    steps.some((s, c) => new Set(columns[c]).size >= 10 && (s[k] ?? 0) > 0.5 * (ranges[c] ?? 0));
  const thirds = columns.map((x) =>
    x
      .slice(3)
      .map((value, k) => Math.abs(value - 3 * (x[k + 2] ?? 0) + 3 * (x[k + 1] ?? 0) - (x[k] ?? 0)))
      .sort((a, b) => a - b),
  );
  const frames = Array.from({ length: Math.max(0, rows - 1) }, (_, k) => k);
  let paddedTail = 0;
  const isLast = (k: number): boolean => [...columns, action].every((x) => x[k] === x[rows - 1]);
  while (paddedTail + 1 < rows && isLast(rows - 2 - paddedTail)) paddedTail += 1;
  return {
    idleShare: frames.length > 0 ? frames.filter(still).length / frames.length : null,
    jerk: rows > 3 ? Math.max(...thirds.map((list) => quantileOf(Float64Array.from(list), 0.99))) * rateHz ** 3 : null,
    maxSpeed: frames.length > 0 ? Math.max(...steps.flat()) * rateHz : null,
    jumps: frames.filter(jumped).length,
    paddedTail,
  };
}

function measured(columns: readonly number[][], action: readonly number[], rateHz: number | null, block: number) {
  const meter = new MotionMeter([STATE, ACTION]);
  for (let at = 0; at < action.length; at += block) {
    const rows = Array.from({ length: Math.min(block, action.length - at) }, (_, k) => at + k);
    meter.add('state', Float64Array.from(rows.flatMap((k) => columns.map((x) => x[k] ?? 0))));
    meter.add('action', Float64Array.from(rows.map((k) => action[k] ?? 0)));
  }
  return meter.finish(rateHz);
}

function expectClose(actual: MotionFact, expected: MotionFact): void {
  for (const key of Object.keys(expected) as (keyof MotionFact)[]) {
    const [mine, theirs] = [actual[key], expected[key]];
    if (mine === null || theirs === null) expect([key, mine]).toEqual([key, theirs]);
    else expect([key, Math.abs(mine - theirs) <= 1e-9 * Math.max(1, theirs)]).toEqual([key, true]);
  }
}

describe('the motion of an episode', () => {
  it('is that of the definitions, in whatever blocks the rows come', () => {
    const value = fc.oneof(
      fc.constant(0.5),
      fc.integer({ min: -50, max: 50 }).map((n) => n / 10),
    );
    fc.assert(
      fc.property(
        fc.array(fc.tuple(value, value, fc.integer({ min: 0, max: 2 })), { minLength: 1, maxLength: 50 }),
        fc.integer({ min: 0, max: 12 }),
        fc.integer({ min: 1, max: 9 }),
        (rows, repeats, block) => {
          const last = rows.at(-1) ?? [0, 0, 0];
          const all = [...rows, ...Array.from({ length: repeats }, () => last)];
          const columns = [all.map(([a]) => a), all.map(([, b]) => b)];
          const action = all.map(([, , a]) => a);
          expectClose(measured(columns, action, 20, block), reference(columns, action, 20));
        },
      ),
    );
  });

  it('has neither speed nor jerk without a rate', () => {
    const columns = [
      [0, 1, 2, 3, 4],
      [0, 0, 0, 0, 0],
    ];
    expect(measured(columns, [0, 0, 0, 0, 1], null, 5)).toEqual({
      idleShare: 0,
      jerk: null,
      maxSpeed: null,
      jumps: 0,
      paddedTail: 0,
    });
  });

  it('does not take for motion what is felt, nor a switch for a jump', () => {
    const meter = new MotionMeter([
      { key: 'arm', role: 'state', width: 2, names: ['elbow', 'gripper_open'] },
      { key: 'observation.effort', role: 'state', width: 1, names: [] },
      { key: 'mixed', role: 'state', width: 2, names: ['wrist.pos', 'wrist.torque'] },
    ]);
    const rows = 40;
    const flat = (f: (k: number) => number[]) => Float64Array.from(Array.from({ length: rows }, (_, k) => f(k)).flat());
    meter.add(
      'arm',
      flat((k) => [Math.min(k, 20) / 20, k < 10 ? 0 : 1]),
    );
    meter.add(
      'observation.effort',
      flat((k) => [Math.sin(k * 99)]),
    );
    meter.add(
      'mixed',
      flat((k) => [0.5, Math.cos(k * 77)]),
    );

    const motion = meter.finish(10);
    expect(motion.jumps).toBe(0);
    expect(motion.idleShare).toBeCloseTo(19 / 39, 12);
    expect(motion.maxSpeed).toBeCloseTo(10, 12);
  });

  it('compares fast signals one frame apart, so that slow motion at 1 kHz is no rest', () => {
    const meter = new MotionMeter([{ key: 'joints', role: 'state', width: 1, names: [] }]);
    meter.add(
      'joints',
      Float64Array.from({ length: 4001 }, (_, k) => k / 4000),
    );

    expect(meter.finish(30, new Map([['joints', 1000]])).idleShare).toBe(0);
    expect(meter.finish(null).idleShare).toBe(1);
  });

  it('holds no more than it may, and then measures every second, fourth, … run of rows', () => {
    const rows = 40_000;
    const values = Float32Array.from({ length: rows }, (_, k) => Math.sin(k / 50));
    const exact = new MotionMeter([{ ...STATE, width: 1 }]);
    const bounded = new MotionMeter([{ ...STATE, width: 1 }], 8192);
    for (let at = 0; at < rows; at += 1000) {
      exact.add('state', values.subarray(at, at + 1000));
      bounded.add('state', values.subarray(at, at + 1000));
    }

    const [a, b] = [exact.finish(50), bounded.finish(50)];
    expect(b.maxSpeed).toBeCloseTo(a.maxSpeed ?? 0, 4);
    expect(b.idleShare).toBeCloseTo(a.idleShare ?? 0, 2);
    expect(b.jumps).toBe(0);
  });

  it('lets no value that is not a number into its measures', () => {
    const meter = new MotionMeter([{ ...STATE, width: 1 }]);
    meter.add('state', Float64Array.from([0, Number.NaN, 1, Number.POSITIVE_INFINITY, 2, 3, 4, 1e308, -1e308, 5]));

    for (const value of Object.values(meter.finish(1e9))) expect(value === null || Number.isFinite(value)).toBe(true);
  });

  it('ignores signals that were not announced, and those without channels', () => {
    const meter = new MotionMeter([{ ...STATE, width: 0 }]);
    meter.add('state', Float64Array.from([1, 2]));
    meter.add('other', Float64Array.from([1, 2]));

    expect(meter.finish(30)).toEqual({ idleShare: null, jerk: null, maxSpeed: null, jumps: 0, paddedTail: 0 });
  });
});
