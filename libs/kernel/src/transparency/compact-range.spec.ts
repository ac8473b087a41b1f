import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { leafHash, nodeHash } from '../file-tree-hash.js';
import { CompactRange, EMPTY_ROOT, TILE_HEIGHT } from './compact-range.js';
import type { Subtree } from './compact-range.js';

// Published vectors: the classic eight leaves of RFC 6962 implementations, and entries `e0`, `e1`, ….
const CLASSIC = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'];
const CLASSIC_ROOTS = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];
const E_ROOTS: Record<number, string> = {
  1: '956ae51bd3e285ccb826298dd523dd08824ce5579749994f2e0021737b9dd4b8',
  7: '4cbd8e35849450400d4e9c4c0ae7f71c79ad4410f9ad2c624622ff5f8617313d',
  256: 'c8a6d09bae91bba76bb1f5b479e38dbdf65495dec4479142d701fd371410efc9',
  257: 'b6b1f876c5e87dc05434d1d79e06b1ef571cee11133aa58acf5cd2194174c50f',
  300: 'cdd6d98476f2aa18b7570d4d6a01c763c0cb66f43459ea30dcef57074600f6e1',
};

/** The definition, word for word. */
function naiveRoot(leaves: readonly Buffer[]): Buffer {
  const [first] = leaves;
  if (first === undefined) return EMPTY_ROOT;
  if (leaves.length === 1) return first;
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  return nodeHash(naiveRoot(leaves.slice(0, k)), naiveRoot(leaves.slice(k)));
}

describe('CompactRange', () => {
  it('gives the published roots of the classic leaves, the empty tree included', () => {
    const range = new CompactRange();

    const roots = [range.root().toString('hex')];
    for (const leaf of CLASSIC) {
      range.append(leafHash(Buffer.from(leaf, 'hex')));
      roots.push(range.root().toString('hex'));
    }

    expect(roots).toEqual(CLASSIC_ROOTS);
  });

  it('gives the published roots of e0 … e299, and the root of the first full tile', () => {
    const range = new CompactRange();
    const tiles: Subtree[] = [];

    const roots: Record<number, string> = {};
    for (let i = 0; i < 300; i++) {
      range.append(leafHash(`e${i}`), (subtree) => {
        if (subtree.height === TILE_HEIGHT) tiles.push(subtree);
      });
      if (i + 1 in E_ROOTS) roots[i + 1] = range.root().toString('hex');
    }

    expect(roots).toEqual(E_ROOTS);
    expect(tiles.map(({ index, hash }) => ({ index, hash: hash.toString('hex') }))).toEqual([
      { index: 0, hash: E_ROOTS[256] },
    ]);
  });

  it('agrees with the naive tree for any leaves, stored and taken up again at any point', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 4 }), { maxLength: 200 }),
        fc.infiniteStream(fc.boolean()),
        (entries, stops) => {
          const leaves = entries.map((entry) => leafHash(Buffer.from(entry)));
          const completed: Subtree[] = [];
          let range = new CompactRange();
          for (const leaf of leaves) {
            range.append(leaf, (subtree) => completed.push(subtree));
            if (stops.next().value) range = new CompactRange(range.size, range.subtrees);
          }

          expect(range.root().toString('hex')).toBe(naiveRoot(leaves).toString('hex'));
          for (const { height, index, hash } of completed) {
            const width = 2 ** height;
            expect(hash.toString('hex')).toBe(
              naiveRoot(leaves.slice(index * width, (index + 1) * width)).toString('hex'),
            );
          }
        },
      ),
      { numRuns: 50 },
    );
  });

  it('counts past 2^32 leaves', () => {
    const size = 2 ** 40 + 1;
    const range = new CompactRange(size, [Buffer.alloc(32, 1), Buffer.alloc(32, 2)]);

    const completed: Subtree[] = [];
    range.append(Buffer.alloc(32, 3), (subtree) => completed.push(subtree));

    expect(range.size).toBe(size + 1);
    expect(completed).toEqual([
      { height: 1, index: 2 ** 39, hash: nodeHash(Buffer.alloc(32, 2), Buffer.alloc(32, 3)) },
    ]);
  });

  it('refuses an edge that does not fit its size', () => {
    expect(() => new CompactRange(3, [Buffer.alloc(32)])).toThrow('has 2 subtrees at its right edge, not 1');
  });
});
