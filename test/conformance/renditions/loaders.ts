import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { BlobSource, EncodedPacketSink, Input, MP4 } from 'mediabunny';
import type { MadeRendition } from './making.js';

/** A table as another reader than ours sees it. */
export async function readTable(made: MadeRendition, path: string, utf8 = true): Promise<Record<string, unknown>[]> {
  const file = await asyncBufferFromFile(join(made.root, path));
  return parquetReadObjects({ file, compressors, utf8 });
}

/** Keys and values of a parquet footer, and its row groups' rows. */
export async function readFooter(
  made: MadeRendition,
  path: string,
): Promise<{ keys: Map<string, string>; rowGroups: number[]; columns: string[] }> {
  const metadata = await parquetMetadataAsync(await asyncBufferFromFile(join(made.root, path)));
  return {
    keys: new Map(metadata.key_value_metadata?.map(({ key, value }) => [key, value ?? ''])),
    rowGroups: metadata.row_groups.map((group) => Number(group.num_rows)),
    columns: metadata.row_groups[0]?.columns.map((column) => column.meta_data?.path_in_schema[0] ?? '') ?? [],
  };
}

/** Times of the packets of a video, in order of presentation, in units of its track, and which of them can be decoded alone. */
export async function readPackets(
  made: MadeRendition,
  path: string,
): Promise<{ timesS: number[]; ticks: number[]; ticksPerS: number; keys: number[] }> {
  const bytes = await readFile(join(made.root, path));
  const input = new Input({ source: new BlobSource(new Blob([bytes])), formats: [MP4] });
  const [track] = await input.getVideoTracks();
  if (!track) throw new Error(`${path} has no video track`);
  const packets: { timestamp: number; type: string }[] = [];
  for await (const packet of new EncodedPacketSink(track).packets(undefined, undefined, { metadataOnly: true }))
    packets.push({ timestamp: packet.timestamp, type: packet.type });
  packets.sort((a, b) => a.timestamp - b.timestamp);
  const ticksPerS = await track.getTimeResolution();
  return {
    timesS: packets.map((packet) => packet.timestamp),
    ticks: packets.map((packet) => Math.round(packet.timestamp * ticksPerS)),
    ticksPerS,
    keys: packets.flatMap((packet, i) => (packet.type === 'key' ? [i] : [])),
  };
}

export async function readJson(made: MadeRendition, path: string): Promise<Record<string, unknown>> {
  return JSON.parse(await readFile(join(made.root, path), 'utf8')) as Record<string, unknown>;
}

export async function readLines(made: MadeRendition, path: string): Promise<Record<string, unknown>[]> {
  const text = await readFile(join(made.root, path), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** Bytes of the top-level boxes of an mp4, in order. */
export async function boxOrder(made: MadeRendition, path: string): Promise<string[]> {
  const bytes = await readFile(join(made.root, path));
  const order: string[] = [];
  for (let at = 0; at + 8 <= bytes.length; at += bytes.readUInt32BE(at))
    order.push(bytes.toString('latin1', at + 4, at + 8));
  return order;
}
