import type { TaskSpan } from '@app/formats';

/** Stands where the source says no task: LeRobot has one for every frame. */
export const NO_TASK = 'no task is given';

/** Task texts by their `task_index`, and the index of every frame. */
export class TaskBook {
  private readonly indices = new Map<string, number>();

  /** @param known texts whose order is kept, where the source lists them. */
  constructor(known: readonly string[]) {
    for (const text of known) this.indexOf(text);
  }

  get texts(): readonly string[] {
    return [...this.indices.keys()];
  }

  /**
   * The `task_index` of every frame: of the spans that cover it the one that starts last, of those the shortest, and of those
   * the one named first. Frames that no span covers keep the task before them.
   */
  lay(spans: readonly TaskSpan[], frames: number): { taskIndex: Uint32Array; texts: string[] } {
    const sorted = spans
      .map((span) => ({ text: span.text, from: Math.max(0, span.from), to: Math.min(span.to ?? frames, frames) }))
      .filter((span) => span.to > span.from)
      .reverse()
      .sort((a, b) => a.from - b.from || b.to - a.to);
    const taskIndex = new Uint32Array(frames).fill(this.indexOf(sorted[0]?.text ?? NO_TASK));
    const covered = new Uint8Array(frames);
    for (const span of sorted) {
      taskIndex.fill(this.indexOf(span.text), span.from, span.to);
      covered.fill(1, span.from, span.to);
    }
    for (let k = 1; k < frames; k += 1) if (!covered[k]) taskIndex[k] = taskIndex[k - 1] ?? 0;
    const used = new Set(taskIndex);
    return { taskIndex, texts: this.texts.filter((_, index) => used.has(index)) };
  }

  private indexOf(text: string): number {
    const known = this.indices.get(text);
    if (known !== undefined) return known;
    const index = this.indices.size;
    this.indices.set(text, index);
    return index;
  }
}
