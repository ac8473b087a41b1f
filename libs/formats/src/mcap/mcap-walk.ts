import { crc32 } from 'node:zlib';
import { Defect } from '../defect.js';
import type { FindingCode } from '../findings.js';
import { MAX_BLOCK_BYTES, unpackChunk } from '../ros/compression.js';
import type { ForwardBytes } from '../ros/forward-bytes.js';
import type { LoggedMessage } from '../ros/recording.js';
import type { ChannelTable } from './mcap-record.js';
import {
  cursorOf,
  isMagic,
  MAGIC,
  OPCODE,
  readChunkRecord,
  readMessage,
  readMetadata,
  RECORD_HEAD_BYTES,
} from './mcap-record.js';

/** Schemas, channels and notes are far smaller. */
const MAX_META_BYTES = 16 * 2 ** 20;

/** What the walk tells besides messages. */
export interface WalkEvents {
  onMetadata?(name: string, entries: ReadonlyMap<string, string>): void;
  onDamage(code: FindingCode, message: string, detail: { expected?: string; actual?: string }): void;
}

/** A record that the walk looks into; the others are skipped unread. */
interface FramedRecord {
  readonly opcode: number;
  readonly content: Uint8Array;
}

const LOOKED_INTO = new Set<number>([OPCODE.schema, OPCODE.channel, OPCODE.message, OPCODE.chunk, OPCODE.metadata]);

/**
 * Reads the data section of an MCAP file from front to back, whatever its index says. Damage is told and survived where
 * the next record can be found; of a chunk either all messages are given or none.
 * @returns true if the data section was closed.
 */
export async function* walkMcap(
  bytes: ForwardBytes,
  table: ChannelTable,
  events: WalkEvents,
): AsyncGenerator<LoggedMessage, boolean> {
  const magic = await bytes.take(MAGIC.byteLength);
  if (!magic || !isMagic(magic)) throw new Defect('BAD_MAGIC', 'the file does not start as an MCAP file');
  for (;;) {
    const record = await nextRecord(bytes, events);
    if (record === 'end') return true;
    if (record === 'cut') return false;
    try {
      if (record.opcode === OPCODE.chunk) yield* readChunk(record.content, table);
      else {
        const message = readRecord(record, table, events);
        if (message) yield message;
      }
    } catch (error) {
      if (!(error instanceof Defect)) throw error;
      events.onDamage(error.code, error.message, error.detail);
    }
  }
}

/** The messages of one chunk, in their order. */
export async function* readChunk(content: Uint8Array, table: ChannelTable): AsyncGenerator<LoggedMessage> {
  const chunk = readChunkRecord(content);
  const unpacked = await unpackChunk(chunk.compression, chunk.packed, chunk.unpackedBytes, 'BAD_MCAP');
  if (chunk.unpackedCrc !== 0 && crc32(unpacked) !== chunk.unpackedCrc)
    throw new Defect('CRC_MISMATCH', 'the checksum of a chunk does not agree with its bytes');
  // Before anything is handed out, every record must be whole.
  for (const record of recordsOf(unpacked)) readRecord(record, table, {});
  for (const record of recordsOf(unpacked)) {
    if (record.opcode !== OPCODE.message) continue;
    const message = readRecord(record, table, {});
    if (message) yield message;
  }
}

function* recordsOf(unpacked: Uint8Array): Generator<FramedRecord> {
  const cursor = cursorOf(unpacked, 'a chunk');
  while (cursor.left > 0) {
    const opcode = cursor.u8();
    yield { opcode, content: cursor.take(cursor.size()) };
  }
}

function readRecord(
  { opcode, content }: FramedRecord,
  table: ChannelTable,
  events: Pick<WalkEvents, 'onMetadata'>,
): LoggedMessage | null {
  if (opcode === OPCODE.message) {
    const { channelId, logTimeNs, data } = readMessage(content);
    const channel = table.get(channelId);
    if (!channel)
      throw new Defect('BAD_MCAP', 'a message belongs to a channel that was not announced', { actual: `${channelId}` });
    return { channel, logTimeNs, data };
  }
  if (opcode === OPCODE.schema) table.addSchema(content);
  else if (opcode === OPCODE.channel) table.addChannel(content);
  else if (opcode === OPCODE.metadata) {
    const { name, entries } = readMetadata(content);
    events.onMetadata?.(name, entries);
  }
  return null;
}

/** The next record that is looked into. Attachments and indexes are passed by unread, however long they are. */
async function nextRecord(bytes: ForwardBytes, events: WalkEvents): Promise<FramedRecord | 'end' | 'cut'> {
  for (;;) {
    const start = bytes.offset;
    const head = await bytes.take(RECORD_HEAD_BYTES);
    if (!head) {
      events.onDamage('TRUNCATED_FILE', 'the file ends before its data do: it was not closed, or not uploaded whole', {
        actual: `${bytes.left ?? 0} bytes after the last whole record`,
      });
      return 'cut';
    }
    const cursor = cursorOf(head, 'a record');
    const opcode = cursor.u8();
    const length = cursor.size();
    if (opcode === OPCODE.dataEnd || opcode === OPCODE.footer) return 'end';
    if (opcode === 0) {
      events.onDamage('BAD_MCAP', 'the records break off in bytes that are none', { actual: `at byte ${start}` });
      return 'cut';
    }
    const limit = opcode === OPCODE.message || opcode === OPCODE.chunk ? MAX_BLOCK_BYTES + 1024 : MAX_META_BYTES;
    if (LOOKED_INTO.has(opcode) && length <= limit) {
      const content = await bytes.take(length);
      if (content) return { opcode, content };
    } else {
      if (LOOKED_INTO.has(opcode) && (bytes.left === null || length <= bytes.left))
        events.onDamage(
          opcode === OPCODE.chunk ? 'EXPANSION_LIMIT' : 'TOO_LARGE',
          'a record is longer than what is read at once: record with smaller chunks',
          { expected: `at most ${limit} bytes`, actual: `${length} bytes at byte ${start}` },
        );
      if (await bytes.skip(length)) continue;
    }
    events.onDamage('TRUNCATED_FILE', 'the file ends inside a record: it was not closed, or not uploaded whole', {
      expected: `${length} bytes at byte ${start}`,
      actual: `${bytes.offset - start + (bytes.left ?? 0)} bytes`,
    });
    return 'cut';
  }
}
