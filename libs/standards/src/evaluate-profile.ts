import type { Evidence } from './evidence.js';
import { errorsAgainst, placesOf } from './finding-rules.js';
import type { Profile, RuleResult, RuleSpec } from './profile.js';
import { checksOf } from './rules/checks.js';
import { isSimulated, methodOf } from './rules/subject.js';
import type { Limits } from './verdict.js';
import { limitOf } from './verdict.js';

/**
 * Checks a version of a dataset against a profile. Every rule of the profile gets exactly one result;
 * a rule without a check is `not_checked`, and an error finding fails its rule whatever else it says.
 *
 * @example
 * const results = evaluateProfile(EMBODIED_V2, { measure, declared, files });
 */
export function evaluateProfile(profile: Profile, evidence: Evidence): RuleResult[] {
  const checks = checksOf(profile);
  const names = new Set(profile.rules.map(checkName));
  const limits = limitsFor(evidence);
  return profile.rules.map((spec) => {
    const base = { rule: spec.id, level: spec.level, threshold: spec.threshold };
    const errors = errorsAgainst(checkName(spec), evidence.measure.findings, names);
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
    const name = checkName(spec);
    const check = Object.hasOwn(checks, name) ? checks[name] : undefined;
    if (!check)
      return {
        ...base,
        result: 'not_checked',
        value: null,
        where: [],
        message: 'this profile version does not check this rule yet',
      };
    const { result, value, message, where, threshold } = check(evidence, limits(spec));
    return {
      ...base,
      ...(threshold === undefined ? {} : { threshold }),
      result,
      value,
      message,
      where: [...(where ?? [])],
    };
  });
}

const checkName = (spec: RuleSpec): string => spec.check ?? spec.id;

/** What nobody says is judged as teleoperation, in a simulator if the data is simulated. */
function limitsFor(evidence: Evidence): (spec: RuleSpec) => Limits {
  const said = methodOf(evidence);
  const method = said ?? (isSimulated(evidence) ? 'sim_teleop' : null);
  const name = said ?? `method of collection not declared: judged as ${method ?? 'teleoperation'}`;
  return ({ thresholds }) => ({
    method: name,
    of: (key) => limitOf(thresholds && Object.hasOwn(thresholds, key) ? thresholds[key] : undefined, method),
  });
}
