import type { ClockFact, MotionFact } from '../episode-model.js';
import { ClockMeter } from '../measuring/clock-meter.js';
import { ContentHash } from '../measuring/content-hash.js';
import { MotionMeter } from '../measuring/motion-meter.js';
import type { Accumulators } from '../stats/accumulators.js';
import type { Feature } from './features.js';
import { TaskRuns } from './task-spans.js';

/** What is gathered of one episode while its columns and videos go by. */
export class EpisodeMeters {
  readonly content = new ContentHash();
  readonly motion: MotionMeter;
  readonly tasks = new TaskRuns();
  private readonly clocks = new Map<string, ClockMeter>();
  private offsetS: number | null = null;
  private rowGap: number | null = null;

  constructor(
    features: readonly Feature[],
    readonly accumulators: Accumulators,
  ) {
    this.motion = new MotionMeter(
      features.map(({ key, role, shape, names }) => ({
        key,
        role,
        names,
        width: shape.reduce((product, length) => product * length, 1),
      })),
    );
  }

  /** The clock of a camera, or of the rows: `frames`. */
  clockOf(key: string): ClockMeter {
    const clock = this.clocks.get(key) ?? new ClockMeter();
    this.clocks.set(key, clock);
    return clock;
  }

  /** A camera has `frames` for `rows` rows. */
  noteVideoFrames(frames: number, rows: number): void {
    this.rowGap = Math.max(this.rowGap ?? 0, Math.abs(frames - rows));
  }

  noteCameraOffset(offsetS: number): void {
    this.offsetS = Math.max(this.offsetS ?? 0, offsetS);
  }

  /** See `EpisodeFact` and `EpisodeExtras`. */
  finish(rateHz: number): {
    clocks: Record<string, ClockFact>;
    motion: MotionFact;
    cameraOffsetS: number | null;
    videoRowGap: number | null;
  } {
    return {
      clocks: Object.fromEntries([...this.clocks].map(([key, clock]) => [key, clock.finish()])),
      motion: this.motion.finish(rateHz),
      cameraOffsetS: this.offsetS,
      videoRowGap: this.rowGap,
    };
  }
}
