import { makeRecording } from '../recordings.js';
import { writeMcap } from '../written/mcap.js';
import type { TimedMessage } from '../written/ros-messages.js';
import { messagesOf } from '../written/ros-messages.js';
import { lz4Bomb, zstdBomb, zstdWindow } from './bombs.js';
import { cut, deepJson, flipped, overwritten, u16, u32, u64, U64_MAX } from './damage.js';
import type { HostileUpload } from './hostile-upload.js';
import { variants } from './hostile-upload.js';

const MAGIC = Buffer.from('894d434150300d0a', 'hex');
const OP = {
  header: 1,
  footer: 2,
  schema: 3,
  channel: 4,
  message: 5,
  chunk: 6,
  chunkIndex: 8,
  attachment: 9,
  metadata: 12,
  dataEnd: 15,
};

let messages: Promise<TimedMessage[]> | undefined;

/** The messages of one short recording. */
export function shortMessages(): Promise<TimedMessage[]> {
  const [episode] = makeRecording({ episodes: 1, frames: 8, width: 16, height: 12, cameras: ['top'] });
  if (!episode) throw new Error('no recording was made');
  messages ??= messagesOf(episode);
  return messages;
}

interface Place {
  readonly op: number;
  readonly at: number;
  readonly end: number;
}

function recordsOf(bytes: Buffer): Place[] {
  const records: Place[] = [];
  for (let at = MAGIC.length; at + 9 <= bytes.length - MAGIC.length;) {
    const end = at + 9 + Number(bytes.readBigUInt64LE(at + 1));
    records.push({ op: bytes.readUInt8(at), at, end });
    at = end;
  }
  return records;
}

function the(bytes: Buffer, op: number): Place {
  const record = recordsOf(bytes).find((one) => one.op === op);
  if (!record) throw new Error(`this file has no record ${op}`);
  return record;
}

const record = (op: number, ...parts: Uint8Array[]): Buffer => {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([op]), u64(body.length), body]);
};
const text = (value: string): Buffer => Buffer.concat([u32(Buffer.byteLength(value)), Buffer.from(value)]);
const bytesField = (value: Uint8Array): Buffer => Buffer.concat([u32(value.byteLength), value]);
const HEADER = record(OP.header, text('ros2'), text('hostile'));
const FOOTER = record(OP.footer, u64(0), u64(0), u32(0));
const END = Buffer.concat([record(OP.dataEnd, u32(0)), FOOTER, MAGIC]);
const file = (...records: Uint8Array[]): Buffer => Buffer.concat([MAGIC, HEADER, ...records, END]);
const chunk = (
  compression: string,
  unpackedBytes: number | bigint,
  packed: Uint8Array,
  packedBytes: number | bigint = packed.byteLength,
): Buffer => record(OP.chunk, u64(0), u64(1), u64(unpackedBytes), u32(0), text(compression), u64(packedBytes), packed);
const schema = (definition: string, name = 'sensor_msgs/msg/JointState', encoding = 'ros2msg'): Buffer =>
  record(OP.schema, u16(1), text(name), text(encoding), bytesField(Buffer.from(definition)));
const channel = (id: number, encoding = 'cdr', schemaId = 1): Buffer =>
  record(OP.channel, u16(id), u16(schemaId), text(`/t${id}`), text(encoding), u32(0));
const message = (data: Uint8Array, timeNs: number | bigint = 0): Buffer =>
  record(OP.message, u16(1), u32(0), u64(timeNs), u64(timeNs), data);

const sound = (compression: 'zstd' | 'lz4' | '' = 'zstd'): Promise<Uint8Array> =>
  shortMessages().then((all) => writeMcap(all, { compression, chunkBytes: 2048 }));
const upload = (bytes: Uint8Array) => new Map([['run.mcap', bytes]]);
const changed = async (change: (bytes: Buffer) => Uint8Array) => upload(change(Buffer.from(await sound())));
const joints = 'string[] name\nfloat64[] position';
/** Little-endian CDR. */
const CDR = Buffer.from([0, 1, 0, 0]);

