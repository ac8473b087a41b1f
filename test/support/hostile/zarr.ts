import { crc32 } from 'node:zlib';
import { makeRecording } from '../recordings.js';
import { directoryEntry, endOfZip, writeZip } from '../written/zarr-zip.js';
import type { DirectoryEntry } from '../written/zarr-zip.js';
import { recordingArrays, writeZarr } from '../written/zarr.js';
import type { Compressor } from '../written/zarr.js';
import { BOMB_BYTES, deflateBomb, gzipBomb, zlibBomb, zstdBomb } from './bombs.js';
import { cut, deepBrackets, flipped, overwritten, placeOf, u16, u32, u64, U64_MAX } from './damage.js';
import type { HostileUpload, Upload } from './hostile-upload.js';
import { fileOf, variants, withFiles } from './hostile-upload.js';
import { PAGE, POINTER } from './lerobot.js';

const arrays = recordingArrays(makeRecording({ episodes: 2, frames: 30, width: 16, height: 12, cameras: ['top'] }));
const store = (compressor: Compressor = null): Promise<Map<string, Uint8Array>> => writeZarr(arrays, compressor);
const BAD: HostileUpload['expected'] = [
  'BAD_ZARR',
  'MISSING_CHUNK',
  'EPISODE_ENDS_INVALID',
  'METADATA_INVALID',
  'CODEC_UNSUPPORTED',
  'EXPANSION_LIMIT',
  'TOO_LARGE',
  'TRUNCATED_FILE',
  'BAD_MAGIC',
  'LENGTH_MISMATCH',
  'UNSUPPORTED_FORMAT',
];
const ARCHIVE: HostileUpload['expected'] = [
  'BAD_ARCHIVE',
  'EXPANSION_LIMIT',
  'TOO_LARGE',
  'PATH_REFUSED',
  'SYMLINK_FILE',
  'TRUNCATED_FILE',
  'BAD_ZARR',
  'CRC_MISMATCH',
  'UNSUPPORTED_FORMAT',
  'BAD_MAGIC',
];

const chunkOf = (compressor: Compressor, bytes: Uint8Array) => async (): Promise<Upload> =>
  withFiles(await store(compressor), { 'data/action/0.0': bytes });
const metaOf = async (path: string, change: Readonly<Record<string, unknown>>): Promise<Upload> => {
  const upload = await store();
  return withFiles(upload, { [path]: JSON.stringify({ ...JSON.parse(fileOf(upload, path).toString()), ...change }) });
};
const ends = (values: readonly bigint[]): Promise<Map<string, Uint8Array>> =>
  writeZarr({
    ...arrays,
    'meta/episode_ends': {
      values: BigInt64Array.from(values),
      shape: [values.length],
      chunks: [Math.max(1, values.length)],
    },
  });

