import type { DatasetMeasure, EpisodeFact, StreamFact } from '../episode-model.js';
import { blankMeasure } from '../episode-model.js';
import type { FindingLog } from '../findings.js';
import { readJson, asObject } from '../text/json.js';
import type { DatasetFiles } from '../tree.js';
import { compareStats } from './declared-stats.js';
import type { Feature } from './features.js';
import { modalitiesOf } from './features.js';
import type { LerobotInfo } from './info.js';
import { toInfo } from './info.js';
import { inspectNonconforming } from './nonconforming.js';
import type { Reading } from './reading.js';
import { report } from './reading.js';
import { readTasksJsonl, readTasksParquet } from './tasks.js';
import { readEpisodesV21, toDeclaredStats } from './v21-episodes.js';
import { readEpisodesV30 } from './v30-episodes.js';
import { EpisodeWalk } from './walk.js';

const INFO = 'meta/info.json';
const STATS = 'meta/stats.json';
const MAX_INFO_BYTES = 16 * 2 ** 20;

const DEFAULT_PATHS = {
  'v2.1': {
    dataPath: 'data/chunk-{episode_chunk:03d}/episode_{episode_index:06d}.parquet',
    videoPath: 'videos/chunk-{episode_chunk:03d}/{video_key}/episode_{episode_index:06d}.mp4',
  },
  'v3.0': {
    dataPath: 'data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet',
    videoPath: 'videos/{video_key}/chunk-{chunk_index:03d}/file-{file_index:03d}.mp4',
  },
} as const;

/** What the walk tells its caller on the way. */
export interface WalkHooks {
  onEpisode(episode: EpisodeFact): Promise<void> | void;
  tick(step: string, done: number, total: number): void;
}

/**
 * Reads a LeRobot v2.1 or v3.0 dataset.
 * @see https://github.com/huggingface/lerobot (dataset format v2.1 and v3.0)
 */
export async function measureLerobot(files: DatasetFiles, log: FindingLog, hooks: WalkHooks): Promise<DatasetMeasure> {
  const blank: DatasetMeasure = { ...blankMeasure(files), format: 'lerobot' };
  let raw: unknown;
  try {
    raw = await readJson(await files.open(INFO), MAX_INFO_BYTES);
  } catch (error) {
    report(log, error, { path: files.full(INFO) });
    return blank;
  }
  const version = await versionOf(raw, files, log);
  if (!version) return blank;
  const measure: DatasetMeasure = { ...blank, formatVersion: version };
  const info = toInfo(raw, DEFAULT_PATHS[version], files.full(INFO), log);
  if (!info) return measure;
  const reading: Reading = { files, info, log, version, tick: (step, done, total) => hooks.tick(step, done, total) };
  const tasks = version === 'v3.0' ? await readTasksParquet(files, log) : await readTasksJsonl(files, log);
  if (tasks && info.totalTasks !== null && tasks.size !== info.totalTasks) {
    log.add('TASK_COUNT_MISMATCH', 'total_tasks is not the number of tasks', {
      path: files.full(INFO),
      expected: `${tasks.size}`,
      actual: `${info.totalTasks}`,
    });
  }

  const walk = new EpisodeWalk(reading, tasks);
  let hasOutcome = false;
  for await (const meta of version === 'v3.0' ? readEpisodesV30(reading) : readEpisodesV21(reading)) {
    const episode = await walk.next(meta);
    if (episode) {
      hasOutcome ||= episode.outcome !== null;
      await hooks.onEpisode(episode);
    }
    hooks.tick('episodes', walk.announcedEpisodes, info.totalEpisodes ?? walk.announcedEpisodes);
  }
  await walk.finish();
  checkTotals(reading, walk);
  if (version === 'v3.0') await checkDatasetStats(reading, walk);
  checkRest(reading, walk, hasOutcome);

  const cameras = walk.cameras.toList();
  const taskTexts = tasks ? [...tasks.values()] : [...walk.taskTexts];
  return {
    ...measure,
    fps: info.fps,
    fpsSource: 'declared',
    robotType: info.robotType,
    episodes: walk.episodes,
    frames: walk.frames,
    durationS: (walk.frames * info.fps.den) / info.fps.num,
    streams: info.features.map((feature) => toStream(feature, info, walk)),
    cameras,
    tasks: taskTexts,
    modalities: modalitiesOf(
      info.features.filter((feature) => walk.pooled.has(feature.key)),
      cameras,
      taskTexts.some((text) => text.trim() !== ''),
    ),
  };
}

