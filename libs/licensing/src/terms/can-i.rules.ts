import { complianceBars } from './compliance.rules.js';
import type { Bar, ComplianceFacts } from './compliance.rules.js';
import { DECLARED_EFFECTS } from './declarations.js';
import { DUTY_SENTENCES } from './duties.js';
import type { Duty } from './duties.js';
import { limitBars } from './limits.rules.js';
import type { Bilingual, Terms, TermsRule } from './terms.js';
import { isCompatible, missingFacts } from './use-context.js';
import type { UseContext } from './use-context.js';
import { isPermitted, isUse } from './uses.js';
import type { Use, Verdict } from './uses.js';

export interface ClauseText extends Bilingual {
  readonly id: string;
}

/** Who can turn UNDECIDED into an answer, and by stating what. */
export interface Resolution {
  readonly by: 'buyer' | 'rightsholder' | 'provider';
  readonly what: readonly string[];
}

/** The answer to "may I": a verdict, what it obliges to, the clauses that decide, and a sentence for people. */
export interface UseAnswer {
  readonly verdict: Verdict;
  readonly duties: readonly Duty[];
  readonly clauses: readonly ClauseText[];
  readonly reason: Bilingual;
  /** Only for UNDECIDED, and null even then when nobody can be named. */
  readonly resolve: Resolution | null;
}

const VERDICT_PHRASES: Record<Verdict, Bilingual> = {
  ALLOWED: { en: 'Allowed', zh: '允许' },
  ALLOWED_WITH_DUTIES: { en: 'Allowed with duties', zh: '附义务允许' },
  UNDECIDED: { en: 'Undecided', zh: '未定' },
  FORBIDDEN: { en: 'Forbidden', zh: '禁止' },
};
const RESOLVERS: Record<Resolution['by'], Bilingual> = {
  buyer: { en: 'you', zh: '您' },
  provider: { en: 'the provider', zh: '提供方' },
  rightsholder: { en: 'the rightsholder', zh: '权利人' },
};

/** The answer when nothing can be read: shut. */
export function undecided(en: string, zh: string): UseAnswer {
  return { verdict: 'UNDECIDED', duties: [], clauses: [], reason: { en, zh }, resolve: null };
}

/**
 * What the terms grant, narrowed by what is known of people and places, and nothing more: exceptions of the law are the
 * buyer's own decision. Pure, and closed on failure: unknown terms, an unknown use, a missing rule or a missing fact that
 * would matter are UNDECIDED.
 */
export function canI(
  terms: Terms | null,
  use: string,
  context: UseContext = {},
  facts: ComplianceFacts = {},
): UseAnswer {
  if (!isUse(use)) return undecided(`"${use}" is not a use of the vocabulary.`, `“${use}”不在用途词表中。`);
  if (!terms) return undecided('These terms cannot be read by machine.', '条款无法由机器读取。');
  const judged = judgedUse(terms, use, context);
  const bars = [...complianceBars(facts, judged, context), ...limitBars(terms, judged, context)].map(barred);
  // The first of the most closed: what stands outside the licence is told before the licence itself.
  return [...bars, ofRule(terms, judged, context)].reduce((worst, one) => (byOpenness(worst, one) < 0 ? one : worst));
}

/** The use that is meant by what the asker calls it. */
function judgedUse(terms: Terms, use: Use, { purpose, recipient }: UseContext): Use {
  // Whoever cannot attest a non-commercial purpose trains commercially, whatever he calls it.
  if (use === 'research_training' && purpose === 'commercial') return 'commercial_training';
  if (use !== 'share_with_affiliate') return use;
  const isAnyones = recipient === 'third_party';
  const isListed = terms.uses.share_with_affiliate.duties.includes('listed_affiliates');
  return isAnyones || (recipient === 'contractor' && !isListed) ? 'redistribute_data' : use;
}

