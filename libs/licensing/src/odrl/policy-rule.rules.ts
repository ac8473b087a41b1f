import { DUTIES } from '../terms/duties.js';
import type { Duty } from '../terms/duties.js';
import { FIELDS_OF_USE } from '../terms/fields-of-use.js';
import type { FieldOfUse } from '../terms/fields-of-use.js';
import type { Bilingual } from '../terms/terms.js';
import { conditionSchema } from '../terms/use-context.js';
import type { TermsCondition } from '../terms/use-context.js';
import { USES } from '../terms/uses.js';
import type { Use } from '../terms/uses.js';
import type { LdNode, LdValue } from './json-ld.rules.js';
import {
  COMMERCIAL,
  CONDITION_OPERANDS,
  FIELD_PREFIX,
  NONCOMMERCIAL,
  NOWHERE,
  NO_FIELD,
  dutyActionOf,
  usesOfAction,
} from './odrl-names.js';

/** Why something of a policy decides nothing. */
export class Unread {
  constructor(readonly reason: Bilingual) {}
}

const because = (en: string, zh: string): never => {
  throw new Unread({ en, zh });
};

/** Limits that a permission carries. */
export interface Limits {
  readonly territory: readonly string[] | null;
  readonly blocked: readonly string[];
  readonly termDays: number | null;
  readonly seats: number | null;
  readonly allow: readonly FieldOfUse[] | null;
  readonly deny: readonly FieldOfUse[];
  readonly from: Date | null;
  readonly until: Date | null;
}

/** A permission, a prohibition, or a use that is named as undecided, as far as this market understands it. */
export interface PolicyRule {
  readonly kind: 'permission' | 'prohibition' | 'undecided';
  /** Null for an action that is not known here: it may stand for anything. */
  readonly uses: readonly Use[] | null;
  readonly when: TermsCondition;
  readonly unless: readonly TermsCondition[];
  readonly limits: Limits;
  readonly duties: readonly Duty[];
  /** Checks of people and places that the permission waits for. */
  readonly clearance: readonly string[];
  readonly clause: string | null;
  readonly isContested: boolean;
  readonly resolvedBy: string | null;
  readonly targets: readonly string[];
  readonly assigners: readonly string[];
  readonly assignees: readonly string[];
  /** Why the rule decides nothing, though it names uses. */
  readonly problem: Bilingual | null;
}

/** Words about a rule that no decision hangs on. */
export const isRemark = (name: string): boolean =>
  /^(rdfs:(label|comment|seeAlso)|dct:(title|description|source|identifier|created|creator|issued|modified|language)|skos:.+)$/.test(
    name,
  );

export const nodesOf = (node: LdNode, name: string): LdNode[] =>
  (node.properties.get(name) ?? []).map((value) =>
    value.kind === 'node'
      ? value.node
      : because(`${name} must name something, not say it.`, `${name} 须为标识而非文字。`),
  );
export const idsOf = (node: LdNode, name: string): string[] => nodesOf(node, name).map((one) => one.id ?? '');
export const textOf = (node: LdNode, name: string): string | null => {
  const [value, ...more] = node.properties.get(name) ?? [];
  if (!value) return null;
  if (value.kind !== 'literal' || more.length > 0) because(`${name} must be one text.`, `${name} 须为单一文本。`);
  return value.kind === 'literal' ? value.value : null;
};
/** Plain values, or an empty list where the word for an empty one stands. */
export function listOf(node: LdNode, name: string, emptyWord: string): string[] | null {
  const values = node.properties.get(name);
  if (!values) return null;
  const [only] = values;
  if (values.length === 1 && only?.kind === 'node' && only.node.id === emptyWord) return [];
  return values.map((value) =>
    value.kind === 'literal' ? value.value : because(`${name} must be plain values.`, `${name} 须为普通值。`),
  );
}

const NO_LIMITS: Limits = {
  territory: null,
  blocked: [],
  termDays: null,
  seats: null,
  allow: null,
  deny: [],
  from: null,
  until: null,
};

/** What has been read of the constraints of a rule so far. */
interface Gathered {
  limits: Limits;
  when: TermsCondition;
  unless: TermsCondition[];
  clearance: string[];
  isNoncommercial: boolean;
}

