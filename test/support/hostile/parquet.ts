import type { SchemaElement } from 'hyparquet';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { cleanSet } from '../../conformance/lerobot/clean-set.js';
import type { TablePlan } from '../../conformance/lerobot/clean-set.js';
import { deflateBomb, gzipBomb, lz4Bomb, snappyBomb, varint, zstdBomb, zstdWindow } from './bombs.js';
import { cut, flipped, overwritten, u32 } from './damage.js';
import type { HostileUpload, Upload } from './hostile-upload.js';
import { fileOf, variants, withFiles } from './hostile-upload.js';
import { DATA_V30, plannedSet } from './lerobot.js';

/** The data table of a sound set, every page of it packed by `pack`. */
function packedBy(
  codec: 'ZSTD' | 'GZIP' | 'SNAPPY' | 'BROTLI' | 'LZ4',
  pack: (page: Uint8Array) => Uint8Array,
): Uint8Array {
  const table: TablePlan = cleanSet('v3.0').data[DATA_V30] ?? {};
  const schema: SchemaElement[] = [{ name: 'schema', num_children: Object.keys(table).length }];
  for (const [name, { type, depth }] of Object.entries(table)) {
    if (depth > 0)
      schema.push(
        { name, repetition_type: 'OPTIONAL', num_children: 1, converted_type: 'LIST' },
        { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
      );
    schema.push({ name: depth > 0 ? 'element' : name, type, repetition_type: 'OPTIONAL' });
  }
  const columnData = Object.entries(table).map(([name, { values }]) => ({ name, data: values }));
  return new Uint8Array(parquetWriteBuffer({ schema, columnData, codec, compressors: { [codec]: pack } }));
}

/** A table of so many columns of one number each. */
function wideTable(columns: number): Uint8Array {
  const columnData = Array.from({ length: columns }, (_, i) => ({ name: `c${i}`, data: [i], type: 'INT32' as const }));
  return new Uint8Array(parquetWriteBuffer({ columnData, codec: 'UNCOMPRESSED' }));
}

const LIST = 0x19;
const I32 = 0x15;
const I64 = 0x16;
const STRUCT_ITEMS = 12;
/** Field 4 of a struct, a text: "a". */
const NAME = Buffer.from([0x48, 0x01, 0x61]);
const list = (count: number) => Buffer.concat([Buffer.from([LIST, 0xf0 | STRUCT_ITEMS]), varint(count)]);

/** A footer in Thrift's compact protocol, with lists that are as long as they say. */
function footerOf(columns: number, rowGroups: number): Buffer {
  const root = Buffer.concat([NAME, Buffer.from([I32]), varint(columns * 2), Buffer.from([0])]);
  const column = Buffer.concat([Buffer.from([I32, 0x02, 0x25, 0x00, 0x18, 0x01, 0x61, 0x00])]);
  const group = Buffer.from([LIST, STRUCT_ITEMS, I64, 0x00, I64, 0x02, 0x00]);
  return Buffer.concat([
    Buffer.from([I32, 0x02]),
    list(columns + 1),
    root,
    Buffer.alloc(column.length * columns, column),
    Buffer.from([I64, 0x02]),
    list(rowGroups),
    Buffer.alloc(group.length * rowGroups, group),
    Buffer.from([0x00]),
  ]);
}

function fileWith(footer: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from('PAR1'), footer, u32(footer.length), Buffer.from('PAR1')]);
}

const withData = (bytes: Uint8Array): Upload => withFiles(plannedSet('v3.0'), { [DATA_V30]: bytes });
const changedData = (change: (bytes: Buffer) => Uint8Array): Upload =>
  withData(change(fileOf(plannedSet('v3.0'), DATA_V30)));
const footerAt = (bytes: Buffer): number => bytes.length - 8 - bytes.readUInt32LE(bytes.length - 8);