const folderUploads: readonly HostileUpload[] = [
  ...variants<() => Promise<Upload>>(
    'Zarr, a chunk that is',
    {
      cut: async () => {
        const upload = await store();
        return withFiles(upload, { 'data/action/0.0': cut(fileOf(upload, 'data/action/0.0'), -1) });
      },
      'a zlib bomb': chunkOf('zlib', zlibBomb()),
      'a gzip bomb': chunkOf('gzip', gzipBomb()),
      'a zstd bomb': chunkOf('zstd', zstdBomb(BOMB_BYTES, 50 * 7 * 4)),
      'a Blosc header of 2^32-1 bytes': chunkOf(
        'blosc',
        Buffer.concat([Buffer.from([2, 1, 1, 4]), u32(0xffffffff), u32(0xffffffff), u32(0xffffffff), Buffer.alloc(64)]),
      ),
      'LZ4 of 2^32-1 bytes': chunkOf('lz4', Buffer.concat([u32(0xffffffff), Buffer.alloc(64)])),
      'a web page': chunkOf('zlib', Buffer.from(PAGE)),
      'a pointer': chunkOf('zlib', Buffer.from(POINTER)),
      flipped: async () => {
        const upload = await store('blosc');
        return withFiles(upload, { 'data/action/0.0': flipped(fileOf(upload, 'data/action/0.0'), 5, 8, 0, 16) });
      },
    },
    (build) => build(),
    [...BAD, 'LFS_POINTER'],
  ),
  ...variants<Readonly<Record<string, unknown>>>(
    'Zarr .zarray with',
    {
      'a shape of 10^15': { shape: [1e15, 7] },
      'a shape of 1e308': { shape: [1e308, 1e308] },
      'chunks of 0': { chunks: [0, 0] },
      'chunks of 10^12': { chunks: [1e12, 7] },
      '100,000 axes': { shape: Array<number>(100_000).fill(1), chunks: Array<number>(100_000).fill(1) },
      'a dtype of 200,000 fields': { dtype: Array.from({ length: 200_000 }, (_, i) => [`f${i}`, '<f4']) },
      'a compressor that is a path': { compressor: { id: '../../../../bin/sh' } },
      'a compressor called constructor': { compressor: { id: 'constructor' } },
    },
    (change) => metaOf('data/action/.zarray', change),
    BAD,
  ),
  {
    // Never unpickled: it is left out, and the buyer is told so.
    name: 'Zarr with an array of pickled objects',
    build: () => metaOf('data/action/.zarray', { dtype: '|O', filters: [{ id: 'pickle' }] }),
    expected: 'sound',
  },
  {
    name: 'Zarr .zarray 100,000 brackets deep',
    build: async () => withFiles(await store(), { 'data/action/.zarray': deepBrackets(100_000) }),
    expected: BAD,
  },
  {
    name: 'Zarr .zarray with a shape of NaN',
    build: async () =>
      withFiles(await store(), {
        'meta/episode_ends/.zarray':
          '{"zarr_format":2,"shape":[NaN],"chunks":[2],"dtype":"<i8","compressor":null,"filters":null,"fill_value":0,"order":"C"}',
      }),
    expected: BAD,
  },
  ...variants<readonly bigint[]>(
    'Zarr episode_ends that',
    {
      'go backwards': [40n, 10n],
      'are below zero': [-5n, 20n],
      'end at 2^63-1': [30n, 2n ** 63n - 1n],
      'are none': [],
      'are all the same': [63n, 63n, 63n],
    },
    ends,
    [...BAD, 'EMPTY_EPISODE', 'EMPTY_RECORDING', 'MISSING_EPISODES', 'FRAME_COUNT_MISMATCH'],
  ),
  {
    name: 'Zarr with 10^6 episode_ends behind its data',
    isAlone: true,
    build: () => ends(Array.from({ length: 1_000_000 }, (_, i) => BigInt(i + 1))),
    expected: BAD,
  },
  {
    name: 'Zarr with 2*10^6 episode_ends',
    isAlone: true,
    build: () => ends(Array.from({ length: 2_000_000 }, (_, i) => BigInt(i + 1))),
    expected: BAD,
  },
];

const zipped = (bytes: Uint8Array): Upload => new Map([['buffer.zarr.zip', bytes]]);
const whole = async (): Promise<Buffer> => writeZip(await store());
const changedZip = async (change: (bytes: Buffer) => Uint8Array): Promise<Upload> => zipped(change(await whole()));
const distorted = async (distort: (entry: DirectoryEntry) => DirectoryEntry, isDeflated = false): Promise<Upload> =>
  zipped(writeZip(await store(), { distort, isDeflated }));
const endAt = (bytes: Buffer): number => placeOf(bytes, u32(0x06054b50));
const ACTION = 'data/action/0.0';
const only =
  (change: Partial<DirectoryEntry>) =>
  (entry: DirectoryEntry): DirectoryEntry =>
    entry.name === ACTION ? { ...entry, ...change } : entry;

/** A zip of one entry of 10 GB of zeros beside a store that is whole. */
async function zipBomb(): Promise<Buffer> {
  const sound = await store();
  const packed = deflateBomb();
  const local = Buffer.concat([
    u32(0x04034b50),
    u16(20),
    u16(0),
    u16(8),
    u32(0),
    u32(0),
    u32(packed.length),
    u32(0xffffffff),
    u16(ACTION.length),
    u16(0),
    Buffer.from(ACTION),
    packed,
  ]);
  const others = new Map([...sound].filter(([path]) => path !== ACTION));
  const directory: Buffer[] = [];
  const bytes = writeZip(others, {
    distort: (entry) => {
      directory.push(directoryEntry({ ...entry, offset: entry.offset + local.length }));
      return entry;
    },
  });
  const front = bytes.subarray(0, placeOf(bytes, u32(0x02014b50)));
  const bomb = directoryEntry({
    name: ACTION,
    flags: 0,
    method: 8,
    checksum: 0,
    storedBytes: packed.length,
    sizeBytes: BOMB_BYTES % 2 ** 32,
    externalAttributes: 0,
    offset: 0,
  });
  const all = [bomb, ...directory];
  return Buffer.concat([local, front, ...all, endOfZip(all, local.length + front.length)]);
}

