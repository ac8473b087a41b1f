import { idOf, nodesAt, typesOf, valuesAt } from '../../support/json-ld.js';
import type { Node } from '../../support/json-ld.js';

const ODRL = 'http://www.w3.org/ns/odrl/2/';
const o = (name: string): string => `${ODRL}${name}`;
const OPERATORS = 'eq neq lt lteq gt gteq isA hasPart isPartOf isAllOf isAnyOf isNoneOf'.split(' ').map(o);
const DEPRECATED =
  'shareAlike commercialize share attachPolicy attachSource attribution appendTo copy export lease lend license pay preview secondaryUse write writeTo'
    .split(' ')
    .map(o);
const RULES = ['permission', 'prohibition', 'obligation'] as const;

/** Every IRI that stands anywhere in a node, as a name of a property, a type or a reference. */
function irisIn(node: Node): string[] {
  return Object.entries(node).flatMap(([name, values]) => {
    if (name === '@id' || name === '@type') return [values].flat() as string[];
    const inner = (Array.isArray(values) ? (values as unknown[]) : []).flatMap((value) =>
      typeof value === 'object' && value !== null && !('@value' in value) ? irisIn(value as Node) : [],
    );
    return name.startsWith('@') ? inner : [name, ...inner];
  });
}

/** What a profile declares: each of its words, and for actions the wider one. */
export class Profile {
  private readonly words = new Map<string, Node>();

  constructor(
    readonly iri: string,
    graph: readonly Node[],
  ) {
    for (const node of graph) this.words.set(idOf(node) ?? '', node);
  }

  has(iri: string): boolean {
    return this.words.has(iri);
  }

  /** Whether the action leads to `use` or `transfer`, as ODRL demands of every action. */
  isAction(iri: string): boolean {
    if (iri.startsWith(ODRL) || iri.startsWith('http://creativecommons.org/ns#')) return true;
    const node = this.words.get(iri);
    const wider = node && nodesAt(node, o('includedIn')).map(idOf)[0];
    return node !== undefined && typesOf(node).includes(o('Action')) && wider !== undefined && this.isAction(wider);
  }
}

/**
 * The rules of ODRL 2.2 that a policy of this kind must keep, by name; of an expanded policy.
 * @see https://www.w3.org/TR/odrl-model/
 */
export function odrlProblems(policy: Node, profile: Profile): string[] {
  const problems = new Set<string>();
  const check = (rule: string, holds: boolean): void => void (holds || problems.add(rule));
  const kinds = typesOf(policy).filter((type) => type.startsWith(ODRL));
  check('uid', /^[a-z][a-z0-9+.-]*:\S+$/.test(idOf(policy) ?? ''));
  check('one-class', kinds.length === 1 && [o('Set'), o('Offer'), o('Agreement')].includes(kinds[0] ?? ''));
  const rules = RULES.flatMap((kind) => nodesAt(policy, o(kind)).map((node) => ({ kind, node })));
  check('at-least-one-rule', rules.length > 0);
  check('profile', nodesAt(policy, o('profile')).map(idOf).join() === profile.iri);
  check('conflict-is-prohibit', nodesAt(policy, o('conflict')).map(idOf).join() === o('prohibit'));
  const used = irisIn(policy);
  check('no-deprecated-term', !used.some((iri) => DEPRECATED.includes(iri)));
  check(
    'words-are-in-the-profile',
    used.filter((iri) => iri.startsWith(`${profile.iri}#`)).every((iri) => profile.has(iri)),
  );
  for (const { kind, node } of rules) {
    const parties = (word: string): (string | undefined)[] =>
      [...nodesAt(node, o(word)), ...nodesAt(policy, o(word))].map(idOf);
    const isOffered = kinds.includes(o('Offer')) || kinds.includes(o('Agreement'));
    if (isOffered) check('one-assigner', parties('assigner').length === 1);
    if (kinds.includes(o('Agreement'))) check('one-assignee', parties('assignee').length === 1);
    if (kinds.includes(o('Offer'))) check('no-assignee-in-an-offer', parties('assignee').length === 0);
    if (kind !== 'obligation') check('one-target', nodesAt(node, o('target')).length === 1);
    if (kind === 'prohibition') check('prohibitions-have-no-duty', nodesAt(node, o('duty')).length === 0);
    checkRule(node, profile, check);
    for (const duty of nodesAt(node, o('duty'))) checkRule(duty, profile, check);
  }
  return [...problems];
}

function checkRule(rule: Node, profile: Profile, check: (rule: string, holds: boolean) => void): void {
  const actions = nodesAt(rule, o('action'));
  check('one-action', actions.length === 1);
  for (const action of actions) {
    const [value = action] = nodesAt(action, 'http://www.w3.org/1999/02/22-rdf-syntax-ns#value');
    check('actions-are-declared', profile.isAction(idOf(value) ?? ''));
    for (const refinement of nodesAt(action, o('refinement'))) checkConstraint(refinement, check);
  }
  for (const constraint of nodesAt(rule, o('constraint'))) checkConstraint(constraint, check);
}

function checkConstraint(constraint: Node, check: (rule: string, holds: boolean) => void): void {
  const choices = nodesAt(constraint, o('or'));
  if (choices.length > 0) {
    check('a-choice-is-nothing-else', nodesAt(constraint, o('leftOperand')).length === 0);
    for (const choice of choices) checkConstraint(choice, check);
    return;
  }
  check('one-left-operand', nodesAt(constraint, o('leftOperand')).length === 1);
  const operators = nodesAt(constraint, o('operator')).map(idOf);
  check('one-known-operator', operators.length === 1 && OPERATORS.includes(operators[0] ?? ''));
  const right = [...nodesAt(constraint, o('rightOperand')), ...valuesAt(constraint, o('rightOperand'))];
  check('a-right-operand', right.length > 0);
}
