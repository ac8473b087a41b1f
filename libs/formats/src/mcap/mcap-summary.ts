import type { ByteSource } from '../byte-source.js';
import { readRange } from '../byte-source.js';
import { ForwardFile } from '../ros/forward-bytes.js';
import type { ChunkIndexRecord, StatisticsRecord } from './mcap-record.js';
import {
  ChannelTable,
  cursorOf,
  isMagic,
  MAGIC,
  OPCODE,
  readChunkIndex,
  readMetadataIndex,
  readStatistics,
  RECORD_HEAD_BYTES,
} from './mcap-record.js';

const FOOTER_BYTES = RECORD_HEAD_BYTES + 20;
const MAX_RECORD_BYTES = 16 * 2 ** 20;
/** Recordings have some chunks a second; a day of them fits. Beyond, the file is read from front to back. */
const MAX_CHUNKS = 500_000;
const MAX_NOTES = 1000;

/** The index at the end of an MCAP file. */
export interface McapSummary {
  readonly table: ChannelTable;
  readonly statistics: StatisticsRecord;
  readonly chunks: readonly ChunkIndexRecord[];
  readonly metadata: readonly { offset: number; length: number }[];
}

/** How an MCAP file ends. `whole`: closed with its footer and magic, with or without an index. */
export type McapEnd =
  { readonly isWhole: false } | { readonly isWhole: true; readonly summaryStart: number; readonly footerStart: number };

export async function readEnd(source: ByteSource): Promise<McapEnd> {
  const bytes = FOOTER_BYTES + MAGIC.byteLength;
  if (source.sizeBytes < MAGIC.byteLength + bytes) return { isWhole: false };
  const footerStart = source.sizeBytes - bytes;
  const tail = await readRange(source, footerStart, bytes, 'the footer');
  const cursor = cursorOf(tail, 'the footer');
  if (cursor.u8() !== OPCODE.footer || cursor.size() !== 20 || !isMagic(tail.subarray(FOOTER_BYTES)))
    return { isWhole: false };
  return { isWhole: true, summaryStart: cursor.size(), footerStart };
}

/**
 * Reads the index if it is there and complete: channels, statistics that count each of them, and chunk indexes.
 * Nothing in it is believed further than to find messages. Throws a defect where it is broken.
 */
export async function readSummary(source: ByteSource, end: McapEnd): Promise<McapSummary | null> {
  if (!end.isWhole || end.summaryStart < MAGIC.byteLength || end.summaryStart >= end.footerStart) return null;
  const bytes = new ForwardFile(source, end.summaryStart, end.footerStart);
  const table = new ChannelTable();
  const chunks: ChunkIndexRecord[] = [];
  const metadata: { offset: number; length: number }[] = [];
  let statistics: StatisticsRecord | null = null;
  let channelRefs = 0;
  for (let head = await bytes.take(RECORD_HEAD_BYTES); head; head = await bytes.take(RECORD_HEAD_BYTES)) {
    const cursor = cursorOf(head, 'a record');
    const opcode = cursor.u8();
    const length = cursor.size();
    if (length > MAX_RECORD_BYTES) return null;
    const content = await bytes.take(length);
    if (!content) return null;
    if (opcode === OPCODE.schema) table.addSchema(content);
    else if (opcode === OPCODE.channel) table.addChannel(content);
    else if (opcode === OPCODE.statistics) statistics = readStatistics(content);
    else if (opcode === OPCODE.metadataIndex && metadata.length < MAX_NOTES) metadata.push(readMetadataIndex(content));
    else if (opcode === OPCODE.chunkIndex) {
      const chunk = readChunkIndex(content);
      chunks.push(chunk);
      channelRefs += chunk.channelIds.size;
      if (chunks.length > MAX_CHUNKS || channelRefs > 4 * MAX_CHUNKS) return null;
    }
  }
  // Without counts the messages have to be counted, and unindexed messages can be found by reading all only.
  const isComplete =
    statistics && statistics.channels === table.all.size && (chunks.length > 0 || statistics.messages === 0);
  if (!statistics || !isComplete) return null;
  if (chunks.some((chunk) => chunk.channelIds.size === 0)) return null;
  return { table, statistics, chunks: chunks.sort((a, b) => a.offset - b.offset), metadata };
}