/** A directory of a million files, all of them the same byte. */
function millionEntries(): Buffer {
  const name = 'data/action/0000000';
  const local = Buffer.concat([
    u32(0x04034b50),
    u16(20),
    u16(0),
    u16(0),
    u32(0),
    u32(crc32(Buffer.from('x'))),
    u32(1),
    u32(1),
    u16(1),
    u16(0),
    Buffer.from('x'),
    Buffer.from('x'),
  ]);
  const one = directoryEntry({
    name,
    flags: 0,
    method: 0,
    checksum: crc32(Buffer.from('x')),
    storedBytes: 1,
    sizeBytes: 1,
    externalAttributes: 0,
    offset: 0,
  });
  const entries = Buffer.alloc(one.length * 1_000_000, one);
  for (let i = 0; i < 1_000_000; i += 1)
    entries.write(String(i).padStart(7, '0'), i * one.length + 46 + name.length - 7, 'latin1');
  const end = endOfZip([entries], local.length, true);
  for (const at of [24, 32]) end.writeBigUInt64LE(1_000_000n, at);
  return Buffer.concat([local, entries, end]);
}

const archiveUploads: readonly HostileUpload[] = [
  ...variants<(bytes: Buffer) => Uint8Array>(
    'Zarr zip',
    {
      'cut inside its first file': (bytes) => cut(bytes, 50),
      'cut before its directory': (bytes) => cut(bytes, placeOf(bytes, u32(0x02014b50))),
      'cut inside its directory': (bytes) => cut(bytes, placeOf(bytes, u32(0x02014b50)) + 100),
      'cut before its end': (bytes) => cut(bytes, endAt(bytes)),
      'cut at the last byte': (bytes) => cut(bytes, -1),
      'with a directory at 2^32-2': (bytes) => overwritten(bytes, endAt(bytes) + 16, u32(0xfffffffe)),
      'with 65,534 files that are not there': (bytes) =>
        overwritten(bytes, endAt(bytes) + 8, Buffer.concat([u16(65_534), u16(65_534)])),
      'with flipped bits in its directory': (bytes) =>
        flipped(bytes, 14, 30, placeOf(bytes, u32(0x02014b50)), bytes.length - 22),
    },
    changedZip,
    ARCHIVE,
  ),
  ...variants<(entry: DirectoryEntry) => DirectoryEntry>(
    'Zarr zip with an entry',
    {
      'that leads up': only({ name: '../../../../etc/cron.d/job' }),
      'that is absolute': only({ name: '/etc/passwd' }),
      'with backslashes': only({ name: '..\\..\\a' }),
      'with a NUL': only({ name: 'data/action/0.0\0.txt' }),
      'that is a link': only({ externalAttributes: (0o120777 << 16) >>> 0 }),
      'that is encrypted': only({ flags: 1 }),
      'packed in a way nobody knows': only({ method: 99 }),
      'of 4 GB': only({ sizeBytes: 0xfffffffe }),
      'that lies over another': only({ offset: 0 }),
      'with a wrong checksum': only({ checksum: 7 }),
      'that starts behind the end': only({ offset: 0xfffffffe }),
      'that is there twice': (entry) => (entry.name === ACTION ? { ...entry, name: 'data/state/0.0' } : entry),
    },
    (distort) => distorted(distort),
    [...ARCHIVE, ...(BAD as readonly never[])],
  ),
  { name: 'Zarr zip of 10 GB of zeros', isAlone: true, build: async () => zipped(await zipBomb()), expected: ARCHIVE },
  {
    name: 'Zarr zip with 10^6 files',
    isAlone: true,
    build: () => zipped(millionEntries()),
    expected: [...ARCHIVE, 'METADATA_INVALID', 'EPISODE_ENDS_INVALID'],
  },
  {
    name: 'Zarr zip64 with 2^64-1 files',
    build: async () => {
      const bytes = writeZip(await store(), { isZip64: true });
      const at = placeOf(bytes, u32(0x06064b50));
      return zipped(overwritten(overwritten(bytes, at + 24, u64(U64_MAX)), at + 32, u64(U64_MAX)));
    },
    expected: ARCHIVE,
  },
  {
    name: 'Zarr zip in a zip',
    build: async () => zipped(writeZip(new Map([['buffer.zarr.zip', await whole()]]))),
    expected: [...ARCHIVE, 'METADATA_INVALID', 'UNKNOWN_FORMAT'],
  },
];

export const zarrUploads: readonly HostileUpload[] = [...folderUploads, ...archiveUploads];
