import type { FindingLog, FindingPlace } from '../findings.js';
import type { NumberArray } from '../parquet/values.js';
import type { TaskTable } from './tasks.js';

/** What LeRobot tolerates between a time and the frame it stands for. @see lerobot `tolerance_s` */
export const TOLERANCE_S = 1e-4;

/** Looks at one bookkeeping column of one episode, block by block, and reports its first fault of a kind. */
export interface RowCheck {
  add(values: NumberArray): void;
}

/** Times must rise and stand on k/fps. Written with negated comparisons, so that NaN fails them. */
export class TimestampCheck implements RowCheck {
  private row = 0;
  private before = Number.NEGATIVE_INFINITY;
  private hasReported = false;

  constructor(
    private readonly fps: number,
    private readonly log: FindingLog,
    private readonly place: FindingPlace,
    private readonly firstRow: number,
  ) {}

  add(values: NumberArray): void {
    for (let i = 0; i < values.length && !this.hasReported; i += 1, this.row += 1) {
      const t = values[i] as number;
      const due = this.row / this.fps;
      if (!(t > this.before) || !(Math.abs(t - due) <= TOLERANCE_S)) this.look(t, due);
      this.before = t;
    }
  }

  private look(t: number, due: number): void {
    const place = { ...this.place, row: this.firstRow + this.row };
    if (!Number.isFinite(t))
      this.fail('NAN_OR_INF', `timestamp of frame ${this.row} is not a number`, {
        ...place,
        expected: `${due} s`,
        actual: `${t}`,
      });
    else if (!(t > this.before))
      this.fail('TIMESTAMP_NOT_MONOTONIC', `the clock stands or goes backwards at frame ${this.row}`, {
        ...place,
        expected: `above ${this.before} s`,
        actual: `${t} s`,
      });
    else if (!(Math.abs(t - due) <= toleranceAt(due)))
      this.fail(
        'TIMESTAMP_TOLERANCE',
        `timestamp of frame ${this.row} is off its place by more than ${TOLERANCE_S} s`,
        { ...place, expected: `${due} s`, actual: `${t} s` },
      );
  }

  private fail(
    code: 'NAN_OR_INF' | 'TIMESTAMP_NOT_MONOTONIC' | 'TIMESTAMP_TOLERANCE',
    message: string,
    place: FindingPlace,
  ): void {
    this.hasReported = true;
    this.log.add(code, message, place);
  }
}

/** Times are float32: far from zero their own spacing is wider than the tolerance. */
function toleranceAt(t: number): number {
  return t < 512 ? TOLERANCE_S : Math.max(TOLERANCE_S, 2 * 2 ** (Math.floor(Math.log2(t)) - 23));
}

/** A column must count up by one from `start`. */
export class SequenceCheck implements RowCheck {
  private row = 0;
  private hasReported = false;
  /** The last value seen, to go on from in the next episode. */
  last: number | null = null;

  constructor(
    private readonly key: string,
    private readonly start: number,
    private readonly log: FindingLog,
    private readonly place: FindingPlace,
    private readonly firstRow: number,
  ) {}

  add(values: NumberArray): void {
    for (let i = 0; i < values.length; i += 1, this.row += 1) {
      if (!this.hasReported && values[i] !== this.start + this.row) {
        this.hasReported = true;
        this.log.add('INDEX_GAP', `${this.key} does not count up by one`, {
          ...this.place,
          row: this.firstRow + this.row,
          expected: `${this.start + this.row}`,
          actual: `${values[i]}`,
        });
      }
    }
    this.last = values[values.length - 1] ?? this.last;
  }
}

/** Every task_index must be in the tasks table. Collects those that occur. */
export class TaskCheck implements RowCheck {
  readonly seen = new Set<number>();
  private row = 0;
  private before = Number.NaN;

  constructor(
    private readonly tasks: TaskTable | null,
    private readonly log: FindingLog,
    private readonly place: FindingPlace,
    private readonly firstRow: number,
  ) {}

  add(values: NumberArray): void {
    for (let i = 0; i < values.length; i += 1) {
      const task = values[i] as number;
      if (task === this.before || this.seen.has(task)) continue;
      this.before = task;
      if (this.seen.size < 10_000) this.seen.add(task);
      if (this.tasks && !this.tasks.has(task)) {
        this.log.add('TASK_INDEX_UNKNOWN', 'a row names a task that the tasks table does not have', {
          ...this.place,
          row: this.firstRow + this.row + i,
          actual: `task_index ${task}`,
        });
      }
    }
    this.row += values.length;
  }
}

/** What the data itself says about success. A reward counts only if it is 0 and ends in 1: anything else is a shape of reward, not an outcome. */
export class OutcomeCheck {
  private isFlagged = false;
  private hasFlag = false;
  private lastReward = Number.NaN;
  private isSparse = true;
  private hasReward = false;

  addSuccess(values: NumberArray): void {
    this.hasFlag = true;
    for (const value of values) if (value === 1) this.isFlagged = true;
  }

  addReward(values: NumberArray): void {
    for (const value of values) {
      if (this.hasReward && this.lastReward !== 0) this.isSparse = false;
      if (value !== 0 && value !== 1) this.isSparse = false;
      this.lastReward = value;
      this.hasReward = true;
    }
  }

  finish(): { outcome: 'success' | 'failure' | null; outcomeSource: 'flag' | 'reward' | null } {
    if (this.hasFlag) return { outcome: this.isFlagged ? 'success' : 'failure', outcomeSource: 'flag' };
    if (this.hasReward && this.isSparse && this.lastReward === 1)
      return { outcome: 'success', outcomeSource: 'reward' };
    return { outcome: null, outcomeSource: null };
  }
}
