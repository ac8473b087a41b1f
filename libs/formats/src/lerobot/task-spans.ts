import type { TaskSpan } from '../episode-model.js';
import type { TaskTable } from './tasks.js';

/** More changes of task than this in one episode is noise, not annotation. */
const MAX_SPANS = 10_000;

/** Gathers the runs of equal `task_index` in one episode. */
export class TaskRuns {
  private readonly runs: { task: number; from: number }[] = [];
  private rows = 0;

  add(values: ArrayLike<number>): void {
    let before = this.runs.at(-1)?.task;
    for (let i = 0; i < values.length; i += 1) {
      const task = values[i] as number;
      if (task === before) continue;
      before = task;
      if (this.runs.length < MAX_SPANS) this.runs.push({ task, from: this.rows + i });
    }
    this.rows += values.length;
  }

  /** The runs as spans of frames with their texts; runs of an unknown task are left out. */
  finish(tasks: TaskTable | null): TaskSpan[] {
    return this.runs.flatMap(({ task, from }, i) => {
      const text = tasks?.get(task);
      return text === undefined ? [] : [{ text, from, to: this.runs[i + 1]?.from ?? this.rows }];
    });
  }
}
