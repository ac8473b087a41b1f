import type { FindingLog } from '../findings.js';
import { asObject, readJson } from '../text/json.js';
import type { DatasetFiles } from '../tree.js';
import { toInfo } from './info.js';
import { applyModality, hasModality } from './modality.js';
import { inspectNonconforming } from './nonconforming.js';
import type { LerobotVersion, Reading } from './reading.js';
import { report } from './reading.js';
import type { TaskTable } from './tasks.js';
import { readTasksJsonl, readTasksParquet } from './tasks.js';

export const INFO = 'meta/info.json';
export const MAX_INFO_BYTES = 16 * 2 ** 20;

const PER_EPISODE = {
  dataPath: 'data/chunk-{episode_chunk:03d}/episode_{episode_index:06d}.parquet',
  videoPath: 'videos/chunk-{episode_chunk:03d}/{video_key}/episode_{episode_index:06d}.mp4',
};
const DEFAULT_PATHS: Record<LerobotVersion, { dataPath: string; videoPath: string }> = {
  'v2.0': PER_EPISODE,
  'v2.1': PER_EPISODE,
  'v3.0': {
    dataPath: 'data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet',
    videoPath: 'videos/{video_key}/chunk-{chunk_index:03d}/file-{file_index:03d}.mp4',
  },
};

/** A set whose metadata can be gone on. */
export interface OpenedLerobot {
  readonly reading: Reading;
  readonly tasks: TaskTable | null;
}

/** What opening found: the version, if it is one that is known, and the set, if enough of it is readable. */
export interface LerobotOpening {
  readonly version: LerobotVersion | null;
  readonly opened: OpenedLerobot | null;
}

/** Reads info.json, modality.json and the tasks. The findings say what is wrong with them. */
export async function openLerobot(
  files: DatasetFiles,
  log: FindingLog,
  tick: Reading['tick'],
): Promise<LerobotOpening> {
  const path = files.full(INFO);
  let raw: unknown;
  try {
    raw = await readJson(await files.open(INFO), MAX_INFO_BYTES);
  } catch (error) {
    report(log, error, { path });
    return { version: null, opened: null };
  }
  const version = await versionOf(raw, files, log);
  if (!version) return { version, opened: null };
  const declared = toInfo(raw, DEFAULT_PATHS[version], path, log);
  if (!declared) return { version, opened: null };
  const isGr00t = version !== 'v3.0' && hasModality(files);
  const info = isGr00t ? { ...declared, features: await applyModality(files, declared.features, log) } : declared;
  const tasks = version === 'v3.0' ? await readTasksParquet(files, log) : await readTasksJsonl(files, log);
  if (tasks && info.totalTasks !== null && tasks.size !== info.totalTasks) {
    log.add('TASK_COUNT_MISMATCH', 'total_tasks is not the number of tasks', {
      path,
      expected: `${tasks.size}`,
      actual: `${info.totalTasks}`,
    });
  }
  return { version, opened: { reading: { files, info, log, version, isGr00t, tick }, tasks } };
}

async function versionOf(raw: unknown, files: DatasetFiles, log: FindingLog): Promise<LerobotVersion | null> {
  const path = files.full(INFO);
  const declared = asObject(raw)?.codebase_version;
  if (declared === 'v2.0' || declared === 'v2.1' || declared === 'v3.0') return declared;
  if (typeof declared === 'string' && /^v[0-2]\.\d+$/.test(declared)) {
    log.add('UNSUPPORTED_VERSION', `LeRobot ${declared} cannot be published: convert it to v2.1 or v3.0`, {
      path,
      expected: 'v3.0, v2.1 or v2.0',
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
      expected: 'v3.0, v2.1 or v2.0',
      actual: declared === undefined ? 'absent' : JSON.stringify(declared).slice(0, 60),
    },
  );
  await inspectNonconforming(files, raw, log);
  return null;
}