export const parquetUploads: readonly HostileUpload[] = [
  ...variants<(bytes: Buffer) => Uint8Array>(
    'Parquet cut',
    {
      'inside the magic': (bytes) => cut(bytes, 3),
      'behind the magic': (bytes) => cut(bytes, 4),
      'inside the first page': (bytes) => cut(bytes, 60),
      'before the footer': (bytes) => cut(bytes, footerAt(bytes)),
      'inside the footer': (bytes) => cut(bytes, footerAt(bytes) + 40),
      'before the length of the footer': (bytes) => cut(bytes, -8),
      'before the closing magic': (bytes) => cut(bytes, -4),
      'at the last byte': (bytes) => cut(bytes, -1),
      'out of the middle': (bytes) => Buffer.concat([bytes.subarray(0, 200), bytes.subarray(700)]),
    },
    changedData,
    ['TRUNCATED_FILE', 'BAD_PARQUET', 'BAD_MAGIC'],
  ),
  ...variants<(bytes: Buffer) => Uint8Array>(
    'Parquet with',
    {
      'a footer of 2^32-1 bytes': (bytes) => overwritten(bytes, -8, u32(0xffffffff)),
      'a footer of 2^31-1 bytes': (bytes) => overwritten(bytes, -8, u32(0x7fffffff)),
      'a footer of no bytes': (bytes) => overwritten(bytes, -8, u32(0)),
      'an encrypted footer': (bytes) => overwritten(bytes, -4, Buffer.from('PARE')),
      'flipped bits in the footer': (bytes) => flipped(bytes, 11, 30, footerAt(bytes), bytes.length - 8),
      'flipped bits in the headers of its pages': (bytes) => flipped(bytes, 3, 8, 4, 20),
      'a footer of nothing but lists': () => fileWith(Buffer.alloc(100_000, 0x19)),
      'a list of 2^31 row groups': () => fileWith(Buffer.concat([Buffer.from([LIST, 0xfc]), varint(2 ** 31)])),
    },
    changedData,
    ['TRUNCATED_FILE', 'BAD_PARQUET', 'BAD_MAGIC', 'PARQUET_UNSUPPORTED'],
  ),
  ...variants<() => Uint8Array>(
    'Parquet, a page that is a',
    {
      'zstd bomb': () => packedBy('ZSTD', () => zstdBomb()),
      'zstd bomb that announces the right size': () => packedBy('ZSTD', (page) => zstdBomb(2 ** 33, page.length)),
      'zstd page with a bomb behind it': () =>
        packedBy('ZSTD', (page) => Buffer.concat([zstdBomb(page.length, page.length), zstdBomb(2 ** 33)])),
      'zstd page with a window of 2 GB': () => packedBy('ZSTD', () => zstdWindow()),
      'lz4 bomb': () => packedBy('LZ4', () => lz4Bomb(2 ** 32)),
      'gzip bomb': () => packedBy('GZIP', () => gzipBomb(2 ** 30)),
      'snappy bomb': () => packedBy('SNAPPY', (page) => snappyBomb(page.length, 2 ** 28)),
      'snappy page that announces 4 GB': () => packedBy('SNAPPY', () => snappyBomb(2 ** 32 - 1, 2 ** 20)),
      'page of noise': () => packedBy('BROTLI', () => deflateBomb(2 ** 26)),
    },
    (build) => withData(build()),
    ['BAD_PARQUET', 'EXPANSION_LIMIT'],
  ),
  {
    name: 'Parquet with 10,000 columns',
    build: () => withData(wideTable(10_000)),
    expected: ['FEATURE_UNDECLARED', 'FEATURE_MISSING', 'TOO_LARGE'],
  },
  {
    name: 'Parquet with 10^6 columns',
    isAlone: true,
    build: () => withData(fileWith(footerOf(1_000_000, 1))),
    expected: ['BAD_PARQUET', 'TOO_LARGE', 'PARQUET_UNSUPPORTED'],
  },
  {
    name: 'Parquet with 10^6 row groups',
    isAlone: true,
    build: () => withData(fileWith(footerOf(1, 1_000_000))),
    expected: ['BAD_PARQUET', 'TOO_LARGE', 'PARQUET_UNSUPPORTED', 'FEATURE_MISSING'],
  },
];
