import type { FeatureStats } from '@app/formats';

/** LeRobot looks at pictures of about this width for its statistics. */
const SAMPLE_PX = 150;
const SMALL_PX = 300;
const LEVELS = 256;
const DEPTH_LEVELS = 65_536;

/** Counts the values of pictures per channel; statistics are exact over what was counted. */
export class ColourTally {
  private readonly counts: Float64Array[] = [];
  private pictures = 0;
  private readonly scale: number;

  /** @param channels 3 for colours, told in 0..1; 1 for 16-bit depth, told in its own unit. */
  constructor(readonly channels: 1 | 3) {
    const levels = channels === 1 ? DEPTH_LEVELS : LEVELS;
    for (let c = 0; c < channels; c += 1) this.counts.push(new Float64Array(levels));
    this.scale = channels === 1 ? 1 : 255;
  }

  /** Adds one picture, larger ones thinned out by whole steps as LeRobot does. */
  add(values: Uint8Array | Uint16Array, width: number, height: number): void {
    const { channels } = this;
    const step = Math.max(width, height) < SMALL_PX ? 1 : Math.floor(Math.max(width, height) / SAMPLE_PX);
    for (let y = 0; y < height; y += step) {
      for (let x = 0; x < width; x += step) {
        const at = (y * width + x) * channels;
        for (let c = 0; c < channels; c += 1) {
          const counts = this.counts[c];
          const level = values[at + c];
          if (counts && level !== undefined) counts[level] = (counts[level] ?? 0) + 1;
        }
      }
    }
    this.pictures += 1;
  }

  /** `count` is the number of pictures. */
  finish(): FeatureStats {
    const stats: FeatureStats = {
      count: this.pictures,
      min: [],
      max: [],
      mean: [],
      std: [],
      q01: [],
      q10: [],
      q50: [],
      q90: [],
      q99: [],
      nonFinite: 0,
    };
    for (const counts of this.counts) {
      const told = (level: number): number => level / this.scale;
      let total = 0;
      let sum = 0;
      let squares = 0;
      let min = -1;
      let max = 0;
      counts.forEach((count, level) => {
        if (count === 0) return;
        if (min < 0) min = level;
        max = level;
        total += count;
        sum += count * level;
        squares += count * level * level;
      });
      const mean = total === 0 ? 0 : sum / total;
      stats.min.push(told(Math.max(min, 0)));
      stats.max.push(told(max));
      stats.mean.push(told(mean));
      stats.std.push(told(total === 0 ? 0 : Math.sqrt(Math.max(0, squares / total - mean * mean))));
      stats.q01.push(told(quantile(counts, total, 0.01)));
      stats.q10.push(told(quantile(counts, total, 0.1)));
      stats.q50.push(told(quantile(counts, total, 0.5)));
      stats.q90.push(told(quantile(counts, total, 0.9)));
      stats.q99.push(told(quantile(counts, total, 0.99)));
    }
    return stats;
  }
}

function quantile(counts: Float64Array, total: number, q: number): number {
  const rank = q * (total - 1);
  let seen = 0;
  for (let level = 0; level < counts.length; level += 1) {
    seen += counts[level] ?? 0;
    if (seen > rank) return level;
  }
  return 0;
}

/** How many frames of an episode LeRobot samples for the statistics of pictures. */
export function sampleCount(frames: number): number {
  return Math.min(frames, Math.max(100, Math.min(Math.floor(frames ** 0.75), 10_000)));
}

/** `count` places out of `total`, evenly spread from the first to the last. */
export function evenly(total: number, count: number): number[] {
  if (count >= total) return Array.from({ length: total }, (_, i) => i);
  if (count <= 1) return total > 0 ? [0] : [];
  return Array.from({ length: count }, (_, i) => Math.round((i * (total - 1)) / (count - 1)));
}
