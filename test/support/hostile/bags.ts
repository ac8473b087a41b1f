import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sqlite from 'node-sqlite3-wasm';
import { zstdFrame } from '../written/mcap.js';
import { writeRosbag1 } from '../written/rosbag1.js';
import { writeDb3, writeMetadata } from '../written/rosbag2.js';
import { definitionOf } from '../written/ros-messages.js';
import { lz4Bomb, zstdBomb, zstdWindow } from './bombs.js';
import { cut, flipped, overwritten, placeOf, placesOf, u16, u32, u64, U64_MAX } from './damage.js';
import type { HostileUpload, Upload } from './hostile-upload.js';
import { variants } from './hostile-upload.js';
import { shortMessages } from './mcap.js';

/** 200 MB of zeros in bzip2. */
const BZ2_BOMB = Buffer.from(
  'QlpoOTFBWSZTWQ4J4t8BX45AAMAAAAggADCATUZCoCWpCoCXMUFZJlNZDgni3wFfjkAAwAAACCAAMIBNRkKgJakKgJcxQVkmU1kOCeLfAV+OQADAAAAIIAAwgE1GQqAlqQqAlzFBWSZTWQ4J4t8BX45AAMAAAAggADCATUZCoCWpCoCXMUFZJlNZ8TGEcADIDEBAwAAAQAAIIAAwzAUpphQCLYigEXi7kinChIIup43Q',
  'base64',
);

async function bag2(name: string, bytes: Uint8Array, mode: '' | 'FILE' | 'MESSAGE' = ''): Promise<Upload> {
  return new Map([
    ['metadata.yaml', writeMetadata([name], await shortMessages(), { mode })],
    [name, bytes],
  ]);
}
const db3 = async (): Promise<Buffer> => Buffer.from(await writeDb3(await shortMessages()));
const changedDb3 = async (change: (bytes: Buffer) => Uint8Array): Promise<Upload> =>
  bag2('bag_0.db3', change(await db3()));

