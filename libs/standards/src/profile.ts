/** L1 listable, L2 training-grade, L3 audit-grade. */
export type RuleLevel = 'L1' | 'L2' | 'L3';

/** One rule of a profile, as data. */
export interface RuleSpec {
  readonly id: string;
  readonly level: RuleLevel;
  readonly title: { readonly en: string; readonly zh: string };
  readonly threshold: string;
}

/** A versioned set of rules. A published profile is never edited: a change is a new version. */
export interface Profile {
  readonly id: string;
  readonly version: number;
  readonly title: { readonly en: string; readonly zh: string };
  /** Identifier of an official standard that this profile follows; null as long as we claim none. */
  readonly externalStandard: string | null;
  readonly rules: readonly RuleSpec[];
}

/** How one rule came out. `not_checked` never counts as a pass. */
export type RuleOutcome = 'pass' | 'fail' | 'not_applicable' | 'not_checked';

/** A place that a buyer or provider can look at. */
export interface RulePlace {
  path?: string;
  episode?: number;
  row?: number;
}

/** The answer to one rule for one version of a dataset. */
export interface RuleResult {
  rule: string;
  level: RuleLevel;
  result: RuleOutcome;
  value: string | null;
  threshold: string;
  where: RulePlace[];
  message: string;
}
