import type { Rate } from '../episode-model.js';
import type { FindingLog } from '../findings.js';
import { asCount, asObject } from '../text/json.js';
import type { Feature } from './features.js';
import { toFeature } from './features.js';

/** What meta/info.json declares, checked. Counters are null where they are absent. */
export interface LerobotInfo {
  readonly fps: Rate;
  readonly robotType: string | null;
  readonly features: readonly Feature[];
  readonly totalEpisodes: number | null;
  readonly totalFrames: number | null;
  readonly totalTasks: number | null;
  readonly chunksSize: number;
  readonly dataPath: string;
  readonly videoPath: string | null;
}

const MAX_FEATURES = 2000;
const MAX_WIDTH = 4 * 2 ** 20;

/** Rates that broadcasting divides by 1.001; people write 29.97 or 23.98 for them. */
const BROADCAST = [24, 30, 48, 60, 120, 240];
const BROADCAST_SLACK = 0.005;
/** A rate is written with some seven digits; a fraction closer than that is the one that was meant. */
const RATE_SLACK = 1e-7;
const MAX_DENOMINATOR = 1_000_000;

/** Frames a second as a fraction: whole, a broadcast rate, or the simplest one that is as near as the digits are. */
export function toFraction(fps: number): Rate {
  if (Number.isInteger(fps)) return { num: fps, den: 1 };
  for (const whole of BROADCAST)
    if (Math.abs(fps - whole / 1.001) < BROADCAST_SLACK) return { num: whole * 1000, den: 1001 };
  // Continued fraction: each step gives the best fraction with a denominator of its size.
  let [before, at] = [
    { num: 0, den: 1 },
    { num: 1, den: 0 },
  ];
  for (let rest = fps; ; rest = 1 / (rest - Math.floor(rest))) {
    const part = Math.floor(rest);
    const next = { num: part * at.num + before.num, den: part * at.den + before.den };
    if (next.den > MAX_DENOMINATOR || !Number.isSafeInteger(next.num)) break;
    [before, at] = [at, next];
    if (Math.abs(at.num / at.den - fps) <= RATE_SLACK * fps || rest === part) break;
  }
  return at.num > 0 ? at : { num: Math.max(1, Math.round(fps * MAX_DENOMINATOR)), den: MAX_DENOMINATOR };
}

/** Reads info.json, naming every problem. Null if too little is left to go on. */
export function toInfo(
  value: unknown,
  defaults: { dataPath: string; videoPath: string },
  path: string,
  log: FindingLog,
): LerobotInfo | null {
  const info = asObject(value);
  if (!info) {
    log.add('INFO_INVALID', 'info.json is not an object', { path });
    return null;
  }
  const fps = info.fps;
  const fpsOk = typeof fps === 'number' && Number.isFinite(fps) && fps > 0 && fps <= 100_000;
  if (fps === undefined) log.add('INFO_FIELD_MISSING', 'info.json has no fps', { path });
  else if (!fpsOk)
    log.add('INFO_INVALID', 'fps must be a number above 0', { path, actual: JSON.stringify(fps).slice(0, 40) });
  else if (!Number.isInteger(fps))
    log.add('FPS_FRACTIONAL', 'fps is not whole: some loaders round it', { path, actual: `${fps}` });
  const features = readFeatures(info.features, path, log);
  if (!fpsOk || !features) return null;
  const count = (key: string, severity: 'error' | 'warning'): number | null => {
    const number = asCount(info[key]);
    if (number === null)
      log.add(info[key] === undefined ? 'INFO_FIELD_MISSING' : 'INFO_INVALID', `info.json has no usable ${key}`, {
        path,
        severity,
      });
    return number;
  };
  const chunksSize = info.chunks_size === undefined ? 1000 : asCount(info.chunks_size);
  if (!chunksSize) log.add('INFO_INVALID', 'chunks_size must be above 0', { path });
  if (typeof info.data_path !== 'string') log.add('INFO_FIELD_MISSING', 'info.json has no data_path', { path });
  const hasVideo = features.some((feature) => feature.role === 'video');
  if (hasVideo && typeof info.video_path !== 'string')
    log.add('INFO_FIELD_MISSING', 'info.json has video features and no video_path', { path });
  return {
    fps: toFraction(fps),
    robotType: typeof info.robot_type === 'string' && info.robot_type !== '' ? info.robot_type.slice(0, 200) : null,
    features,
    totalEpisodes: count('total_episodes', 'error'),
    totalFrames: count('total_frames', 'error'),
    totalTasks: count('total_tasks', 'warning'),
    chunksSize: chunksSize || 1000,
    dataPath: typeof info.data_path === 'string' ? info.data_path : defaults.dataPath,
    videoPath: typeof info.video_path === 'string' ? info.video_path : hasVideo ? defaults.videoPath : null,
  };
}

function readFeatures(value: unknown, path: string, log: FindingLog): Feature[] | null {
  const object = asObject(value);
  if (!object) {
    log.add('INFO_FIELD_MISSING', 'info.json has no features', { path });
    return null;
  }
  const entries = Object.entries(object);
  if (entries.length > MAX_FEATURES) {
    log.add('INFO_INVALID', `info.json declares ${entries.length} features`, {
      path,
      expected: `at most ${MAX_FEATURES}`,
    });
    return null;
  }
  const features: Feature[] = [];
  for (const [key, entry] of entries) {
    const feature = toFeature(key, entry);
    const width = feature?.shape.reduce((product, length) => product * length, 1) ?? 0;
    if (!feature) log.add('INFO_INVALID', `feature ${key} has no usable dtype and shape`, { path });
    else if (key.includes('/')) log.add('INFO_INVALID', `feature name ${key} has a slash`, { path });
    else if (width < 1 || width > MAX_WIDTH)
      log.add('INFO_INVALID', `feature ${key} has an impossible shape`, {
        path,
        actual: `[${feature.shape.join(',')}]`,
      });
    else features.push(feature);
  }
  return features.sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** Fills a Python-style template such as `data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet`. Null if it has an unknown field. */
export function fillTemplate(template: string, values: Readonly<Record<string, string | number>>): string | null {
  let isKnown = true;
  const path = template.replace(/\{([a-z_]+)(?::0?(\d{1,2})d)?\}/g, (_, name: string, digits: string | undefined) => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    if (value === undefined) isKnown = false;
    return String(value).padStart(digits && typeof value === 'number' ? Number(digits) : 0, '0');
  });
  return isKnown && !/[{}]/.test(path) ? path : null;
}
