import type { FeatureStats } from '../episode-model.js';
import type { FindingLog, FindingPlace } from '../findings.js';
import type { DeclaredStats } from './reading.js';
import { QUANTILE_NAMES } from './reading.js';

const RELATIVE = 1e-3;
/** Of a channel's range. Writers take quantiles from a histogram, and those of a set from those of its episodes. */
const QUANTILE_SLACK = 0.02;

interface Mismatch {
  readonly name: string;
  readonly channel: number;
  readonly expected: string;
  readonly actual: number | undefined;
}

/** Compares shipped statistics with recomputed ones; the first that is off is reported. */
export function compareStats(
  key: string,
  shipped: DeclaredStats,
  ours: FeatureStats,
  log: FindingLog,
  place: FindingPlace,
): void {
  const off = momentOff(shipped, ours) ?? quantileOff(shipped, ours);
  if (off)
    log.add('STATS_MISMATCH', `shipped ${off.name} of ${key}, channel ${off.channel}, is not that of the data`, {
      ...place,
      expected: off.expected,
      actual: off.actual === undefined ? 'absent' : `${off.actual}`,
    });
  else if (shipped.count !== null && shipped.count !== ours.count)
    log.add('STATS_MISMATCH', `shipped statistics of ${key} are of another number of rows`, {
      ...place,
      expected: `${ours.count}`,
      actual: `${shipped.count}`,
    });
}

function momentOff(shipped: DeclaredStats, ours: FeatureStats): Mismatch | null {
  for (let c = 0; c < ours.mean.length; c += 1) {
    // Measured against the size of the channel: a mean near zero has no relative error worth the name.
    const scale = Math.max(Math.abs(ours.min[c] ?? 0), Math.abs(ours.max[c] ?? 0), 1e-6);
    for (const name of ['min', 'max', 'mean', 'std'] as const) {
      const theirs = shipped[name][c];
      const mine = ours[name][c] ?? 0;
      if (theirs === undefined || !(Math.abs(theirs - mine) <= RELATIVE * scale))
        return { name, channel: c, expected: `${mine}`, actual: theirs };
    }
  }
  return null;
}

/**
 * A shipped quantile must lie between our two neighbours of it. Nothing narrower is fair: where a channel rests at two
 * values, a histogram, an interpolation and an average over episodes name different points of the gap.
 */
function quantileOff(shipped: DeclaredStats, ours: FeatureStats): Mismatch | null {
  for (let c = 0; c < ours.mean.length; c += 1) {
    const ladder = [ours.min, ...QUANTILE_NAMES.map((name) => ours[name]), ours.max].map((list) => list[c] ?? 0);
    const slack = Math.max(QUANTILE_SLACK * ((ladder.at(-1) ?? 0) - (ladder[0] ?? 0)), 1e-6);
    for (const [step, name] of QUANTILE_NAMES.entries()) {
      const list = shipped.quantiles[name];
      if (!list) continue;
      const [below = 0, mine = 0, above = 0] = ladder.slice(step, step + 3);
      const theirs = list[c];
      if (theirs === undefined || !(theirs >= below - slack && theirs <= above + slack))
        return { name, channel: c, expected: `${mine}, or what lies from ${below} to ${above}`, actual: theirs };
    }
  }
  return null;
}