function ofRule(terms: Terms, use: Use, context: UseContext): UseAnswer {
  const rule = terms.uses[use];
  const possible = (rule.cases ?? []).filter((one) => isCompatible(one.when, context));
  const matched = possible.find((one) => missingFacts(one.when, context).length === 0);
  const { verdict, duties, clause } = matched ?? rule;
  const closing = possible.find(
    (one) => missingFacts(one.when, context).length > 0 && OPENNESS[one.verdict] < OPENNESS[verdict],
  );
  if (closing) {
    const what = missingFacts(closing.when, context);
    return answer('UNDECIDED', [], clauseTexts(terms, closing.clause), { resolve: { by: 'buyer', what } });
  }
  const clauses = clauseTexts(terms, clause);
  if (isPermitted(verdict) && duties.includes('noncommercial') && context.purpose === 'commercial') {
    return answer('FORBIDDEN', [], clauses, { notes: [{ en: 'the purpose is commercial', zh: '用途为商业性质' }] });
  }
  const notes = !matched && rule.contested ? [CONTESTED] : [];
  return answer(verdict, duties, clauses, {
    notes,
    resolve: verdict === 'UNDECIDED' ? resolutionOf(terms, use, rule) : null,
  });
}

const CONTESTED: Bilingual = {
  en: 'readers disagree, so the stricter duty is stated',
  zh: '存在争议，按更严格的义务处理',
};

function resolutionOf(terms: Terms, use: Use, rule: TermsRule): Resolution | null {
  const effect = DECLARED_EFFECTS.find((one) => one.use === use && one.licences.includes(terms.template));
  const what = rule.resolve ?? effect?.declaration;
  return what === undefined ? null : { by: 'rightsholder', what: [what] };
}

function barred({ verdict, clause, resolve }: Bar): UseAnswer {
  return answer(verdict, [], [clause], {
    resolve: verdict === 'UNDECIDED' && resolve ? { by: resolve.by, what: [resolve.what] } : null,
  });
}

function clauseTexts(terms: Terms, id: string): ClauseText[] {
  const text = Object.hasOwn(terms.clauses, id) ? terms.clauses[id] : undefined;
  return text ? [{ id, ...text }] : [];
}

function answer(
  verdict: Verdict,
  duties: readonly Duty[],
  clauses: readonly ClauseText[],
  more: { readonly notes?: readonly Bilingual[]; readonly resolve?: Resolution | null } = {},
): UseAnswer {
  const phrase = VERDICT_PHRASES[verdict];
  const resolve = more.resolve ?? null;
  const notes = [...(more.notes ?? []), ...(resolve ? [resolutionNote(resolve)] : [])];
  const sentence = (language: 'en' | 'zh'): string => {
    const [colon, join, stop, gap] = language === 'en' ? [': ', '; ', '.', ' '] : ['：', '；', '。', ''];
    const told = notes.map((note) => note[language]).join(join);
    const head = `${phrase[language]}${told ? `${colon}${told}` : ''}${stop}`;
    return [head, ...clauses.map((c) => c[language]), ...duties.map((d) => DUTY_SENTENCES[d][language])].join(gap);
  };
  return { verdict, duties, clauses, reason: { en: sentence('en'), zh: sentence('zh') }, resolve };
}

function resolutionNote({ by, what }: Resolution): Bilingual {
  const verb = by === 'rightsholder' ? ['declaring', '声明'] : ['stating', '说明'];
  return {
    en: `${RESOLVERS[by].en} can decide it by ${verb[0]} ${what.join(', ')}`,
    zh: `${RESOLVERS[by].zh}可通过${verb[1]} ${what.join('、')} 予以明确`,
  };
}

const OPENNESS: Record<Verdict, number> = { ALLOWED: 3, ALLOWED_WITH_DUTIES: 2, UNDECIDED: 1, FORBIDDEN: 0 };

/** Orders answers from the most open to the most closed. */
export function byOpenness(a: { verdict: Verdict }, b: { verdict: Verdict }): number {
  return OPENNESS[b.verdict] - OPENNESS[a.verdict];
}

/**
 * The uses that pass a gate under these terms for some buyer: what he must say of himself (academic, in which field, in
 * which country) is asked when he asks, not when he browses.
 */
export function permittedUses(terms: Terms): Use[] {
  return (Object.keys(terms.uses) as Use[]).filter((use) => {
    const { verdict, resolve } = canI(terms, use);
    return isPermitted(verdict) || (resolve?.by === 'buyer' && isOpenToSomeone(terms, use));
  });
}

function isOpenToSomeone(terms: Terms, use: Use): boolean {
  const [field] = terms.v === 2 ? (terms.dimensions.field.allow ?? ['household' as const]) : [];
  const [territory] = terms.territory ?? ['ZZ'];
  const { verdict } = canI(terms, use, { actor: 'academic', outputKind: 'control', field, territory });
  return isPermitted(verdict);
}
