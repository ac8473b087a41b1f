import { createHash } from 'node:crypto';
import { canonicalJson } from '@app/kernel';
import { z } from 'zod';
import { DUTIES } from './duties.js';
import type { Duty } from './duties.js';
import { USES, VERDICTS } from './uses.js';
import type { Use } from './uses.js';

const bilingual = z.strictObject({ zh: z.string().min(1), en: z.string().min(1) });
const duties = z.array(z.enum(DUTIES as readonly [Duty, ...Duty[]]));
const verdict = z.enum(VERDICTS);

/** Facts that change an answer; every one given must match. */
const conditionSchema = z.strictObject({
  actor: z.enum(['academic', 'company', 'individual']).optional(),
  weightsLicence: z.array(z.string().min(1)).optional(),
  isUnlocked: z.literal(true).optional(),
});

const ruleSchema = z.strictObject({
  verdict,
  duties,
  /** Id of the deciding clause, a key of `clauses`. */
  clause: z.string().min(1),
  /** Readers disagree about the duty; the stricter reading is stated. */
  contested: z.literal(true).optional(),
  /** The declaration by the rightsholder that would decide an UNDECIDED use. */
  resolve: z.string().min(1).optional(),
  cases: z.array(z.strictObject({ when: conditionSchema, verdict, duties, clause: z.string().min(1) })).optional(),
});

const usesSchema = z.strictObject(
  Object.fromEntries(USES.map((use) => [use, ruleSchema])) as Record<Use, typeof ruleSchema>,
);

/**
 * The licence as data, version 1. Complete in itself: what a buyer accepted can be judged years later without the
 * template that it was made from. Every use has its rule; a missing one is refused, because silence never widens.
 */
export const termsSchema = z
  .strictObject({
    v: z.literal(1),
    /** SPDX id, `NONE`, or `LicenseRef-Bodega-*`. */
    template: z.string().min(1).max(100),
    title: bilingual,
    summary: bilingual,
    /** What the terms cover: a software licence in an offer is declared to cover the data. */
    scope: z.literal('data'),
    uses: usesSchema,
    clauses: z.record(z.string().min(1), bilingual),
    /** SHA-256 of the text that people read, and where the full licence text is. */
    text: z.strictObject({ sha256: z.string().regex(/^[0-9a-f]{64}$/), url: z.string().nullable() }),
    /** ISO 3166 codes, or null for anywhere lawful. */
    territory: z.array(z.string().regex(/^[A-Z]{2}$/)).nullable(),
    /** Days of access from the grant's start; null is without end. */
    termDays: z.number().int().positive().nullable(),
    /** Named users; null is everyone in the organization. */
    seats: z.number().int().positive().nullable(),
    exclusivity: z.literal('none'),
  })
  .superRefine((terms, issues) => {
    for (const use of USES) {
      const rule = terms.uses[use];
      for (const clause of [rule.clause, ...(rule.cases ?? []).map((c) => c.clause)]) {
        if (!Object.hasOwn(terms.clauses, clause)) {
          issues.addIssue({ code: 'custom', path: ['uses', use], message: `names the unknown clause "${clause}"` });
        }
      }
      if ((rule.verdict === 'ALLOWED_WITH_DUTIES') !== rule.duties.length > 0) {
        issues.addIssue({
          code: 'custom',
          path: ['uses', use],
          message: 'has duties exactly when they are the condition',
        });
      }
    }
  });

/** Terms that passed the schema. */
export type Terms = z.infer<typeof termsSchema>;
export type TermsRule = z.infer<typeof ruleSchema>;
export type TermsCondition = z.infer<typeof conditionSchema>;
export type Bilingual = z.infer<typeof bilingual>;

/** SHA-256 (hex) of the terms as canonical JSON: what an order freezes and a certificate names. */
export function termsHashOf(terms: Terms): string {
  return createHash('sha256').update(canonicalJson(terms)).digest('hex');
}

/**
 * Terms read back from storage, or null when they are not terms that we understand or do not have this hash.
 * Null must be treated as UNDECIDED: the gate stays shut.
 */
export function readTerms(value: unknown, hash: string): Terms | null {
  const result = termsSchema.safeParse(value);
  return result.success && termsHashOf(result.data) === hash ? result.data : null;
}
