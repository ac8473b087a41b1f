/** Counts of values in equal bins from `min` to `max`, both included. */
export interface Histogram {
  readonly min: number;
  readonly max: number;
  readonly counts: number[];
}

/** Counts finite values; null if there are none. Equal values make one bin. */
export function histogram(values: Iterable<number>, bins: number): Histogram | null {
  const finite = Float64Array.from([...values].filter(Number.isFinite));
  if (finite.length === 0) return null;
  const min = finite.reduce((a, b) => Math.min(a, b));
  const max = finite.reduce((a, b) => Math.max(a, b));
  if (min === max) return { min, max, counts: [finite.length] };
  const counts = new Array<number>(bins).fill(0);
  // Halves, because the span of two finite numbers may be infinite.
  const span = max / 2 - min / 2;
  for (const value of finite) {
    const bin = Math.min(bins - 1, Math.floor(((value / 2 - min / 2) / span) * bins));
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return { min, max, counts };
}
