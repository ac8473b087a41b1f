import type { UseAnswer } from '../terms/can-i.rules.js';
import type { Terms } from '../terms/terms.js';
import type { UseContext } from '../terms/use-context.js';
import { MERGE_TARGETS, toleranceOf } from './merge-targets.js';

interface JudgedPart {
  readonly slug: string;
  readonly terms: Terms | null;
  readonly answer: UseAnswer;
}

/** Parts that cannot both be in weights under the licence in view: those that demand it, and those that may not bear it. */
export interface WeightsConflict {
  readonly demanding: readonly string[];
  readonly unfit: readonly string[];
}

/**
 * A share-alike licence on weights that one part demands must be bearable for every part with a claim on weights: it takes
 * no further restriction, and may tolerate a lock that another part bars. Null where nothing collides.
 */
export function weightsConflict(
  parts: readonly JudgedPart[],
  use: string,
  { weightsLicence }: UseContext,
): WeightsConflict | null {
  const target = MERGE_TARGETS.find(({ id, sameAs }) => id === weightsLicence && sameAs !== undefined);
  if (!target || (use !== 'release_weights_open' && use !== 'embed_in_product')) return null;
  const claiming = parts.filter(({ answer }) => answer.verdict === 'ALLOWED_WITH_DUTIES');
  const isDemanding = ({ answer }: JudgedPart): boolean => answer.duties.includes('same_licence');
  const demanding = claiming.filter(isDemanding);
  const unfit = claiming.filter((part) => {
    const duties = part.terms?.uses.redistribute_derivative_data.duties ?? [];
    return !isDemanding(part) && part.terms !== null && toleranceOf(part.terms, duties, target) < 2;
  });
  if (demanding.length === 0 || unfit.length === 0) return null;
  return { demanding: demanding.map(({ slug }) => slug), unfit: unfit.map(({ slug }) => slug) };
}
