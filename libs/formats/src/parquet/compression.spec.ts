import { describe, expect, it } from '@jest/globals';
import { decompress } from './compression.js';

const MAGIC = [0x28, 0xb5, 0x2f, 0xfd];
const RLE = 1;
/** A block of `bytes` equal bytes in four. */
const run = (bytes: number, isLast: boolean): number[] => {
  const head = (bytes << 3) | (RLE << 1) | Number(isLast);
  return [head & 255, (head >> 8) & 255, head >> 16, 7];
};
/** No content size, a window of 8 MiB. */
const frame = (...blocks: number[][]): number[] => [...MAGIC, 0x00, 13 << 3, ...blocks.flat()];

describe('a zstd page', () => {
  it('is read where its frame does not say its size', () => {
    const page = decompress('ZSTD', Uint8Array.from(frame(run(600, false), run(400, true))), 1000);

    expect(page).toEqual(new Uint8Array(1000).fill(7));
  });

  it('is read where its frame says it', () => {
    const packed = Uint8Array.from([...MAGIC, 0xa0, 0xe8, 0x03, 0, 0, ...run(1000, true)]);

    expect(decompress('ZSTD', packed, 1000)).toEqual(new Uint8Array(1000).fill(7));
    expect(() => decompress('ZSTD', packed, 999)).toThrow('another size');
  });

  it.each([
    [
      'whose blocks hold more than it says',
      frame(...Array.from({ length: 500 }, () => run(131_072, false)), run(1, true)),
      'another size',
    ],
    ['with a second frame behind it', [...frame(run(1000, true)), ...frame(run(131_072, true))], 'one whole frame'],
    ['that is cut', frame(run(1000, false)), 'cut off'],
    ['of other bytes', Array<number>(20).fill(9), 'does not start as one'],
  ])('%s is refused', (_, bytes, message) => {
    expect(() => decompress('ZSTD', Uint8Array.from(bytes), 1000)).toThrow(message);
  });

  it('is refused before it unpacks to gigabytes', () => {
    const blocks = Array.from({ length: 30_000 }, () => run(131_071, false));
    const packed = Uint8Array.from([...frame(...blocks), ...run(1, true)]);
    const before = process.memoryUsage().arrayBuffers;

    expect(() => decompress('ZSTD', packed, 1000)).toThrow('another size');

    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 22);
  });
});
