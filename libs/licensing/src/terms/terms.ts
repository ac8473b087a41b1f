import { createHash } from 'node:crypto';
import { canonicalJson } from '@app/kernel';
import { z } from 'zod';
import { bilingualSchema } from './bilingual.js';
import { countrySchema, dimensionsSchema } from './dimensions.js';
import { DUTIES } from './duties.js';
import type { Duty } from './duties.js';
import { conditionSchema } from './use-context.js';
import { USES, VERDICTS } from './uses.js';
import type { Use } from './uses.js';

const duties = z.array(z.enum(DUTIES as readonly [Duty, ...Duty[]]));
const verdict = z.enum(VERDICTS);

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

const common = {
  /** SPDX id, `NONE`, or `LicenseRef-*`. */
  template: z.string().min(1).max(100),
  title: bilingualSchema,
  summary: bilingualSchema,
  /** What the terms cover: a software licence in an offer is declared to cover the data. */
  scope: z.literal('data'),
  uses: usesSchema,
  clauses: z.record(z.string().min(1), bilingualSchema),
  /** SHA-256 of the text that people read, and where the full licence text is. */
  text: z.strictObject({ sha256: z.string().regex(/^[0-9a-f]{64}$/), url: z.string().nullable() }),
  /** ISO 3166 codes, or null for anywhere lawful. */
  territory: z.array(countrySchema).nullable(),
  /** Days of access from the grant's start; null is without end. */
  termDays: z.number().int().positive().nullable(),
  /** Named users; null is everyone in the organization. */
  seats: z.number().int().positive().nullable(),
};

/**
 * The licence as data. Complete in itself: what a buyer accepted can be judged years later without the template that it was
 * made from. Every use has its rule; a missing one is refused, because silence never widens. Version 2 adds dimensions;
 * version 1 is what was frozen before them, and is read for ever.
 */
export const termsSchema = z
  .discriminatedUnion('v', [
    z.strictObject({ v: z.literal(1), ...common, exclusivity: z.literal('none') }),
    z.strictObject({
      v: z.literal(2),
      ...common,
      exclusivity: z.enum(['none', 'field']),
      dimensions: dimensionsSchema,
    }),
  ])
  .superRefine((terms, issues) => {
    for (const use of USES) {
      const rule = terms.uses[use];
      for (const one of [rule, ...(rule.cases ?? [])]) {
        if (!Object.hasOwn(terms.clauses, one.clause)) {
          issues.addIssue({
            code: 'custom',
            path: ['uses', use],
            message: `names the unknown clause "${one.clause}"`,
          });
        }
        if ((one.verdict === 'ALLOWED_WITH_DUTIES') !== one.duties.length > 0) {
          issues.addIssue({
            code: 'custom',
            path: ['uses', use],
            message: 'has duties exactly when they are the condition',
          });
        }
      }
    }
  });

/** Terms that passed the schema. */
export type Terms = z.infer<typeof termsSchema>;
export type TermsRule = z.infer<typeof ruleSchema>;
export type { Bilingual } from './bilingual.js';

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
