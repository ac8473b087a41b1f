import { DUTY_SENTENCES } from './duties.js';
import type { Duty } from './duties.js';
import type { Bilingual, Terms, TermsCondition } from './terms.js';
import { isUse } from './uses.js';
import type { Use, Verdict } from './uses.js';

/** What the buyer says about the use in view. What is left out never widens an answer. */
export interface UseContext {
  readonly purpose?: 'commercial' | 'noncommercial';
  readonly actor?: 'academic' | 'company' | 'individual';
  /** SPDX id of the licence that trained weights would carry. */
  readonly weightsLicence?: string;
  /** No technical lock keeps the product's users from the weights. */
  readonly isUnlocked?: boolean;
}

export interface ClauseText extends Bilingual {
  readonly id: string;
}

/** The answer to "may I": a verdict, what it obliges to, the clauses that decide, and a sentence for people. */
export interface UseAnswer {
  readonly verdict: Verdict;
  readonly duties: readonly Duty[];
  readonly clauses: readonly ClauseText[];
  readonly reason: Bilingual;
}

const VERDICT_PHRASES: Record<Verdict, Bilingual> = {
  ALLOWED: { en: 'Allowed', zh: '允许' },
  ALLOWED_WITH_DUTIES: { en: 'Allowed with duties', zh: '附义务允许' },
  UNDECIDED: { en: 'Undecided', zh: '未定' },
  FORBIDDEN: { en: 'Forbidden', zh: '禁止' },
};

/** The answer when nothing can be read: shut. */
export function undecided(en: string, zh: string): UseAnswer {
  return { verdict: 'UNDECIDED', duties: [], clauses: [], reason: { en, zh } };
}

/**
 * What the terms grant, and nothing more: exceptions of the law are the buyer's own decision. Pure, and closed on
 * failure: unknown terms, an unknown use or a missing rule are UNDECIDED.
 */
export function canI(terms: Terms | null, use: string, context: UseContext = {}): UseAnswer {
  if (!isUse(use)) return undecided(`"${use}" is not a use of the vocabulary.`, `“${use}”不在用途词表中。`);
  if (!terms) return undecided('These terms cannot be read by machine.', '条款无法由机器读取。');
  // Whoever cannot attest a non-commercial purpose trains commercially, whatever he calls it.
  const judged: Use = use === 'research_training' && context.purpose === 'commercial' ? 'commercial_training' : use;
  const rule = terms.uses[judged];
  const matched = rule.cases?.find((c) => matches(c.when, context));
  const { verdict, duties, clause } = matched ?? rule;
  const clauses = clauseTexts(terms, clause);
  if (verdict === 'ALLOWED_WITH_DUTIES' && duties.includes('noncommercial') && context.purpose === 'commercial') {
    return answer('FORBIDDEN', [], clauses, 'the purpose is commercial', '用途为商业性质');
  }
  const resolve = verdict === 'UNDECIDED' ? (matched ? undefined : rule.resolve) : undefined;
  const isContested = !matched && rule.contested === true;
  return answer(
    verdict,
    duties,
    clauses,
    [
      ...(isContested ? ['readers disagree, so the stricter duty is stated'] : []),
      ...(resolve ? [`the rightsholder can decide it by declaring ${resolve}`] : []),
    ].join('; '),
    [
      ...(isContested ? ['存在争议，按更严格的义务处理'] : []),
      ...(resolve ? [`权利人可通过声明 ${resolve} 予以明确`] : []),
    ].join('；'),
  );
}

function matches(when: TermsCondition, context: UseContext): boolean {
  if (when.actor !== undefined && when.actor !== context.actor) return false;
  if (when.weightsLicence && !(context.weightsLicence && when.weightsLicence.includes(context.weightsLicence)))
    return false;
  return when.isUnlocked === undefined || context.isUnlocked === true;
}

function clauseTexts(terms: Terms, id: string): ClauseText[] {
  const text = Object.hasOwn(terms.clauses, id) ? terms.clauses[id] : undefined;
  return text ? [{ id, ...text }] : [];
}

function answer(
  verdict: Verdict,
  duties: readonly Duty[],
  clauses: readonly ClauseText[],
  en: string,
  zh: string,
): UseAnswer {
  const phrase = VERDICT_PHRASES[verdict];
  const sentence = (language: 'en' | 'zh', more: string): string => {
    const [colon, stop, gap] = language === 'en' ? [': ', '.', ' '] : ['：', '。', ''];
    const head = `${phrase[language]}${more ? `${colon}${more}` : ''}${stop}`;
    return [head, ...clauses.map((c) => c[language]), ...duties.map((d) => DUTY_SENTENCES[d][language])].join(gap);
  };
  return { verdict, duties, clauses, reason: { en: sentence('en', en), zh: sentence('zh', zh) } };
}

const OPENNESS: Record<Verdict, number> = { ALLOWED: 3, ALLOWED_WITH_DUTIES: 2, UNDECIDED: 1, FORBIDDEN: 0 };

/** Orders answers from the most open to the most closed. */
export function byOpenness(a: UseAnswer, b: UseAnswer): number {
  return OPENNESS[b.verdict] - OPENNESS[a.verdict];
}

/** The uses that pass a gate under these terms when nothing is known of the buyer. */
export function permittedUses(terms: Terms): Use[] {
  return (Object.keys(terms.uses) as Use[]).filter((use) => {
    const { verdict } = canI(terms, use);
    return verdict === 'ALLOWED' || verdict === 'ALLOWED_WITH_DUTIES';
  });
}
