import { canonicalJson } from '@app/kernel';
import { z } from 'zod';
import type { ComplianceFacts } from '../terms/compliance.rules.js';
import { CONSENT_SCOPES, countrySchema } from '../terms/dimensions.js';
import { USES } from '../terms/uses.js';
import type { Use } from '../terms/uses.js';
import type { LdNode } from './json-ld.rules.js';
import { NO_CONSENT } from './odrl-names.js';
import { Unread, idsOf, isUseAction, listOf, nodesOf, readLimits, textOf } from './policy-rule.rules.js';
import type { Limits, PolicyRule } from './policy-rule.rules.js';
import { openChecksOf } from './write-policy.rules.js';

/** What a policy said of persons when its terms were frozen, in its own words. */
export interface PersonsAtFreezing {
  readonly kind: string;
  readonly consentScope: readonly string[] | null;
}

export function personsAtFreezingOf(policy: LdNode): PersonsAtFreezing {
  const [node] = nodesOf(policy, 'bdg:personsAtFreezing');
  if (!node) return { kind: 'not_stated', consentScope: null };
  return {
    kind: textOf(node, 'bdg:personalData') ?? 'not_stated',
    consentScope: listOf(node, 'bdg:consentScope', NO_CONSENT),
  };
}

const factsSchema = z.strictObject({
  personalData: z.enum(['none', 'anonymised', 'with_consent', 'unknown']).optional(),
  faces: z.enum(['none', 'blurred', 'visible', 'unknown']).optional(),
  minors: z.enum(['none', 'under_14', 'under_18', 'unknown']).optional(),
  hasGuardianConsent: z.boolean().optional(),
  consentScope: z.array(z.string()).optional(),
  premisesConsent: z.enum(['obtained', 'not_needed', 'missing']).optional(),
  originCountry: countrySchema.optional(),
  exportRoute: z.enum(['not_needed', 'standard_contract', 'certification', 'assessment', 'none']).optional(),
});

/** What the policy says now of people and places; null for words that are not known. */
export function factsOfPolicy(policy: LdNode): ComplianceFacts | null {
  const [node] = nodesOf(policy, 'bdg:personsAndPlaces');
  if (!node) return {};
  const guardian = textOf(node, 'bdg:hasGuardianConsent');
  const said = {
    personalData: textOf(node, 'bdg:personalData'),
    faces: textOf(node, 'bdg:faces'),
    minors: textOf(node, 'bdg:minors'),
    hasGuardianConsent: guardian === null ? null : guardian === 'true',
    consentScope: listOf(node, 'bdg:consentScope', NO_CONSENT),
    premisesConsent: textOf(node, 'bdg:premisesConsent'),
    originCountry: textOf(node, 'bdg:originCountry'),
    exportRoute: textOf(node, 'bdg:exportRoute'),
  };
  const read = factsSchema.safeParse(Object.fromEntries(Object.entries(said).filter(([, value]) => value !== null)));
  return read.success ? (read.data as ComplianceFacts) : null;
}

/**
 * The limits that all permissions of a policy share, as terms have them: those that it states for all, or else those of its
 * first permission. A permission with others says more than terms can hold, and so decides nothing.
 */
export class SharedLimits {
  /** Uses that the fields of use limit. */
  readonly uses: readonly Use[];
  readonly limits: Limits | null;
  private readonly wanted: { readonly inFields: string; readonly anywhere: string } | null;
  private readonly spelt = new Map<Limits, string>();
  private readonly frozen: Parameters<typeof openChecksOf>[0];

  constructor(
    policy: LdNode,
    rules: readonly PolicyRule[],
    private readonly facts: ComplianceFacts,
    persons: PersonsAtFreezing,
  ) {
    const permissions = rules.filter((rule) => rule.kind === 'permission' && rule.problem === null);
    const isStated = policy.properties.has('bdg:limit') || policy.properties.has('bdg:termsVersion');
    [this.limits, this.uses] = isStated ? statedBy(policy) : sharedBy(permissions);
    const { from = null, until = null } = permissions[0]?.limits ?? {};
    this.wanted = this.limits && {
      inFields: canonicalJson({ ...this.limits, from, until }),
      anywhere: canonicalJson({ ...this.limits, from, until, allow: null, deny: [] }),
    };
    this.frozen = frozenTerms(persons);
  }

  /** The rule, or the same with the reason why it decides nothing of this use. */
  hold(rule: PolicyRule, use: Use): PolicyRule {
    if (rule.kind !== 'permission' || rule.problem || !this.wanted) return rule;
    const wanted = this.uses.includes(use) ? this.wanted.inFields : this.wanted.anywhere;
    if (wanted !== this.spell(rule.limits))
      return { ...rule, problem: { en: 'A permission has limits of its own.', zh: '许可含有单独的限制。' } };
    const open = new Set(openChecksOf(this.frozen, this.facts, use));
    if (rule.clearance.length === open.size && rule.clearance.every((check) => open.has(check))) return rule;
    return {
      ...rule,
      problem: {
        en: 'A permission waits for checks that the policy does not explain.',
        zh: '许可取决于策略未说明的检查。',
      },
    };
  }

  /** Written out once for each rule: long lists would otherwise be written for every use again. */
  private spell(limits: Limits): string {
    const known = this.spelt.get(limits) ?? canonicalJson(limits);
    this.spelt.set(limits, known);
    return known;
  }
}

function statedBy(policy: LdNode): [Limits, Use[]] {
  const uses = idsOf(policy, 'bdg:limitedUse').map((id) => {
    const use = isUseAction(id);
    if (!use) throw new Unread({ en: 'bdg:limitedUse names no use of this market', zh: 'bdg:limitedUse 未指明用途' });
    return use;
  });
  return [readLimits(nodesOf(policy, 'bdg:limit')), uses];
}

function sharedBy(permissions: readonly PolicyRule[]): [Limits | null, Use[]] {
  const [first] = permissions;
  if (!first) return [null, []];
  const limited = permissions.filter(({ limits }) => limits.allow !== null || limits.deny.length > 0);
  const { allow, deny } = (limited[0] ?? first).limits;
  return [{ ...first.limits, allow, deny }, USES.filter((use) => limited.some((rule) => rule.uses?.includes(use)))];
}

/** Consent as `openChecksOf` reads it. */
function frozenTerms({ kind, consentScope }: PersonsAtFreezing): Parameters<typeof openChecksOf>[0] {
  if (kind !== 'with_consent') return { v: 1 };
  const scope = CONSENT_SCOPES.filter((one) => consentScope?.includes(one));
  return { v: 2, dimensions: { personalData: { kind, consentScope: scope } } };
}
