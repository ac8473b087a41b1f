import type { SourceEpisode } from '../dataset-source.js';
import { Defect } from '../defect.js';
import type { FindingLog } from '../findings.js';
import type { DatasetFiles } from '../tree.js';
import type { DatasetInfo, Split } from './dataset-info.js';
import type { RldsContext } from './rlds-episode.js';
import { openEpisode } from './rlds-episode.js';
import type { RecordBuffer } from './tfrecord.js';
import { FRAMING_BYTES, recordsOf } from './tfrecord.js';

/** A shard that is there. */
export interface Shard {
  readonly path: string;
  readonly announcedRecords: number;
}

/** Compares the shards that are announced with those that are there. */
export function shardsOf(info: DatasetInfo, files: DatasetFiles, log: FindingLog): Shard[] {
  const there: Shard[] = [];
  const announced = new Set<string>();
  for (const split of info.splits) {
    const present = split.paths.filter((path) => files.has(path));
    for (const [i, path] of split.paths.entries()) {
      announced.add(path);
      if (files.has(path)) there.push({ path, announcedRecords: split.shardLengths[i] ?? 0 });
    }
    const place = { path: files.full('dataset_info.json') };
    const counts = { expected: `${split.paths.length} shards`, actual: `${present.length} shards` };
    if (present.length === 0 && split.paths.length > 0)
      log.add('SPLIT_MISSING', `split "${split.name.slice(0, 80)}" is announced, but none of its shards is here`, {
        ...place,
        ...counts,
      });
    else if (present.length < split.paths.length)
      log.add('SHARD_COUNT_MISMATCH', `split "${split.name.slice(0, 80)}" lacks shards: upload all of them`, {
        ...place,
        ...counts,
        expected: `${counts.expected}, among them ${split.paths.find((path) => !files.has(path)) ?? ''}`,
      });
    if (present.length > 0 && present.length === split.paths.length) checkBytes(split, files, log);
  }
  for (const path of files.list(/^[^/]+\.tfrecord-\d{5,}-of-\d{5,}$/))
    if (!announced.has(path))
      log.add('SHARD_COUNT_MISMATCH', 'this shard is not announced in dataset_info.json and is not read', {
        path: files.full(path),
      });
  return there;
}

/** `numBytes` is the sum of the payloads: sizes without what frames the records. */
function checkBytes(split: Split, files: DatasetFiles, log: FindingLog): void {
  const records = split.shardLengths.reduce((sum, length) => sum + length, 0);
  const actual = split.paths.reduce((sum, path) => sum + files.sizeOf(path), 0) - records * FRAMING_BYTES;
  if (split.payloadBytes !== null && split.payloadBytes !== actual)
    log.add('STATS_MISMATCH', `numBytes of split "${split.name.slice(0, 80)}" is not what its shards hold`, {
      path: files.full('dataset_info.json'),
      expected: `${split.payloadBytes} bytes`,
      actual: `${actual} bytes`,
    });
}

/**
 * The episodes of one shard. A record that cannot be read is reported and passed over;
 * where the framing breaks, so does the shard. @returns the index after its last episode.
 */
export async function* walkShard(
  context: RldsContext,
  files: DatasetFiles,
  shard: Shard,
  buffer: RecordBuffer,
  firstIndex: number,
  only?: ReadonlySet<number>,
): AsyncGenerator<SourceEpisode, number> {
  const source = await files.open(shard.path);
  const path = files.full(shard.path);
  // A record that says itself that it is invalid has no index, so where that is possible every one is looked at.
  const mayBeInvalid = context.features.episode.some((leaf) => /(?:^|\/)(is_)?invalid$/.test(leaf.path));
  let index = firstIndex;
  let records = 0;
  try {
    for await (const place of recordsOf(source)) {
      records += 1;
      const isWanted = only === undefined || only.has(index);
      if (!isWanted && !mayBeInvalid) {
        index += 1;
        continue;
      }
      const at = { index, number: place.number, path, load: () => buffer.load(source, place) };
      const episode = await openOrReport(context, at);
      if (!episode) continue;
      if (isWanted) yield episode;
      index += 1;
    }
  } catch (error) {
    if (!(error instanceof Defect)) throw error;
    context.log.add(error.code, error.message, { path, ...error.detail });
    return index;
  }
  if (records !== shard.announcedRecords)
    context.log.addOnce(path, 'EPISODE_COUNT_MISMATCH', 'the shard holds another number of episodes than announced', {
      path,
      expected: `${shard.announcedRecords}`,
      actual: `${records}`,
    });
  return index;
}

async function openOrReport(
  context: RldsContext,
  at: Parameters<typeof openEpisode>[1],
): Promise<SourceEpisode | null> {
  try {
    return await openEpisode(context, at);
  } catch (error) {
    if (!(error instanceof Defect)) throw error;
    context.log.add(error.code, error.message, { path: at.path, ...error.detail });
    return null;
  }
}
