import { z } from 'zod';
import { declarationsSchema } from './declarations.js';
import { DUTIES } from './duties.js';
import type { Duty } from './duties.js';
import { FIELDS_OF_USE } from './fields-of-use.js';
import type { FieldOfUse } from './fields-of-use.js';
import { USES } from './uses.js';

/** What the persons who are seen in the data agreed to. */
export const CONSENT_SCOPES = ['research', 'commercial', 'redistribution', 'derived_model'] as const;
export type ConsentScope = (typeof CONSENT_SCOPES)[number];

/** ISO 3166-1 alpha-2. */
export const countrySchema = z.string().regex(/^[A-Z]{2}$/, 'must be two capital letters (ISO 3166-1)');
export const fieldSchema = z.enum(FIELDS_OF_USE as readonly [FieldOfUse, ...FieldOfUse[]]);

/** What version 2 of the terms says beyond version 1. Every member is there: silence never widens. */
export const dimensionsSchema = z.strictObject({
  /** Fields that `uses` are limited to (null: any) and those that they are barred from. */
  field: z.strictObject({
    allow: z.array(fieldSchema).nullable(),
    deny: z.array(fieldSchema),
    uses: z.array(z.enum(USES)),
  }),
  /** Countries that nothing may reach, whatever `territory` says. */
  blockedTerritory: z.array(countrySchema),
  /** What the provider said of persons in the data when the terms were made. */
  personalData: z.strictObject({
    kind: z.enum(['none', 'anonymised', 'with_consent', 'not_stated']),
    consentScope: z.array(z.enum(CONSENT_SCOPES)).nullable(),
  }),
  /** What becomes of trained models when the term ends. */
  models: z.enum(['survive', 'survive_in_field', 'noncommercial', 'destroyed']),
  /** What the licensee owes when the term ends. */
  endOfTerm: z.array(z.enum(DUTIES as readonly [Duty, ...Duty[]])),
  /** What the rightsholder permits beside a public licence. */
  declarations: declarationsSchema,
});

export type Dimensions = z.infer<typeof dimensionsSchema>;

/** The dimensions of terms that say nothing of them. */
export const NO_DIMENSIONS: Dimensions = {
  field: { allow: null, deny: [], uses: [] },
  blockedTerritory: [],
  personalData: { kind: 'not_stated', consentScope: null },
  models: 'survive',
  endOfTerm: [],
  declarations: {},
};
