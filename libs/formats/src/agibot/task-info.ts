import type { TaskSpan } from '../episode-model.js';
import type { FindingLog } from '../findings.js';
import { report } from '../hdf5/hdf5-file.js';
import { asCount, asObject, readJson } from '../text/json.js';
import type { DatasetFiles } from '../tree.js';

/** A task of some thousand episodes with their sub-steps is a few megabytes. */
const MAX_TASK_INFO_BYTES = 32 * 2 ** 20;
const TASK_INFO = /^task_info\/[^/]+\.json$/;

/** What task_info says of one episode. */
export interface EpisodeInfo {
  readonly task: string;
  readonly episode: string;
  readonly scene: string | null;
  /** The task over the whole episode, then its steps. */
  readonly spans: readonly TaskSpan[];
}

/** Entries of all task files by `task/episode`. */
export async function readTaskInfo(files: DatasetFiles, log: FindingLog): Promise<ReadonlyMap<string, EpisodeInfo>> {
  const entries = new Map<string, EpisodeInfo>();
  for (const path of files.list(TASK_INFO)) {
    try {
      const list = await readJson(await files.open(path), MAX_TASK_INFO_BYTES);
      if (!Array.isArray(list)) {
        log.add('METADATA_INVALID', 'a file of task_info is a list with one entry per episode', {
          path: files.full(path),
        });
        continue;
      }
      for (const [row, entry] of list.entries()) {
        const info = toInfo(entry, path);
        if (info) entries.set(`${info.task}/${info.episode}`, info);
        else
          log.add('METADATA_INVALID', 'an entry of task_info has no episode_id: say which episode it is about', {
            path: files.full(path),
            row,
          });
      }
    } catch (error) {
      report(error, log, files.full(path));
    }
  }
  return entries;
}

function toInfo(value: unknown, path: string): EpisodeInfo | null {
  const entry = asObject(value);
  const episode = idOf(entry?.episode_id);
  const task = idOf(entry?.task_id) ?? /task_(.+)\.json$/.exec(path)?.[1] ?? null;
  if (!entry || episode === null || task === null) return null;
  const name = textOf(entry.task_name);
  // The published files spell it both ways.
  const steps = asObject(entry.label_info ?? entry.lable_info)?.action_config;
  return {
    task,
    episode,
    scene: textOf(entry.init_scene_text),
    spans: [
      ...(name === null ? [] : [{ text: name, from: 0, to: null }]),
      ...(Array.isArray(steps) ? steps.flatMap((step) => toSpan(step) ?? []) : []),
    ],
  };
}

function toSpan(value: unknown): TaskSpan | null {
  const step = asObject(value);
  const from = asCount(step?.start_frame);
  const to = asCount(step?.end_frame);
  const text = textOf(step?.action_text) ?? textOf(step?.skill);
  return from === null || to === null || text === null ? null : { text, from, to };
}

function idOf(value: unknown): string | null {
  if (asCount(value) !== null) return String(value);
  return typeof value === 'string' && value !== '' ? value : null;
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : null;
}
