import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { deflateRawSync } from 'node:zlib';
import type { ByteSource } from '@app/formats';
import { ZipArchive } from '../../../libs/formats/src/archive/zip.js';
import { Defect } from '../../../libs/formats/src/defect.js';
import { bufferSource, MemoryFileTree } from '../../support/file-trees.js';
import type { DirectoryEntry, ZipOptions } from '../../support/written/zarr-zip.js';
import { directoryEntry, endOfZip, writeZip } from '../../support/written/zarr-zip.js';
import { readBuffer } from './reading.js';
import { cpuMs } from '../../support/process-use.js';

const MAX_BYTES = 64 * 1024 * 1024;
const files = new Map<string, Uint8Array>([
  ['data/a/.zarray', Buffer.from('{"zarr_format": 2}')],
  ['data/a/0', Buffer.from('0123456789')],
  ['data/a/1', new Uint8Array(5000)],
]);

/** Opens an archive and reads all of it; the defect, if that is what comes. */
async function readAll(bytes: Uint8Array): Promise<Map<string, string> | Defect> {
  try {
    const archive = await ZipArchive.open(bufferSource(bytes));
    const read = new Map<string, string>();
    for (const path of archive.paths())
      read.set(path, Buffer.from(await archive.read(path, MAX_BYTES)).toString('hex'));
    return read;
  } catch (error) {
    if (error instanceof Defect) return error;
    throw error;
  }
}

const content = new Map([...files].map(([path, bytes]) => [path, Buffer.from(bytes).toString('hex')]));
const distorted = (distort: (entry: DirectoryEntry) => Partial<DirectoryEntry>, options: ZipOptions = {}) =>
  writeZip(files, { ...options, distort: (entry) => ({ ...entry, ...distort(entry) }) });

describe('archives that are refused', () => {
  it.each<[string, string, Buffer]>([
    ['a name that climbs out', 'PATH_REFUSED', writeZip(new Map([['../x', Buffer.from('1')]]))],
    ['a name that climbs out later on', 'PATH_REFUSED', writeZip(new Map([['data/../../x', Buffer.from('1')]]))],
    ['an absolute name', 'PATH_REFUSED', writeZip(new Map([['/etc/x', Buffer.from('1')]]))],
    ['a name of another system', 'PATH_REFUSED', writeZip(new Map([['C:/x', Buffer.from('1')]]))],
    ['a folder that climbs out', 'PATH_REFUSED', writeZip(new Map([['../', new Uint8Array(0)]]))],
    ['a link', 'SYMLINK_FILE', distorted(() => ({ externalAttributes: (0o120777 << 16) >>> 0 }))],
    ['encryption', 'BAD_ARCHIVE', distorted(({ flags }) => ({ flags: flags | 1 }))],
    ['an unknown method', 'BAD_ARCHIVE', distorted(() => ({ method: 12 }))],
    ['one name twice', 'PATH_REFUSED', distorted(() => ({ name: 'data/a/0' }))],
    ['entries that share bytes', 'BAD_ARCHIVE', distorted(() => ({ offset: 0 }))],
    [
      'an entry that reaches into the directory',
      'BAD_ARCHIVE',
      distorted(() => ({ storedBytes: 6000, sizeBytes: 6000 })),
    ],
    ['a stored entry of two sizes', 'BAD_ARCHIVE', distorted(({ sizeBytes }) => ({ sizeBytes: sizeBytes + 1 }))],
    ['another checksum', 'CRC_MISMATCH', distorted(({ checksum }) => ({ checksum: (checksum ^ 1) >>> 0 }))],
    ['another name in the directory', 'BAD_ARCHIVE', distorted(({ name }) => ({ name: name.replace('data', 'dota') }))],
    ['a name of another length', 'BAD_ARCHIVE', distorted(({ name }) => ({ name: name.slice(1) }))],
    ['an empty file', 'TRUNCATED_FILE', Buffer.alloc(0)],
    ['a file of zeros', 'TRUNCATED_FILE', Buffer.alloc(100_000)],
  ])('refuses %s', async (_, code, bytes) => {
    expect(await readAll(bytes)).toMatchObject({ code });
  });

  it('refuses an entry that says it would expand to ten gigabytes', async () => {
    const bomb = distorted(() => ({ sizeBytes: 10 * 1024 ** 3 }), { isDeflated: true, isZip64: true });

    expect(await readAll(bomb)).toMatchObject({ code: 'EXPANSION_LIMIT' });
  });

  it('refuses many entries that would expand to more than ten times the archive and a gigabyte', async () => {
    const many = directoryOnly(60_000, (entry) => ({ ...entry, method: 8, sizeBytes: 1024 * 1024 }));
    await expect(ZipArchive.open(many)).rejects.toMatchObject({ code: 'EXPANSION_LIMIT' });
  });

  it('stops inflating where the announced size ends', async () => {
    const zeros = deflateRawSync(new Uint8Array(300_000_000));
    const bomb = writeZip(new Map([['data/a/0', zeros]]), {
      distort: (entry) => ({ ...entry, method: 8, sizeBytes: zeros.length * 100 }),
    });
    const before = process.memoryUsage().rss;

    expect(await readAll(bomb)).toMatchObject({ code: 'BAD_ARCHIVE' });
    expect(process.memoryUsage().rss - before).toBeLessThan(150_000_000);
  });

  it('does not look for buffers in archives within the archive', async () => {
    const inner = writeZip(new Map([['meta/episode_ends/.zarray', Buffer.from('{}')]]));
    const outer = writeZip(new Map([['inner.zarr.zip', inner]]));

    const { roots } = await readBuffer(new MemoryFileTree(new Map([['upload.zip', outer]])));

    expect(roots).toEqual([]);
  });
});

