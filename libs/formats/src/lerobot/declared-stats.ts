import type { FeatureStats } from '../episode-model.js';
import type { FindingLog, FindingPlace } from '../findings.js';
import type { DeclaredStats } from './reading.js';

const RELATIVE = 1e-3;

/** Compares shipped statistics with recomputed ones; the first channel that is off is reported. */
export function compareStats(
  key: string,
  shipped: DeclaredStats,
  ours: FeatureStats,
  log: FindingLog,
  place: FindingPlace,
): void {
  for (let c = 0; c < ours.mean.length; c += 1) {
    // Measured against the size of the channel: a mean near zero has no relative error worth the name.
    const scale = Math.max(Math.abs(ours.min[c] ?? 0), Math.abs(ours.max[c] ?? 0), 1e-6);
    for (const name of ['min', 'max', 'mean', 'std'] as const) {
      const theirs = shipped[name][c];
      const mine = ours[name][c] ?? 0;
      if (theirs !== undefined && Math.abs(theirs - mine) <= RELATIVE * scale) continue;
      log.add('STATS_MISMATCH', `shipped ${name} of ${key}, channel ${c}, is not that of the data`, {
        ...place,
        expected: `${mine}`,
        actual: theirs === undefined ? 'absent' : `${theirs}`,
      });
      return;
    }
  }
}
