import { canI } from '../terms/can-i.rules.js';
import type { Terms } from '../terms/terms.js';

/** What decides on samples of one version. */
export interface SampleCase {
  readonly datasetStatus: string;
  /** The asker provides the dataset, or runs the market. */
  readonly isInsider: boolean;
  /** Terms of the active offers; null where they cannot be read. */
  readonly terms: readonly (Terms | null)[];
}

/**
 * Whether samples may be shown: the question that a download asks, for the smallest of uses. A provider who puts a dataset on
 * the shelf shows samples of it; terms that forbid to look (under every offer) take them away, and so does a suspension.
 */
export function mayShowSamples({ datasetStatus, isInsider, terms }: SampleCase): boolean {
  if (isInsider) return true;
  if (datasetStatus !== 'listed') return false;
  return terms.length === 0 || terms.some((one) => canI(one, 'evaluate').verdict !== 'FORBIDDEN');
}
