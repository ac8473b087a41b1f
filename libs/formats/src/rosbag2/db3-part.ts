import type { ByteSource } from '../byte-source.js';
import { Defect } from '../defect.js';
import type { FindingLog } from '../findings.js';
import { PartFindings } from '../ros/part-findings.js';
import type { Channel, LoggedMessage, PartSurvey, RecordingPart } from '../ros/recording.js';
import { MAX_FIRST_MESSAGES } from '../ros/recording.js';
import type { SqliteTable } from './sqlite-file.js';
import { SqliteFile } from './sqlite-file.js';

const MAX_TOPICS = 65_536;
const MAX_DEFINITION_BYTES = 32 * 2 ** 20;

interface OpenBag {
  readonly file: SqliteFile;
  readonly messages: SqliteTable;
  readonly channels: ReadonlyMap<bigint, Channel>;
}

/** One SQLite file of a rosbag2 folder. */
export class Db3Part implements RecordingPart {
  private readonly findings: PartFindings;

  /** `announced`: messages by topic, where the folder's metadata count them. */
  constructor(
    readonly path: string,
    private readonly open: () => Promise<ByteSource>,
    private readonly announced: ReadonlyMap<string, number> | null,
    log: FindingLog,
  ) {
    this.findings = new PartFindings(path, log);
  }

  async survey(wanted: (channel: Channel) => boolean, onFirst: (message: LoggedMessage) => void): Promise<PartSurvey> {
    const counts = new Map<Channel, number>();
    const notes = new Map<string, string>();
    const bag = await this.openBag();
    if (!bag) return { counts, notes, startNs: null };
    for (const channel of bag.channels.values()) counts.set(channel, this.announced?.get(channel.topic) ?? 0);
    const isOpen = () =>
      [...bag.channels.values()].some((channel) => wanted(channel) && (tries.get(channel) ?? 0) === 0);
    const tries = new Map<Channel, number>();
    let startNs: bigint | null = null;
    let rows = 0;
    for await (const message of this.walk(
      bag,
      (channel) => (tries.get(channel) ?? 0) < MAX_FIRST_MESSAGES && wanted(channel),
    )) {
      startNs ??= message.logTimeNs;
      const { channel } = message;
      if (!this.announced) counts.set(channel, (counts.get(channel) ?? 0) + 1);
      const tried = tries.get(channel) ?? 0;
      if (tried < MAX_FIRST_MESSAGES && wanted(channel)) {
        tries.set(channel, tried + 1);
        onFirst(message);
      }
      rows += 1;
      if (this.announced && rows % 64 === 1 && !isOpen()) break;
    }
    return { counts, notes, startNs };
  }

  async *messages(isNeeded: (channel: Channel) => boolean): AsyncGenerator<LoggedMessage> {
    const bag = await this.openBag();
    if (bag) yield* this.walk(bag, isNeeded);
  }

  private async *walk(bag: OpenBag, isNeeded: (channel: Channel) => boolean): AsyncGenerator<LoggedMessage> {
    const { file, messages, channels } = bag;
    const [topicId, timestamp, data] = ['topic_id', 'timestamp', 'data'].map((name) => messages.columns.indexOf(name));
    let damage = 0;
    let count = 0;
    const onDamage = (error: unknown): void => {
      damage += 1;
      this.findings.tellDefect(error);
    };
    for await (const row of file.rows(messages.rootPage, onDamage)) {
      let message: LoggedMessage;
      try {
        const channel = channels.get(row.head.integer(topicId ?? -1) ?? -1n);
        const logTimeNs = row.head.integer(timestamp ?? -1);
        if (!channel || logTimeNs === null) throw new Defect('BAD_BAG', 'a message belongs to no topic or has no time');
        const record = isNeeded(channel) ? await row.load() : null;
        message = { channel, logTimeNs, data: record?.blob(data ?? -1) ?? new Uint8Array(0) };
      } catch (error) {
        onDamage(error);
        continue;
      }
      count += 1;
      yield message;
    }
    if (damage > 0) this.findings.tellRecovered(count);
  }

  private async openBag(): Promise<OpenBag | null> {
    try {
      const source = await this.open();
      if (source.sizeBytes === 0) return null;
      const file = await SqliteFile.open(source);
      if (file.missingBytes > 0)
        this.findings.tell('TRUNCATED_FILE', 'the database is shorter than it announces: it was not uploaded whole', {
          actual: `${file.missingBytes} bytes are missing`,
        });
      const tables = await file.tables();
      const messages = tables.find(({ name }) => name === 'messages');
      const topics = tables.find(({ name }) => name === 'topics');
      if (!messages || !topics)
        throw new Defect('BAD_BAG', 'the database has no tables "topics" and "messages": it is no bag');
      return { file, messages, channels: await this.readChannels(file, topics, tables) };
    } catch (error) {
      this.findings.tellDefect(error);
      return null;
    }
  }

  private async readChannels(
    file: SqliteFile,
    topics: SqliteTable,
    tables: readonly SqliteTable[],
  ): Promise<Map<bigint, Channel>> {
    const definitions = await this.readDefinitions(file, tables);
    const [id, name, type, encoding] = ['id', 'name', 'type', 'serialization_format'].map((column) =>
      topics.columns.indexOf(column),
    );
    const channels = new Map<bigint, Channel>();
    for await (const row of file.rows(topics.rootPage, (error) => this.findings.tellDefect(error))) {
      const record = await row.load();
      const typeName = record.text(type ?? -1) ?? '';
      if (channels.size >= MAX_TOPICS) throw new Defect('TOO_LARGE', 'the bag has more topics than any recording');
      channels.set(record.integer(id ?? -1) ?? row.rowId, {
        topic: (record.text(name ?? -1) ?? '').slice(0, 1024),
        type: typeName.slice(0, 1024),
        messageEncoding: record.text(encoding ?? -1) ?? 'cdr',
        schema: definitions.get(typeName) ?? null,
      });
    }
    return channels;
  }

  /** Bags since Iron bring the definitions of their types. */
  private async readDefinitions(
    file: SqliteFile,
    tables: readonly SqliteTable[],
  ): Promise<Map<string, NonNullable<Channel['schema']>>> {
    const definitions = new Map<string, NonNullable<Channel['schema']>>();
    const table = tables.find(({ name }) => name === 'message_definitions');
    if (!table) return definitions;
    const [type, encoding, text] = ['topic_type', 'encoding', 'encoded_message_definition'].map((column) =>
      table.columns.indexOf(column),
    );
    let bytes = 0;
    for await (const row of file.rows(table.rootPage, (error) => this.findings.tellDefect(error))) {
      const record = await row.load();
      const data = Buffer.from(record.text(text ?? -1) ?? '');
      bytes += data.byteLength;
      if (bytes > MAX_DEFINITION_BYTES)
        throw new Defect('TOO_LARGE', 'the definitions of the topics are unreasonably long');
      definitions.set(record.text(type ?? -1) ?? '', { encoding: record.text(encoding ?? -1) ?? '', data });
    }
    return definitions;
  }
}
