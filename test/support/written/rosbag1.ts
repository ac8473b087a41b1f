import type { TimedMessage } from './ros-messages.js';
import { definitionOf, toRos1 } from './ros-messages.js';
import { lz4Frame } from './mcap.js';

const MAGIC = '#ROSBAG V2.0\n';
const HEADER_RECORD_BYTES = 4096;

/** Messages as a ROS 1 bag. `isClosed: false` leaves out the index, as a recorder that was killed does. */
export function writeRosbag1(
  messages: readonly TimedMessage[],
  options: { compression?: 'none' | 'lz4'; messagesPerChunk?: number; isClosed?: boolean } = {},
): Uint8Array {
  const { compression = 'none', messagesPerChunk = 40, isClosed = true } = options;
  const topics = [...new Map(messages.map(({ topic, type }) => [topic, type]))];
  const idOf = (topic: string) => topics.findIndex(([name]) => name === topic);
  const connections = topics.map(([topic, type], id) =>
    record(
      { op: u8(7), conn: u32(id), topic: Buffer.from(topic) },
      header({
        topic: Buffer.from(topic),
        type: Buffer.from(type),
        md5sum: Buffer.from('*'),
        message_definition: Buffer.from(definitionOf(type, false)),
      }),
    ),
  );
  const parts: Uint8Array[] = [];
  const infos: Uint8Array[] = [];
  let offset = MAGIC.length + HEADER_RECORD_BYTES;
  const announced = new Set<number>();
  for (let at = 0; at < messages.length; at += messagesPerChunk) {
    const chunk = messages.slice(at, at + messagesPerChunk);
    const counts = new Map<number, number>();
    const records = chunk.flatMap(({ topic, type, timeNs, value }) => {
      const id = idOf(topic);
      counts.set(id, (counts.get(id) ?? 0) + 1);
      const message = record({ op: u8(2), conn: u32(id), time: time(timeNs) }, toRos1(type, value));
      const connection = announced.has(id) ? [] : [connections[id] ?? new Uint8Array(0)];
      announced.add(id);
      return [...connection, message];
    });
    const unpacked = Buffer.concat(records);
    const packed = compression === 'lz4' ? lz4Frame(unpacked) : unpacked;
    const bytes = record({ op: u8(5), compression: Buffer.from(compression), size: u32(unpacked.byteLength) }, packed);
    infos.push(
      record(
        {
          op: u8(6),
          ver: u32(1),
          chunk_pos: u64(offset),
          start_time: time(chunk[0]?.timeNs ?? 0n),
          end_time: time(chunk.at(-1)?.timeNs ?? 0n),
          count: u32(counts.size),
        },
        Buffer.concat([...counts].flatMap(([id, count]) => [u32(id), u32(count)])),
      ),
    );
    parts.push(bytes);
    offset += bytes.byteLength;
  }
  const head = record(
    {
      op: u8(3),
      index_pos: u64(isClosed ? offset : 0),
      conn_count: u32(isClosed ? connections.length : 0),
      chunk_count: u32(isClosed ? infos.length : 0),
    },
    new Uint8Array(0),
  );
  const padding = HEADER_RECORD_BYTES - head.byteLength;
  const padded = Buffer.concat([head, Buffer.alloc(padding, 0x20)]);
  padded.writeUInt32LE(padding, head.byteLength - 4);
  return new Uint8Array(
    Buffer.concat([Buffer.from(MAGIC), padded, ...parts, ...(isClosed ? [...connections, ...infos] : [])]),
  );
}

function record(fields: Record<string, Uint8Array>, data: Uint8Array): Uint8Array {
  const head = header(fields);
  return Buffer.concat([u32(head.byteLength), head, u32(data.byteLength), data]);
}

function header(fields: Record<string, Uint8Array>): Uint8Array {
  return Buffer.concat(
    Object.entries(fields).flatMap(([name, value]) => [
      u32(name.length + 1 + value.byteLength),
      Buffer.from(`${name}=`),
      value,
    ]),
  );
}

const u8 = (value: number) => Uint8Array.of(value);
const u32 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};
const u64 = (value: number) => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
};
const time = (ns: bigint) => Buffer.concat([u32(Number(ns / 1_000_000_000n)), u32(Number(ns % 1_000_000_000n))]);
