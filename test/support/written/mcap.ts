import { McapWriter } from '@mcap/core';
import { registry } from 'zarrita';
import { definitionOf, ros2Name, toCdr, toJson, toRos1 } from './ros-messages.js';
import type { TimedMessage } from './ros-messages.js';

/** What is written into an MCAP file beside the messages. */
export interface McapOptions {
  readonly encoding?: 'cdr' | 'json' | 'ros1';
  readonly compression?: 'zstd' | 'lz4' | '' | 'none';
  readonly chunkBytes?: number;
  readonly hasSummary?: boolean;
  readonly notes?: Readonly<Record<string, string>>;
}

/** A message that is already encoded. */
export interface EncodedMessage {
  readonly topic: string;
  readonly timeNs: bigint;
  readonly data: Uint8Array;
  readonly schema: { name: string; encoding: string; data: Uint8Array };
  readonly messageEncoding: string;
}

/** Messages as an MCAP file. `compression: 'none'` writes no chunks at all. */
export async function writeMcap(messages: readonly TimedMessage[], options: McapOptions = {}): Promise<Uint8Array> {
  const encoding = options.encoding ?? 'cdr';
  return writeEncodedMcap(
    messages.map((message) => encode(message, encoding)),
    options,
  );
}

export async function writeEncodedMcap(
  messages: readonly EncodedMessage[],
  options: McapOptions = {},
): Promise<Uint8Array> {
  const { compression = 'zstd' } = options;
  if (compression === 'none') return write(messages, options, null);
  // The writer packs at once, zstd only when asked to wait: so the chunks are gathered first and packed between two passes.
  const chunks: Uint8Array[] = [];
  const gather = (chunk: Uint8Array) => ({
    compression,
    compressedData: chunks[chunks.push(chunk.slice()) - 1] ?? chunk,
  });
  const plain = await write(messages, options, gather);
  if (compression === '') return plain;
  const packed: Uint8Array[] = [];
  for (const chunk of chunks) packed.push(compression === 'lz4' ? lz4Frame(chunk) : await zstdFrame(chunk));
  let next = 0;
  return write(messages, options, () => ({ compression, compressedData: packed[next++] ?? new Uint8Array(0) }));
}

async function write(
  messages: readonly EncodedMessage[],
  { chunkBytes = 4096, hasSummary = true, notes }: McapOptions,
  compressChunk: ((chunk: Uint8Array) => { compression: string; compressedData: Uint8Array }) | null,
): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let bytes = 0n;
  const writer = new McapWriter({
    writable: {
      position: () => bytes,
      write: (part) => {
        parts.push(part.slice());
        bytes += BigInt(part.byteLength);
        return Promise.resolve();
      },
    },
    chunkSize: chunkBytes,
    useChunks: compressChunk !== null,
    ...(hasSummary
      ? {}
      : {
          useStatistics: false,
          useSummaryOffsets: false,
          repeatSchemas: false,
          repeatChannels: false,
          useMessageIndex: false,
          useChunkIndex: false,
          useMetadataIndex: false,
        }),
    ...(compressChunk ? { compressChunk } : {}),
  });
  await writer.start({ profile: 'ros2', library: 'bodega test' });
  const channels = new Map<string, number>();
  for (const message of messages) {
    let channelId = channels.get(message.topic);
    if (channelId === undefined) {
      const schemaId = await writer.registerSchema(message.schema);
      const { topic, messageEncoding } = message;
      channelId = await writer.registerChannel({ schemaId, topic, messageEncoding, metadata: new Map() });
      channels.set(message.topic, channelId);
    }
    const { timeNs, data } = message;
    await writer.addMessage({ channelId, sequence: 0, logTime: timeNs, publishTime: timeNs, data });
  }
  if (notes) await writer.addMetadata({ name: 'session', metadata: new Map(Object.entries(notes)) });
  await writer.end();
  return new Uint8Array(Buffer.concat(parts));
}

function encode({ topic, type, timeNs, value }: TimedMessage, encoding: 'cdr' | 'json' | 'ros1'): EncodedMessage {
  const text = (isRos2: boolean) => Buffer.from(definitionOf(type, isRos2));
  switch (encoding) {
    case 'cdr':
      return {
        topic,
        timeNs,
        data: toCdr(type, value),
        schema: { name: ros2Name(type), encoding: 'ros2msg', data: text(true) },
        messageEncoding: 'cdr',
      };
    case 'ros1':
      return {
        topic,
        timeNs,
        data: toRos1(type, value),
        schema: { name: type, encoding: 'ros1msg', data: text(false) },
        messageEncoding: 'ros1',
      };
    case 'json':
      return {
        topic,
        timeNs,
        data: toJson(value),
        schema: { name: type, encoding: 'jsonschema', data: Buffer.from('{}') },
        messageEncoding: 'json',
      };
  }
}

/** Bytes as one zstd frame. */
export async function zstdFrame(data: Uint8Array): Promise<Uint8Array> {
  const codec = await registry.get('zstd')?.();
  if (!codec) throw new Error('zarrita has no zstd');
  const meta = { dataType: 'uint8' as const, shape: [data.byteLength], codecs: [], fillValue: null };
  return (await codec.fromConfig({ level: 3 }, meta).encode(data as never)) as Uint8Array;
}

/** An LZ4 frame of literals and one kind of match: enough to prove the reader of frames. */
export function lz4Frame(data: Uint8Array): Uint8Array {
  const blocks: Uint8Array[] = [];
  for (let at = 0; at < data.byteLength; at += 65_536) {
    const block = lz4Block(data.subarray(at, at + 65_536));
    const head = Buffer.alloc(4);
    head.writeUInt32LE(block.byteLength);
    blocks.push(head, block);
  }
  return Buffer.concat([Uint8Array.of(0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82), ...blocks, new Uint8Array(4)]);
}

/** Runs of one byte become matches of distance 1; the last twelve bytes are literals, as the format asks. */
function lz4Block(data: Uint8Array): Uint8Array {
  const out: number[] = [];
  const lengthBytes = (length: number) => {
    for (let rest = length - 15; rest >= 0; rest -= 255) out.push(Math.min(255, rest));
  };
  const sequence = (literals: Uint8Array, match: number) => {
    out.push((Math.min(15, literals.byteLength) << 4) | (match === 0 ? 0 : Math.min(15, match - 4)));
    if (literals.byteLength >= 15) lengthBytes(literals.byteLength);
    out.push(...literals);
    if (match === 0) return;
    out.push(1, 0);
    if (match - 4 >= 15) lengthBytes(match - 4);
  };
  let start = 0;
  for (let at = 1; at < data.byteLength - 12;) {
    let run = 0;
    while (at + run < data.byteLength - 12 && data[at + run] === data[at - 1]) run += 1;
    if (run >= 8) {
      sequence(data.subarray(start, at), run);
      at += run;
      start = at;
    } else at += Math.max(1, run);
  }
  sequence(data.subarray(start), 0);
  return Uint8Array.from(out);
}
