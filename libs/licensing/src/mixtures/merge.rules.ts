import type { Duty } from '../terms/duties.js';
import type { Terms } from '../terms/terms.js';
import { MERGE_TARGETS, toleranceOf } from './merge-targets.js';
import type { Tolerance } from './merge-targets.js';

/** How one part takes each of MERGE_TARGETS. */
export interface Tolerances {
  readonly slug: string;
  readonly byTarget: readonly Tolerance[];
}

export function tolerancesOf(
  { slug, terms }: { readonly slug: string; readonly terms: Terms | null },
  duties: readonly Duty[],
): Tolerances {
  return { slug, byTarget: MERGE_TARGETS.map((target) => (terms ? toleranceOf(terms, duties, target) : 0)) };
}

/**
 * The fewest parts that leave no licence at `enough`. Pairs do not suffice in general, so sets are tried by size; parts of
 * equal tolerance stand for each other, which leaves as many kinds as there are families of licences.
 */
export function smallestConflict(parts: readonly Tolerances[], enough: 1 | 2): string[] {
  const kinds = new Map<string, Tolerances>();
  for (const part of parts) {
    const key = part.byTarget.map((tolerance) => (tolerance >= enough ? 1 : 0)).join('');
    if (!kinds.has(key)) kinds.set(key, part);
  }
  const known = [...kinds.values()];
  for (let size = 1; size <= known.length; size++) {
    const found = subsetOf(known, size, (set) =>
      MERGE_TARGETS.every((_, t) => set.some(({ byTarget }) => (byTarget[t] ?? 0) < enough)),
    );
    if (found) return found.map(({ slug }) => slug);
  }
  return parts.map(({ slug }) => slug);
}

/** The first subset of a size, in the order given, that passes. */
function subsetOf<T>(of: readonly T[], size: number, passes: (set: readonly T[]) => boolean): readonly T[] | null {
  const search = (from: number, chosen: readonly T[]): readonly T[] | null => {
    if (chosen.length === size) return passes(chosen) ? chosen : null;
    for (let i = from; i <= of.length - (size - chosen.length); i++) {
      const next = of[i];
      const found = next === undefined ? null : search(i + 1, [...chosen, next]);
      if (found) return found;
    }
    return null;
  };
  return search(0, []);
}
