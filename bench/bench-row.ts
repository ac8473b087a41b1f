/** One line of what a bench found. */
export interface BenchRow {
  readonly work: string;
  readonly ours: number;
  readonly unit: string;
  /** What the same run got from the thing that we compare with; null where the aim is a plain bound. */
  readonly reference: number | string | null;
  /** `ours / reference`; null without a reference. */
  readonly ratio: number | null;
  /** The aim: a least ratio, or a bound as people read it. */
  readonly reach: number | string;
  readonly met: boolean;
}

/** A figure against a reference that must be at least so many times as good. */
export function atLeastTimes(work: string, unit: string, ours: number, reference: number, times: number): BenchRow {
  const ratio = ours / reference;
  return { work, ours, unit, reference, ratio, reach: times, met: ratio >= times };
}

/** A figure that must not be above a bound. */
export function atMost(work: string, unit: string, ours: number, bound: number): BenchRow {
  return { work, ours, unit, reference: null, ratio: null, reach: `≤ ${bound} ${unit}`, met: ours <= bound };
}

/** A figure that must not be below a bound. */
export function atLeast(work: string, unit: string, ours: number, bound: number): BenchRow {
  return { work, ours, unit, reference: null, ratio: null, reach: `≥ ${bound} ${unit}`, met: ours >= bound };
}

/** The value below which the given share of the figures lies. */
export function quantile(figures: readonly number[], share: number): number {
  const sorted = [...figures].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}

export const median = (figures: readonly number[]): number => quantile(figures, 0.5);
