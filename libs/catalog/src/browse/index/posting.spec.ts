import { describe, it, expect } from '@jest/globals';
import fc from 'fast-check';
import { countBits, openBit, setBit, walkDown, wordsFor } from './bits.js';
import { Posting, sparseMaskOf } from './posting.js';

const ROWS = 200;

function bitsOf(rows: Iterable<number>, words = wordsFor(ROWS)): Uint32Array {
  const bits = new Uint32Array(words);
  for (const row of rows) setBit(bits, row);
  return bits;
}

function rowsOf(bits: Uint32Array, end = bits.length * 32): number[] {
  const rows: number[] = [];
  walkDown(bits, end, (row) => rows.push(row) > 0);
  return rows;
}

type Step = { do: 'add' | 'remove' | 'open'; row: number };
const steps = fc.array(
  fc.record<Step>({ do: fc.constantFrom('add', 'add', 'add', 'remove', 'open'), row: fc.nat(ROWS - 1) }),
  { maxLength: 120 },
);

describe('bits', () => {
  it('walks the rows below the end, from the highest', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(ROWS - 1)), fc.nat(ROWS), (rows, end) => {
        expect(rowsOf(bitsOf(rows), end)).toEqual(rows.filter((row) => row < end).sort((a, b) => b - a));
      }),
    );
  });

  it('opens a place by moving every row from there on one up', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(ROWS - 2)), fc.nat(ROWS - 2), (rows, place) => {
        const bits = bitsOf(rows);
        openBit(bits, place);
        expect(rowsOf(bits)).toEqual(rows.map((row) => (row >= place ? row + 1 : row)).sort((a, b) => b - a));
      }),
    );
  });
});

describe('Posting', () => {
  // A bitmap of 3 words turns up after the third row; one of 400 words never does: both forms meet the same model.
  it.each([wordsFor(ROWS) + 1, 400])('holds what a set would hold, with bitmaps of %i words', (words) => {
    fc.assert(
      fc.property(steps, fc.uniqueArray(fc.nat(ROWS - 1)), (todo, asked) => {
        const posting = new Posting(words);
        let model = new Set<number>();
        for (const { do: what, row } of todo) {
          if (what === 'add') {
            posting.add(row);
            model.add(row);
          } else if (what === 'remove') {
            posting.remove(row);
            model.delete(row);
          } else if (!model.has(ROWS - 1)) {
            posting.open(row);
            model = new Set([...model].map((known) => (known >= row ? known + 1 : known)));
          }
        }
        const mask = bitsOf(asked, words);
        const union = new Uint32Array(words);
        posting.addTo(union);

        expect(posting.count).toBe(model.size);
        expect(rowsOf(union)).toEqual([...model].sort((a, b) => b - a));
        expect(posting.countIn(sparseMaskOf(mask))).toBe(asked.filter((row) => model.has(row)).length);
        expect(countBits(union)).toBe(model.size);
      }),
    );
  });

  it('keeps its rows when the table grows', () => {
    const posting = new Posting(2);
    for (const row of [1, 5, 40]) posting.add(row);

    posting.resize(64);
    posting.add(1_999);

    expect(posting.countIn(sparseMaskOf(bitsOf([5, 40, 1_999, 7], 64)))).toBe(3);
  });
});
