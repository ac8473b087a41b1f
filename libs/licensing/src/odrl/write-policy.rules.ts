import type { Currency } from '@app/kernel';
import { complianceBars } from '../terms/compliance.rules.js';
import type { ComplianceFacts } from '../terms/compliance.rules.js';
import type { Dimensions } from '../terms/dimensions.js';
import type { Duty } from '../terms/duties.js';
import { termsHashOf } from '../terms/terms.js';
import type { Bilingual, Terms } from '../terms/terms.js';
import type { TermsCondition } from '../terms/use-context.js';
import { USES } from '../terms/uses.js';
import type { Use, Verdict } from '../terms/uses.js';
import {
  ANY_DATA,
  COMMERCIAL,
  CONDITION_OPERANDS,
  FIELD_PREFIX,
  NOWHERE,
  NO_CONSENT,
  NO_FIELD,
  actionOf,
  dutyActionOf,
} from './odrl-names.js';

/** A policy as JSON-LD in prefixed form; what stands around it gives the context (`policyContext`). */
export type PolicyJson = Record<string, unknown>;

interface Frame {
  /** IRI of the profile of the market that writes. */
  readonly profile: string;
  readonly uid: string;
}

/** What the policy is about and who stands in it. Terms alone make a Set, an offer an Offer, a grant an Agreement. */
export type PolicyFrame =
  | (Frame & { readonly kind: 'Set' })
  | (Frame & {
      readonly kind: 'Offer';
      readonly target: string;
      readonly assigner: string;
      /** What the provider says now of people and places; it narrows what is offered. */
      readonly facts?: ComplianceFacts;
      readonly price?: { readonly amountMinor: number; readonly currency: Currency; readonly per: string } | null;
      readonly needsApproval?: boolean;
    })
  | (Frame & {
      readonly kind: 'Agreement';
      readonly target: string;
      readonly assigner: string;
      readonly assignee: string;
      readonly from: Date | null;
      readonly until: Date | null;
    });

const iri = (id: string): PolicyJson => ({ '@id': id });
const literal = (value: string, type: string): PolicyJson => ({ '@value': value, '@type': `xsd:${type}` });
const text = (value: string): PolicyJson => literal(value, 'string');
const flag = (value: boolean): PolicyJson => literal(String(value), 'boolean');
const sentences = ({ en, zh }: Bilingual): PolicyJson[] => [
  { '@value': en, '@language': 'en' },
  { '@value': zh, '@language': 'zh' },
];

function constraint(left: string, operator: string, right: unknown, more: PolicyJson = {}): PolicyJson {
  return {
    '@type': 'odrl:Constraint',
    'odrl:leftOperand': iri(left),
    'odrl:operator': iri(`odrl:${operator}`),
    'odrl:rightOperand': right,
    ...more,
  };
}

/**
 * The terms as an ODRL 2.2 policy. Permitted uses are permissions with their duties, forbidden ones prohibitions; undecided
 * ones are neither, and `bdg:undecided` names them with the clause that leaves them open. Clauses, hash and limits come
 * along, so that `readPolicy` makes the same terms again, by the same hash.
 * @see https://www.w3.org/TR/odrl-model/
 */
export function toOdrl(terms: Terms, frame: PolicyFrame): PolicyJson {
  const branches = USES.flatMap((use) => branchesOf(terms, use));
  const rules = (kind: Branch['kind']): PolicyJson[] =>
    branches.filter((branch) => branch.kind === kind).map((branch) => ruleOf(terms, frame, branch));
  const [permission, prohibition, undecided] = [rules('permission'), rules('prohibition'), rules('undecided')];
  const obligation = obligationsOf(terms, frame, permission.length + prohibition.length === 0);
  const some = (name: string, values: readonly unknown[]): PolicyJson => (values.length > 0 ? { [name]: values } : {});
  return {
    '@id': frame.uid,
    '@type': `odrl:${frame.kind}`,
    'odrl:profile': iri(frame.profile),
    'odrl:conflict': iri('odrl:prohibit'),
    'dct:title': sentences(terms.title),
    'dct:description': sentences(terms.summary),
    ...some('odrl:permission', permission),
    ...some('odrl:prohibition', prohibition),
    ...some('odrl:obligation', obligation),
    ...some('bdg:undecided', undecided),
    ...some('bdg:limit', limitsOf(terms, null)),
    'bdg:clause': Object.entries(terms.clauses).map(([id, said]) => ({
      '@type': 'bdg:Clause',
      'bdg:clauseId': text(id),
      'bdg:text': sentences(said),
    })),
    'bdg:template': text(terms.template),
    'bdg:termsVersion': literal(String(terms.v), 'integer'),
    'bdg:termsHash': text(termsHashOf(terms)),
    'bdg:termsScope': text(terms.scope),
    'bdg:textSha256': text(terms.text.sha256),
    ...(terms.text.url !== null && { 'bdg:textUrl': text(terms.text.url) }),
    ...dimensionsJson(terms),
    ...(frame.kind === 'Offer' && frame.needsApproval && { 'bdg:needsApproval': flag(true) }),
    ...(frame.kind === 'Offer' && frame.facts && factsJson(frame.facts)),
  };
}

