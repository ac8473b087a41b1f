import { z } from 'zod';
import { FIELDS_OF_USE } from './fields-of-use.js';
import type { FieldOfUse } from './fields-of-use.js';

const ACTORS = ['academic', 'company', 'individual'] as const;
const OUTPUT_KINDS = ['control', 'labels', 'synthetic_data'] as const;
const RECIPIENTS = ['subsidiary', 'parent_or_sister', 'contractor', 'third_party'] as const;

/** Facts that change an answer; every one given must match. */
export const conditionSchema = z.strictObject({
  actor: z.enum(ACTORS).optional(),
  weightsLicence: z.array(z.string().min(1)).optional(),
  isUnlocked: z.literal(true).optional(),
  outputKind: z.array(z.enum(OUTPUT_KINDS)).optional(),
  recipient: z.array(z.enum(RECIPIENTS)).optional(),
});

export type TermsCondition = z.infer<typeof conditionSchema>;

/** What the buyer says about the use in view. What is left out never widens an answer. */
export interface UseContext {
  readonly purpose?: 'commercial' | 'noncommercial';
  readonly actor?: (typeof ACTORS)[number];
  /** SPDX id of the licence that trained weights would carry. */
  readonly weightsLicence?: string;
  /** No technical lock keeps the product's users from the weights. */
  readonly isUnlocked?: boolean;
  readonly outputKind?: (typeof OUTPUT_KINDS)[number];
  /** Parts kept apart under their own licences, or merged into one set. */
  readonly mixForm?: 'collection' | 'merged';
  /** ISO 3166-1 code of where the data is used. */
  readonly territory?: string;
  readonly field?: FieldOfUse;
  readonly recipient?: (typeof RECIPIENTS)[number];
  /** When the use happens. */
  readonly at?: Date;
}

const facts = {
  purpose: z.enum(['commercial', 'noncommercial']).nullish(),
  actor: z.enum(ACTORS).nullish(),
  weightsLicence: z.string().trim().min(1).max(100).nullish(),
  isUnlocked: z.boolean().nullish(),
  outputKind: z.enum(OUTPUT_KINDS).nullish(),
  mixForm: z.enum(['collection', 'merged']).nullish(),
  territory: z
    .string()
    .trim()
    .toUpperCase()
    .regex(/^[A-Z]{2}$/, 'must be a country code (ISO 3166-1 alpha-2)')
    .nullish(),
  field: z.enum(FIELDS_OF_USE as readonly [FieldOfUse, ...FieldOfUse[]]).nullish(),
  recipient: z.enum(RECIPIENTS).nullish(),
};

/** Null is as good as left out. */
const told = (given: object): UseContext =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null && value !== undefined));

/** As callers give it. */
export const useContextSchema = z.strictObject({ ...facts, at: z.date().nullish() }).transform(told);

/** What a buyer attests of himself and of the use as he takes a right: the same facts, at the time of taking. */
export type Attestation = Omit<UseContext, 'at'>;
export const attestationSchema = z
  .strictObject(facts)
  .transform((given): Attestation => told(given))
  .nullish();

/** The facts that a condition asks for and the context does not give. */
export function missingFacts(when: TermsCondition, context: UseContext): (keyof UseContext)[] {
  return (Object.keys(when) as (keyof TermsCondition)[]).filter((fact) => context[fact] === undefined);
}

/** Whether nothing that the context gives speaks against the condition. */
export function isCompatible(when: TermsCondition, context: UseContext): boolean {
  return (
    isOneOf(when.actor && [when.actor], context.actor) &&
    isOneOf(when.weightsLicence, context.weightsLicence) &&
    isOneOf(when.outputKind, context.outputKind) &&
    isOneOf(when.recipient, context.recipient) &&
    (when.isUnlocked === undefined || context.isUnlocked !== false)
  );
}

function isOneOf<T>(wanted: readonly T[] | undefined, given: T | undefined): boolean {
  return wanted === undefined || given === undefined || wanted.includes(given);
}
