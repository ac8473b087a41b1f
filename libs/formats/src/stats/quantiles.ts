import type { NumberArray } from '../parquet/values.js';

/** Quantiles that every feature carries. */
export const QUANTILES = [0.01, 0.1, 0.5, 0.9, 0.99] as const;

const MAX_BUCKETS = 4096;
/** Groups up to this length are sorted by insertion: calling the engine's sort costs more. */
const SHORT = 24;
const counts = new Uint32Array(MAX_BUCKETS);
const places = new Int32Array(MAX_BUCKETS);

/**
 * Exact quantiles by linear interpolation between the two nearest ranks, as numpy does by default.
 *
 * The values are counted into buckets between `min` and `max`; only the few buckets in which a wanted rank falls are
 * gathered and sorted. That a value never lands in a lower bucket than a smaller one makes the ranks exact; that
 * recorded motion spreads over its range makes it several times as fast as sorting.
 *
 * @param values finite numbers, at least one; left as they are
 * @param quantiles in rising order, each 0..1
 */
export function quantilesOf(values: NumberArray, min: number, max: number, quantiles: readonly number[]): number[] {
  if (min === max) return quantiles.map(() => min);
  const ranked = rankedValues(values, min, max, quantiles);
  return quantiles.map((q) => {
    const at = (values.length - 1) * q;
    const low = Math.floor(at);
    const below = ranked(low);
    return below + (ranked(Math.min(low + 1, values.length - 1)) - below) * (at - low);
  });
}

/** A look-up of the values of the ranks that the quantiles need. */
function rankedValues(
  values: NumberArray,
  min: number,
  max: number,
  quantiles: readonly number[],
): (rank: number) => number {
  const buckets = Math.min(MAX_BUCKETS, Math.max(16, 2 ** (32 - Math.clz32(values.length - 1))));
  const scale = buckets / (max - min);
  // Ranges near the ends of float64 have no usable scale.
  if (!Number.isFinite(scale) || scale === 0) return sorted(values);
  count(values, min, scale, buckets);
  const groups = wantedGroups(values.length, quantiles, buckets);
  gather(values, min, scale, buckets, groups);
  return (rank) => {
    const group = groups.find(({ first, values: held }) => rank < first + held.length);
    return group?.values[rank - group.first] ?? Number.NaN;
  };
}

/** The values of one bucket, and the rank of the lowest of them. */
interface Group {
  readonly bucket: number;
  readonly first: number;
  readonly values: NumberArray;
}

function count(values: NumberArray, min: number, scale: number, buckets: number): void {
  counts.fill(0, 0, buckets);
  const last = buckets - 1;
  for (let i = 0; i < values.length; i += 1) {
    const bucket = Math.min(last, ((values[i] as number) - min) * scale) | 0;
    counts[bucket] = (counts[bucket] as number) + 1;
  }
}

function wantedGroups(length: number, quantiles: readonly number[], buckets: number): Group[] {
  const ranks = quantiles.flatMap((q) => {
    const low = Math.floor((length - 1) * q);
    return [low, Math.min(low + 1, length - 1)];
  });
  const groups: Group[] = [];
  let first = 0;
  let next = 0;
  for (let bucket = 0; bucket < buckets && next < ranks.length; bucket += 1) {
    const held = counts[bucket] as number;
    if ((ranks[next] as number) < first + held) {
      groups.push({ bucket, first, values: new Float64Array(held) });
      while (next < ranks.length && (ranks[next] as number) < first + held) next += 1;
    }
    first += held;
  }
  return groups;
}

function gather(values: NumberArray, min: number, scale: number, buckets: number, groups: readonly Group[]): void {
  places.fill(-1, 0, buckets);
  groups.forEach(({ bucket }, g) => (places[bucket] = g));
  const filled = new Uint32Array(groups.length);
  const last = buckets - 1;
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i] as number;
    const place = places[Math.min(last, (value - min) * scale) | 0] as number;
    if (place < 0) continue;
    const group = groups[place];
    const at = filled[place] as number;
    if (group) group.values[at] = value;
    filled[place] = at + 1;
  }
  for (const group of groups) sortShort(group.values);
}

function sortShort(values: NumberArray): void {
  if (values.length > SHORT) {
    values.sort();
    return;
  }
  for (let i = 1; i < values.length; i += 1) {
    const value = values[i] as number;
    let j = i - 1;
    for (; j >= 0 && (values[j] as number) > value; j -= 1) values[j + 1] = values[j] as number;
    values[j + 1] = value;
  }
}

function sorted(values: NumberArray): (rank: number) => number {
  const copy = Float64Array.from(values).sort();
  return (rank) => copy[rank] ?? Number.NaN;
}