/** What the terms say of one use in one case. */
interface Branch {
  readonly kind: 'permission' | 'prohibition' | 'undecided';
  readonly use: Use;
  readonly duties: readonly Duty[];
  readonly clause: string;
  readonly when: TermsCondition | null;
  /** Cases that come first: the branch holds where none of them does. */
  readonly unless: readonly TermsCondition[];
  readonly more: PolicyJson;
}

const KIND_OF: Readonly<Record<Verdict, Branch['kind']>> = {
  ALLOWED: 'permission',
  ALLOWED_WITH_DUTIES: 'permission',
  FORBIDDEN: 'prohibition',
  UNDECIDED: 'undecided',
};

function branchesOf(terms: Terms, use: Use): Branch[] {
  const { cases = [], ...rule } = terms.uses[use];
  const branch = (
    { verdict, duties, clause }: Pick<typeof rule, 'verdict' | 'duties' | 'clause'>,
    when: TermsCondition | null,
    before: number,
    more: PolicyJson = {},
  ): Branch => ({
    kind: KIND_OF[verdict],
    use,
    duties,
    clause,
    when,
    unless: cases.slice(0, before).map((one) => one.when),
    more,
  });
  return [
    branch(rule, null, cases.length, {
      ...(rule.contested && { 'bdg:contested': flag(true) }),
      ...(rule.resolve !== undefined && { 'bdg:resolvedBy': text(rule.resolve) }),
    }),
    ...cases.map((one, i) => branch(one, one.when, i)),
  ];
}

function ruleOf(terms: Terms, frame: PolicyFrame, branch: Branch): PolicyJson {
  const conditions = [...(branch.when ? atoms(branch.when, true) : []), ...branch.unless.map(exception)];
  const said = { 'bdg:decidedBy': text(branch.clause), ...branch.more };
  const constraints = (all: readonly PolicyJson[]): PolicyJson => (all.length > 0 ? { 'odrl:constraint': all } : {});
  if (branch.kind === 'undecided') {
    return { '@type': 'bdg:UndecidedUse', 'bdg:use': iri(actionOf(branch.use)), ...constraints(conditions), ...said };
  }
  const rule = { 'odrl:action': iri(actionOf(branch.use)), ...partiesOf(frame), 'odrl:target': iri(targetOf(frame)) };
  if (branch.kind === 'prohibition')
    return { '@type': 'odrl:Prohibition', ...rule, ...constraints(conditions), ...said };
  const limits = [...limitsOf(terms, branch.use), ...guardsOf(terms, frame, branch), ...conditions];
  const duties = branch.duties.map((duty) => ({ '@type': 'odrl:Duty', 'odrl:action': iri(dutyActionOf(duty)) }));
  return {
    '@type': 'odrl:Permission',
    ...rule,
    ...constraints(limits),
    ...(duties.length > 0 && { 'odrl:duty': duties }),
    ...said,
  };
}

const targetOf = (frame: PolicyFrame): string => (frame.kind === 'Set' ? ANY_DATA : frame.target);

function partiesOf(frame: PolicyFrame): PolicyJson {
  if (frame.kind === 'Set') return {};
  const assigner = { 'odrl:assigner': iri(frame.assigner) };
  return frame.kind === 'Offer' ? assigner : { ...assigner, 'odrl:assignee': iri(frame.assignee) };
}

