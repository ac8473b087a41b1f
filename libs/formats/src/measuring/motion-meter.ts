import type { NumberRows } from '../dataset-source.js';
import type { MotionFact, StreamRole } from '../episode-model.js';
import { BlockSample } from './block-sample.js';
import { MovingFrames } from './moving-frames.js';
import { RepeatedTail } from './repeated-tail.js';

/** Values that are held of all state signals of an episode together: 16 MB of float32. */
const MAX_HELD_VALUES = 4 * 2 ** 20;
/** A wider row is no posture. */
const MAX_CHANNELS = 4096;

/** Names of what is felt, not moved: it trembles at rest and leaps at touch. */
const FELT =
  /force|torque|effort|wrench|tactile|taxel|current|voltage|temperature|contact|pressure|imu|gyro|accel|angular_velocity/i;

/** A signal of role state or action whose rows will come. */
export interface MotionSignal {
  readonly key: string;
  readonly role: StreamRole;
  readonly width: number;
  readonly names: readonly string[];
}

/**
 * Measures how one episode moves. Rows come signal by signal or interleaved, in blocks.
 * With x[k] the rows of a state channel, r its rate, R its highest minus its lowest value in the episode:
 *
 * - `idleShare` = frames k at which no channel has |x[k] - x[k-1]| > 1e-3 R, over all frames k >= 1
 * - `maxSpeed` = largest |x[k] - x[k-1]| r
 * - `jerk` = largest, over channels, of the 99th percentile over k of |x[k] - 3 x[k-1] + 3 x[k-2] - x[k-3]| r^3
 * - `jumps` = frames at which a channel has |x[k] - x[k-1]| > R / 2, channels with fewer than 10 different values apart
 * - `paddedTail` = rows at the end, over state and action, that equal the last row in every signal, without the last
 *
 * Channels that are felt and not moved (force, torque, current, IMU) are left out of all but the tail.
 * Signals of different lengths (clocks of their own) are taken apart: the least idle share, the sum of jumps, the
 * shortest tail in proportion. A signal faster than the frames compares rows one frame apart for `idleShare`.
 * Beyond `maxHeldValues` the measures are taken from every 2nd, 4th, ... run of rows, and jumps are scaled up.
 */
export class MotionMeter {
  private readonly states = new Map<string, { readonly sample: BlockSample; readonly channels: readonly number[] }>();
  private readonly tails = new Map<string, RepeatedTail>();

  constructor(signals: readonly MotionSignal[], maxHeldValues = MAX_HELD_VALUES) {
    const usable = signals.filter(({ width }) => Number.isInteger(width) && width > 0 && width <= MAX_CHANNELS);
    const moving = usable
      .filter((signal) => signal.role === 'state')
      .map((signal) => ({ signal, channels: movingChannels(signal) }))
      .filter(({ channels }) => channels.length > 0);
    const width = moving.reduce((sum, { signal }) => sum + signal.width, 0);
    const maxRows = Math.floor(maxHeldValues / Math.max(1, width));
    for (const { signal, channels } of moving)
      this.states.set(signal.key, { channels, sample: new BlockSample(signal.width, maxRows) });
    for (const { key, role, width } of usable)
      if (role === 'state' || role === 'action') this.tails.set(key, new RepeatedTail(width));
  }

  /** Adds rows of a signal that was announced; others are ignored. */
  add(key: string, values: NumberRows): void {
    this.states.get(key)?.sample.add(values);
    this.tails.get(key)?.add(values);
  }

  /**
   * @param rateHz rate of the frames; without it there is neither speed nor jerk
   * @param ratesHz rates of signals on clocks of their own, by key
   */
  finish(rateHz: number | null, ratesHz: ReadonlyMap<string, number> = new Map()): MotionFact {
    const groups = new Map<number, MovingFrames>();
    let jerk: number | null = null;
    let maxSpeed: number | null = null;
    for (const [key, { sample, channels }] of this.states) {
      const group = groups.get(sample.rows) ?? new MovingFrames(sample.heldRows, sample.stride);
      groups.set(sample.rows, group);
      const ownRate = ratesHz.get(key) ?? rateHz;
      const lag = rateHz && ownRate ? Math.max(1, Math.round(ownRate / rateHz)) : 1;
      const steps = group.addSignal(sample, channels, lag);
      if (ownRate === null) continue;
      if (steps.largest !== null) maxSpeed = Math.max(maxSpeed ?? 0, steps.largest * ownRate);
      if (steps.third !== null) jerk = Math.max(jerk ?? 0, steps.third * ownRate ** 3);
    }
    const shares = [...groups.values()].flatMap((group) => group.idleShare ?? []);
    return {
      idleShare: shares.length > 0 ? Math.min(...shares) : null,
      jerk: finite(jerk),
      maxSpeed: finite(maxSpeed),
      jumps: [...groups.values()].reduce((sum, group) => sum + group.jumps, 0),
      paddedTail: this.paddedTail(),
    };
  }

  private paddedTail(): number {
    const tails = [...this.tails.values()].filter((tail) => tail.rows > 0);
    if (tails.length === 0) return 0;
    const rows = Math.min(...tails.map((tail) => tail.rows));
    return Math.min(...tails.map((tail) => Math.floor((tail.repeats * rows) / tail.rows)));
  }
}

/** Values near the end of float64 have no speed that could be kept. */
function finite(value: number | null): number | null {
  return value !== null && Number.isFinite(value) ? value : null;
}

/** Channels that tell of motion. */
function movingChannels({ key, width, names }: MotionSignal): number[] {
  if (FELT.test(key)) return [];
  return Array.from({ length: width }, (_, channel) => channel).filter((channel) => !FELT.test(names[channel] ?? ''));
}
