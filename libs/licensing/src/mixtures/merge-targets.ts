import type { Duty } from '../terms/duties.js';
import type { Terms } from '../terms/terms.js';

/** A licence that a merged set could carry. */
export interface MergeTarget {
  readonly id: string;
  /** The licence whose share-alike it satisfies. */
  readonly sameAs?: string;
  /** Limits that it passes on: non-commercial, computation only, use restrictions. */
  readonly limits: readonly ('noncommercial' | 'bind_recipients' | 'obey_use_restrictions')[];
  /** Tolerates locks beside an open twin, which licences that bar every lock may not. */
  readonly hasLocks?: true;
}

/** Licences for a merged set, from the freest on. */
export const MERGE_TARGETS: readonly MergeTarget[] = [
  { id: 'permissive, with notices', limits: [] },
  { id: 'CC-BY-NC-4.0', limits: ['noncommercial'] },
  { id: 'CC-BY-SA-4.0', sameAs: 'CC-BY-SA-4.0', limits: [] },
  { id: 'CC-BY-NC-SA-4.0', sameAs: 'CC-BY-NC-SA-4.0', limits: ['noncommercial'] },
  { id: 'ODbL-1.0', sameAs: 'ODbL-1.0 AND DbCL-1.0', limits: [], hasLocks: true },
  { id: 'CDLA-Sharing-1.0', sameAs: 'CDLA-Sharing-1.0', limits: [] },
  { id: 'C-UDA-1.0', limits: ['bind_recipients'] },
  { id: 'LicenseRef-OpenRAIL-D', limits: ['obey_use_restrictions'] },
  { id: 'custom: non-commercial, computation only', limits: ['noncommercial', 'bind_recipients'] },
  { id: 'custom: non-commercial, use restrictions', limits: ['noncommercial', 'obey_use_restrictions'] },
  { id: 'custom: computation only, use restrictions', limits: ['bind_recipients', 'obey_use_restrictions'] },
];

/** How a part takes a licence for the whole: certainly, perhaps, or not at all. */
export type Tolerance = 2 | 1 | 0;

const LIMITS = ['noncommercial', 'bind_recipients', 'obey_use_restrictions'] as const;
/** Duties that survive inside any licence of the whole. */
const CARRIED: readonly Duty[] = [
  'attribution',
  'keep_notices',
  'state_changes',
  'no_technical_lock',
  'pass_on_disclaimers',
  'no_endorsement',
];

/** Whether a part with these duties on derived data may go into a set under the target. */
export function toleranceOf(terms: Terms, duties: readonly Duty[], target: MergeTarget): Tolerance {
  if (duties.includes('same_licence')) return target.sameAs === terms.template ? 2 : 0;
  for (const limit of LIMITS) if (duties.includes(limit) && !target.limits.includes(limit)) return 0;
  const isKnown = duties.every((duty) => CARRIED.includes(duty) || LIMITS.some((limit) => limit === duty));
  if (!isKnown) return 1;
  return target.hasLocks && duties.includes('no_technical_lock') ? 1 : 2;
}