/** Limits of the terms: all of them as the policy states them, or those that stand on a permission of the use. */
function limitsOf(terms: Terms, use: Use | null): PolicyJson[] {
  const limits: PolicyJson[] = [];
  if (terms.territory !== null) {
    limits.push(
      constraint('odrl:spatial', 'isAnyOf', terms.territory.length > 0 ? terms.territory.map(text) : iri(NOWHERE)),
    );
  }
  if (terms.v === 2 && terms.dimensions.blockedTerritory.length > 0)
    limits.push(constraint('odrl:spatial', 'isNoneOf', terms.dimensions.blockedTerritory.map(text)));
  if (terms.termDays !== null)
    limits.push(constraint('odrl:elapsedTime', 'lteq', literal(`P${terms.termDays}D`, 'duration')));
  if (terms.seats !== null) limits.push(constraint('bdg:seats', 'lteq', literal(String(terms.seats), 'integer')));
  if (terms.v === 1) return limits;
  const { allow, deny, uses } = terms.dimensions.field;
  if (use !== null && !uses.includes(use)) return limits;
  const fields = (codes: readonly string[]): PolicyJson[] => codes.map((code) => iri(`${FIELD_PREFIX}${code}`));
  if (allow !== null)
    limits.push(constraint('odrl:industry', 'isAnyOf', allow.length > 0 ? fields(allow) : iri(NO_FIELD)));
  if (deny.length > 0) limits.push(constraint('odrl:industry', 'isNoneOf', fields(deny)));
  return limits;
}

/** Conditions of a permission that follow from something else in the policy. */
function guardsOf(terms: Terms, frame: PolicyFrame, branch: Branch): PolicyJson[] {
  const guards: PolicyJson[] = [];
  if (branch.duties.includes('noncommercial')) guards.push(constraint('odrl:purpose', 'neq', iri(COMMERCIAL)));
  const open = openChecksOf(terms, frame.kind === 'Offer' ? (frame.facts ?? {}) : {}, branch.use);
  if (open.length > 0) guards.push(constraint('bdg:clearance', 'isAllOf', open.map(text)));
  if (frame.kind !== 'Agreement') return guards;
  const at = (date: Date): PolicyJson => literal(date.toISOString(), 'dateTime');
  if (frame.from) guards.push(constraint('odrl:dateTime', 'gteq', at(frame.from)));
  if (frame.until) guards.push(constraint('odrl:dateTime', 'lt', at(frame.until)));
  return guards;
}

/**
 * Checks of people, places and borders that keep a use shut until somebody states or obtains what is missing. A processor
 * that cannot evaluate `bdg:clearance` finds the condition unmet, as it should.
 */
export function openChecksOf(
  terms: { readonly v: 1 } | { readonly v: 2; readonly dimensions: Pick<Dimensions, 'personalData'> },
  facts: ComplianceFacts,
  use: Use,
): string[] {
  const frozen = terms.v === 2 ? terms.dimensions.personalData : null;
  const bars = [
    ...complianceBars(facts, use, {}),
    ...(frozen?.kind === 'with_consent'
      ? complianceBars({ personalData: 'with_consent', consentScope: frozen.consentScope ?? [] }, use, {})
      : []),
  ];
  return [...new Set(bars.map((bar) => bar.clause.id.replace('compliance ', '')))];
}

/** The facts of a condition, all of which must hold; or, negated, of which one must not. */
function atoms(when: TermsCondition, holds: boolean): PolicyJson[] {
  const operator = (positive: string, negative: string): string => (holds ? positive : negative);
  const listed = (name: 'outputKind' | 'recipient', values: readonly string[]): PolicyJson => {
    const { operand, prefix } = CONDITION_OPERANDS[name];
    return constraint(
      operand,
      operator('isAnyOf', 'isNoneOf'),
      values.map((value) => iri(`${prefix}${value}`)),
    );
  };
  const found: PolicyJson[] = [];
  if (when.actor !== undefined) {
    const { operand, prefix } = CONDITION_OPERANDS.actor;
    found.push(constraint(operand, operator('eq', 'neq'), iri(`${prefix}${when.actor}`)));
  }
  if (when.weightsLicence !== undefined) {
    const { operand } = CONDITION_OPERANDS.weightsLicence;
    found.push(constraint(operand, operator('isAnyOf', 'isNoneOf'), when.weightsLicence.map(text)));
  }
  if (when.isUnlocked !== undefined)
    found.push(constraint(CONDITION_OPERANDS.isUnlocked.operand, operator('eq', 'neq'), flag(true)));
  if (when.outputKind !== undefined) found.push(listed('outputKind', when.outputKind));
  if (when.recipient !== undefined) found.push(listed('recipient', when.recipient));
  return found;
}