const nothing = (): Gathered => ({
  limits: NO_LIMITS,
  when: {},
  unless: [],
  clearance: [],
  isNoncommercial: false,
});

/** One rule of a policy. What is not understood in it makes it decide nothing; it is never passed over. */
export function readRule(node: LdNode, kind: PolicyRule['kind']): PolicyRule {
  let uses: readonly Use[] | null = null;
  let problem: Bilingual | null = null;
  const attempt = <T>(read: () => T, otherwise: T): T => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof Unread)) throw error;
      problem ??= error.reason;
      return otherwise;
    }
  };
  uses = attempt(() => usesOf(node, kind), null);
  const found = attempt(() => gather(nodesOf(node, 'odrl:constraint'), kind), nothing());
  const duties = attempt(() => nodesOf(node, 'odrl:duty').map(dutyOf), []);
  attempt(() => {
    const known = ['odrl:action', 'odrl:target', 'odrl:assigner', 'odrl:assignee', 'odrl:constraint', 'bdg:decidedBy'];
    if (kind === 'permission') known.push('odrl:duty');
    if (kind === 'undecided') known.push('bdg:use');
    known.push('bdg:contested', 'bdg:resolvedBy');
    for (const name of node.properties.keys())
      if (!known.includes(name) && !isRemark(name))
        because(`A rule says ${name}, which is not understood here.`, `规则含有无法理解的 ${name}。`);
    for (const target of nodesOf(node, 'odrl:target'))
      if (!isPlainAsset(target)) because('A rule speaks of a part of something.', '规则仅涉及标的的一部分。');
  }, undefined);
  const noncommercial: Duty[] =
    found.isNoncommercial && !duties.includes('noncommercial') ? ['noncommercial', ...duties] : duties;
  return {
    kind,
    uses,
    ...found,
    duties: noncommercial,
    clause: attempt(() => textOf(node, 'bdg:decidedBy'), null),
    isContested: attempt(() => textOf(node, 'bdg:contested'), null) === 'true',
    resolvedBy: attempt(() => textOf(node, 'bdg:resolvedBy'), null),
    targets: attempt(() => idsOf(node, 'odrl:target'), []),
    assigners: attempt(() => idsOf(node, 'odrl:assigner'), []),
    assignees: attempt(() => idsOf(node, 'odrl:assignee'), []),
    problem,
  };
}

const isPlainAsset = (node: LdNode): boolean =>
  ![...node.properties.keys()].some((name) => name.startsWith('odrl:') || name.startsWith('?'));

function usesOf(node: LdNode, kind: PolicyRule['kind']): readonly Use[] | null {
  const actions = nodesOf(node, kind === 'undecided' ? 'bdg:use' : 'odrl:action');
  const [action, another] = actions;
  if (!action || another) return because('A rule must have one action.', '每条规则须有且仅有一个行为。');
  const uses = usesOfAction(action.id ?? '');
  if (action.properties.size > 0) {
    // A narrower action than the one named: what it leaves out is not known.
    return uses ? because('An action is refined, which is not understood here.', '行为含有无法理解的细化。') : null;
  }
  return uses;
}

function dutyOf(node: LdNode): Duty {
  const name = dutyByAction(onlyAction(node));
  const strange = [...node.properties.keys()].find(
    (one) => !['odrl:action', 'odrl:target', 'odrl:assigner', 'odrl:assignee'].includes(one) && !isRemark(one),
  );
  if (strange) because(`A duty says ${strange}, which is not understood here.`, `义务含有无法理解的 ${strange}。`);
  return name ?? because('A duty is not understood here.', '义务无法理解。');
}

/** The action of a duty; null for one that is refined or missing. */
export function onlyAction(node: LdNode): string | null {
  const [action, another] = nodesOf(node, 'odrl:action');
  return action && !another && action.properties.size === 0 ? action.id : null;
}

const DUTY_BY_ACTION: ReadonlyMap<string, Duty> = new Map([
  ...DUTIES.map((duty): [string, Duty] => [dutyActionOf(duty), duty]),
  ['odrl:attribute', 'attribution'],
]);

export const dutyByAction = (action: string | null): Duty | null =>
  action === null ? null : (DUTY_BY_ACTION.get(action) ?? null);

