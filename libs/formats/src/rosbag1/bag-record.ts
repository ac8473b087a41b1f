import { Defect } from '../defect.js';
import { ByteCursor } from '../ros/byte-cursor.js';
import { unpackChunk } from '../ros/compression.js';
import type { ForwardBytes } from '../ros/forward-bytes.js';
import type { Channel, LoggedMessage } from '../ros/recording.js';

/** @see http://wiki.ros.org/Bags/Format/2.0 */
export const OP = { message: 2, bagHeader: 3, chunk: 5, chunkInfo: 6, connection: 7 } as const;

export const MAGIC = '#ROSBAG V2.0\n';
/** Names and topics; definitions are in the data. */
const MAX_HEADER_BYTES = 1 << 20;

const cursorOf = (bytes: Uint8Array, what: string) => new ByteCursor(bytes, 'BAD_BAG', what);

/** Fields of a record's header. */
export class BagFields {
  private readonly fields = new Map<string, Uint8Array>();

  constructor(header: Uint8Array) {
    const cursor = cursorOf(header, 'the head of a record');
    while (cursor.left > 0) {
      const field = cursor.take(cursor.u32());
      const equals = field.indexOf(0x3d);
      if (equals === -1) throw new Defect('BAD_BAG', 'a field of a record has no value');
      this.fields.set(Buffer.from(field.subarray(0, equals)).toString('latin1'), field.subarray(equals + 1));
    }
  }

  get op(): number {
    return this.cursor('op').u8();
  }

  cursor(name: string): ByteCursor {
    const field = this.fields.get(name);
    if (!field) throw new Defect('BAD_BAG', `a record has no field "${name}"`);
    return cursorOf(field, `the field "${name}"`);
  }

  text(name: string): string {
    const cursor = this.cursor(name);
    return cursor.text(cursor.left);
  }

  /** Seconds and nanoseconds since 1970. */
  timeNs(name: string): bigint {
    const cursor = this.cursor(name);
    return BigInt(cursor.u32()) * 1_000_000_000n + BigInt(cursor.u32());
  }
}

/** Where the data of a record lie, after its header was read. */
export interface BagRecordHead {
  readonly fields: BagFields;
  readonly dataBytes: number;
}

/** The next record's head; null if the bytes end. The data follow. */
export async function nextHead(bytes: ForwardBytes): Promise<BagRecordHead | null> {
  const length = await bytes.take(4);
  if (!length) return null;
  const headerBytes = cursorOf(length, 'a record').u32();
  if (headerBytes > MAX_HEADER_BYTES) throw new Defect('BAD_BAG', 'the records break off in bytes that are none');
  const header = await bytes.take(headerBytes);
  const data = await bytes.take(4);
  if (!header || !data) return null;
  return { fields: new BagFields(header), dataBytes: cursorOf(data, 'a record').u32() };
}

/** Topics of one bag by their numbers. A connection is written into the first chunk that uses it and into the index. */
export class ConnectionTable {
  private readonly byId = new Map<number, Channel>();

  add(fields: BagFields, data: Uint8Array): void {
    const id = fields.cursor('conn').u32();
    if (this.byId.has(id)) return;
    const connection = new BagFields(data);
    this.byId.set(id, {
      topic: fields.text('topic').slice(0, 1024),
      type: connection.text('type').slice(0, 1024),
      messageEncoding: 'ros1',
      schema: { encoding: 'ros1msg', data: Buffer.from(connection.text('message_definition')) },
    });
  }

  get(id: number): Channel | undefined {
    return this.byId.get(id);
  }

  get all(): ReadonlyMap<number, Channel> {
    return this.byId;
  }
}

/** The messages of one chunk: all of them or, by a defect before the first, none. */
export async function* readBagChunk(
  fields: BagFields,
  packed: Uint8Array,
  table: ConnectionTable,
): AsyncGenerator<LoggedMessage> {
  const unpacked = await unpackChunk(fields.text('compression'), packed, fields.cursor('size').u32(), 'BAD_BAG');
  const check = messagesIn(unpacked, table);
  while (!check.next().done);
  yield* messagesIn(unpacked, table);
}

function* messagesIn(unpacked: Uint8Array, table: ConnectionTable): Generator<LoggedMessage> {
  const cursor = cursorOf(unpacked, 'a chunk');
  while (cursor.left > 0) {
    const inner = new BagFields(cursor.take(cursor.u32()));
    const data = cursor.take(cursor.u32());
    if (inner.op === OP.connection) table.add(inner, data);
    else if (inner.op === OP.message) {
      const channel = table.get(inner.cursor('conn').u32());
      if (!channel) throw new Defect('BAD_BAG', 'a message belongs to a topic that was not announced');
      yield { channel, logTimeNs: inner.timeNs('time'), data };
    }
  }
}
