import { errorsAgainst, placesOf } from './finding-rules.js';
import type { Evidence } from './l1.rules.js';
import { L1_RULES } from './l1.rules.js';
import type { Profile, RuleResult } from './profile.js';

/**
 * Checks a version of a dataset against a profile. Every rule of the profile gets exactly one result;
 * a rule without a check yet is `not_checked`, and an error finding fails its rule whatever else it says.
 */
export function evaluateProfile(profile: Profile, evidence: Evidence): RuleResult[] {
  const ids = new Set(profile.rules.map((rule) => rule.id));
  return profile.rules.map(({ id, level, threshold }) => {
    const base = { rule: id, level, threshold };
    const errors = errorsAgainst(id, evidence.measure.findings, ids);
    const first = errors[0];
    if (first) {
      const codes = [...new Set(errors.map((error) => error.code))];
      return {
        ...base,
        result: 'fail',
        value: `${errors.length} faults (${codes.join(', ')})`,
        where: placesOf(errors),
        message: first.message,
      };
    }
    const check = Object.hasOwn(L1_RULES, id) ? L1_RULES[id] : undefined;
    if (!check)
      return {
        ...base,
        result: 'not_checked',
        value: null,
        where: [],
        message: 'this profile version does not check this rule yet',
      };
    const { result, value, message, where } = check(evidence);
    return { ...base, result, value, message, where: [...(where ?? [])] };
  });
}
