/** L1 listable, L2 training-grade, L3 audit-grade. */
export type RuleLevel = 'L1' | 'L2' | 'L3';

/**
 * A number to judge by, for each way of collecting data. `default` is for a method that is not listed or not known;
 * null means that the method is not held to this number.
 */
export interface Threshold {
  readonly unit: string;
  readonly default: number | null;
  /** By code of the vocabulary's `collection_method`. */
  readonly byMethod?: Readonly<Record<string, number | null>>;
  /** Where the numbers come from, and why these where sources disagree. */
  readonly why: string;
}

/** One rule of a profile, as data. */
export interface RuleSpec {
  readonly id: string;
  readonly level: RuleLevel;
  readonly title: { readonly en: string; readonly zh: string };
  /** The threshold in a few words. A rule with numbers by method reports the number that it used instead. */
  readonly threshold: string;
  /** M: the manifest and the declaration suffice. F: files are read. */
  readonly read?: 'M' | 'F';
  /** One sentence: what is compared with what. */
  readonly how?: string;
  readonly thresholds?: Readonly<Record<string, Threshold>>;
  /** The check that decides, where it is not the one named as the rule: for profiles with numbers of their own. */
  readonly check?: string;
  /** The clause of the profile's external standard. */
  readonly externalClause?: string | null;
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
  /** What was measured, with its unit. */
  value: string | null;
  /** What it was held to; with the collection method where that decides. */
  threshold: string;
  where: RulePlace[];
  message: string;
}

/** `id@version`, as reports name a profile. */
export function profileName(profile: Profile): string {
  return `${profile.id}@${profile.version}`;
}
