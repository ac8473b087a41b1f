import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { leafHash } from '../file-tree-hash.js';
import { CompactRange } from './compact-range.js';
import { TileEdge } from './tile-edge.js';
import { partialTiles } from './tiles.js';

const hash = (i: number): Buffer => leafHash(String(i));

/** Grows both and takes the edge up again from its rows at the given sizes. */
function grown(size: number, stops: ReadonlySet<number>) {
  const range = new CompactRange();
  let edge = new TileEdge();
  const full = new Map<string, string>();
  for (let i = 0; i < size; i++) {
    range.append(hash(i));
    edge.append(hash(i), ({ level, index, hashes }) =>
      full.set(`${level}/${index}`, Buffer.concat(hashes).toString('hex')),
    );
    if (stops.has(i)) {
      const rows = Array.from({ length: 4 }, (_, level) => edge.row(level));
      edge = new TileEdge(edge.size, rows);
    }
  }
  return { range, edge, full };
}

describe('TileEdge', () => {
  it('has the root of the tree at any size, taken up again anywhere', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1500 }), fc.uniqueArray(fc.nat(1500), { maxLength: 6 }), (size, stops) => {
        const { range, edge } = grown(size, new Set(stops));

        expect(edge.root().toString('hex')).toBe(range.root().toString('hex'));
        for (const { level, width } of partialTiles(size)) expect(edge.row(level)).toHaveLength(width);
      }),
      { numRuns: 30 },
    );
  });

  it('fills tiles up to the second level', () => {
    const { range, edge, full } = grown(66_000, new Set([65_535]));

    expect(edge.root().equals(range.root())).toBe(true);
    expect([...full.keys()].filter((key) => key.startsWith('1/'))).toEqual(['1/0']);
    expect(full.size).toBe(257 + 1);
    expect(edge.row(2)).toHaveLength(1);
  });

  it('refuses rows that do not fit its size', () => {
    expect(() => new TileEdge(3, [[hash(0)]])).toThrow('not the tiles at the edge of 3 leaves');
    expect(() => new TileEdge(256, [[hash(0)]])).toThrow('not the tiles at the edge of 256 leaves');
    expect(() => new TileEdge(0, [[hash(0)]])).toThrow('not the tiles at the edge of 0 leaves');
  });
});