/** That the case of a condition is not given. */
function exception(when: TermsCondition): PolicyJson {
  const [only, ...more] = atoms(when, false);
  if (!only) throw new Error('A case without a condition leaves nothing to the rule that it is a case of.');
  return more.length === 0 ? only : { '@type': 'odrl:LogicalConstraint', 'odrl:or': [only, ...more] };
}

function obligationsOf(terms: Terms, frame: PolicyFrame, isBare: boolean): PolicyJson[] {
  const obligation = (action: unknown): PolicyJson => ({
    '@type': 'odrl:Duty',
    'odrl:action': action,
    ...partiesOf(frame),
    'odrl:target': iri(targetOf(frame)),
  });
  const all = terms.v === 2 ? terms.dimensions.endOfTerm.map((duty) => obligation(iri(dutyActionOf(duty)))) : [];
  if (terms.exclusivity === 'field') all.push(obligation(iri('odrl:ensureExclusivity')));
  if (frame.kind === 'Offer' && frame.price) {
    const { amountMinor, currency, per } = frame.price;
    const amount = literal(`${Math.trunc(amountMinor / 100)}.${String(amountMinor % 100).padStart(2, '0')}`, 'decimal');
    const unit = { 'odrl:unit': iri(`urn:iso:std:iso:4217:${currency}`), 'bdg:per': text(per) };
    const refinement = constraint('odrl:payAmount', 'eq', amount, unit);
    all.push(obligation({ 'rdf:value': iri('odrl:compensate'), 'odrl:refinement': [refinement] }));
  }
  // ODRL wants at least one rule. Of terms that decide nothing this much holds: they must be looked at first.
  if (isBare && all.length === 0) all.push(obligation(iri('odrl:reviewPolicy')));
  return all;
}

function dimensionsJson(terms: Terms): PolicyJson {
  if (terms.v === 1) return {};
  const { field, personalData, models, declarations } = terms.dimensions;
  return {
    ...(field.uses.length > 0 && { 'bdg:limitedUse': field.uses.map((use) => iri(actionOf(use))) }),
    'bdg:personsAtFreezing': {
      '@type': 'bdg:PersonalDataStatement',
      'bdg:personalData': text(personalData.kind),
      ...(personalData.consentScope !== null && { 'bdg:consentScope': scopeJson(personalData.consentScope) }),
    },
    'bdg:models': text(models),
    ...(Object.keys(declarations).length > 0 && {
      'bdg:declarations': { '@type': '@json', '@value': declarations },
    }),
  };
}

const scopeJson = (scope: readonly string[]): unknown => (scope.length > 0 ? scope.map(text) : iri(NO_CONSENT));

function factsJson(facts: ComplianceFacts): PolicyJson {
  const { personalData, faces, minors, hasGuardianConsent, consentScope, premisesConsent, originCountry, exportRoute } =
    facts;
  const said = {
    ...(personalData && { 'bdg:personalData': text(personalData) }),
    ...(faces && { 'bdg:faces': text(faces) }),
    ...(minors && { 'bdg:minors': text(minors) }),
    ...(hasGuardianConsent !== undefined && { 'bdg:hasGuardianConsent': flag(hasGuardianConsent) }),
    ...(consentScope && { 'bdg:consentScope': scopeJson(consentScope) }),
    ...(premisesConsent && { 'bdg:premisesConsent': text(premisesConsent) }),
    ...(originCountry && { 'bdg:originCountry': text(originCountry) }),
    ...(exportRoute && { 'bdg:exportRoute': text(exportRoute) }),
  };
  return Object.keys(said).length > 0
    ? { 'bdg:personsAndPlaces': { '@type': 'bdg:ComplianceStatement', ...said } }
    : {};
}
