/** A line to draw: as many times as values. */
export interface Line {
  readonly times: number[];
  readonly values: number[];
}

/**
 * Largest triangle three buckets: keeps first and last point and, of every bucket between, the point that spans the largest
 * triangle with the one kept before and the mean of the next bucket. Points that are not finite are left out.
 * @see Sveinn Steinarsson, Downsampling Time Series for Visual Representation (2013), section 4.2
 */
export function lttb(times: ArrayLike<number>, values: ArrayLike<number>, points: number): Line {
  const at: number[] = [];
  const count = Math.min(times.length, values.length);
  for (let i = 0; i < count; i += 1) if (Number.isFinite(times[i]) && Number.isFinite(values[i])) at.push(i);
  const kept = at.length <= points ? at : thinned(at, times, values, Math.max(2, points));
  return { times: kept.map((i) => times[i] ?? 0), values: kept.map((i) => values[i] ?? 0) };
}

function thinned(at: readonly number[], times: ArrayLike<number>, values: ArrayLike<number>, points: number): number[] {
  const time = (k: number): number => times[at[k] ?? 0] ?? 0;
  const value = (k: number): number => values[at[k] ?? 0] ?? 0;
  const last = at.length - 1;
  const width = (at.length - 2) / (points - 2);
  const border = (bucket: number): number => Math.floor(bucket * width) + 1;
  const kept = [0];
  for (let bucket = 0, before = 0; bucket < points - 2; bucket += 1) {
    const from = border(bucket);
    const to = border(bucket + 1);
    const nextTo = Math.min(border(bucket + 2), at.length);
    let meanTime = 0;
    let meanValue = 0;
    for (let k = to; k < nextTo; k += 1) {
      meanTime += time(k) / (nextTo - to);
      meanValue += value(k) / (nextTo - to);
    }
    let best = from;
    let largest = -1;
    for (let k = from; k < to; k += 1) {
      const area = Math.abs(
        (time(before) - meanTime) * (value(k) - value(before)) - (time(before) - time(k)) * (meanValue - value(before)),
      );
      if (area > largest) {
        largest = area;
        best = k;
      }
    }
    kept.push(best);
    before = best;
  }
  return [...kept, last].map((k) => at[k] ?? 0);
}
