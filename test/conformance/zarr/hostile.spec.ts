import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { deflateSync } from 'node:zlib';
import { MemoryFileTree } from '../../support/file-trees.js';
import { makeRecording } from '../../support/recordings.js';
import { COMPRESSORS, recordingArrays, writeZarr } from '../../support/written/zarr.js';
import { readBuffer } from './reading.js';

const recording = makeRecording({ episodes: 2, frames: 4, width: 8, height: 8, cameras: ['top'] });
const arrays = recordingArrays(recording);

describe('stores of any content', () => {
  it.each(COMPRESSORS)('gives findings or episodes for any change of %s chunks', async (compressor) => {
    const files = await writeZarr(arrays, compressor);
    const chunks = [...files.keys()].filter((path) => !path.includes('.z'));
    const change = fc.record({
      path: fc.constantFrom(...chunks),
      at: fc.nat(),
      byte: fc.nat(255),
      isCut: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
        const changed = new Map(files);
        for (const { path, at, byte, isCut } of changes) {
          const bytes = Uint8Array.from(changed.get(path) ?? []);
          bytes[at % bytes.length] = byte;
          changed.set(path, isCut ? bytes.subarray(0, at % bytes.length) : bytes);
        }
        const started = performance.now();

        const { log, episodes } = await readBuffer(new MemoryFileTree(changed));

        expect(log.hasErrors || episodes.length > 0).toBe(true);
        expect(performance.now() - started).toBeLessThan(3000);
      }),
      { numRuns: 40 },
    );
  });

  it('gives findings or episodes for any change of the metadata', async () => {
    const files = await writeZarr(arrays);
    const documents = [...files.keys()].filter((path) => path.endsWith('.zarray'));
    const keys = [
      'shape',
      'chunks',
      'dtype',
      'compressor',
      'filters',
      'fill_value',
      'order',
      'zarr_format',
      'dimension_separator',
    ];
    const value = fc.oneof(
      fc.jsonValue(),
      fc.array(fc.oneof(fc.nat(20), fc.constantFrom(1e6, 2 ** 40, -1, 0.5)), { maxLength: 5 }),
      fc.constantFrom('<f4', '|u1', '>i8', '<U4', '|S8', '<M8[ns]', '|b1', '<f2', '<c16', '|O', 'F', '/'),
      fc.constantFrom({ id: 'zlib' }, { id: 'blosc' }, { id: 'lz4' }, { id: 'zstd' }, { id: 'imagecodecs_jpegxl' }),
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...documents), fc.constantFrom(...keys), value, async (path, key, changed) => {
        const document = JSON.parse(Buffer.from(files.get(path) ?? []).toString()) as object;
        const text = Buffer.from(JSON.stringify({ ...document, [key]: changed }));

        const { log, episodes } = await readBuffer(new MemoryFileTree(new Map(files).set(path, text)));

        expect(log.hasErrors || episodes.length > 0).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('stops decompressing where a chunk ends', async () => {
    const files = await writeZarr(arrays, 'zlib');
    files.set('data/action/0.0', deflateSync(new Uint8Array(60_000)));
    const huge = deflateSync(new Uint8Array(400_000_000));
    const before = process.memoryUsage().rss;

    const small = await readBuffer(new MemoryFileTree(files));
    const large = await readBuffer(new MemoryFileTree(new Map(files).set('data/action/0.0', huge)));

    expect(small.log.toList()).toMatchObject([{ code: 'BAD_ZARR' }, { code: 'BAD_ZARR' }]);
    expect(large.log.toList()[0]).toMatchObject({ code: 'TOO_LARGE' });
    expect(process.memoryUsage().rss - before).toBeLessThan(150_000_000);
  });

  it('does not believe the size in the header of a chunk', async () => {
    for (const [compressor, at] of [
      ['blosc', 4],
      ['lz4', 0],
    ] as const) {
      const files = await writeZarr(arrays, compressor);
      const chunk = Buffer.from(files.get('data/action/0.0') ?? []);
      chunk.writeUInt32LE(0x7fffffff, at);

      const { log } = await readBuffer(new MemoryFileTree(files.set('data/action/0.0', chunk)));

      expect(log.toList()[0]).toMatchObject({ code: 'BAD_ZARR', path: 'data/action', episode: 0 });
    }
  });

  it('answers at once where a shape promises more chunks than there can be', async () => {
    const files = await writeZarr(arrays);
    const path = 'data/top_rgb/.zarray';
    const document = JSON.parse(Buffer.from(files.get(path) ?? []).toString()) as { shape: number[] };
    const shape = [document.shape[0], 8, 2 ** 20, 3];
    const chunks = [1, 8, 1, 3];
    files.set(path, Buffer.from(JSON.stringify({ ...document, shape, chunks })));
    const started = performance.now();

    const { log } = await readBuffer(new MemoryFileTree(files));

    expect(log.countOf('MISSING_CHUNK')).toBeGreaterThan(0);
    expect(performance.now() - started).toBeLessThan(3000);
  });
});
