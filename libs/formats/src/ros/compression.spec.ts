import { describe, expect, it } from '@jest/globals';
import { MAX_BLOCK_BYTES, unpackChunk, unpackFile, unpackMessage } from './compression.js';

/** A zstd frame of uncompressed and of repeated blocks. @see https://www.rfc-editor.org/rfc/rfc8878 */
function zstdFrame(blocks: ({ raw: Uint8Array } | { byte: number; times: number })[]): Uint8Array {
  const size = blocks.reduce((sum, block) => sum + ('raw' in block ? block.raw.byteLength : block.times), 0);
  // A window of 1 MiB, and the size in four bytes.
  const head = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x80, 0x50, 0, 0, 0, 0]);
  head.writeUInt32LE(size, 6);
  const parts = blocks.map((block, i) => {
    const isLast = i === blocks.length - 1 ? 1 : 0;
    const [type, length, body] =
      'raw' in block ? [0, block.raw.byteLength, block.raw] : [1, block.times, Uint8Array.of(block.byte)];
    const word = isLast | (type << 1) | (length << 3);
    return Buffer.concat([Uint8Array.of(word & 255, (word >> 8) & 255, (word >> 16) & 255), body]);
  });
  return Buffer.concat([head, ...parts]);
}

const small = zstdFrame([{ raw: Uint8Array.of(1, 2, 3) }, { byte: 7, times: 5 }]);
const SMALL = [1, 2, 3, 7, 7, 7, 7, 7];
const source = (bytes: Uint8Array) => ({
  sizeBytes: bytes.byteLength,
  read: (offset: number, length: number) => Promise.resolve(bytes.subarray(offset, offset + length)),
});
const zeros = (blocks: number) => zstdFrame(Array.from({ length: blocks }, () => ({ byte: 0, times: 131_072 })));

/** bzip2 -9 of "bodega\n". */
const BZ2 = Buffer.from(
  '425a6839314159265359f6dc042f000001410000103680a000220d3342180e888145dc914e14243db7010bc0',
  'hex',
);

describe('unpackChunk', () => {
  it('unpacks small and large chunks, and leaves plain ones alone', async () => {
    expect([...(await unpackChunk('zstd', small, 8, 'BAD_MCAP'))]).toEqual(SMALL);
    expect([...(await unpackChunk('', Uint8Array.of(5), 1, 'BAD_MCAP'))]).toEqual([5]);
    expect(Buffer.from(await unpackChunk('bz2', BZ2, 7, 'BAD_BAG')).toString()).toBe('bodega\n');
    const large = await unpackChunk('zstd', zeros(200), 200 * 131_072, 'BAD_MCAP');
    expect(large.byteLength).toBe(200 * 131_072);
  });

  it.each([
    ['more than it announces', 'zstd', small, 4],
    ['less than it announces', 'zstd', small, 9],
    ['a large chunk with more', 'zstd', zeros(200), 199 * 131_072],
    ['a large chunk with less', 'zstd', zeros(200), 201 * 131_072],
    ['bytes that are no frame', 'lz4', Uint8Array.of(1, 2, 3, 4, 5), 9],
    ['bytes that are no frame', 'zstd', Uint8Array.of(1, 2, 3, 4, 5), 9],
    ['bytes that are no frame', 'bz2', Uint8Array.of(1, 2, 3, 4, 5), 9],
    ['an unknown name', 'constructor', small, 8],
  ])('refuses %s (%s)', async (_, compression, bytes, size) => {
    await expect(unpackChunk(compression, bytes, size, 'BAD_MCAP')).rejects.toMatchObject({
      name: 'Defect',
      code: expect.stringMatching(/BAD_MCAP|EXPANSION_LIMIT|BAD_ARCHIVE/),
    });
  });

  it('refuses what claims to be larger than a chunk may be, before it allocates', async () => {
    for (const size of [MAX_BLOCK_BYTES + 1, Infinity, NaN])
      await expect(unpackChunk('zstd', small, size, 'BAD_MCAP')).rejects.toMatchObject({ code: 'EXPANSION_LIMIT' });
  });
});

describe('unpackMessage and unpackFile', () => {
  it('unpack a frame whole and piece by piece', async () => {
    const parts: number[] = [];
    for await (const part of unpackFile(source(small))) parts.push(...part);

    expect([...unpackMessage(small)]).toEqual(SMALL);
    expect(parts).toEqual(SMALL);
  });

  it('stop where a frame becomes a bomb', () => {
    expect(() => unpackMessage(zeros(600))).toThrow(/unpacks to more|window/);
  });

  it('do not give a frame the 2 GB that it asks for', () => {
    const frame = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xa0, 0x01, 0x00, 0x00]);
    const before = process.memoryUsage().arrayBuffers;

    expect(() => unpackMessage(frame)).toThrow(/window/);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1_000_000);
  });

  it('refuse a frame cut anywhere, and bytes after it that are none', () => {
    for (let cut = 5; cut < small.byteLength; cut += 1) expect(() => unpackMessage(small.subarray(0, cut))).toThrow();
    expect(() => unpackMessage(Buffer.concat([small, Buffer.from('junk')]))).toThrow(/zstd frame/);
    expect([...unpackMessage(Buffer.concat([small, small]))]).toEqual([...SMALL, ...SMALL]);
  });
});
