import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { byOpenness, canI } from '../../../libs/licensing/src/terms/can-i.rules.js';
import type { ComplianceFacts } from '../../../libs/licensing/src/terms/compliance.rules.js';
import { LICENCES } from '../../../libs/licensing/src/terms/template.rules.js';
import type { UseContext } from '../../../libs/licensing/src/terms/use-context.js';
import { USES } from '../../../libs/licensing/src/terms/uses.js';
import { ask, letterOf, termsOf } from './licences.js';

describe('cases that are easily decided wrongly', () => {
  it.each<[string, string, UseContext, string, string]>([
    ['CC-BY-NC-SA-4.0', 'research_training', { actor: 'academic' }, 'D', '§2(a)(1)'],
    ['CC-BY-NC-SA-4.0', 'research_training', { actor: 'company' }, 'U', '§1'],
    ['CC-BY-NC-SA-4.0', 'commercial_training', {}, 'F', '§2(a)(1)'],
    ['CC-BY-NC-SA-4.0', 'evaluate', { actor: 'company' }, 'U', '§1'],
    ['CC-BY-SA-4.0', 'commercial_training', {}, 'A', '§2(a)(1)'],
    ['CC-BY-SA-4.0', 'release_weights_open', { weightsLicence: 'Apache-2.0' }, 'U', '§1(a)'],
    ['CC-BY-SA-4.0', 'release_weights_open', { weightsLicence: 'CC-BY-SA-4.0' }, 'D', '§3(b)'],
    ['CC-BY-ND-4.0', 'commercial_training', {}, 'A', '§2(a)(1)(B)'],
    ['CC-BY-ND-4.0', 'redistribute_derivative_data', {}, 'F', '§2(a)(1)(B)'],
    ['CDLA-Sharing-1.0', 'release_weights_open', {}, 'A', '§3.5'],
    ['C-UDA-1.0', 'release_weights_open', {}, 'A', '§5.5'],
    ['openrail', 'commercial_training', {}, 'U', '§1(d)'],
    ['NONE', 'commercial_training', {}, 'U', 'silence'],
    ['NONE', 'redistribute_data', {}, 'F', 'silence'],
    ['ODbL-1.0+contents', 'share_with_affiliate', { recipient: 'parent_or_sister' }, 'D', '§4.4'],
    ['ODbL-1.0+contents', 'share_with_affiliate', { recipient: 'subsidiary' }, 'A', '§4.5(c)'],
  ])('%s, %s, %j: %s by %s', (name, use, context, letter, clause) => {
    const answer = ask(name, use, context);

    expect(letterOf(answer)).toBe(letter);
    expect(answer.clauses[0]?.id).toContain(clause);
  });

  it('a database alone over pictures is undecided for every use', () => {
    expect(USES.map((use) => letterOf(ask('ODbL-1.0', use)))).toEqual(USES.map(() => 'U'));
  });

  it('a restricted field is forbidden, an unknown one undecided', () => {
    expect(letterOf(ask('openrail-d', 'embed_in_product', { field: 'weapons' }))).toBe('F');
    expect(ask('openrail-d', 'embed_in_product').resolve).toEqual({ by: 'buyer', what: ['field'] });
  });
});