async function versionOf(raw: unknown, files: DatasetFiles, log: FindingLog): Promise<'v2.1' | 'v3.0' | null> {
  const path = files.full(INFO);
  const declared = asObject(raw)?.codebase_version;
  if (declared === 'v2.1' || declared === 'v3.0') return declared;
  if (typeof declared === 'string' && /^v[0-2]\.\d+$/.test(declared)) {
    log.add('UNSUPPORTED_VERSION', `LeRobot ${declared} cannot be published: convert it to v2.1 or v3.0`, {
      path,
      expected: 'v3.0 or v2.1',
      actual: declared,
    });
    return null;
  }
  log.add(
    'UNKNOWN_VERSION',
    declared === undefined
      ? 'info.json does not say its codebase_version'
      : 'info.json names an unknown codebase_version',
    {
      path,
      expected: 'v3.0 or v2.1',
      actual: declared === undefined ? 'absent' : JSON.stringify(declared).slice(0, 60),
    },
  );
  await inspectNonconforming(files, raw, log);
  return null;
}

function checkTotals({ files, info, log }: Reading, walk: EpisodeWalk): void {
  const path = files.full(INFO);
  if (info.totalEpisodes !== null && info.totalEpisodes !== walk.announcedEpisodes) {
    log.add('EPISODE_COUNT_MISMATCH', 'total_episodes is not the number of episodes in the metadata', {
      path,
      expected: `${walk.announcedEpisodes}`,
      actual: `${info.totalEpisodes}`,
    });
  }
  if (info.totalFrames !== null && info.totalFrames !== walk.frames) {
    log.add('FRAME_COUNT_MISMATCH', 'total_frames is not the number of rows', {
      path,
      expected: `${walk.frames} rows`,
      actual: `${info.totalFrames}`,
    });
  }
  const hasData = files.list(/^(data|videos)\//).length > 0;
  if (!hasData)
    log.add('METADATA_ONLY', 'only metadata was uploaded: there is no file under data/ or videos/', {
      path: files.full('data/'),
    });
}

async function checkDatasetStats({ files, log }: Reading, walk: EpisodeWalk): Promise<void> {
  const place = { path: files.full(STATS) };
  if (!files.has(STATS)) {
    log.add('STATS_MISSING', 'no statistics of the set: training cannot normalise', place);
    return;
  }
  try {
    const shipped = toDeclaredStats(await readJson(await files.open(STATS), MAX_INFO_BYTES));
    for (const [key, pooled] of walk.pooled) {
      const ours = pooled.finish();
      const theirs = shipped.get(key);
      if (ours && theirs && key !== 'timestamp') compareStats(key, theirs, ours, log, place);
      else if (!theirs) log.addOnce(key, 'STATS_MISSING', `no statistics for ${key}`, place);
    }
  } catch (error) {
    report(log, error, place);
  }
}

/** Remarks that need the whole set. */
function checkRest({ files, info, log }: Reading, walk: EpisodeWalk, hasOutcome: boolean): void {
  for (const feature of info.features) {
    if (feature.role !== 'action' && feature.role !== 'state') continue;
    const constant = walk.pooled.get(feature.key)?.constantChannels() ?? [];
    if (constant.length === 0) continue;
    const names = constant.slice(0, 10).map((channel) => feature.names[channel] ?? `channel ${channel}`);
    log.add('CONSTANT_CHANNEL', `${feature.key} never changes in ${constant.length} of its channels`, {
      actual: names.join(', '),
    });
  }
  if (walk.episodes > 0 && !hasOutcome) log.add('SUCCESS_UNKNOWN', 'the data does not say which episodes succeeded');
  if (info.features.some((feature) => feature.role === 'action' || feature.role === 'state')) {
    log.add('UNITS_UNKNOWN', 'LeRobot does not declare units: say them when you publish');
  }
  const extra = files.unused(/^(data|videos?)\//);
  if (extra.length > 0)
    log.add('EXTRA_FILES', `${extra.length} files under data/ and videos/ belong to no episode`, {
      path: files.full(extra[0] ?? ''),
    });
}

function toStream(feature: Feature, info: LerobotInfo, walk: EpisodeWalk): StreamFact {
  const stats = walk.pooled.get(feature.key)?.finish();
  const unit = feature.role === 'time' ? 's' : null;
  const needsUnit = feature.role === 'action' || feature.role === 'state' || feature.role === 'other';
  return {
    key: feature.key,
    role: feature.role,
    dtype: feature.dtype,
    shape: [...feature.shape],
    names: [...feature.names],
    unit,
    ...(needsUnit ? { unitReason: 'LeRobot does not declare units' } : {}),
    rateHz: info.fps.num / info.fps.den,
    ...(stats ? { stats } : {}),
  };
}
