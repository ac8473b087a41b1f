import type { Finding } from '@app/formats';
import type { Grade, RuleResult } from '@app/standards';

/** A finding of a reader, or of the check of the bytes against their announcement (HASH_MISMATCH, READER_GAVE_UP). */
export type ReportFinding = Omit<Finding, 'code'> & { readonly code: string };

/**
 * What the worker found, kept with the version for ever. It holds no time and no machine, so that the same bytes always
 * give the same report.
 */
export interface VersionReport {
  readonly profile: string;
  readonly grade: Grade;
  readonly explanation: string;
  /** Whether the version may be published: no L1 rule fails. */
  readonly isListable: boolean;
  readonly rules: readonly RuleResult[];
  readonly findings: readonly ReportFinding[];
  /** How many findings of each code there are, those left out of the list included. */
  readonly counts: Readonly<Record<string, number>>;
}

/** Findings that keep a version from being published whatever the rules say: they are about persons, not about quality. */
export const BLOCKING_FINDINGS: readonly string[] = ['CONSENT_WITHDRAWN', 'CONTRIBUTOR_EPISODES_WRONG'];

/** The L1 rules, and the findings about persons, that keep a version from being published. */
export function failingRules(report: VersionReport): string[] {
  const rules = report.rules.filter((rule) => rule.level === 'L1' && rule.result === 'fail').map((rule) => rule.rule);
  return [...rules, ...BLOCKING_FINDINGS.filter((code) => (report.counts[code] ?? 0) > 0)];
}