describe('archives that are damaged', () => {
  it.each([{}, { isZip64: true }, { isDeflated: true, hasDataDescriptors: true }])(
    'reports a cut at any byte (%o)',
    async (options) => {
      const whole = writeZip(new Map([...files].slice(0, 2)), options);

      for (let cut = 0; cut < whole.length; cut += 1)
        expect(await readAll(whole.subarray(0, cut))).toMatchObject({ code: 'TRUNCATED_FILE' });
    },
  );

  it('gives the right content or a defect for any bytes that change', async () => {
    const whole = writeZip(files, { isDeflated: true });
    const change = fc.record({ at: fc.nat(whole.length - 1), byte: fc.nat(255) });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
        const bytes = Buffer.from(whole);
        for (const { at, byte } of changes) bytes[at] = byte;

        const result = await readAll(bytes);

        if (!(result instanceof Defect)) for (const [path, hex] of result) expect(hex).toBe(content.get(path) ?? hex);
      }),
      { numRuns: 300 },
    );
  });

  it('does not believe counts and places that the end of the archive states', async () => {
    const whole = writeZip(files);
    const end = whole.length - 22;
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(10, 12, 16), fc.nat(0xffff), async (field, value) => {
        const lying = Buffer.from(whole);
        lying.writeUInt16LE(value, end + field);
        fc.pre(!lying.equals(whole));

        expect(await readAll(lying)).toBeInstanceOf(Defect);
      }),
      { numRuns: 60 },
    );
  });
});

describe('a directory of a million entries', () => {
  it('is read in bounded time and memory, and one more is refused', async () => {
    const source = directoryOnly(1_000_000, (entry) => entry);
    const started = cpuMs();
    const archive = await ZipArchive.open(source);
    const seconds = (cpuMs() - started) / 1000;

    expect(archive.count).toBe(1_000_000);
    expect(archive.has('data/camera0_rgb/0999999.0.0')).toBe(true);
    expect(seconds).toBeLessThan(20);
    await expect(ZipArchive.open(directoryOnly(10, (entry) => entry, 1_000_001))).rejects.toMatchObject({
      code: 'EXPANSION_LIMIT',
    });
  });
});

/** An archive of which only the directory is there: made block by block, so that the test itself stays small. */
function directoryOnly(
  count: number,
  change: (entry: DirectoryEntry) => DirectoryEntry,
  announced = count,
): ByteSource {
  const name = (i: number) => `data/camera0_rgb/${String(i).padStart(7, '0')}.0.0`;
  const localBytes = 30 + name(0).length + 100;
  const template = directoryEntry(
    change({
      ...{ name: name(0), flags: 0, method: 0, checksum: 0, storedBytes: 100, sizeBytes: 100 },
      ...{ externalAttributes: 0, offset: 0 },
    }),
  );
  const offset = count * localBytes;
  const directory = Buffer.alloc(count * template.length);
  for (let i = 0; i < count; i += 1) {
    template.copy(directory, i * template.length);
    directory.writeUInt32LE(i * localBytes, i * template.length + 42);
    directory.write(name(i), i * template.length + 46, 'latin1');
  }
  const end = endOfZip([directory], offset, true);
  // One buffer stands for all entries; the end counts them.
  end.writeBigUInt64LE(BigInt(announced), 24);
  end.writeBigUInt64LE(BigInt(announced), 32);
  const tail = Buffer.concat([directory, end]);
  return {
    sizeBytes: offset + tail.length,
    read: (at, length) =>
      Promise.resolve(
        at >= offset
          ? tail.subarray(at - offset, at - offset + length)
          : Buffer.concat([Buffer.alloc(offset - at), tail.subarray(0, at + length - offset)]),
      ),
  };
}