describe('what is not said', () => {
  it('is undecided where it matters, and the answer says that the buyer can say it', () => {
    const answer = ask('CC-BY-NC-4.0', 'research_training');

    expect(answer).toMatchObject({ verdict: 'UNDECIDED', resolve: { by: 'buyer', what: ['actor'] } });
    expect(answer.reason.en).toContain('you can decide it by stating actor');
    expect(answer.reason.zh).toContain('您可通过说明 actor 予以明确');
  });

  const context = fc.record<UseContext>(
    {
      purpose: fc.constantFrom('commercial', 'noncommercial'),
      actor: fc.constantFrom('academic', 'company', 'individual'),
      weightsLicence: fc.constantFrom('CC-BY-SA-4.0', 'CC-BY-NC-4.0', 'MIT'),
      isUnlocked: fc.boolean(),
      outputKind: fc.constantFrom('control', 'labels', 'synthetic_data'),
      territory: fc.constantFrom('CN', 'US'),
      field: fc.constantFrom('household', 'weapons'),
      recipient: fc.constantFrom('subsidiary', 'parent_or_sister', 'contractor', 'third_party'),
    },
    { requiredKeys: [] },
  ) as fc.Arbitrary<UseContext>;
  const facts: fc.Arbitrary<ComplianceFacts> = fc.record(
    {
      personalData: fc.constantFrom('none', 'anonymised', 'with_consent', 'unknown'),
      faces: fc.constantFrom('none', 'blurred', 'visible', 'unknown'),
      minors: fc.constantFrom('none', 'under_14', 'under_18', 'unknown'),
      hasGuardianConsent: fc.boolean(),
      consentScope: fc.subarray(['research', 'commercial', 'redistribution', 'derived_model']),
      premisesConsent: fc.constantFrom('obtained', 'not_needed', 'missing'),
      originCountry: fc.constantFrom('CN', 'FR'),
      exportRoute: fc.constantFrom('none', 'assessment'),
    },
    { requiredKeys: [] },
  ) as fc.Arbitrary<ComplianceFacts>;

  it('about the actor, the output, the field and the country never opens what saying it would close (property)', () => {
    const said = ['actor', 'outputKind', 'field', 'territory'] as const;
    fc.assert(
      fc.property(
        fc.constantFrom(...LICENCES.map(({ id }) => id)),
        fc.constantFrom(...USES),
        context,
        fc.constantFrom(...said),
        (id, use, given, fact) => {
          const { [fact]: _, ...less } = given;
          const [open, told] = [canI(termsOf(id), use, less), canI(termsOf(id), use, given)];
          const wasPermitted = open.verdict === 'ALLOWED' || open.verdict === 'ALLOWED_WITH_DUTIES';
          if (wasPermitted) expect([told.verdict, id, use]).toEqual([open.verdict, id, use]);
        },
      ),
      { numRuns: 400 },
    );
  });

  it('of people and places can only narrow an answer (property)', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...LICENCES.map(({ id }) => id)),
        fc.constantFrom(...USES),
        context,
        facts,
        (id, use, given, known) => {
          const [licence, narrowed] = [canI(termsOf(id), use, given), canI(termsOf(id), use, given, known)];
          expect(byOpenness(licence, narrowed)).toBeLessThanOrEqual(0);
          expect(narrowed.duties.length > 0).toBe(narrowed.verdict === 'ALLOWED_WITH_DUTIES');
        },
      ),
      { numRuns: 400 },
    );
  });
});

describe('people, places and borders', () => {
  const under = (facts: ComplianceFacts, use = 'commercial_training', context: UseContext = {}): [string, string] => {
    const answer = canI(termsOf('CC0-1.0'), use, context, facts);
    return [letterOf(answer), answer.clauses[0]?.id ?? ''];
  };

  it.each<[string, ComplianceFacts, string, string]>([
    ['visible faces without consent', { faces: 'visible' }, 'F', 'compliance faces'],
    ['visible faces with consent', { faces: 'visible', consentScope: ['commercial'] }, 'A', 'CC0-1.0 §2-4'],
    ['faces that nobody looked for', { faces: 'unknown' }, 'U', 'compliance faces'],
    ['blurred faces', { faces: 'blurred' }, 'A', 'CC0-1.0 §2-4'],
    ['persons that nobody asked about', { personalData: 'unknown' }, 'U', 'compliance personal_data'],
    ['persons whose consent has no scope', { personalData: 'with_consent' }, 'U', 'compliance consent_scope'],
    ['consent to research alone', { consentScope: ['research'] }, 'F', 'compliance consent_scope'],
    ['a child without guardian', { minors: 'under_14' }, 'F', 'compliance minors'],
    ['a child with guardian', { minors: 'under_14', hasGuardianConsent: true }, 'A', 'CC0-1.0 §2-4'],
    ['minors that nobody looked for', { minors: 'unknown' }, 'U', 'compliance minors'],
    ['premises that did not agree', { premisesConsent: 'missing' }, 'F', 'compliance premises_consent'],
  ])('%s', (_, facts, letter, clause) => {
    expect(under(facts)).toEqual([letter, clause]);
  });

  it('personal data stays in its country without a route on file', () => {
    const facts: ComplianceFacts = { personalData: 'anonymised', originCountry: 'CN', exportRoute: 'none' };

    expect(under(facts, 'evaluate', { territory: 'CN' })[0]).toBe('A');
    expect(under(facts, 'evaluate', { territory: 'US' })).toEqual(['F', 'compliance export']);
    expect(under(facts, 'evaluate')).toEqual(['U', 'compliance export']);
    expect(under({ ...facts, exportRoute: 'certification' }, 'evaluate', { territory: 'US' })[0]).toBe('A');
    expect(under({ ...facts, personalData: 'none' }, 'evaluate', { territory: 'US' })[0]).toBe('A');
  });

  it('consent that was frozen with the terms binds them, whatever is declared later', () => {
    const terms = termsOf('commercial', {
      seats: 2,
      personalData: { kind: 'with_consent', consentScope: ['research'] },
    });

    expect(letterOf(canI(terms, 'commercial_training', {}, { consentScope: ['commercial', 'research'] }))).toBe('F');
    expect(letterOf(canI(terms, 'evaluate'))).toBe('A');
  });
});
