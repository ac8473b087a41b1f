import type { FileTree } from '../byte-source.js';
import type { DatasetSource, FormatReader, SourceEpisode, SourceHead } from '../dataset-source.js';
import { Defect } from '../defect.js';
import type { FindingLog } from '../findings.js';
import { readJson } from '../text/json.js';
import type { DatasetFiles } from '../tree.js';
import { isJunk } from '../tree.js';
import type { DatasetInfo } from './dataset-info.js';
import { toDatasetInfo } from './dataset-info.js';
import { toRldsFeatures } from './features.js';
import type { RldsContext } from './rlds-episode.js';
import { shardsOf, walkShard } from './shards.js';
import type { Shard } from './shards.js';
import { toStreams } from './streams.js';
import { RecordBuffer } from './tfrecord.js';

const MAX_DEPTH = 3;
const MAX_JSON_BYTES = 16 * 1024 * 1024;
const INFO = 'dataset_info.json';
const FEATURES = 'features.json';
const MARKER =
  /^(.*\/)?(?:dataset_info\.json|features\.json|[^/]+\.(?:tfrecord|array_record|riegeli)-\d{5,}-of-\d{5,})$/;
const SHARD = /\.(?:tfrecord|array_record|riegeli)-\d{5,}-of-\d{5,}$/;

/**
 * RLDS episodes in TensorFlow Datasets' TFRecord files, as Open X-Embodiment publishes them: one record is one episode.
 * @see https://github.com/google-research/rlds
 */
export const rldsReader: FormatReader = {
  title: 'RLDS / TFDS (TFRecord)',
  find: (tree) => Promise.resolve(rootsOf(tree)),
  open: async (files, log) => {
    try {
      return await openRlds(files, log);
    } catch (error) {
      if (!(error instanceof Defect)) throw error;
      log.add(error.code, error.message, { path: files.full(INFO), ...error.detail });
      return null;
    }
  },
};

/** Folders with shards, or with both JSON files. `dataset_info.json` alone belongs to other libraries as well. */
function rootsOf(tree: FileTree): string[] {
  const marks = new Map<string, Set<string>>();
  for (const { path } of tree.files) {
    const match = MARKER.exec(path);
    const root = match?.[1] ?? '';
    if (!match || isJunk(path) || root.split('/').length - 1 > MAX_DEPTH) continue;
    const names = marks.get(root) ?? new Set();
    names.add(SHARD.test(path) ? 'shard' : path.slice(root.length));
    marks.set(root, names);
  }
  return [...marks]
    .filter(([, names]) => names.has('shard') || names.size === 2)
    .map(([root]) => root)
    .sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
}

async function openRlds(files: DatasetFiles, log: FindingLog): Promise<DatasetSource> {
  for (const name of [INFO, FEATURES])
    if (!files.has(name))
      throw new Defect('MISSING_INFO', `${name} is missing beside the shards: upload the whole version folder`);
  const info = toDatasetInfo(await readJson(await files.open(INFO), MAX_JSON_BYTES));
  const features = toRldsFeatures(await readJson(await files.open(FEATURES), MAX_JSON_BYTES));
  const streams = toStreams(features);
  for (const { path, reason } of streams.skipped)
    log.add('CHANNEL_SKIPPED', `${path} is not read: ${reason}`, { path: files.full(FEATURES) });
  const shards = shardsOf(info, files, log);
  if (shards.length === 0)
    throw new Defect('METADATA_ONLY', 'none of the announced shards is here: upload the .tfrecord files as well');
  return new RldsSource(headOf(info, shards, streams), { features, streams, log }, files, shards);
}

function headOf(info: DatasetInfo, shards: readonly Shard[], streams: RldsContext['streams']): SourceHead {
  return {
    format: 'rlds',
    formatVersion: 'tfrecord',
    fps: { value: null, reason: 'RLDS keeps no rate' },
    robotType: { value: null, reason: 'RLDS does not name the robot' },
    collectionMethod: { value: null, reason: 'RLDS does not say how episodes were collected' },
    reality: { value: null, reason: 'RLDS does not say whether episodes are real or simulated' },
    signals: streams.signals.map(({ spec }) => spec),
    cameras: streams.cameras.map(({ spec }) => spec),
    tasks: [],
    referenceKey: null,
    announcedEpisodes: shards.reduce((sum, shard) => sum + shard.announcedRecords, 0),
  };
}

class RldsSource implements DatasetSource {
  private readonly buffer = new RecordBuffer();

  constructor(
    readonly head: SourceHead,
    private readonly context: RldsContext,
    private readonly files: DatasetFiles,
    private readonly shards: readonly Shard[],
  ) {}

  async *episodes(only?: ReadonlySet<number>): AsyncGenerator<SourceEpisode> {
    let index = 0;
    for (const shard of this.shards)
      index = yield* walkShard(this.context, this.files, shard, this.buffer, index, only);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