export const mcapUploads: readonly HostileUpload[] = [
  ...variants<(bytes: Buffer) => Uint8Array>(
    'MCAP cut',
    {
      'inside the magic': (bytes) => cut(bytes, 5),
      'behind the magic': (bytes) => cut(bytes, 8),
      'behind the header': (bytes) => cut(bytes, the(bytes, OP.header).end),
      'inside the first chunk': (bytes) => cut(bytes, the(bytes, OP.chunk).at + 100),
      'behind the first chunk': (bytes) => cut(bytes, the(bytes, OP.chunk).end),
      'before the end of the data': (bytes) => cut(bytes, the(bytes, OP.dataEnd).at),
      'inside the summary': (bytes) => cut(bytes, the(bytes, OP.chunkIndex).at + 20),
      'before the footer': (bytes) => cut(bytes, the(bytes, OP.footer).at),
      'before the closing magic': (bytes) => cut(bytes, -8),
      'at the last byte': (bytes) => cut(bytes, -1),
    },
    changed,
    ['TRUNCATED_FILE', 'BAD_MCAP', 'BAD_MAGIC', 'EMPTY_RECORDING'],
  ),
  ...variants<(bytes: Buffer) => Uint8Array>(
    'MCAP with',
    {
      'a record of 2^64-1 bytes': (bytes) => overwritten(bytes, the(bytes, OP.chunk).at + 1, u64(U64_MAX)),
      'a record of 2^53 bytes': (bytes) => overwritten(bytes, the(bytes, OP.chunk).at + 1, u64(2n ** 53n)),
      'a chunk that unpacks to 2^64-1 bytes': (bytes) => overwritten(bytes, the(bytes, OP.chunk).at + 25, u64(U64_MAX)),
      'a chunk that unpacks to 60 MB less than it says': (bytes) =>
        overwritten(bytes, the(bytes, OP.chunk).at + 25, u64(60_000_000)),
      'flipped bits in its first chunk': (bytes) =>
        flipped(bytes, 4, 20, the(bytes, OP.chunk).at + 60, the(bytes, OP.chunk).end),
    },
    changed,
    ['TRUNCATED_FILE', 'BAD_MCAP', 'EXPANSION_LIMIT', 'CRC_MISMATCH', 'TOO_LARGE'],
  ),
  ...variants<() => Uint8Array>(
    'MCAP, a chunk that is a',
    {
      'zstd bomb': () => file(chunk('zstd', 2 ** 20, zstdBomb())),
      'zstd bomb that announces itself': () => file(chunk('zstd', 10 * 2 ** 30, zstdBomb())),
      'zstd bomb that announces little': () => file(chunk('zstd', 2 ** 20, zstdBomb(2 ** 32, 2 ** 20))),
      'zstd frame with a window of 2 GB': () => file(chunk('zstd', 16, zstdWindow())),
      'lz4 bomb': () => file(chunk('lz4', 2 ** 20, lz4Bomb(2 ** 32))),
      'chunk of 2^64-1 packed bytes': () => file(chunk('lz4', 2 ** 20, lz4Bomb(2 ** 23), U64_MAX)),
      'chunk in a compression that is a path': () => file(chunk('../../../bin/sh', 100, Buffer.alloc(100))),
      'chunk in a chunk in a chunk': () => {
        let inner: Buffer = schema(joints);
        for (let depth = 0; depth < 1_000; depth += 1) inner = chunk('', inner.length, inner);
        return file(inner);
      },
    },
    (build) => upload(build()),
    ['BAD_MCAP', 'EXPANSION_LIMIT', 'TOO_LARGE', 'EMPTY_RECORDING'],
  ),
  ...variants<() => Uint8Array>(
    'MCAP of messages',
    {
      'with a list of 2^32-1 names': () =>
        file(schema(joints), channel(1), message(Buffer.concat([CDR, u32(0xffffffff), Buffer.alloc(64)]))),
      'of a type that contains itself': () =>
        file(
          schema('A[] a\n================\nMSG: x/A\nA[] a'),
          channel(1),
          message(Buffer.concat([CDR, Buffer.alloc(64, 1)])),
        ),
      'in JSON 100,000 objects deep': () =>
        file(schema('{}', 'sensor_msgs/JointState', 'jsonschema'), channel(1, 'json'), message(deepJson(100_000))),
      'of a channel without a schema': () => file(channel(1, 'cdr', 7), message(Buffer.alloc(16))),
      'of no channel': () => file(message(Buffer.alloc(16))),
      'at the time 2^64-1': () =>
        file(schema(joints), channel(1), message(Buffer.concat([CDR, Buffer.alloc(8)]), U64_MAX)),
    },
    (build) => upload(build()),
    ['BAD_MCAP', 'BAD_MESSAGE', 'EMPTY_RECORDING', 'EMPTY_EPISODE'],
  ),
  {
    name: 'MCAP with 65,535 channels',
    isAlone: true,
    build: () =>
      upload(
        file(
          schema(joints),
          ...Array.from({ length: 65_535 }, (_, i) => channel(i)),
          message(Buffer.concat([CDR, Buffer.alloc(8)])),
        ),
      ),
    expected: ['EMPTY_RECORDING', 'BAD_MESSAGE', 'EMPTY_EPISODE'],
  },
  {
    name: 'MCAP with 10^6 entries in its index of chunks',
    isAlone: true,
    build: () => {
      const entry = record(
        OP.chunkIndex,
        u64(0),
        u64(1),
        u64(8),
        u64(100),
        u64(0),
        u32(0),
        u64(0),
        text('zstd'),
        u64(100),
        u64(100),
      );
      const front = Buffer.concat([MAGIC, HEADER, record(OP.dataEnd, u32(0))]);
      const footer = record(OP.footer, u64(front.length), u64(0), u32(0));
      return upload(Buffer.concat([front, Buffer.alloc(entry.length * 1_000_000, entry), footer, MAGIC]));
    },
    expected: ['BAD_MCAP', 'TOO_LARGE', 'EMPTY_RECORDING'],
  },
  {
    name: 'MCAP whose summary starts behind its end',
    build: () => changed((bytes) => overwritten(bytes, the(bytes, OP.footer).at + 9, u64(2n ** 62n))),
    // Everything is there; the buyer is told that there is no index.
    expected: 'sound',
  },
  {
    name: 'MCAP with 10^6 notes',
    isAlone: true,
    build: () => {
      const note = record(OP.metadata, text('session'), bytesField(Buffer.concat([text('operator'), text('a')])));
      return upload(file(Buffer.alloc(note.length * 1_000_000, note)));
    },
    expected: ['EMPTY_RECORDING', 'BAD_MCAP', 'TOO_LARGE'],
  },
  {
    name: 'MCAP with a note of 2^32-1 pairs',
    build: () => upload(file(record(OP.metadata, text('session'), u32(0xffffffff), Buffer.alloc(64)))),
    expected: ['BAD_MCAP', 'EMPTY_RECORDING'],
  },
];
