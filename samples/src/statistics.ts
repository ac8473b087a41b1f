/** LeRobot's ten numbers for one feature; one entry for each channel, `count` the number of samples. */
export interface FeatureStats {
  readonly min: number[];
  readonly max: number[];
  readonly mean: number[];
  readonly std: number[];
  readonly count: [number];
  readonly q01: number[];
  readonly q10: number[];
  readonly q50: number[];
  readonly q90: number[];
  readonly q99: number[];
}

export const STAT_NAMES = ['min', 'max', 'mean', 'std', 'count', 'q01', 'q10', 'q50', 'q90', 'q99'] as const;

/** A value at a share of the sorted samples, interpolated between neighbours as numpy does. */
function quantile(sorted: Float64Array, share: number): number {
  const at = share * (sorted.length - 1);
  const low = sorted[Math.floor(at)] ?? Number.NaN;
  const high = sorted[Math.ceil(at)] ?? Number.NaN;
  return low + (high - low) * (at - Math.floor(at));
}

/** Exact statistics over rows of equal width; std is the population's. @throws RangeError without rows */
export function statsOf(rows: readonly (readonly number[])[]): FeatureStats {
  const width = rows[0]?.length;
  if (width === undefined) throw new RangeError('no rows to measure');
  const channels = Array.from({ length: width }, (_, c) => {
    const values = Float64Array.from(rows, (r) => r[c] ?? Number.NaN).sort();
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length;
    return { values, mean, std: Math.sqrt(variance) };
  });
  const at = (share: number): number[] => channels.map((c) => quantile(c.values, share));
  return {
    min: at(0),
    max: at(1),
    mean: channels.map((c) => c.mean),
    std: channels.map((c) => c.std),
    count: [rows.length],
    q01: at(0.01),
    q10: at(0.1),
    q50: at(0.5),
    q90: at(0.9),
    q99: at(0.99),
  };
}

/** How many frames of an episode LeRobot looks at for image statistics, and which ones: evenly spread. */
export function sampledFrames(frames: number): number[] {
  const wanted = Math.min(frames, Math.max(100, Math.min(10_000, Math.floor(frames ** 0.75))));
  return Array.from({ length: wanted }, (_, i) => Math.round((i * (frames - 1)) / Math.max(1, wanted - 1)));
}

/** Counts of the 256 values of each colour over sampled pictures; statistics come from them exactly. */
export class ColourHistogram {
  private readonly counts = [new Float64Array(256), new Float64Array(256), new Float64Array(256)] as const;
  private pictures = 0;

  /** Every second pixel of every second row, as LeRobot thins pictures wider than 300 pixels. */
  addPicture(rgb: Uint8Array, width: number): void {
    const height = rgb.length / 3 / width;
    for (let y = 0; y < height; y += 2) {
      for (let x = 0; x < width; x += 2) {
        for (const [c, counts] of this.counts.entries()) {
          const value = rgb[3 * (y * width + x) + c] ?? 0;
          counts[value] = (counts[value] ?? 0) + 1;
        }
      }
    }
    this.pictures++;
  }

  addAll(other: ColourHistogram): void {
    for (const [c, counts] of this.counts.entries()) {
      other.counts[c]?.forEach((n, value) => (counts[value] = (counts[value] ?? 0) + n));
    }
    this.pictures += other.pictures;
  }

  /** Values 0..1; `count` is the number of pictures. */
  stats(): FeatureStats {
    const channels = this.counts.map((counts) => {
      const total = counts.reduce((a, b) => a + b, 0);
      const mean = counts.reduce((sum, n, v) => sum + n * v, 0) / total;
      const variance = counts.reduce((sum, n, v) => sum + n * (v - mean) ** 2, 0) / total;
      const at = (share: number): number => {
        let below = 0;
        for (const [v, n] of counts.entries()) {
          below += n;
          if (n > 0 && below > share * (total - 1)) return v / 255;
        }
        return 1;
      };
      return { mean: mean / 255, std: Math.sqrt(variance) / 255, at };
    });
    const at = (share: number): number[] => channels.map((c) => c.at(share));
    return {
      min: at(0),
      max: at(1),
      mean: channels.map((c) => c.mean),
      std: channels.map((c) => c.std),
      count: [this.pictures],
      q01: at(0.01),
      q10: at(0.1),
      q50: at(0.5),
      q90: at(0.9),
      q99: at(0.99),
    };
  }
}
