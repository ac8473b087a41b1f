import { describe, expect, it } from '@jest/globals';
import type { SignalSpec } from '@app/formats';
import { SampleHistograms, SampleSignals } from './sample-signals.js';

const pick = { index: 0, sourceKey: 'a', frames: 100, durationS: 10, shownFrames: 20, shownS: 2 };
const spec = (more: Partial<SignalSpec>): SignalSpec => ({
  key: 'observation.state',
  role: 'state',
  dtype: 'float32',
  shape: [2],
  names: ['shoulder'],
  unit: { value: 'rad' },
  clock: 'frames',
  nominalRateHz: 10,
  ...more,
});
const rows = (key: string, count: number, width: number, timesS: number[] | null = null) => ({
  kind: 'rows' as const,
  key,
  rows: count,
  values: Float64Array.from({ length: count * width }, (_, i) => i),
  timesS: timesS && Float64Array.from(timesS),
});

describe('signals of a sample episode', () => {
  it('end where the clip ends, counted in frames', () => {
    const signals = new SampleSignals([spec({})], pick);

    for (let block = 0; block < 10; block += 1) signals.add(rows('observation.state', 10, 2));

    const [signal] = signals.series().signals;
    expect(signal).toMatchObject({ key: 'observation.state', role: 'state', unit: 'rad' });
    expect(signal?.channels.map(({ name, times }) => [name, times.length, times.at(-1)])).toEqual([
      ['shoulder', 20, 1.9],
      ['1', 20, 1.9],
    ]);
    expect(signal?.channels[1]?.values.slice(0, 3)).toEqual([1, 3, 5]);
    expect(signals.isFull).toBe(true);
  });

  it('end where the clip ends, by their own clock', () => {
    const signals = new SampleSignals([spec({ clock: 'own', shape: [] })], pick);

    signals.add(rows('observation.state', 4, 1, [0, 1.5, 2, 2.5]));

    expect(signals.series().signals[0]?.channels[0]?.times).toEqual([0, 1.5]);
  });

  it('have at most 300 points a channel', () => {
    const signals = new SampleSignals([spec({ shape: [1] })], { ...pick, shownFrames: 5_000, frames: 5_000 });

    signals.add(rows('observation.state', 5_000, 1));

    expect(signals.series().signals[0]?.channels[0]?.times).toHaveLength(300);
  });

  it('are states, actions and forces, numeric and not too wide', () => {
    const specs = [
      spec({ key: 'action', role: 'action' }),
      spec({ key: 'wrist_force', role: 'other' }),
      spec({ key: 'reward', role: 'reward' }),
      spec({ key: 'note', role: 'state', dtype: 'string' }),
      spec({ key: 'cloud', role: 'state', shape: [1024, 3] }),
    ];

    const { signals } = new SampleSignals(specs, pick).series();

    expect(signals.map(({ key }) => key)).toEqual(['action', 'wrist_force']);
  });

  it('take no more memory than a million numbers', () => {
    const signals = new SampleSignals([spec({ shape: [64] })], { ...pick, shownFrames: 1e9, frames: 1e9 });

    for (let block = 0; block < 20; block += 1) signals.add(rows('observation.state', 1_000, 64));

    expect(signals.isFull).toBe(true);
    expect([...signals.channels()].reduce((sum, { values }) => sum + values.length, 0)).toBeLessThanOrEqual(1_000_000);
  });

  it('are counted over all sample episodes', () => {
    const histograms = new SampleHistograms();
    for (let episode = 0; episode < 2; episode += 1) {
      const signals = new SampleSignals([spec({})], pick);
      signals.add(rows('observation.state', 20, 2));
      histograms.add(signals);
    }

    const counted = histograms.finish();

    expect(counted.map(({ key, channel, min, max }) => [key, channel, min, max])).toEqual([
      ['observation.state', 'shoulder', 0, 38],
      ['observation.state', '1', 1, 39],
    ]);
    expect(counted.map(({ counts }) => [counts.length, counts.reduce((a, b) => a + b)])).toEqual([
      [32, 40],
      [32, 40],
    ]);
  });
});
