import type { ByteSource } from '../byte-source.js';
import { readRange } from '../byte-source.js';
import { Defect } from '../defect.js';
import type { FindingLog } from '../findings.js';
import { MAX_BLOCK_BYTES } from '../ros/compression.js';
import type { ForwardBytes } from '../ros/forward-bytes.js';
import { ForwardFile } from '../ros/forward-bytes.js';
import type { Channel, LoggedMessage, PartSurvey, RecordingPart } from '../ros/recording.js';
import { PartFindings } from '../ros/part-findings.js';
import { MAX_FIRST_MESSAGES } from '../ros/recording.js';
import { RecordingNotes } from '../ros/recording-notes.js';
import { ChannelTable, cursorOf, MAGIC, OPCODE, readMetadata } from './mcap-record.js';
import type { McapSummary } from './mcap-summary.js';
import { readEnd, readSummary } from './mcap-summary.js';
import { readChunk, walkMcap } from './mcap-walk.js';

/** How the bytes of an MCAP file are reached: in place, or unpacked on the way (`.mcap.zstd`). */
export interface McapBytes {
  /** Null where the file can be read forward only. */
  readonly source: ByteSource | null;
  forward(): ForwardBytes;
}

/** One MCAP file. */
export class McapPart implements RecordingPart {
  private readonly findings: PartFindings;

  constructor(
    readonly path: string,
    private readonly open: () => Promise<McapBytes>,
    log: FindingLog,
  ) {
    this.findings = new PartFindings(path, log);
  }

  async survey(wanted: (channel: Channel) => boolean, onFirst: (message: LoggedMessage) => void): Promise<PartSurvey> {
    const bytes = await this.open();
    const summary = bytes.source ? await this.summaryOf(bytes.source) : null;
    if (!bytes.source || !summary) return this.surveyAll(bytes, wanted, onFirst);
    const notes = new RecordingNotes();
    for (const place of summary.metadata) await this.addNote(bytes.source, place, notes);
    await this.findFirst(bytes.source, summary, wanted, onFirst);
    const counts = new Map<Channel, number>();
    for (const [id, channel] of summary.table.all) counts.set(channel, summary.statistics.channelMessages.get(id) ?? 0);
    return { counts, notes: notes.all, startNs: summary.statistics.messages > 0 ? summary.statistics.startNs : null };
  }

  async *messages(): AsyncGenerator<LoggedMessage> {
    const bytes = await this.open();
    const summary = bytes.source ? await this.summaryOf(bytes.source) : null;
    let count = 0;
    // Channels are announced in the chunk that uses them first; where that one is broken, the index knows them too.
    for await (const message of this.walk(bytes, summary?.table ?? new ChannelTable(), new RecordingNotes())) {
      count += 1;
      yield message;
    }
    if (summary && summary.statistics.messages !== count)
      this.findings.tell('FRAME_COUNT_MISMATCH', 'the statistics of the file do not agree with its messages', {
        expected: `${summary.statistics.messages} messages`,
        actual: `${count}`,
      });
  }

  /** Reads all: counts what the file does not count itself. */
  private async surveyAll(
    bytes: McapBytes,
    wanted: (channel: Channel) => boolean,
    onFirst: (message: LoggedMessage) => void,
  ): Promise<PartSurvey> {
    const notes = new RecordingNotes();
    const table = new ChannelTable();
    const counts = new Map<Channel, number>();
    let startNs: bigint | null = null;
    for await (const message of this.walk(bytes, table, notes)) {
      startNs ??= message.logTimeNs;
      const count = counts.get(message.channel) ?? 0;
      counts.set(message.channel, count + 1);
      if (count < MAX_FIRST_MESSAGES && wanted(message.channel)) onFirst(message);
    }
    for (const channel of table.all.values()) if (!counts.has(channel)) counts.set(channel, 0);
    return { counts, notes: notes.all, startNs };
  }

