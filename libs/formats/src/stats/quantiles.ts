import type { NumberArray } from '../parquet/values.js';

/** Quantiles that every feature carries. */
export const QUANTILES = [0.01, 0.1, 0.5, 0.9, 0.99] as const;

const MAX_BUCKETS = 4096;
/** Groups up to this length are sorted by insertion: calling the engine's sort costs more. */
const SHORT = 24;

// Work space: nothing here outlives one call, and no call waits for anything.
const counts = new Uint32Array(MAX_BUCKETS + 1);
const starts = new Int32Array(MAX_BUCKETS + 1);
/** Room that is kept; more is taken only where most values of a huge episode crowd into few buckets. */
const kept = new Float64Array(2 ** 16);

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
  const n = values.length;
  const ranks: number[] = [];
  for (const q of quantiles) {
    const low = Math.floor((n - 1) * q);
    ranks.push(low, Math.min(low + 1, n - 1));
  }
  const ranked = valuesOfRanks(values, min, max, ranks);
  return quantiles.map((q, i) => {
    const at = (n - 1) * q;
    const below = ranked[2 * i] as number;
    return below + ((ranked[2 * i + 1] as number) - below) * (at - Math.floor(at));
  });
}

/** The values of the given ranks, which rise. */
function valuesOfRanks(values: NumberArray, min: number, max: number, ranks: readonly number[]): number[] {
  const buckets = Math.min(MAX_BUCKETS, Math.max(16, 2 ** (31 - Math.clz32(values.length))));
  const scale = buckets / (max - min);
  // Ranges near the ends of float64 have no usable scale.
  if (!Number.isFinite(scale) || scale === 0) {
    const sorted = Float64Array.from(values).sort();
    return ranks.map((rank) => sorted[rank] as number);
  }
  countBuckets(values, min, scale, buckets);
  const groups = pickGroups(ranks, buckets);
  const size = groups.reduce((sum, group) => sum + group.size, 0);
  const gathered = size > kept.length ? new Float64Array(size) : kept;
  gather(values, min, scale, gathered);
  for (const group of groups) sortPart(gathered, group.at, group.at + group.size);
  return ranks.map((rank) => {
    const group = groups.find(({ lowest, size: held }) => rank < lowest + held);
    return group ? (gathered[group.at + rank - group.lowest] as number) : Number.NaN;
  });
}

/** The values of one bucket: the rank of the lowest, their number, and where they are gathered. */
interface Group {
  readonly lowest: number;
  readonly size: number;
  readonly at: number;
}

function countBuckets(values: NumberArray, min: number, scale: number, buckets: number): void {
  counts.fill(0, 0, buckets + 1);
  for (let i = 0; i < values.length; i += 1) {
    const bucket = (((values[i] as number) - min) * scale) | 0;
    counts[bucket] = (counts[bucket] as number) + 1;
  }
}

/** Which buckets hold wanted ranks; `starts` says where each of them goes, and -1 for the others. */
function pickGroups(ranks: readonly number[], buckets: number): Group[] {
  const groups: Group[] = [];
  let lowest = 0;
  let next = 0;
  let at = 0;
  for (let bucket = 0; bucket <= buckets; bucket += 1) {
    const size = counts[bucket] as number;
    starts[bucket] = -1;
    if (size > 0 && next < ranks.length && (ranks[next] as number) < lowest + size) {
      groups.push({ lowest, size, at });
      starts[bucket] = at;
      at += size;
      while (next < ranks.length && (ranks[next] as number) < lowest + size) next += 1;
    }
    lowest += size;
  }
  return groups;
}

function gather(values: NumberArray, min: number, scale: number, gathered: Float64Array): void {
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i] as number;
    const bucket = ((value - min) * scale) | 0;
    const at = starts[bucket] as number;
    if (at < 0) continue;
    gathered[at] = value;
    starts[bucket] = at + 1;
  }
}

function sortPart(values: Float64Array, from: number, to: number): void {
  if (to - from > SHORT) {
    values.subarray(from, to).sort();
    return;
  }
  for (let i = from + 1; i < to; i += 1) {
    const value = values[i] as number;
    let j = i - 1;
    for (; j >= from && (values[j] as number) > value; j -= 1) values[j + 1] = values[j] as number;
    values[j + 1] = value;
  }
}
