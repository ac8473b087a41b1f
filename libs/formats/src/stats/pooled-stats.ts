import type { FeatureStats } from '../episode-model.js';

const QUANTILE_KEYS = ['q01', 'q10', 'q50', 'q90', 'q99'] as const;

/**
 * Joins the statistics of episodes into those of the set: minimum, maximum, mean and deviation exactly
 * (pooled variance); quantiles as the average weighted by frames, which is how LeRobot aggregates them.
 */
export class PooledStats {
  private count = 0;
  private nonFinite = 0;
  private episodes = 0;
  private readonly min: number[] = [];
  private readonly max: number[] = [];
  private readonly mean: number[] = [];
  private readonly squares: number[] = [];
  private readonly weighted = new Map<string, number[]>(QUANTILE_KEYS.map((key) => [key, []]));
  private last: FeatureStats | null = null;

  add(stats: FeatureStats): void {
    if (stats.count === 0) return;
    const before = this.count;
    const n = stats.count;
    const total = before + n;
    for (let c = 0; c < stats.mean.length; c += 1) {
      const mean = stats.mean[c] ?? 0;
      const std = stats.std[c] ?? 0;
      const delta = before === 0 ? 0 : mean - (this.mean[c] ?? 0);
      this.squares[c] = (this.squares[c] ?? 0) + std * std * n + (delta * delta * before * n) / total;
      this.mean[c] = before === 0 ? mean : (this.mean[c] ?? 0) + (delta * n) / total;
      this.min[c] = Math.min(this.min[c] ?? Number.POSITIVE_INFINITY, stats.min[c] ?? 0);
      this.max[c] = Math.max(this.max[c] ?? Number.NEGATIVE_INFINITY, stats.max[c] ?? 0);
      for (const key of QUANTILE_KEYS) {
        const sums = this.weighted.get(key);
        if (sums) sums[c] = (sums[c] ?? 0) + (stats[key][c] ?? 0) * n;
      }
    }
    this.count = total;
    this.nonFinite += stats.nonFinite;
    this.episodes += 1;
    this.last = stats;
  }

  /** Channels that never changed over the whole set. */
  constantChannels(): number[] {
    if (this.count < 2) return [];
    return this.min.flatMap((min, c) => (min === this.max[c] ? [c] : []));
  }

  finish(): FeatureStats | undefined {
    if (this.count === 0) return undefined;
    const quantile = (key: (typeof QUANTILE_KEYS)[number]): number[] =>
      (this.weighted.get(key) ?? []).map((sum) => sum / this.count);
    return {
      count: this.count,
      min: this.min,
      max: this.max,
      mean: this.mean,
      std: this.squares.map((sum) => Math.sqrt(sum / this.count)),
      q01: quantile('q01'),
      q10: quantile('q10'),
      q50: quantile('q50'),
      q90: quantile('q90'),
      q99: quantile('q99'),
      nonFinite: this.nonFinite,
      quantiles: this.episodes === 1 ? (this.last?.quantiles ?? 'exact') : 'weighted',
    };
  }
}
