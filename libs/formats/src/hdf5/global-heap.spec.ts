import { describe, expect, it } from '@jest/globals';
import { isSoundHeap, readHeapSize } from './global-heap.js';

/** A collection of `sizeBytes` with objects of index and length; index 0 is free space. */
function heap(sizeBytes: number, objects: readonly (readonly [index: number, length: number])[]): Uint8Array {
  const bytes = Buffer.alloc(sizeBytes);
  bytes.write('GCOL', 'latin1');
  bytes.writeUInt8(1, 4);
  bytes.writeBigUInt64LE(BigInt(sizeBytes), 8);
  let at = 16;
  for (const [index, length] of objects) {
    bytes.writeUInt16LE(index, at);
    bytes.writeBigUInt64LE(BigInt(length), at + 8);
    at += index === 0 ? length : 16 + Math.ceil(length / 8) * 8;
  }
  return bytes;
}

describe('the heap of texts', () => {
  it('is known by its signature, and its length is bounded', () => {
    expect(readHeapSize(heap(4096, []))).toBe(4096);
    expect(readHeapSize(Buffer.from('OHDR and what follows'))).toBeNull();
    expect(readHeapSize(Buffer.from('GCOL'))).toBeNull();
    const lying = Buffer.from(heap(4096, []));
    lying.writeBigUInt64LE(2n ** 60n, 8);
    expect(readHeapSize(lying)).toBe(Infinity);
  });

  it('is sound when the objects fill it to the end', () => {
    expect(
      isSoundHeap(
        heap(4096, [
          [1, 100],
          [2, 7],
          [0, 4096 - 16 - 120 - 24],
        ]),
      ),
    ).toBe(true);
    // Less than a header is left: no object stands there.
    expect(isSoundHeap(heap(48, [[1, 8]]))).toBe(true);
  });

  it.each<[string, readonly (readonly [number, number])[]]>([
    [
      'free space of no length, on which a walk stands still',
      [
        [1, 100],
        [0, 0],
      ],
    ],
    [
      'an object that ends behind it',
      [
        [1, 100],
        [2, 5000],
      ],
    ],
    ['nothing after an object', [[1, 100]]],
  ])('is damaged by %s', (_, objects) => {
    expect(isSoundHeap(heap(4096, objects))).toBe(false);
  });
});
