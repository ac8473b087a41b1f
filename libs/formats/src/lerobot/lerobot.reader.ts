import type { CoverageFacts, DatasetMeasure, EpisodeFact, StreamFact } from '../episode-model.js';
import { blankMeasure } from '../episode-model.js';
import type { FindingLog } from '../findings.js';
import { modalitiesOf } from '../measuring/modalities.js';
import type { VideoDigest } from '../mp4/video-digest.js';
import { videoDigests } from '../mp4/video-digest.js';
import { readJson } from '../text/json.js';
import type { DatasetFiles } from '../tree.js';
import { compareStats } from './declared-stats.js';
import type { Feature } from './features.js';
import type { LerobotInfo } from './info.js';
import { INFO, MAX_INFO_BYTES, openLerobot } from './open-lerobot.js';
import type { Reading } from './reading.js';
import { QUANTILE_NAMES, report } from './reading.js';
import { readEpisodesV2, toDeclaredStats } from './v2-episodes.js';
import { readEpisodesV30 } from './v30-episodes.js';
import { EpisodeWalk } from './walk.js';

const STATS = 'meta/stats.json';

/** What the walk tells its caller on the way. */
export interface WalkHooks {
  /** How video goes into `contentHash`; `fast` unless something is to be proved. */
  readonly videoDigest?: VideoDigest;
  onEpisode(episode: EpisodeFact): Promise<void> | void;
  tick(step: string, done: number, total: number): void;
}

/**
 * Measures a LeRobot v3.0, v2.1 or v2.0 dataset.
 * @see https://github.com/huggingface/lerobot (dataset format v2.0, v2.1 and v3.0)
 */
export async function measureLerobot(files: DatasetFiles, log: FindingLog, hooks: WalkHooks): Promise<DatasetMeasure> {
  const { version, opened } = await openLerobot(files, log, (step, done, total) => hooks.tick(step, done, total));
  const blank: DatasetMeasure = { ...blankMeasure(files), format: 'lerobot' };
  if (!version) return blank;
  const measure: DatasetMeasure = { ...blank, formatVersion: version };
  if (!opened) return measure;
  const { reading, tasks } = opened;
  const { info } = reading;

  const walk = new EpisodeWalk(reading, tasks, videoDigests(hooks.videoDigest ?? 'fast'));
  let hasOutcome = false;
  for await (const meta of version === 'v3.0' ? readEpisodesV30(reading, true) : readEpisodesV2(reading)) {
    const episode = await walk.next(meta);
    if (episode) {
      hasOutcome ||= episode.outcome !== null;
      await hooks.onEpisode(episode);
    }
    hooks.tick('episodes', walk.announcedEpisodes, info.totalEpisodes ?? walk.announcedEpisodes);
  }
  await walk.finish();
  checkTotals(reading, walk);
  if (version !== 'v2.1') await checkDatasetStats(reading, walk);
  checkRest(reading, walk, hasOutcome);

  const cameras = walk.cameras.toList();
  const quality = walk.quality.finish();
  const coverage = walk.coverage.finish();
  const taskTexts = tasks ? [...tasks.values()] : [...walk.taskTexts];
  return {
    ...measure,
    ...(reading.isGr00t ? { flavour: 'gr00t' as const } : {}),
    fps: info.fps,
    fpsSource: 'declared',
    robotType: info.robotType,
    episodes: walk.episodes,
    frames: walk.frames,
    durationS: (walk.frames * info.fps.den) / info.fps.num,
    streams: info.features.map((feature) => toStream(feature, info, walk)),
    quality,
    coverage,
    unknowns: unknownsOf(info, coverage),
    cameras,
    tasks: taskTexts,
    modalities: modalitiesOf(
      info.features.filter((feature) => walk.pooled.has(feature.key)),
      cameras,
      taskTexts.some((text) => text.trim() !== ''),
    ),
  };
}

/** What no LeRobot set says, and what this one leaves open. */
function unknownsOf(info: LerobotInfo, coverage: CoverageFacts): Record<string, string> {
  const hasUnits = info.features.some(({ role }) => role === 'action' || role === 'state');
  return {
    collectionMethod: 'LeRobot does not say how a set was collected',
    reality: 'LeRobot does not say whether a set is real or simulated',
    ...(info.robotType === null ? { robotType: 'info.json has no robot_type' } : {}),
    ...(hasUnits ? { units: 'LeRobot does not declare units' } : {}),
    ...(coverage.outcomes.unknown > 0
      ? { outcome: `${coverage.outcomes.unknown} episodes have neither next.success nor a reward that ends in 1` }
      : {}),
  };
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

async function checkDatasetStats({ files, info, log }: Reading, walk: EpisodeWalk): Promise<void> {
  const place = { path: files.full(STATS) };
  if (!files.has(STATS)) {
    log.add('STATS_MISSING', 'no statistics of the set: training cannot normalise', place);
    return;
  }
  try {
    const shipped = toDeclaredStats(await readJson(await files.open(STATS), MAX_INFO_BYTES));
    // Older writers ship none at all, and nobody who reads their sets expects them.
    const hasQuantiles = [...shipped.values()].some(({ quantiles }) => Object.keys(quantiles).length > 0);
    const normalised = new Set(
      info.features.filter(({ role }) => role === 'action' || role === 'state').map(({ key }) => key),
    );
    for (const [key, pooled] of walk.pooled) {
      const ours = pooled.finish();
      const theirs = shipped.get(key);
      if (ours && theirs && key !== 'timestamp') compareStats(key, theirs, ours, log, place);
      else if (!theirs) log.addOnce(key, 'STATS_MISSING', `no statistics for ${key}`, place);
      const lacks = QUANTILE_NAMES.filter((name) => theirs && !theirs.quantiles[name]);
      if (hasQuantiles && normalised.has(key) && lacks.length > 0)
        log.addOnce(key, 'STATS_MISSING', `no ${lacks.join(', ')} of ${key}, though other quantiles are there`, place);
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
  if (info.robotType === null) log.add('ROBOT_UNKNOWN', 'the robot is not named: info.json has no robot_type');
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
