import { z } from 'zod';
import { vocabularyOf } from '../vocabulary/vocabulary.js';

/** What an exchange looks at before data is traded: 基本信息, 合法性, 可交易性. */
export const REVIEW_HEADS = ['basic_information', 'legality', 'tradability'] as const;
export type ReviewHead = (typeof REVIEW_HEADS)[number];

export type HeadVerdict = 'pass' | 'refuse';

/** How a review ended; `replaced` when a further version was published before it was decided. */
export type ReviewOutcome = 'listed' | 'refused' | 'replaced' | 'withdrawn';

/** A decision on one head; the last on each counts. */
export interface HeadDecision {
  readonly head: ReviewHead;
  readonly verdict: HeadVerdict;
  /** A code of the vocabulary `refusal_ground`; null exactly when it passes. */
  readonly ground: string | null;
}

/** Codes of the grounds on which a head may be refused. */
export function groundsOf(head: ReviewHead): string[] {
  return (vocabularyOf('refusal_ground')?.terms ?? []).filter(({ parent }) => parent === head).map(({ code }) => code);
}

export const decisionSchema = z
  .object({
    slug: z.string().min(1).max(200),
    head: z.enum(REVIEW_HEADS),
    verdict: z.enum(['pass', 'refuse']),
    ground: z.string().nullish(),
    note: z.string().trim().min(1).max(2_000, 'must have at most 2,000 characters').nullish(),
  })
  .superRefine(({ head, verdict, ground, note }, issues) => {
    const wrong = (path: string, message: string): void => issues.addIssue({ code: 'custom', path: [path], message });
    if (verdict === 'pass' && ground) wrong('ground', 'belongs to a refusal only');
    if (verdict === 'pass') return;
    const known = groundsOf(head);
    if (!ground || !known.includes(ground)) wrong('ground', `must be one of ${known.join(', ')}`);
    if (!note || note.length < 10) wrong('note', 'must say in at least 10 characters what the provider can mend');
  });

export type DecideHead = z.input<typeof decisionSchema>;

/** The decision that counts on each head. */
export function standing<D extends HeadDecision>(decisions: readonly D[]): Map<ReviewHead, D> {
  return new Map(decisions.map((decision) => [decision.head, decision]));
}

/** Heads that nobody has decided. */
export function undecided(decisions: readonly HeadDecision[]): ReviewHead[] {
  const decided = standing(decisions);
  return REVIEW_HEADS.filter((head) => !decided.has(head));
}

/** Heads that stand in the way of listing: undecided or refused. */
export function notPassed(decisions: readonly HeadDecision[]): ReviewHead[] {
  const decided = standing(decisions);
  return REVIEW_HEADS.filter((head) => decided.get(head)?.verdict !== 'pass');
}