  /** All messages that can be read; what cannot becomes a finding. */
  private async *walk(bytes: McapBytes, table: ChannelTable, notes: RecordingNotes): AsyncGenerator<LoggedMessage> {
    if (bytes.source?.sizeBytes === 0) return;
    const forward = bytes.forward();
    let damage = 0;
    let count = 0;
    try {
      const walk = walkMcap(forward, table, {
        onMetadata: (_, entries) => notes.addAll(entries),
        onDamage: (code, message, detail) => {
          damage += 1;
          this.findings.tell(code, message, detail);
        },
      });
      for await (const message of walk) {
        count += 1;
        yield message;
      }
      if (bytes.source) await this.checkEnd(bytes.source, damage > 0);
    } catch (error) {
      damage += 1;
      this.findings.tellDefect(error);
    }
    if (damage > 0) this.findings.tellRecovered(count);
  }

  private async checkEnd(source: ByteSource, isDamaged: boolean): Promise<void> {
    const end = await readEnd(source);
    if (!end.isWhole && !isDamaged)
      this.findings.tell(
        'TRUNCATED_FILE',
        'the file does not end as an MCAP file: its index is cut off, or bytes follow it',
        {},
      );
  }

  private async summaryOf(source: ByteSource): Promise<McapSummary | null> {
    try {
      const end = await readEnd(source);
      const summary = await readSummary(source, end);
      if (!summary && end.isWhole)
        this.findings.tell(
          'NO_SUMMARY',
          'the file has no complete index: it is read from front to back, and so will buyers',
          {},
        );
      return summary;
    } catch (error) {
      if (!(error instanceof Defect)) throw error;
      this.findings.tell('NO_SUMMARY', `the index of the file is broken: ${error.message}`, error.detail);
      return null;
    }
  }

  /** Looks only into chunks that hold a channel of which nothing was seen yet. */
  private async findFirst(
    source: ByteSource,
    { table, chunks }: McapSummary,
    wanted: (channel: Channel) => boolean,
    onFirst: (message: LoggedMessage) => void,
  ): Promise<void> {
    const open = new Set([...table.all].flatMap(([id, channel]) => (wanted(channel) ? [id] : [])));
    const tries = new Map<Channel, number>();
    for (const { offset, length, channelIds } of chunks) {
      if (open.size === 0) return;
      if (![...channelIds].some((id) => open.has(id))) continue;
      try {
        for await (const message of readChunk(await chunkAt(source, offset, length), table)) {
          const count = tries.get(message.channel) ?? 0;
          if (count >= MAX_FIRST_MESSAGES || !wanted(message.channel)) continue;
          tries.set(message.channel, count + 1);
          onFirst(message);
        }
      } catch (error) {
        // The walk will tell of the chunk; the next one may hold the channel too.
        if (!(error instanceof Defect)) throw error;
        continue;
      }
      for (const id of channelIds) {
        const channel = table.get(id);
        if (!channel || tries.has(channel) || !wanted(channel)) open.delete(id);
      }
    }
  }

  private async addNote(
    source: ByteSource,
    place: { offset: number; length: number },
    notes: RecordingNotes,
  ): Promise<void> {
    try {
      notes.addAll(readMetadata(await recordAt(source, place.offset, place.length, OPCODE.metadata)).entries);
    } catch (error) {
      this.findings.tellDefect(error, 'a metadata record: ');
    }
  }
}

/** An MCAP file that is read where it lies. */
export function mcapInPlace(source: ByteSource): McapBytes {
  return { source, forward: () => new ForwardFile(source) };
}

const chunkAt = (source: ByteSource, offset: number, length: number) => recordAt(source, offset, length, OPCODE.chunk);

async function recordAt(source: ByteSource, offset: number, length: number, opcode: number): Promise<Uint8Array> {
  if (!(offset >= MAGIC.byteLength) || length > MAX_BLOCK_BYTES + 1024)
    throw new Defect('BAD_MCAP', 'the index points at a place where no record can be');
  const record = await readRange(source, offset, length, 'a record of the index');
  const cursor = cursorOf(record, 'a record');
  if (cursor.u8() !== opcode) throw new Defect('BAD_MCAP', 'the index points at another record');
  return cursor.take(cursor.size());
}
