import type { HostileUpload, Upload } from './hostile-upload.js';
import { variants } from './hostile-upload.js';
import { PAGE, plannedSet, POINTER } from './lerobot.js';

const beside = (...names: string[]): Upload =>
  new Map([...plannedSet('v2.1'), ...names.map((name) => [name, Buffer.from('x')] as const)]);
const alone = (name: string, bytes: string | Uint8Array): Upload => new Map([[name, Buffer.from(bytes)]]);

const EXTENSIONS = [
  'mcap',
  'bag',
  'db3',
  'db3.zstd',
  'hdf5',
  'h5',
  'parquet',
  'mp4',
  'tfrecord-00000-of-00001',
  'zarr.zip',
  'zip',
  'tar.gz',
];
const each = (build: (name: string) => Upload): Record<string, Upload> =>
  Object.fromEntries(EXTENSIONS.map((extension) => [`.${extension}`, build(`a.${extension}`)]));

const REFUSED: HostileUpload['expected'] = [
  'BAD_MAGIC',
  'TRUNCATED_FILE',
  'UNKNOWN_FORMAT',
  'BAD_TFRECORD',
  'BAD_ARCHIVE',
  'UNSUPPORTED_FORMAT',
  'MISSING_INFO',
  'METADATA_INVALID',
  'EMPTY_RECORDING',
];

export const nameUploads: readonly HostileUpload[] = [
  ...variants(
    'A file name',
    {
      'that leads up': '../../etc/cron.d/job',
      'with .. inside': 'data/../../../root/.ssh/authorized_keys',
      'that is absolute': '/etc/passwd',
      'of a Windows drive': 'C:/Windows/System32/a.dll',
      'with backslashes': 'data\\..\\..\\a.txt',
      'with a line break': 'data/a\nb.txt',
      'with a NUL': 'data/a\0.parquet',
      'with an escape sequence': 'data/\u001b[2J.txt',
      'with a percent escape': 'data/%2e%2e/a.txt',
      'with an empty part': 'data//a.txt',
      'of 2,000 characters': `data/${'a'.repeat(2_000)}`,
      'that reads backwards': 'data/a\u202etxt.exe',
      'with an isolate that hides its end': 'data/a\u2066b\u2069.txt',
    },
    (name) => beside(name),
    ['PATH_REFUSED'],
  ),
  {
    name: 'Two names that differ only in how é is written',
    build: () => beside('data/caf\u00e9.txt', 'data/cafe\u0301.txt'),
    expected: ['PATH_REFUSED'],
  },
  {
    name: 'Names in Chinese and with emoji',
    build: () => new Map([...plannedSet('v2.1')].map(([path, bytes]) => [`数据集-🤖/${path}`, bytes])),
    expected: 'sound',
  },
  ...variants(
    'A Git-LFS pointer named',
    each((name) => alone(name, POINTER)),
    (upload) => upload,
    ['LFS_POINTER'],
  ),
  ...variants(
    'A web page named',
    each((name) => alone(name, PAGE)),
    (upload) => upload,
    REFUSED,
  ),
  ...variants(
    'Nothing in a file named',
    each((name) => alone(name, '')),
    (upload) => upload,
    REFUSED,
  ),
  ...variants(
    'One byte in a file named',
    each((name) => alone(name, 'P')),
    (upload) => upload,
    REFUSED,
  ),
  { name: 'No files', build: () => new Map(), expected: ['UNKNOWN_FORMAT'] },
  {
    name: '100,000 tiny files',
    isAlone: true,
    build: () => {
      const [empty, one] = [Buffer.alloc(0), Buffer.from('0')];
      return new Map(
        Array.from({ length: 100_000 }, (_, i) => [`a/${Math.floor(i / 1000)}/${i}.txt`, i % 10 === 0 ? one : empty]),
      );
    },
    expected: ['UNKNOWN_FORMAT'],
  },
  {
    name: '10,000 files of one byte that all say HDF5',
    isAlone: true,
    build: () => {
      const one = Buffer.from([0x89]);
      return new Map(Array.from({ length: 10_000 }, (_, i) => [`episode_${i}.hdf5`, one]));
    },
    expected: ['BAD_MAGIC', 'BAD_HDF5', 'TRUNCATED_FILE'],
  },
];
