import { Defect } from '../defect.js';
import { asCount, asObject } from '../text/json.js';

const MAX_SHARDS = 100_000;

/** What dataset_info.json announces. */
export interface DatasetInfo {
  readonly name: string;
  readonly version: string;
  readonly splits: readonly Split[];
}

export interface Split {
  readonly name: string;
  /** Records by shard. */
  readonly shardLengths: readonly number[];
  /** Sum of the payloads, where it is stated. */
  readonly payloadBytes: number | null;
  /** Names of the shards' files. */
  readonly paths: readonly string[];
}

/** @throws Defect if the file cannot be used. @see https://github.com/tensorflow/datasets/blob/v4.9.6/tensorflow_datasets/core/proto/dataset_info.proto */
export function toDatasetInfo(json: unknown): DatasetInfo {
  const root = asObject(json);
  if (!root) throw new Defect('METADATA_INVALID', 'dataset_info.json is not an object');
  const format = root['fileFormat'] ?? root['file_format'] ?? 'tfrecord';
  if (format !== 'tfrecord')
    throw new Defect(
      'UNSUPPORTED_FORMAT',
      `the shards are ${String(format).slice(0, 40)} files: write the dataset with file_format="tfrecord"`,
    );
  const name = root['name'];
  if (typeof name !== 'string' || !Array.isArray(root['splits']))
    throw new Defect('METADATA_INVALID', 'dataset_info.json states no name or no splits');
  const splits = root['splits'].map((split: unknown) => toSplit(split, name));
  if (splits.reduce((sum, split) => sum + split.shardLengths.length, 0) > MAX_SHARDS)
    throw new Defect('TOO_LARGE', `dataset_info.json announces more than ${MAX_SHARDS} shards`);
  return { name, version: typeof root['version'] === 'string' ? root['version'] : '', splits };
}

function toSplit(value: unknown, dataset: string): Split {
  const object = asObject(value);
  const name = object?.['name'];
  // Counts are 64 bits wide, which JSON of protobuf writes as text.
  const lengths = (Array.isArray(object?.['shardLengths']) ? object['shardLengths'] : []).map(toCount);
  if (typeof name !== 'string' || !lengths.every((length) => length !== null))
    throw new Defect('METADATA_INVALID', 'a split of dataset_info.json has no name, or lengths that are not counts');
  const stated = object?.['filepathTemplate'];
  const template =
    typeof stated === 'string' && stated !== '' ? stated : '{DATASET}-{SPLIT}.{FILEFORMAT}-{SHARD_X_OF_Y}';
  const paths = lengths.map((_, shard) => shardPath(template, dataset, name, shard, lengths.length));
  return { name, shardLengths: lengths, payloadBytes: toCount(object?.['numBytes']), paths };
}

function shardPath(template: string, dataset: string, split: string, shard: number, shards: number): string {
  const index = String(shard).padStart(5, '0');
  const count = String(shards).padStart(5, '0');
  const values: Readonly<Record<string, string>> = {
    DATASET: dataset,
    SPLIT: split,
    FILEFORMAT: 'tfrecord',
    SHARD_INDEX: index,
    NUM_SHARDS: count,
    SHARD_X_OF_Y: `${index}-of-${count}`,
  };
  return template.replace(/\{([A-Z_]{1,20})\}/g, (whole, key: string) => values[key] ?? whole);
}

function toCount(value: unknown): number | null {
  return asCount(typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : value);
}
