import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { ByteSource, FileTree } from './byte-source.js';
import { HashingTree } from './hashing-tree.js';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** A tree in memory that counts the bytes it hands out. Answers come late and out of order. */
function memoryTree(contents: ReadonlyMap<string, Uint8Array>, canReadInto: boolean): FileTree & { bytesRead: number } {
  const tree = {
    files: [...contents].map(([path, bytes]) => ({ path, sizeBytes: bytes.byteLength })),
    bytesRead: 0,
    open: (path: string): Promise<ByteSource> => {
      const bytes = contents.get(path) ?? new Uint8Array(0);
      const read = async (offset: number, length: number): Promise<Uint8Array> => {
        for (let wait = offset % 3; wait >= 0; wait -= 1) await Promise.resolve();
        tree.bytesRead += length;
        return bytes.slice(offset, offset + length);
      };
      const readInto = async (offset: number, target: Uint8Array): Promise<void> =>
        target.set(await read(offset, target.byteLength));
      return Promise.resolve({ sizeBytes: bytes.byteLength, read, ...(canReadInto ? { readInto } : {}) });
    },
  };
  return tree;
}

const bytesOf = (sizeBytes: number, seed: number): Uint8Array =>
  Uint8Array.from({ length: sizeBytes }, (_, i) => (i * 31 + seed * 7 + (i >> 8)) & 255);

describe('a tree that hashes while it is read', () => {
  it('tells every file once, with its own hash, whatever was read of it and in what order', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(3000), { minLength: 1, maxLength: 80 }),
        fc.array(fc.record({ file: fc.nat(), from: fc.nat(3000), length: fc.nat(900), into: fc.boolean() }), {
          maxLength: 150,
        }),
        fc.boolean(),
        async (sizes, reads, canReadInto) => {
          const contents = new Map(sizes.map((sizeBytes, i) => [`f${i}`, bytesOf(sizeBytes, i)]));
          const told: [string, string, number][] = [];
          const tree = new HashingTree(memoryTree(contents, canReadInto), (...file) => void told.push(file));

          await Promise.all(
            reads.map(async ({ file, from, length, into }) => {
              const path = `f${file % sizes.length}`;
              const bytes = contents.get(path) ?? new Uint8Array(0);
              const start = Math.min(from, bytes.byteLength);
              const expected = bytes.slice(start, start + length);
              const source = await tree.open(path);
              const target = new Uint8Array(expected.byteLength);
              if (into && source.readInto) await source.readInto(start, target);
              else target.set(await source.read(start, expected.byteLength));
              expect(target).toEqual(expected);
            }),
          );
          await tree.finish(() => undefined);

          expect(told.sort()).toEqual(
            [...contents]
              .map(([path, bytes]): [string, string, number] => [path, sha256(bytes), bytes.byteLength])
              .sort(),
          );
        },
      ),
      { numRuns: 60 },
    );
  });

  it('reads every byte once where a reader goes from front to back and leaves out little', async () => {
    const contents = new Map([['movie.mp4', bytesOf(3_000_000, 1)]]);
    const inner = memoryTree(contents, true);
    const told: string[] = [];
    const tree = new HashingTree(inner, (_, hash) => void told.push(hash));
    const source = await tree.open('movie.mp4');

    for (let at = 48; at < source.sizeBytes; at += 100_000)
      await source.read(at, Math.min(100_000, source.sizeBytes - at));
    await tree.finish(() => undefined);

    expect(told).toEqual([sha256(contents.get('movie.mp4') ?? new Uint8Array(0))]);
    expect(inner.bytesRead).toBe(3_000_000);
  });

  it('is not put off by a read that fails', async () => {
    const contents = new Map([['a', bytesOf(5000, 3)]]);
    const inner = memoryTree(contents, false);
    let isDown = true;
    const flaky: FileTree = {
      files: inner.files,
      open: async (path) => {
        const source = await inner.open(path);
        return {
          sizeBytes: source.sizeBytes,
          read: (offset, length) => (isDown ? Promise.reject(new Error('no route')) : source.read(offset, length)),
        };
      },
    };
    const told: string[] = [];
    const tree = new HashingTree(flaky, (_, hash) => void told.push(hash));
    const source = await tree.open('a');

    await expect(source.read(0, 1000)).rejects.toThrow('no route');
    isDown = false;
    expect((await source.read(0, 2000)).byteLength).toBe(2000);
    await tree.finish(() => undefined);

    expect(told).toEqual([sha256(contents.get('a') ?? new Uint8Array(0))]);
  });
});
