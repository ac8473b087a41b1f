import { describe, expect, it } from '@jest/globals';
import { blankMeasure } from '@app/formats';
import { toCharts } from './charts.js';

describe('charts of a version', () => {
  it('name the twenty most frequent and sum up the others', () => {
    const measure = blankMeasure({ root: '', bytes: 0, count: 0 });
    const tasks = Array.from({ length: 25 }, (_, i) => ({ text: `task ${i}`, episodes: i + 1, frames: 0 }));

    const { tasks: ranking } = toCharts({ ...measure, coverage: { ...measure.coverage, tasks } }, []);

    expect(ranking.rows).toHaveLength(20);
    expect(ranking.rows[0]).toEqual({ label: 'task 24', episodes: 25 });
    expect(ranking.others).toEqual({ labels: 5, episodes: 15 });
  });

  it('show where the values of every state and action channel lie', () => {
    const of = (value: number): number[] => [value, value * 10];
    const stats = {
      count: 100,
      min: of(-3),
      q01: of(-2),
      q10: of(-1),
      q50: of(0.123456789),
      q90: of(1),
      q99: of(2),
      max: of(3),
      mean: of(0),
      std: of(1),
      nonFinite: 0,
    };
    const stream = { role: 'state' as const, dtype: 'float32', shape: [2], names: ['a', 'b'], unit: 'rad', rateHz: 30 };
    const streams = [
      { ...stream, key: 'observation.state', stats },
      { ...stream, key: 'timestamp', role: 'time' as const, stats },
      { ...stream, key: 'action', role: 'action' as const },
    ];

    const { quantiles } = toCharts({ ...blankMeasure({ root: '', bytes: 0, count: 0 }), streams }, []);

    expect(quantiles.map(({ key, channel, min, q50, max }) => [key, channel, min, q50, max])).toEqual([
      ['observation.state', 'a', -3, 0.12346, 3],
      ['observation.state', 'b', -30, 1.2346, 30],
    ]);
  });
});