/** A database whose tables are not what a bag's are. */
function madeBy(sql: string): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), 'bodega-hostile-'));
  try {
    const path = join(folder, 'a.db3');
    const db = new sqlite.Database(path);
    db.exec(sql);
    db.close();
    return new Uint8Array(readFileSync(path));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const TOPICS = `CREATE TABLE topics(id INTEGER PRIMARY KEY,name TEXT NOT NULL,type TEXT NOT NULL,serialization_format TEXT NOT NULL,offered_qos_profiles TEXT NOT NULL);
  INSERT INTO topics VALUES (1,'/joint_states','sensor_msgs/msg/JointState','cdr','');`;
const MESSAGES =
  'CREATE TABLE messages(id INTEGER PRIMARY KEY,topic_id INTEGER NOT NULL,timestamp INTEGER NOT NULL, data BLOB NOT NULL);';
const ENDLESS = 'WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r)';
const BAD_BAG: HostileUpload['expected'] = [
  'BAD_BAG',
  'TRUNCATED_FILE',
  'BAD_MAGIC',
  'EMPTY_RECORDING',
  'EXPANSION_LIMIT',
  'BAD_ARCHIVE',
  'TOO_LARGE',
  'METADATA_INVALID',
  'BAD_MESSAGE',
  'EMPTY_EPISODE',
  'FRAME_COUNT_MISMATCH',
];
const yaml = async (text: string): Promise<Upload> =>
  new Map([
    ['metadata.yaml', Buffer.from(text)],
    ['bag_0.db3', await db3()],
  ]);
const listed = async (path: string): Promise<Upload> =>
  new Map([
    ['metadata.yaml', writeMetadata([path], await shortMessages())],
    ['bag_0.db3', await db3()],
  ]);

const rosbag2Uploads: readonly HostileUpload[] = [
  ...variants<(bytes: Buffer) => Uint8Array>(
    'SQLite bag cut',
    {
      'inside its header': (bytes) => cut(bytes, 60),
      'behind its header': (bytes) => cut(bytes, 100),
      'behind the first page': (bytes) => cut(bytes, 4096),
      'inside a page': (bytes) => cut(bytes, 4096 * 3 + 100),
      'before the last page': (bytes) => cut(bytes, -4096),
      'at the last byte': (bytes) => cut(bytes, -1),
    },
    changedDb3,
    BAD_BAG,
  ),
  ...variants<(bytes: Buffer) => Uint8Array>(
    'SQLite bag with',
    {
      'pages of 1 byte': (bytes) => overwritten(bytes, 16, Buffer.from([0, 0])),
      '2^32-1 pages': (bytes) => overwritten(bytes, 28, u32(0xffffffff)),
      'a schema page of 65,535 cells': (bytes) => overwritten(bytes, 103, Buffer.from([0xff, 0xff])),
      'flipped bits in its schema': (bytes) => flipped(bytes, 9, 60, 100, 4096),
      'flipped bits in its pages': (bytes) => flipped(bytes, 6, 2_000, 4096, bytes.length),
      'every page a page of pointers to itself': (bytes) => {
        const copy = Buffer.from(bytes);
        for (let page = 2; page * 4096 <= copy.length; page += 1) {
          const at = (page - 1) * 4096;
          copy.set([5, 0, 0, 0, 1, 0x0f, 0, 0, 0, 0, 0, page, 0x0f, 0], at);
          copy.set([0, 0, 0, page, 1], at + 0xf00);
        }
        return copy;
      },
    },
    changedDb3,
    BAD_BAG,
  ),
  ...variants(
    'SQLite bag with',
    {
      'a view for messages that never ends': `${TOPICS} CREATE VIEW messages AS ${ENDLESS} SELECT n AS id, 1 AS topic_id, n AS timestamp, x'00' AS data FROM r;`,
      'a view for topics that never ends': `${MESSAGES} CREATE VIEW topics AS ${ENDLESS} SELECT n AS id, 'a' AS name, 'b' AS type, 'cdr' AS serialization_format, '' AS offered_qos_profiles FROM r;`,
      'triggers that fill it': `${TOPICS} ${MESSAGES} CREATE TRIGGER a AFTER INSERT ON messages BEGIN INSERT INTO messages VALUES (NULL, 1, 1, zeroblob(1000000)); END;`,
      'a virtual table for messages': `${TOPICS} CREATE VIRTUAL TABLE messages USING fts5(topic_id, timestamp, data);`,
      'a column that is computed': `${TOPICS} CREATE TABLE messages(id INTEGER PRIMARY KEY, topic_id INTEGER, timestamp INTEGER, data BLOB AS (zeroblob(1000000000)) VIRTUAL); INSERT INTO messages VALUES (1, 1, 1);`,
      'no tables': 'CREATE TABLE a(b);',
      'texts for times': `${TOPICS} ${MESSAGES} INSERT INTO messages VALUES (1, 1, 'soon', x'00');`,
    },
    (sql) => bag2('bag_0.db3', madeBy(sql)),
    BAD_BAG,
  ),
  {
    name: 'SQLite bag with 10^5 topics',
    isAlone: true,
    build: () =>
      bag2(
        'bag_0.db3',
        madeBy(
          `${TOPICS} ${MESSAGES} WITH RECURSIVE r(n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM r WHERE n < 100000) INSERT INTO topics SELECT n, '/t' || n, 'std_msgs/msg/String', 'cdr', '' FROM r;`,
        ),
      ),
    expected: BAD_BAG,
  },
  {
    name: 'SQLite bag as a zstd bomb',
    isAlone: true,
    build: () => bag2('bag_0.db3.zstd', zstdBomb(), 'FILE'),
    expected: BAD_BAG,
  },
  {
    name: 'SQLite bag as zstd with a window of 2 GB',
    build: () => bag2('bag_0.db3.zstd', zstdWindow(), 'FILE'),
    expected: BAD_BAG,
  },
  {
    name: 'SQLite bag as zstd cut in the middle',
    build: async () => {
      const packed = await zstdFrame(await db3());
      return bag2('bag_0.db3.zstd', cut(packed, packed.byteLength >> 1), 'FILE');
    },
    expected: BAD_BAG,
  },
  {
    name: 'SQLite bag of messages that are zstd bombs',
    build: async () =>
      bag2(
        'bag_0.db3',
        madeBy(`${TOPICS} ${MESSAGES} INSERT INTO messages VALUES (1, 1, 1, x'${zstdBomb(2 ** 32).toString('hex')}');`),
        'MESSAGE',
      ),
    expected: BAD_BAG,
  },
  ...variants(
    'rosbag2 metadata.yaml',
    {
      'of a billion laughs': `a: &a [x,x,x,x,x,x,x,x,x]\n${[...'bcdefghij'].map((name, i) => `${name}: &${name} [${Array(9).fill(`*${'abcdefghi'[i]}`).join(',')}]`).join('\n')}\nrosbag2_bagfile_information: *j\n`,
      '50,000 brackets deep': `rosbag2_bagfile_information: ${'['.repeat(50_000)}${']'.repeat(50_000)}`,
      'with a tag of JavaScript': 'rosbag2_bagfile_information: !!js/function "function(){process.exit()}"',
      'of nothing known': 'rosbag2_bagfile_information: 7',
    },
    yaml,
    [...BAD_BAG, 'MISSING_DATA_FILE'],
  ),
  ...variants(
    'rosbag2 metadata.yaml that lists',
    {
      'a file above': '../../../../etc/passwd',
      'an absolute file': '/etc/passwd',
      'a file that is not there': 'bag_9.db3',
    },
    listed,
    // Nobody follows the list: what lies in the folder is read, and the buyer is told.
    'sound',
  ),
];

const bag1 = async (): Promise<Buffer> => Buffer.from(writeRosbag1(await shortMessages(), { messagesPerChunk: 8 }));
const changedBag1 = async (change: (bytes: Buffer) => Uint8Array): Promise<Upload> =>
  new Map([['run.bag', change(await bag1())]]);

const field = (name: string, value: Uint8Array | string): Buffer => {
  const body = Buffer.concat([Buffer.from(`${name}=`), Buffer.from(value)]);
  return Buffer.concat([u32(body.length), body]);
};
const record = (head: Buffer, data: Uint8Array, dataBytes = data.byteLength): Buffer =>
  Buffer.concat([u32(head.length), head, u32(dataBytes), data]);
const op = (code: number): Buffer => field('op', Buffer.from([code]));

/** A bag that was not closed, of these records. */
function openBag(...records: Buffer[]): Buffer {
  const head = Buffer.concat([
    op(3),
    field('index_pos', u64(0)),
    field('conn_count', u32(0)),
    field('chunk_count', u32(0)),
  ]);
  return Buffer.concat([
    Buffer.from('#ROSBAG V2.0\n'),
    record(head, Buffer.alloc(4096 - head.length - 8, ' ')),
    ...records,
  ]);
}
const chunk = (compression: string, sizeBytes: number, packed: Uint8Array): Buffer =>
  record(Buffer.concat([op(5), field('compression', compression), field('size', u32(sizeBytes))]), packed);
const connection = (id: number): Buffer =>
  record(
    Buffer.concat([op(7), field('conn', u32(id)), field('topic', `/t${id}`)]),
    Buffer.concat([
      field('topic', `/t${id}`),
      field('type', 'std_msgs/String'),
      field('md5sum', '*'),
      field('message_definition', definitionOf('std_msgs/String', false)),
    ]),
  );
const indexAt = (bytes: Buffer): number => placeOf(bytes, 'index_pos=') + 10;

const rosbag1Uploads: readonly HostileUpload[] = [
  ...variants<(bytes: Buffer) => Uint8Array>(
    'ROS 1 bag cut',
    {
      'inside the magic': (bytes) => cut(bytes, 6),
      'behind the magic': (bytes) => cut(bytes, 13),
      'inside the bag header': (bytes) => cut(bytes, 40),
      'behind the bag header': (bytes) => cut(bytes, 13 + 4096),
      'inside the first chunk': (bytes) => cut(bytes, 13 + 4096 + 200),
      'inside its index': (bytes) => cut(bytes, Number(bytes.readBigUInt64LE(indexAt(bytes))) + 30),
      'at the last byte': (bytes) => cut(bytes, -1),
    },
    changedBag1,
    [...BAD_BAG],
  ),
  ...variants<(bytes: Buffer) => Uint8Array>(
    'ROS 1 bag with',
    {
      'an index at 2^64-1': (bytes) => overwritten(bytes, indexAt(bytes), u64(U64_MAX)),
      'an index at its own header': (bytes) => overwritten(bytes, indexAt(bytes), u64(13)),
      'a header of 2^32-1 bytes': (bytes) => overwritten(bytes, 13, u32(0xffffffff)),
      'a chunk of 2^32-1 bytes': (bytes) => overwritten(bytes, placeOf(bytes, 'size=') + 5, u32(0xffffffff)),
      'chunks at places that are none': (bytes) =>
        placesOf(bytes, 'chunk_pos=').reduce<Buffer>((copy, at) => overwritten(copy, at + 10, u64(U64_MAX)), bytes),
      'flipped bits in its first chunk': (bytes) => flipped(bytes, 8, 200, 13 + 4096, 13 + 4096 + 3_000),
    },
    changedBag1,
    BAD_BAG,
  ),
  ...variants<() => Uint8Array>(
    'ROS 1 bag, a chunk that is a',
    {
      'bz2 bomb': () => openBag(chunk('bz2', 2 ** 20, BZ2_BOMB)),
      'bz2 bomb that announces itself': () => openBag(chunk('bz2', 200 * 2 ** 20, BZ2_BOMB)),
      'lz4 bomb': () => openBag(chunk('lz4', 2 ** 20, lz4Bomb(2 ** 32))),
      'chunk of records of no length': () => openBag(chunk('none', 60_000_000, Buffer.alloc(60_000_000))),
    },
    (build) => new Map([['run.bag', build()]]),
    BAD_BAG,
  ),
  {
    name: 'ROS 1 bag with 10^5 connections',
    isAlone: true,
    build: () => new Map([['run.bag', openBag(...Array.from({ length: 100_000 }, (_, i) => connection(i)))]]),
    expected: BAD_BAG,
  },
  {
    name: 'ROS 1 bag with a field name of 4 MB',
    build: () =>
      new Map([
        ['run.bag', openBag(record(Buffer.concat([op(2), field('a'.repeat(2 ** 22), u16(0))]), Buffer.alloc(8)))],
      ]),
    expected: BAD_BAG,
  },
];

export const bagUploads: readonly HostileUpload[] = [...rosbag2Uploads, ...rosbag1Uploads];
