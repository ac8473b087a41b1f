import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Lanes, forEachInLanes } from './lanes.js';
import { joinRanges, missingPieces } from './range-journal.js';
import { inPages } from './upload-tree.js';

const range = fc.tuple(fc.nat(1000), fc.nat(1000)).map(([a, b]) => ({ from: Math.min(a, b), to: Math.max(a, b) }));

describe('pieces that are missing', () => {
  it('cover exactly what is not there, in pieces no larger than asked', () => {
    fc.assert(
      fc.property(
        fc.array(range, { maxLength: 20 }),
        fc.integer({ min: 0, max: 1000 }),
        fc.integer({ min: 1, max: 300 }),
        (ranges, size, piece) => {
          const done = ranges.filter((r) => r.to <= size);
          const there = new Uint8Array(size);
          for (const { from, to } of done) there.fill(1, from, to);
          const missing = missingPieces(done, size, piece);
          for (const { from, to } of missing) {
            expect(to - from).toBeGreaterThan(0);
            expect(to - from).toBeLessThanOrEqual(piece);
            expect(there.subarray(from, to).every((byte) => byte === 0)).toBe(true);
            there.fill(2, from, to);
          }
          expect(there.every((byte) => byte !== 0)).toBe(true);
        },
      ),
    );
  });

  it('joins ranges that touch or overlap', () => {
    expect(
      joinRanges([
        { from: 5, to: 9 },
        { from: 0, to: 5 },
        { from: 7, to: 8 },
        { from: 20, to: 21 },
        { from: 3, to: 3 },
      ]),
    ).toEqual([
      { from: 0, to: 9 },
      { from: 20, to: 21 },
    ]);
  });
});

describe('lanes', () => {
  it('never run more than their width, and run everything', async () => {
    const lanes = new Lanes(3);
    let running = 0;
    let most = 0;
    let done = 0;
    const work = Array.from({ length: 50 }, () =>
      lanes.run(async () => {
        most = Math.max(most, ++running);
        await new Promise((resolve) => setImmediate(resolve));
        running--;
        done++;
      }),
    );
    await Promise.all(work);
    expect([most, done]).toEqual([3, 50]);
  });

  it('stop each other at the first failure, and answer only when all are at rest', async () => {
    async function* numbers(): AsyncGenerator<number> {
      for (let i = 0; ; i++) yield await Promise.resolve(i);
    }
    let open = 0;
    const work = forEachInLanes(numbers(), 4, new AbortController().signal, async (n, signal) => {
      open++;
      await new Promise((resolve) => setImmediate(resolve));
      open--;
      if (n === 9) throw new Error('nine');
      signal.throwIfAborted();
    });
    await expect(work).rejects.toThrow('nine');
    expect(open).toBe(0);
  });
});

describe('pages of an upload', () => {
  it('hold every file once, in order, and neither too many files nor too many bytes', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 3 << 29 }), { maxLength: 500 }), (sizes) => {
        const files = sizes.map((sizeBytes, i) => ({ path: String(i), localPath: '', sizeBytes }));
        const pages = inPages(files);
        expect(pages.flat()).toEqual(files);
        for (const page of pages) {
          expect(page.length).toBeLessThanOrEqual(200);
          if (page.length > 1) expect(page.reduce((sum, file) => sum + file.sizeBytes, 0)).toBeLessThanOrEqual(1 << 30);
        }
      }),
    );
  });
});
