import { Defect } from '../defect.js';
import { ByteCursor } from '../ros/byte-cursor.js';
import type { Channel } from '../ros/recording.js';

/** @see https://mcap.dev/spec (opcodes) */
export const OPCODE = {
  header: 0x01,
  footer: 0x02,
  schema: 0x03,
  channel: 0x04,
  message: 0x05,
  chunk: 0x06,
  chunkIndex: 0x08,
  statistics: 0x0b,
  metadata: 0x0c,
  metadataIndex: 0x0d,
  dataEnd: 0x0f,
} as const;

export const MAGIC = Uint8Array.of(0x89, 0x4d, 0x43, 0x41, 0x50, 0x30, 0x0d, 0x0a);
/** Opcode and length. */
export const RECORD_HEAD_BYTES = 9;
/** Channel, sequence, log time and publish time. */
const MESSAGE_HEAD_BYTES = 22;
/** Definitions that are kept while a file is open. */
const MAX_SCHEMA_BYTES = 32 * 2 ** 20;

export function isMagic(bytes: Uint8Array): boolean {
  return bytes.byteLength === MAGIC.byteLength && MAGIC.every((byte, i) => byte === bytes[i]);
}

export const cursorOf = (content: Uint8Array, what: string) => new ByteCursor(content, 'BAD_MCAP', what);

/** Text with its length before it. */
const textOf = (cursor: ByteCursor): string => cursor.text(cursor.u32());

export interface MessageRecord {
  readonly channelId: number;
  readonly logTimeNs: bigint;
  readonly data: Uint8Array;
}

export function readMessage(content: Uint8Array): MessageRecord {
  const cursor = cursorOf(content, 'a message record');
  const channelId = cursor.u16();
  cursor.u32();
  const logTimeNs = cursor.u64();
  cursor.u64();
  return { channelId, logTimeNs, data: content.subarray(MESSAGE_HEAD_BYTES) };
}

export interface ChunkRecord {
  readonly unpackedBytes: number;
  readonly unpackedCrc: number;
  readonly compression: string;
  readonly packed: Uint8Array;
}

export function readChunkRecord(content: Uint8Array): ChunkRecord {
  const cursor = cursorOf(content, 'a chunk record');
  cursor.u64();
  cursor.u64();
  const unpackedBytes = cursor.size();
  const unpackedCrc = cursor.u32();
  const compression = textOf(cursor);
  return { unpackedBytes, unpackedCrc, compression, packed: cursor.take(cursor.size()) };
}

export interface ChunkIndexRecord {
  readonly offset: number;
  readonly length: number;
  readonly channelIds: ReadonlySet<number>;
}

export function readChunkIndex(content: Uint8Array): ChunkIndexRecord {
  const cursor = cursorOf(content, 'a chunk index');
  cursor.u64();
  cursor.u64();
  const offset = cursor.size();
  const length = cursor.size();
  const map = cursorOf(cursor.take(cursor.u32()), 'a chunk index');
  const channelIds = new Set<number>();
  while (map.left > 0) {
    channelIds.add(map.u16());
    map.u64();
  }
  return { offset, length, channelIds };
}

export interface StatisticsRecord {
  readonly messages: number;
  readonly channels: number;
  readonly startNs: bigint;
  readonly channelMessages: ReadonlyMap<number, number>;
}

export function readStatistics(content: Uint8Array): StatisticsRecord {
  const cursor = cursorOf(content, 'the statistics');
  const messages = cursor.size();
  cursor.u16();
  const channels = cursor.u32();
  for (let i = 0; i < 3; i += 1) cursor.u32();
  const startNs = cursor.u64();
  cursor.u64();
  const map = cursorOf(cursor.take(cursor.u32()), 'the statistics');
  const channelMessages = new Map<number, number>();
  while (map.left > 0) channelMessages.set(map.u16(), map.size());
  return { messages, channels, startNs, channelMessages };
}

export function readMetadata(content: Uint8Array): { name: string; entries: Map<string, string> } {
  const cursor = cursorOf(content, 'a metadata record');
  const name = textOf(cursor);
  const map = cursorOf(cursor.take(cursor.u32()), 'a metadata record');
  const entries = new Map<string, string>();
  while (map.left > 0) entries.set(textOf(map), textOf(map));
  return { name, entries };
}

/** A metadata index: where the record lies. */
export function readMetadataIndex(content: Uint8Array): { offset: number; length: number } {
  const cursor = cursorOf(content, 'a metadata index');
  return { offset: cursor.size(), length: cursor.size() };
}

/** Schemas and channels of one file, by their numbers. Both may be written again, but not differently. */
export class ChannelTable {
  private readonly schemas = new Map<number, { name: string; encoding: string; data: Uint8Array }>();
  private readonly byId = new Map<number, Channel>();
  private bytes = 0;

  addSchema(content: Uint8Array): void {
    const cursor = cursorOf(content, 'a schema');
    const id = cursor.u16();
    if (this.schemas.has(id)) return;
    const name = textOf(cursor);
    const encoding = textOf(cursor);
    const data = cursor.take(cursor.u32()).slice();
    this.bytes += data.byteLength + name.length + encoding.length;
    if (this.bytes > MAX_SCHEMA_BYTES)
      throw new Defect('TOO_LARGE', 'the definitions of the channels are unreasonably long', {
        expected: `at most ${MAX_SCHEMA_BYTES} bytes`,
      });
    this.schemas.set(id, { name, encoding, data });
  }

  addChannel(content: Uint8Array): void {
    const cursor = cursorOf(content, 'a channel');
    const id = cursor.u16();
    const schema = this.schemas.get(cursor.u16());
    const topic = textOf(cursor).slice(0, 1024);
    const messageEncoding = textOf(cursor).slice(0, 100);
    const known = this.byId.get(id);
    if (!known)
      this.byId.set(id, { topic, messageEncoding, type: schema?.name.slice(0, 1024) ?? '', schema: schema ?? null });
    else if (known.topic !== topic || known.messageEncoding !== messageEncoding)
      throw new Defect('BAD_MCAP', 'two channels have one number', { expected: known.topic, actual: topic });
  }

  get(id: number): Channel | undefined {
    return this.byId.get(id);
  }

  get all(): ReadonlyMap<number, Channel> {
    return this.byId;
  }
}
