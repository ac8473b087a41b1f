import type { Grade } from './grade.js';
import type { RuleLevel, RuleOutcome, RuleResult } from './profile.js';

/** The part of a version's report that is compared. */
export interface ComparableReport {
  readonly profile: string;
  readonly grade: Grade;
  readonly rules: readonly RuleResult[];
  /** How many findings of each code there are. */
  readonly counts: Readonly<Record<string, number>>;
}

/** One side of a rule. */
export interface RuleSide {
  readonly result: RuleOutcome;
  readonly value: string | null;
  readonly threshold: string;
}

/** One rule in two reports. Null: that report's profile does not have the rule. */
export interface RuleChange {
  readonly rule: string;
  readonly level: RuleLevel;
  readonly before: RuleSide | null;
  readonly after: RuleSide | null;
}

/** How many findings of a code there were and are. */
export interface FindingChange {
  readonly code: string;
  readonly before: number;
  readonly after: number;
}

/** What two reports say differently. Every rule stands in exactly one of the four lists. */
export interface ReportComparison {
  readonly grade: { readonly before: Grade; readonly after: Grade };
  /** The reports were made by different profiles: a change may be one of the rule, not of the data. */
  readonly isOtherProfile: boolean;
  readonly improved: readonly RuleChange[];
  readonly worsened: readonly RuleChange[];
  readonly unchanged: readonly RuleChange[];
  /** Rules that only one of the profiles has. */
  readonly notComparable: readonly RuleChange[];
  readonly changedFindings: readonly FindingChange[];
}

/** What does not apply is as good as what passes; what nobody checked is better than a failure and no pass. */
const RANK: Readonly<Record<RuleOutcome, number>> = { fail: 0, not_checked: 1, not_applicable: 2, pass: 2 };

/** Compares the reports of two versions, also when they were made by different profiles. */
export function compareReports(before: ComparableReport, after: ComparableReport): ReportComparison {
  const old = new Map(before.rules.map((rule) => [rule.rule, rule]));
  const now = new Map(after.rules.map((rule) => [rule.rule, rule]));
  const lists = { improved: [], worsened: [], unchanged: [], notComparable: [] } as Record<
    'improved' | 'worsened' | 'unchanged' | 'notComparable',
    RuleChange[]
  >;
  for (const rule of new Set([...now.keys(), ...old.keys()])) {
    const [was, is] = [old.get(rule), now.get(rule)];
    const level = (is ?? was)?.level ?? 'L1';
    lists[directionOf(was, is)].push({ rule, level, before: sideOf(was), after: sideOf(is) });
  }
  return {
    grade: { before: before.grade, after: after.grade },
    isOtherProfile: before.profile !== after.profile,
    ...lists,
    changedFindings: changesOf(before.counts, after.counts),
  };
}

function directionOf(
  was: RuleResult | undefined,
  is: RuleResult | undefined,
): 'improved' | 'worsened' | 'unchanged' | 'notComparable' {
  if (!was || !is) return 'notComparable';
  const step = RANK[is.result] - RANK[was.result];
  return step > 0 ? 'improved' : step < 0 ? 'worsened' : 'unchanged';
}

function sideOf(rule: RuleResult | undefined): RuleSide | null {
  return rule ? { result: rule.result, value: rule.value, threshold: rule.threshold } : null;
}

function changesOf(before: Readonly<Record<string, number>>, after: Readonly<Record<string, number>>): FindingChange[] {
  const countOf = (counts: Readonly<Record<string, number>>, code: string): number =>
    Object.hasOwn(counts, code) ? (counts[code] ?? 0) : 0;
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .map((code) => ({ code, before: countOf(before, code), after: countOf(after, code) }))
    .filter((change) => change.before !== change.after)
    .sort((a, b) => (a.code < b.code ? -1 : 1));
}
