import type { RuleLevel, RuleResult } from './profile.js';

/** A: L3 reached. B: L2. C: L1. U: not rated. */
export type Grade = 'A' | 'B' | 'C' | 'U';

/** What stands between a version and the next better grade. */
export interface NextGrade {
  grade: Grade;
  level: RuleLevel;
  /** Rules that fail: the data or the declaration must be corrected. */
  failed: string[];
  /** Rules that nobody could check: something must be declared or looked at. */
  notChecked: string[];
}

/** A grade and why it is not a better one. */
export interface GradeVerdict {
  grade: Grade;
  explanation: string;
  /** Null at the top. */
  next: NextGrade | null;
}

const LADDER: readonly (readonly [RuleLevel, Grade])[] = [
  ['L1', 'C'],
  ['L2', 'B'],
  ['L3', 'A'],
];

/**
 * The highest level of which every rule, and every rule of the levels below, passed or does not apply. What is not
 * checked never counts as passed, so that nobody climbs by leaving things out.
 */
export function gradeOf(results: readonly RuleResult[]): GradeVerdict {
  let grade: Grade = 'U';
  for (const [level, reached] of LADDER) {
    const rules = results.filter((result) => result.level === level);
    const failed = rules.filter((result) => result.result === 'fail').map((result) => result.rule);
    const notChecked = rules.filter((result) => result.result === 'not_checked').map((result) => result.rule);
    const reasons = [
      failed.length > 0 ? `failed: ${failed.join(', ')}` : '',
      notChecked.length > 0 ? `not checked: ${notChecked.join(', ')}` : '',
      rules.length === 0 ? 'no rule was evaluated' : '',
    ].filter((reason) => reason !== '');
    if (reasons.length > 0)
      return {
        grade,
        explanation: `${level} not reached (${reasons.join('; ')})`,
        next: { grade: reached, level, failed, notChecked },
      };
    grade = reached;
  }
  return { grade, explanation: 'every rule of every level passes or does not apply', next: null };
}

/** True if no L1 rule fails. What is not checked keeps a version from grade C, not from the shelf. */
export function isListable(results: readonly RuleResult[]): boolean {
  return !results.some((result) => result.level === 'L1' && result.result === 'fail');
}
