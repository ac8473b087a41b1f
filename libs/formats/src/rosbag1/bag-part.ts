import type { ByteSource } from '../byte-source.js';
import { Defect } from '../defect.js';
import type { FindingLog } from '../findings.js';
import { MAX_BLOCK_BYTES } from '../ros/compression.js';
import { ForwardFile } from '../ros/forward-bytes.js';
import { PartFindings } from '../ros/part-findings.js';
import type { Channel, LoggedMessage, PartSurvey, RecordingPart } from '../ros/recording.js';
import { MAX_FIRST_MESSAGES } from '../ros/recording.js';
import { ConnectionTable, MAGIC, nextHead, OP, readBagChunk } from './bag-record.js';
import type { BagIndex } from './bag-index.js';
import { readBagIndex } from './bag-index.js';

const UNCLOSED = 'the bag was not closed or not uploaded whole: run "rosbag reindex" on it and upload the result';

/** One ROS 1 bag. */
export class BagPart implements RecordingPart {
  private readonly findings: PartFindings;

  constructor(
    readonly path: string,
    private readonly open: () => Promise<ByteSource>,
    log: FindingLog,
  ) {
    this.findings = new PartFindings(path, log);
  }

  async survey(wanted: (channel: Channel) => boolean, onFirst: (message: LoggedMessage) => void): Promise<PartSurvey> {
    const source = await this.open();
    const table = new ConnectionTable();
    const index = await this.indexOf(source, table);
    const tries = new Map<Channel, number>();
    const counts = new Map<Channel, number>();
    let startNs: bigint | null = null;
    const look = (message: LoggedMessage): void => {
      const { channel } = message;
      startNs ??= message.logTimeNs;
      if (!index) counts.set(channel, (counts.get(channel) ?? 0) + 1);
      const tried = tries.get(channel) ?? 0;
      if (tried >= MAX_FIRST_MESSAGES || !wanted(channel)) return;
      tries.set(channel, tried + 1);
      onFirst(message);
    };
    if (!index) for await (const message of this.walk(source, table)) look(message);
    else {
      for (const [id, channel] of table.all) counts.set(channel, index.counts.get(id) ?? 0);
      await this.findFirst(source, table, index, wanted, tries, look);
      startNs = index.startNs;
    }
    return { counts, notes: new Map(), startNs };
  }

  async *messages(): AsyncGenerator<LoggedMessage> {
    const source = await this.open();
    let count = 0;
    for await (const message of this.walk(source, new ConnectionTable())) {
      count += 1;
      yield message;
    }
    const index = await this.indexOf(source, new ConnectionTable());
    if (index && index.messages !== count)
      this.findings.tell('FRAME_COUNT_MISMATCH', 'the index of the bag does not agree with its messages', {
        expected: `${index.messages} messages`,
        actual: `${count}`,
      });
  }

  /** All messages that can be read, chunk by chunk, whatever the index says; what cannot becomes a finding. */
  private async *walk(source: ByteSource, table: ConnectionTable): AsyncGenerator<LoggedMessage> {
    const bytes = new ForwardFile(source);
    let damage = 0;
    let count = 0;
    const onDefect = (error: unknown): void => {
      damage += 1;
      this.findings.tellDefect(error);
    };
    if (source.sizeBytes === 0) return;
    try {
      await checkMagic(bytes);
      for (let head = await nextHead(bytes); ; head = await nextHead(bytes)) {
        if (!head) {
          if (bytes.left > 0)
            throw new Defect('TRUNCATED_FILE', UNCLOSED, { actual: `${bytes.left} bytes after the last whole record` });
          break;
        }
        const { fields, dataBytes } = head;
        const { op } = fields;
        if (op === OP.chunk || op === OP.connection) {
          if (dataBytes > MAX_BLOCK_BYTES && dataBytes <= bytes.left) {
            onDefect(tooLong(dataBytes));
            await bytes.skip(dataBytes);
            continue;
          }
          const data = await bytes.take(dataBytes);
          if (!data)
            throw new Defect('TRUNCATED_FILE', UNCLOSED, {
              expected: `a record of ${dataBytes} bytes`,
              actual: `${bytes.left} bytes`,
            });
          try {
            if (op === OP.connection) table.add(fields, data);
            else
              for await (const message of readBagChunk(fields, data, table)) {
                count += 1;
                yield message;
              }
          } catch (error) {
            onDefect(error);
          }
        } else {
          if (op === OP.bagHeader && fields.cursor('index_pos').size() === 0)
            onDefect(new Defect('TRUNCATED_FILE', UNCLOSED));
          if (!(await bytes.skip(dataBytes))) throw new Defect('TRUNCATED_FILE', UNCLOSED);
        }
      }
    } catch (error) {
      onDefect(error);
    }
    if (damage === 0 && !(await this.indexOf(source, new ConnectionTable())))
      onDefect(new Defect('TRUNCATED_FILE', `its index is not whole: ${UNCLOSED}`));
    if (damage > 0) this.findings.tellRecovered(count);
  }

  private async findFirst(
    source: ByteSource,
    table: ConnectionTable,
    index: BagIndex,
    wanted: (channel: Channel) => boolean,
    tries: ReadonlyMap<Channel, number>,
    look: (message: LoggedMessage) => void,
  ): Promise<void> {
    for (const { offset, connections } of index.chunks) {
      const isOpen = (id: number): boolean => {
        const channel = table.get(id);
        return channel !== undefined && !tries.has(channel) && wanted(channel);
      };
      if (!connections.some(isOpen)) continue;
      try {
        const bytes = new ForwardFile(source, offset);
        const head = await nextHead(bytes);
        if (!head || head.fields.op !== OP.chunk || head.dataBytes > MAX_BLOCK_BYTES) continue;
        const data = await bytes.take(head.dataBytes);
        if (data) for await (const message of readBagChunk(head.fields, data, table)) look(message);
      } catch (error) {
        // The walk tells of the chunk; the next one may hold the topic too.
        if (!(error instanceof Defect)) throw error;
      }
    }
  }

  private async indexOf(source: ByteSource, table: ConnectionTable): Promise<BagIndex | null> {
    try {
      return await readBagIndex(source, table);
    } catch (error) {
      // The walk finds out by itself what is broken.
      if (!(error instanceof Defect)) throw error;
      return null;
    }
  }
}

async function checkMagic(bytes: ForwardFile): Promise<void> {
  const magic = await bytes.take(Math.min(MAGIC.length, bytes.left));
  const text = Buffer.from(magic ?? []).toString('latin1');
  if (text === MAGIC) return;
  if (text.startsWith('#ROSBAG V1'))
    throw new Defect(
      'UNSUPPORTED_VERSION',
      'bags of version 1 are not read: run "rosbag fix" or "rosbag reindex" on it',
    );
  throw new Defect('BAD_MAGIC', 'the file does not start as a ROS bag');
}

const tooLong = (dataBytes: number) =>
  new Defect('EXPANSION_LIMIT', 'a chunk is longer than what is read at once: record with smaller chunks', {
    expected: `at most ${MAX_BLOCK_BYTES} bytes`,
    actual: `${dataBytes} bytes`,
  });
