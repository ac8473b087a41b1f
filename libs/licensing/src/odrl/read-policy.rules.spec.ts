import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { canI } from '../terms/can-i.rules.js';
import { CONSENT_SCOPES } from '../terms/dimensions.js';
import { FIELDS_OF_USE } from '../terms/fields-of-use.js';
import { LICENCES, findLicence, idleDeclarations, toTerms } from '../terms/template.rules.js';
import type { TermsWish } from '../terms/template.rules.js';
import { termsHashOf } from '../terms/terms.js';
import type { Terms } from '../terms/terms.js';
import type { UseContext } from '../terms/use-context.js';
import { USES } from '../terms/uses.js';
import { policyContext } from './odrl-names.js';
import { judgePolicy, readPolicy } from './read-policy.rules.js';
import { toOdrl } from './write-policy.rules.js';
import type { PolicyFrame } from './write-policy.rules.js';

const PROFILE = 'https://market.example/ns/odrl';
const SET: PolicyFrame = { kind: 'Set', profile: PROFILE, uid: 'urn:example:terms' };
const OFFER: PolicyFrame = {
  kind: 'Offer',
  profile: PROFILE,
  uid: 'urn:example:offer',
  target: 'https://market.example/datasets/lab/sorting/versions/v1',
  assigner: 'urn:example:lab',
};
const NOW = new Date('2026-06-01T00:00:00Z');

const termsOf = (name: string, wish?: TermsWish): Terms => {
  const licence = findLicence(name);
  if (!licence) throw new Error(`no licence ${name}`);
  return toTerms(licence, wish);
};
const documentOf = (terms: Terms, frame: PolicyFrame = OFFER): Record<string, unknown> => ({
  '@context': policyContext(PROFILE),
  ...toOdrl(terms, frame),
});

const fields = fc.uniqueArray(fc.constantFrom(...FIELDS_OF_USE), { minLength: 1, maxLength: 4 });
const countries = fc.uniqueArray(fc.constantFrom('CN', 'DE', 'US', 'JP', 'FR'), { minLength: 1, maxLength: 3 });
const declarations = fc.record(
  {
    weights_policy: fc.constantFrom('free', 'same_licence', 'noncommercial', 'not_released'),
    outputs_policy: fc.constantFrom('free', 'attribution', 'noncommercial'),
    nc_reading: fc.uniqueArray(fc.constantFrom('commercial_evaluation', 'industry_research', 'promotional_figures')),
    contents_licence: fc.constantFrom('DbCL-1.0', 'CC0-1.0', 'PDDL-1.0'),
    custom_map: fc.constant({ evaluate: { isGranted: true, duties: ['attribution'], quote: '可以评估。' } }),
    mdl_grid: fc.constant({ commercial_training: { isGranted: true, quote: 'you may train' } }),
  },
  { requiredKeys: [] },
);
const wishes = fc.record(
  {
    fields,
    deniedFields: fields,
    territory: countries,
    blockedTerritory: countries,
    termDays: fc.integer({ min: 1, max: 36_500 }),
    seats: fc.integer({ min: 1, max: 1_000_000 }),
    personalData: fc.record({
      kind: fc.constantFrom('none', 'anonymised', 'with_consent', 'not_stated'),
      consentScope: fc.option(fc.uniqueArray(fc.constantFrom(...CONSENT_SCOPES)), { nil: null }),
    }),
    declarations,
  },
  { requiredKeys: [] },
) as fc.Arbitrary<TermsWish>;
const allTerms = fc.tuple(fc.constantFrom(...LICENCES), wishes).map(([licence, wish]) => {
  const idle = idleDeclarations(licence, wish.declarations ?? {});
  const said = Object.entries(wish.declarations ?? {}).filter(([name]) => !idle.includes(name));
  return toTerms(licence, { ...wish, ...(wish.declarations && { declarations: Object.fromEntries(said) }) });
});
const contexts = fc.record(
  {
    purpose: fc.constantFrom('commercial', 'noncommercial'),
    actor: fc.constantFrom('academic', 'company', 'individual'),
    weightsLicence: fc.constantFrom('CC-BY-SA-4.0', 'ODbL-1.0', 'CC-BY-NC-4.0', 'MIT'),
    isUnlocked: fc.boolean(),
    outputKind: fc.constantFrom('control', 'labels', 'synthetic_data'),
    territory: fc.constantFrom('CN', 'DE', 'BR'),
    field: fc.constantFrom(...FIELDS_OF_USE),
    recipient: fc.constantFrom('subsidiary', 'parent_or_sister', 'contractor', 'third_party'),
  },
  { requiredKeys: [] },
) as fc.Arbitrary<UseContext>;
const complianceFacts = fc.record(
  {
    personalData: fc.constantFrom('none', 'anonymised', 'with_consent', 'unknown'),
    faces: fc.constantFrom('none', 'blurred', 'visible', 'unknown'),
    minors: fc.constantFrom('none', 'under_14', 'under_18', 'unknown'),
    hasGuardianConsent: fc.boolean(),
    consentScope: fc.uniqueArray(fc.constantFrom(...CONSENT_SCOPES)),
    premisesConsent: fc.constantFrom('obtained', 'not_needed', 'missing'),
    originCountry: fc.constantFrom('CN', 'DE'),
    exportRoute: fc.constantFrom('not_needed', 'standard_contract', 'none'),
  },
  { requiredKeys: [] },
) as fc.Arbitrary<NonNullable<Extract<PolicyFrame, { kind: 'Offer' }>['facts']>>;

describe('terms as a policy and back', () => {
  it.each(LICENCES.map((licence) => licence.id))('are the same terms under the same hash: %s', (id) => {
    const terms = termsOf(id);

    for (const frame of [SET, OFFER]) {
      const reading = readPolicy(documentOf(terms, frame), PROFILE);
      expect(reading.terms).toEqual(terms);
      expect(termsHashOf(reading.terms)).toBe(reading.termsHash);
    }
  });

  it('are the same for every wish, and answer every question alike', () => {
    fc.assert(
      fc.property(allTerms, contexts, complianceFacts, (terms, context, facts) => {
        const document = JSON.parse(JSON.stringify(documentOf(terms, { ...OFFER, facts }))) as unknown;
        const reading = readPolicy(document, PROFILE);

        expect(reading.terms).toEqual(terms);
        for (const use of USES) {
          const { clauses: _, ...answer } = judgePolicy(reading, use, context, NOW);
          const { clauses: __, ...expected } = canI(terms, use, context, facts);
          expect(answer).toEqual(expected);
        }
      }),
      { numRuns: 300 },
    );
  });
});