/** The limits that constraints state; anything else among them is not understood. */
export function readLimits(constraints: readonly LdNode[]): Limits {
  const found = gather(constraints, 'permission');
  if (Object.keys(found.when).length > 0 || found.unless.length > 0 || found.clearance.length > 0)
    because('A limit of the policy is a condition.', '策略限制中含有条件。');
  return found.limits;
}

function gather(constraints: readonly LdNode[], kind: PolicyRule['kind']): Gathered {
  const found = nothing();
  for (const one of constraints) {
    const choices = one.properties.get('odrl:or');
    if (choices) {
      if (one.properties.size > 1) because('A choice of conditions says more than that.', '条件选项含有其他内容。');
      const exception = Object.assign(
        {},
        ...nodesOf(one, 'odrl:or').map((choice) => negatedFact(constraintOf(choice))),
      );
      found.unless.push(conditionOf(exception));
      continue;
    }
    take(constraintOf(one), found, kind);
  }
  found.when = conditionOf(found.when);
  return found;
}

interface Constraint {
  readonly left: string;
  readonly operator: string;
  readonly values: readonly LdValue[];
}

function constraintOf(node: LdNode): Constraint {
  const [left, operator, ...none] = [...idsOf(node, 'odrl:leftOperand'), ...idsOf(node, 'odrl:operator')];
  const known = ['odrl:leftOperand', 'odrl:operator', 'odrl:rightOperand', 'odrl:dataType'];
  const strange = [...node.properties.keys()].find((name) => !known.includes(name) && !isRemark(name));
  if (strange) because(`A condition says ${strange}, which is not understood here.`, `条件含有无法理解的 ${strange}。`);
  if (!left || !operator || none.length > 0)
    because('A condition must have one operand and one operator.', '条件须有一个操作数和一个运算符。');
  return { left: left ?? '', operator: operator ?? '', values: node.properties.get('odrl:rightOperand') ?? [] };
}

const notUnderstood = ({ left, operator }: Constraint): never =>
  because(`The condition ${left} ${operator} is not understood here.`, `无法理解条件 ${left} ${operator}。`);

function take(one: Constraint, found: Gathered, kind: PolicyRule['kind']): void {
  const { left, operator } = one;
  const isCondition = Object.values(CONDITION_OPERANDS).some(({ operand }) => operand === left);
  if (isCondition) {
    const positive = positiveFact(one);
    if (!positive) found.unless.push(conditionOf(negatedFact(one)));
    else {
      if (Object.keys(positive).some((fact) => fact in found.when)) notUnderstood(one);
      Object.assign(found.when, positive);
    }
    return;
  }
  // A prohibition with a limit would leave the rest to somebody else.
  if (kind !== 'permission') notUnderstood(one);
  if (left === 'odrl:purpose') {
    const words = ids(one);
    const isNot =
      (operator === 'odrl:neq' || operator === 'odrl:isNoneOf') && words.length === 1 && words[0] === COMMERCIAL;
    const isOnly =
      (operator === 'odrl:eq' || operator === 'odrl:isAnyOf') && words.length === 1 && words[0] === NONCOMMERCIAL;
    if (!isNot && !isOnly) notUnderstood(one);
    found.isNoncommercial = true;
    return;
  }
  if (left === 'bdg:clearance') {
    if (operator !== 'odrl:isAllOf') notUnderstood(one);
    found.clearance.push(...texts(one));
    return;
  }
  found.limits = limited(found.limits, one);
}

