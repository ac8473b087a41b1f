import { nest } from './data-table.js';
import type { EpisodeStats } from './ready-episode.js';

/** Statistics of v3.0; v2.1 has the first four and the count. */
export const STAT_NAMES = ['min', 'max', 'mean', 'std', 'q01', 'q10', 'q50', 'q90', 'q99'] as const;
export const V21_STAT_NAMES = ['min', 'max', 'mean', 'std'] as const;

type StatName = (typeof STAT_NAMES)[number];

/** One statistic in the shape that LeRobot keeps it: `[n]`, deeper for tensors, `[[[r]],[[g]],[[b]]]` for pictures. */
export function statCell({ of, shape }: EpisodeStats, name: StatName): unknown {
  return nest(shape, (at) => of[name][at] ?? 0);
}

/** Shape of the statistics of a feature. */
export function statShape(shape: readonly number[]): readonly number[] {
  return shape.length === 0 ? [1] : shape;
}

/** All statistics of several features as JSON. */
export function statsJson(
  stats: readonly EpisodeStats[],
  names: readonly StatName[],
): Record<string, Record<string, unknown>> {
  return Object.fromEntries(
    stats.map((feature) => [
      feature.key,
      {
        ...Object.fromEntries(names.map((name) => [name, statCell(feature, name)])),
        count: [feature.of.count],
      },
    ]),
  );
}
