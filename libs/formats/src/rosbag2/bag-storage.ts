import type { ByteSource } from '../byte-source.js';
import { Defect } from '../defect.js';
import type { FindingLog } from '../findings.js';
import type { McapBytes } from '../mcap/mcap-part.js';
import { mcapInPlace, McapPart } from '../mcap/mcap-part.js';
import { MAX_BLOCK_BYTES, unpackFile } from '../ros/compression.js';
import { ForwardStream } from '../ros/forward-bytes.js';
import type { RecordingPart } from '../ros/recording.js';
import type { DatasetFiles } from '../tree.js';
import { Db3Part } from './db3-part.js';

export const STORAGE = /\.(db3|mcap)(\.zstd?)?$/i;

/** Opens one storage file of a bag: SQLite or MCAP, maybe packed as a whole. */
export function openStorage(
  files: DatasetFiles,
  path: string,
  announced: ReadonlyMap<string, number> | null,
  log: FindingLog,
): RecordingPart {
  const full = files.full(path);
  const isPacked = /\.zstd?$/i.test(path);
  if (/\.mcap/i.test(path))
    return new McapPart(
      full,
      async () => (isPacked ? mcapUnpacked(await files.open(path)) : mcapInPlace(await files.open(path))),
      log,
    );
  const open = async () => (isPacked ? unpackDatabase(await files.open(path)) : files.open(path));
  return new Db3Part(full, open, announced, log);
}

/** MCAP is read forward, so nothing of the unpacked file is kept. */
function mcapUnpacked(source: ByteSource): McapBytes {
  return { source: null, forward: () => new ForwardStream(unpackFile(source)) };
}

/** A database is read in any order, so it is unpacked into memory. */
async function unpackDatabase(source: ByteSource): Promise<ByteSource> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of unpackFile(source)) {
    bytes += part.byteLength;
    if (bytes > MAX_BLOCK_BYTES)
      throw new Defect(
        'TOO_LARGE',
        'a packed database of this size is not read: run "ros2 bag reindex" on the unpacked file, or record MCAP',
        {
          expected: `at most ${MAX_BLOCK_BYTES} bytes`,
        },
      );
    parts.push(part);
  }
  const all = Buffer.concat(parts);
  return {
    sizeBytes: all.byteLength,
    read: (offset, length) => Promise.resolve(all.subarray(offset, offset + length)),
  };
}