/** Limits with one more; two that say the same thing are not weighed against each other. */
function limited(limits: Limits, one: Constraint): Limits {
  const { left, operator } = one;
  const set = <K extends keyof Limits>(name: K, value: Limits[K]): Limits => {
    const isTaken = limits[name] !== NO_LIMITS[name];
    return isTaken ? notUnderstood(one) : { ...limits, [name]: value };
  };
  const isAmong = operator === 'odrl:isAnyOf' || (operator === 'odrl:eq' && one.values.length === 1);
  const isNot = operator === 'odrl:isNoneOf' || (operator === 'odrl:neq' && one.values.length === 1);
  switch (left) {
    case 'odrl:spatial':
      if (isAmong) return set('territory', isWord(one, NOWHERE) ? [] : countries(one));
      return isNot ? set('blocked', countries(one)) : notUnderstood(one);
    case 'odrl:industry':
      if (isAmong) return set('allow', isWord(one, NO_FIELD) ? [] : fields(one));
      return isNot ? set('deny', fields(one)) : notUnderstood(one);
    case 'odrl:elapsedTime': {
      const days = /^P([1-9]\d{0,5})D$/.exec(texts(one)[0] ?? '')?.[1];
      return operator === 'odrl:lteq' && days ? set('termDays', Number(days)) : notUnderstood(one);
    }
    case 'bdg:seats': {
      const seats = /^[1-9]\d{0,8}$/.exec(texts(one)[0] ?? '')?.[0];
      return operator === 'odrl:lteq' && seats ? set('seats', Number(seats)) : notUnderstood(one);
    }
    case 'odrl:dateTime': {
      const said = texts(one)[0] ?? '';
      const at = new Date(said);
      // Without an offset the same words mean different instants to different readers.
      if (!/(Z|[+-]\d\d:\d\d)$/.test(said) || Number.isNaN(at.getTime())) return notUnderstood(one);
      if (operator === 'odrl:gteq' || operator === 'odrl:gt') return set('from', at);
      return operator === 'odrl:lt' || operator === 'odrl:lteq' ? set('until', at) : notUnderstood(one);
    }
    default:
      return notUnderstood(one);
  }
}

const isWord = (one: Constraint, word: string): boolean => {
  const [value] = one.values;
  return one.values.length === 1 && value?.kind === 'node' && value.node.id === word;
};

function texts(one: Constraint): string[] {
  const found = one.values.map((value) => (value.kind === 'literal' ? value.value : notUnderstood(one)));
  return found.length > 0 ? found : notUnderstood(one);
}

function ids(one: Constraint): string[] {
  const found = one.values.map((value) =>
    value.kind === 'node' && value.node.properties.size === 0 ? (value.node.id ?? '') : notUnderstood(one),
  );
  return found.length > 0 ? found : notUnderstood(one);
}

function countries(one: Constraint): string[] {
  const codes = texts(one);
  return codes.every((code) => /^[A-Z]{2}$/.test(code)) ? codes : notUnderstood(one);
}

function fields(one: Constraint): FieldOfUse[] {
  return ids(one).map((id) => {
    const code = id.startsWith(FIELD_PREFIX) ? id.slice(FIELD_PREFIX.length) : '';
    return FIELDS_OF_USE.find((field) => field === code) ?? notUnderstood(one);
  });
}

type Fact = Record<string, unknown>;

/** The fact that a condition demands, or null when it excludes one. */
function positiveFact(one: Constraint): Fact | null {
  return factOf(one, { single: 'odrl:eq', many: 'odrl:isAnyOf' });
}

/** The fact that a condition excludes. */
function negatedFact(one: Constraint): Fact {
  return factOf(one, { single: 'odrl:neq', many: 'odrl:isNoneOf' }) ?? notUnderstood(one);
}

function factOf(one: Constraint, operators: { single: string; many: string }): Fact | null {
  const { left, operator } = one;
  if (operator !== operators.single && operator !== operators.many) return null;
  const { actor, isUnlocked, weightsLicence, outputKind, recipient } = CONDITION_OPERANDS;
  const words = (prefix: string): string[] =>
    ids(one).map((id) => (id.startsWith(prefix) ? id.slice(prefix.length) : notUnderstood(one)));
  switch (left) {
    case actor.operand: {
      const [only, ...more] = words(actor.prefix);
      return more.length === 0 ? { actor: only } : notUnderstood(one);
    }
    case isUnlocked.operand:
      return operator === operators.single && texts(one).join() === 'true' ? { isUnlocked: true } : notUnderstood(one);
    case weightsLicence.operand:
      return { weightsLicence: texts(one) };
    case outputKind.operand:
      return { outputKind: words(outputKind.prefix) };
    case recipient.operand:
      return { recipient: words(recipient.prefix) };
    default:
      return notUnderstood(one);
  }
}

function conditionOf(facts: Fact): TermsCondition {
  const read = conditionSchema.safeParse(facts);
  return read.success
    ? read.data
    : because('A condition names a value that is not known here.', '条件含有未知的取值。');
}

export const isUseAction = (id: string): Use | null => USES.find((use) => `bdg:${use}` === id) ?? null;
