import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { EpisodeItem, SignalSpec } from '../dataset-source.js';
import { commonFolder, naturalOrder, stemOf } from './recording-files.js';
import { agreed, outcomeOf, RecordingNotes, robotOf } from './recording-notes.js';
import { RowBatch } from './row-batches.js';

const signal: SignalSpec = {
  key: '/x',
  role: 'state',
  dtype: 'float32',
  shape: [2],
  names: [],
  unit: { value: null, reason: 'test' },
  clock: 'own',
  nominalRateHz: null,
};

/** All that a batch hands out for rows of these times; every row is its time twice. */
function batched(times: readonly number[]): { times: number[]; values: number[]; late: number; largest: number } {
  const batch = new RowBatch(signal);
  const items: (EpisodeItem | null)[] = [];
  for (const time of times) {
    batch.add(time, [time, time], null);
    if (batch.isFull) items.push(batch.flush(false));
  }
  items.push(batch.flush(true));
  const rows = items.flatMap((item) => (item?.kind === 'rows' ? [item] : []));
  return {
    times: rows.flatMap(({ timesS }) => [...(timesS ?? [])]),
    values: rows.flatMap(({ values }) => [...values]),
    late: batch.late,
    largest: Math.max(0, ...rows.map((item) => item.rows)),
  };
}

describe('RowBatch', () => {
  it('puts rows that overtake each other in order, over the ends of batches too', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -30, max: 30 }), { minLength: 8500, maxLength: 9000 }), (shifts) => {
        const times = shifts.map((shift, i) => i + shift);

        const found = batched(times);

        expect(found.times).toEqual([...times].sort((a, b) => a - b));
        expect(found.values).toEqual(found.times.flatMap((time) => [time, time]));
        expect(found.late).toBe(0);
        expect(found.largest).toBeLessThanOrEqual(4096);
      }),
      { numRuns: 5 },
    );
  });

  it('says when a clock goes back further than that', () => {
    const { late, times } = batched([...Array(6000).keys(), ...Array(10).keys()]);

    expect(late).toBe(1);
    expect(times).toHaveLength(6010);
  });
});

describe('notes of a recording', () => {
  it('are found by the last part of their name, the first one said', () => {
    const notes = new RecordingNotes();
    notes.addAll([
      ['Session.Robot-Type', ' so101 '],
      ['robot_type', 'other'],
      ['empty', '  '],
    ]);

    expect(robotOf(notes.all)).toBe('so101');
    expect(notes.all.has('empty')).toBe(false);
  });

  it.each([
    ['true', 'success'],
    ['Succeeded', 'success'],
    ['0', 'failure'],
    ['failed', 'failure'],
    ['maybe', null],
    ['95%', null],
  ])('take an outcome of "%s" for %s', (note, outcome) => {
    expect(outcomeOf(new Map([['success', note]]))).toBe(outcome);
    expect(outcomeOf(new Map())).toBeNull();
  });

  it('make a fact of the set where the recordings agree', () => {
    expect(agreed(new Set(['a']), 'robot')).toEqual({ value: 'a' });
    expect(agreed(new Set(['a', 'b']), 'robot').reason).toContain('disagree');
    expect(agreed(new Set(), 'robot').reason).toContain('no note');
  });
});

describe('files of recordings', () => {
  it('start at the deepest folder that holds them all, three down at most', () => {
    expect(commonFolder(['a/b/1.bag', 'a/c/2.bag'])).toBe('a/');
    expect(commonFolder(['1.bag', 'a/2.bag'])).toBe('');
    expect(commonFolder(['a/b/c/d/1.bag'])).toBe('a/b/c/');
    expect(commonFolder(['ab/1.bag', 'a/2.bag'])).toBe('');
  });

  it('are counted as people count', () => {
    expect(naturalOrder(['take_10.mcap', 'take_2.mcap', 'take_1.mcap'])).toEqual([
      'take_1.mcap',
      'take_2.mcap',
      'take_10.mcap',
    ]);
    expect(['x/a.mcap', 'a.db3.zstd', 'a.bag.active'].map(stemOf)).toEqual(['x/a', 'a', 'a']);
  });
});
