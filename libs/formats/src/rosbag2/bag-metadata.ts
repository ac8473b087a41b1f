import { parse } from 'yaml';
import { readRange } from '../byte-source.js';
import { Defect, decoding } from '../defect.js';
import type { DatasetFiles } from '../tree.js';

export const METADATA = 'metadata.yaml';
export const METADATA_MARK = 'rosbag2_bagfile_information';
const MAX_METADATA_BYTES = 4 * 2 ** 20;

/** What `metadata.yaml` of a rosbag2 folder says. */
export interface BagMetadata {
  /** Names of the storage files in order, without folders. */
  readonly files: readonly string[];
  readonly messageCount: number | null;
  /** Messages by topic. */
  readonly topicCounts: ReadonlyMap<string, number>;
  readonly isPackedByMessage: boolean;
  readonly customData: ReadonlyMap<string, string>;
}

/** Reads it; throws a defect where it is none. */
export async function readBagMetadata(files: DatasetFiles, path: string): Promise<BagMetadata> {
  const source = await files.open(path);
  if (source.sizeBytes > MAX_METADATA_BYTES)
    throw new Defect('METADATA_INVALID', 'metadata.yaml is unreasonably long', {
      expected: `at most ${MAX_METADATA_BYTES} bytes`,
    });
  const bytes = await readRange(source, 0, source.sizeBytes, 'metadata.yaml');
  const document = decoding('METADATA_INVALID', 'metadata.yaml', (): unknown =>
    parse(Buffer.from(bytes).toString('utf8')),
  );
  const info = fieldsOf(fieldsOf(document)[METADATA_MARK]);
  if (Object.keys(info).length === 0)
    throw new Defect('METADATA_INVALID', `metadata.yaml has no part "${METADATA_MARK}"`);
  const topicCounts = new Map<string, number>();
  for (const entry of listOf(info['topics_with_message_count'])) {
    const topic = fieldsOf(fieldsOf(entry)['topic_metadata'])['name'];
    const count = countOf(fieldsOf(entry)['message_count']);
    if (typeof topic === 'string' && count !== null) topicCounts.set(topic, count);
  }
  return {
    files: listOf(info['relative_file_paths']).flatMap((name) =>
      typeof name === 'string' ? (name.split('/').at(-1) ?? []) : [],
    ),
    messageCount: countOf(info['message_count']),
    topicCounts,
    isPackedByMessage: `${String(info['compression_mode'])}`.toUpperCase() === 'MESSAGE',
    customData: new Map(
      Object.entries(fieldsOf(info['custom_data'])).flatMap(([name, value]) =>
        ['string', 'number', 'boolean'].includes(typeof value) ? [[name, String(value)] as const] : [],
      ),
    ),
  };
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const countOf = (value: unknown): number | null =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : null;
