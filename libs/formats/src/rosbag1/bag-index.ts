import type { ByteSource } from '../byte-source.js';
import { Defect } from '../defect.js';
import { ByteCursor } from '../ros/byte-cursor.js';
import { ForwardFile } from '../ros/forward-bytes.js';
import type { ConnectionTable } from './bag-record.js';
import { MAGIC, nextHead, OP } from './bag-record.js';

const MAX_CHUNKS = 500_000;
const MAX_DATA_BYTES = 16 * 2 ** 20;
const MAX_DEFINITION_BYTES = 64 * 2 ** 20;

/** The end of a closed bag: which topics lie in which chunk, and how often. */
export interface BagIndex {
  readonly chunks: readonly { readonly offset: number; readonly connections: readonly number[] }[];
  /** Messages by connection. */
  readonly counts: ReadonlyMap<number, number>;
  readonly messages: number;
  readonly startNs: bigint | null;
}

/** Reads it, and the connections into `table`. Null if the bag was not closed; throws a defect where it is broken. */
export async function readBagIndex(source: ByteSource, table: ConnectionTable): Promise<BagIndex | null> {
  const header = await nextHead(new ForwardFile(source, MAGIC.length));
  if (header?.fields.op !== OP.bagHeader) return null;
  const start = header.fields.cursor('index_pos').size();
  if (start === 0 || start > source.sizeBytes) return null;
  const announcedChunks = header.fields.cursor('chunk_count').u32();
  const announcedConnections = header.fields.cursor('conn_count').u32();
  const bytes = new ForwardFile(source, start);
  const chunks: { offset: number; connections: number[] }[] = [];
  const counts = new Map<number, number>();
  let messages = 0;
  let connections = 0;
  let definitionBytes = 0;
  let startNs: bigint | null = null;
  for (let head = await nextHead(bytes); head; head = await nextHead(bytes)) {
    const { fields, dataBytes } = head;
    const data = dataBytes <= MAX_DATA_BYTES ? await bytes.take(dataBytes) : null;
    if (!data) return null;
    if (fields.op === OP.connection) {
      connections += 1;
      definitionBytes += dataBytes;
      if (definitionBytes > MAX_DEFINITION_BYTES)
        throw new Defect('TOO_LARGE', 'the definitions of the topics are unreasonably long');
      table.add(fields, data);
    } else if (fields.op === OP.chunkInfo) {
      const cursor = new ByteCursor(data, 'BAD_BAG', 'a chunk info');
      const ids: number[] = [];
      while (cursor.left > 0) {
        const id = cursor.u32();
        const count = cursor.u32();
        ids.push(id);
        counts.set(id, (counts.get(id) ?? 0) + count);
        messages += count;
      }
      chunks.push({ offset: fields.cursor('chunk_pos').size(), connections: ids });
      startNs ??= fields.timeNs('start_time');
      if (chunks.length > MAX_CHUNKS) return null;
    } else return null;
  }
  if (bytes.left > 0 || chunks.length !== announcedChunks || connections !== announcedConnections) return null;
  return { chunks: chunks.sort((a, b) => a.offset - b.offset), counts, messages, startNs };
}
