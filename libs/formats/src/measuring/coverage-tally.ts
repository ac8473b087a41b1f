import type { CoverageFacts, EpisodeFact, TaskSpan } from '../episode-model.js';

/** Lists of a set are capped at this many entries, the most frequent first. */
const MAX_LISTED = 1_000;
/** Different texts that are counted at all; what a hostile set has beyond is not listed. */
const MAX_COUNTED = 100_000;
const MAX_FAULTS = 100;
const MAX_TEXT_CHARS = 1_000;

/** Who and where, as far as the source says it. */
export interface EpisodeSetting {
  readonly operator: string | null;
  readonly scene: string | null;
}

/** Counts who, what and where over the episodes of a set. */
export class CoverageTally {
  private readonly tasks = new Map<string, { episodes: number; frames: number }>();
  private readonly operators = new Map<string, { episodes: number }>();
  private readonly scenes = new Map<string, { episodes: number }>();
  private readonly outcomes = { success: 0, failure: 0, unknown: 0 };
  private withTask = 0;
  private withSubtasks = 0;
  private readonly subtaskFaults: { episode: number; message: string }[] = [];

  add(episode: EpisodeFact, setting: EpisodeSetting = { operator: null, scene: null }): void {
    this.outcomes[episode.outcome ?? 'unknown'] += 1;
    if (setting.operator) count(this.operators, setting.operator, () => ({ episodes: 0 }));
    if (setting.scene) count(this.scenes, setting.scene, () => ({ episodes: 0 }));
    const texts = new Set(episode.tasks.filter((text) => text.trim() !== ''));
    if (texts.size > 0) this.withTask += 1;
    for (const text of texts) {
      const task = count(this.tasks, text, () => ({ episodes: 0, frames: 0 }));
      if (task) task.frames += framesOf(text, episode);
    }
    this.addSubtasks(episode);
  }

  finish(): CoverageFacts {
    return {
      tasks: [...this.tasks]
        .sort(byFrequency)
        .slice(0, MAX_LISTED)
        .map(([text, counts]) => ({ text, ...counts })),
      operators: toNames(this.operators),
      scenes: toNames(this.scenes),
      outcomes: { ...this.outcomes },
      withTask: this.withTask,
      withSubtasks: this.withSubtasks,
      subtaskFaults: [...this.subtaskFaults],
    };
  }

  private addSubtasks({ index, taskSpans, frames }: EpisodeFact): void {
    const parts = taskSpans.filter((span) => !isWhole(span, frames));
    if (parts.length === 0) return;
    const fault = faultOfSpans(parts, frames);
    if (fault === null) this.withSubtasks += 1;
    else if (this.subtaskFaults.length < MAX_FAULTS) this.subtaskFaults.push({ episode: index, message: fault });
  }
}

/** A span over the whole episode is its task; a shorter one is a sub-task. */
export function isWhole({ from, to }: TaskSpan, frames: number): boolean {
  return from <= 0 && (to === null || to >= frames);
}

/** Why sub-task spans do not cover an episode without overlap; null if they do. */
function faultOfSpans(spans: readonly TaskSpan[], frames: number): string | null {
  let at = 0;
  for (const { from, to } of [...spans].sort((a, b) => a.from - b.from)) {
    const end = to ?? frames;
    if (!(from >= 0 && end > from && end <= frames))
      return `a sub-task spans frames ${from} to ${end} of an episode of ${frames} frames`;
    if (from < at) return `sub-tasks overlap from frame ${from} to ${Math.min(at, end)}`;
    if (from > at) return `no sub-task covers frames ${at} to ${from}`;
    at = end;
  }
  return at < frames ? `no sub-task covers frames ${at} to ${frames}` : null;
}

function framesOf(text: string, { taskSpans, frames }: EpisodeFact): number {
  const spans = taskSpans.filter((span) => span.text === text);
  if (spans.length === 0) return frames;
  const covered = spans.reduce((sum, { from, to }) => {
    const length = Math.min(frames, to ?? frames) - Math.max(0, from);
    return sum + Math.max(0, length);
  }, 0);
  return Math.min(frames, covered);
}

function count<T extends { episodes: number }>(map: Map<string, T>, text: string, start: () => T): T | null {
  const key = text.slice(0, MAX_TEXT_CHARS);
  const entry = map.get(key) ?? start();
  if (!map.has(key)) {
    if (map.size >= MAX_COUNTED) return null;
    map.set(key, entry);
  }
  entry.episodes += 1;
  return entry;
}

function byFrequency([a, x]: [string, { episodes: number }], [b, y]: [string, { episodes: number }]): number {
  return y.episodes - x.episodes || (a < b ? -1 : 1);
}

function toNames(map: ReadonlyMap<string, { episodes: number }>): { name: string; episodes: number }[] {
  return [...map]
    .sort(byFrequency)
    .slice(0, MAX_LISTED)
    .map(([name, { episodes }]) => ({ name, episodes }));
}
