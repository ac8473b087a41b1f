import { canonicalJson } from '@app/kernel';
import type { Bilingual, TermsRule } from '../terms/terms.js';
import type { Use, Verdict } from '../terms/uses.js';
import type { PolicyRule } from './policy-rule.rules.js';

/** What of the policy as a whole weighs on each use. */
export interface Whole {
  readonly shut: Bilingual | null;
  readonly unpermitted: Bilingual | null;
  /** A prohibition counts before a permission; otherwise their meeting decides nothing. */
  readonly isProhibitFirst: boolean;
}

export interface Combined {
  readonly rule: TermsRule;
  /** Something that speaks of the use could not be read. */
  readonly isTouched: boolean;
}

const SILENCE: Bilingual = {
  en: 'The policy does not speak of this use, and silence never permits.',
  zh: '策略未提及此用途；沉默不构成许可。',
};
const CONFLICT: Bilingual = {
  en: 'The policy permits and prohibits this use, and does not say that the prohibition counts.',
  zh: '策略既许可又禁止此用途，且未说明以禁止为准。',
};
const UNCLEAR: Bilingual = {
  en: 'Rules of the policy say different things of this use.',
  zh: '策略中的规则对此用途说法不一。',
};
const PLAIN: Readonly<Record<PolicyRule['kind'], Bilingual>> = {
  permission: { en: 'The policy permits this.', zh: '策略许可此用途。' },
  prohibition: { en: 'The policy prohibits this.', zh: '策略禁止此用途。' },
  undecided: { en: 'The policy leaves this open.', zh: '策略未对此作出决定。' },
};

/** The rules that speak of one use, as one rule of terms. Clauses that it brings along are added to `clauses`. */
export function combine(
  use: Use,
  told: readonly PolicyRule[],
  whole: Whole,
  clauses: Record<string, Bilingual>,
): Combined {
  const open = (reason: Bilingual): Combined => {
    const id = `odrl ${use}`;
    clauses[id] = reason;
    return { rule: { verdict: 'UNDECIDED', duties: [], clause: id }, isTouched: true };
  };
  if (whole.shut) return open(whole.shut);
  const permissions = told.filter((rule) => rule.kind === 'permission');
  const plain = told.find((rule) => rule.kind === 'prohibition' && !rule.problem && isPlain(rule));
  const isMet = permissions.length > 0 && told.some((rule) => rule.kind === 'prohibition');
  if (isMet && !whole.isProhibitFirst) return open(CONFLICT);
  const read = (rule: PolicyRule): TermsRule => ruleOf(rule, clauses);
  if (plain && !chainOf(told)) return { rule: bare(read(plain)), isTouched: false };
  const unread = told.find((rule) => rule.problem !== null);
  if (unread?.problem) return open(unread.problem);
  if (whole.unpermitted && permissions.length > 0) return open(whole.unpermitted);
  if (told.length === 0) return open(SILENCE);
  const chain = chainOf(told);
  if (chain) return { rule: withCases(read(chain.base), chain.cases, clauses), isTouched: false };
  if (told.some((rule) => rule.unless.length > 0)) return open(UNCLEAR);
  return general(told, open, clauses);
}

const isPlain = (rule: PolicyRule): boolean => Object.keys(rule.when).length === 0 && rule.unless.length === 0;

/** A rule and its cases as this market writes them: each says which cases come before it. */
function chainOf(told: readonly PolicyRule[]): { base: PolicyRule; cases: PolicyRule[] } | null {
  const bases = told.filter((rule) => Object.keys(rule.when).length === 0);
  const [base] = bases;
  if (!base || bases.length > 1 || told.some((rule) => rule.problem !== null)) return null;
  const cases = told.filter((rule) => rule !== base).sort((a, b) => a.unless.length - b.unless.length);
  const whens = cases.map((rule) => rule.when);
  const isBefore = (rule: PolicyRule, count: number): boolean =>
    rule.unless.length === count && canonicalJson(rule.unless) === canonicalJson(whens.slice(0, count));
  return isBefore(base, cases.length) && cases.every((rule, i) => isBefore(rule, i)) ? { base, cases } : null;
}

/** Rules of others: prohibitions under a condition come first, then what is open, then permissions under a condition. */
function general(
  told: readonly PolicyRule[],
  open: (reason: Bilingual) => Combined,
  clauses: Record<string, Bilingual>,
): Combined {
  const [base, ...others] = told.filter(isPlain);
  const isOne = others.every((rule) => canonicalJson(essence(rule)) === canonicalJson(base && essence(base)));
  if (!isOne) return open(UNCLEAR);
  const order = { prohibition: 0, undecided: 1, permission: 2 } as const;
  const cases = told.filter((rule) => !isPlain(rule)).sort((a, b) => order[a.kind] - order[b.kind]);
  if (base) return { rule: withCases(ruleOf(base, clauses), cases, clauses), isTouched: false };
  const silent = open(SILENCE);
  return { rule: withCases(silent.rule, cases, clauses), isTouched: false };
}

const essence = ({ kind, duties }: PolicyRule): unknown => ({ kind, duties });
const bare = ({ cases: _, ...rule }: TermsRule): TermsRule => rule;

const VERDICT_OF: Readonly<Record<PolicyRule['kind'], Verdict>> = {
  permission: 'ALLOWED',
  prohibition: 'FORBIDDEN',
  undecided: 'UNDECIDED',
};

function ruleOf(rule: PolicyRule, clauses: Record<string, Bilingual>): TermsRule {
  const { kind, duties, isContested, resolvedBy } = rule;
  let clause = rule.clause;
  if (clause === null || !Object.hasOwn(clauses, clause)) {
    clause ??= `odrl ${kind}`;
    clauses[clause] = PLAIN[kind];
  }
  return {
    verdict: duties.length > 0 ? 'ALLOWED_WITH_DUTIES' : VERDICT_OF[kind],
    duties: [...duties],
    clause,
    ...(isContested && { contested: true as const }),
    ...(resolvedBy !== null && { resolve: resolvedBy }),
  };
}

function withCases(base: TermsRule, cases: readonly PolicyRule[], clauses: Record<string, Bilingual>): TermsRule {
  if (cases.length === 0) return base;
  return {
    ...base,
    cases: cases.map((one) => {
      const { verdict, duties, clause } = ruleOf(one, clauses);
      return { when: one.when, verdict, duties, clause };
    }),
  };
}
