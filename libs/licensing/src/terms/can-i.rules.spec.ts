import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { canI, permittedUses } from './can-i.rules.js';
import { LICENCES, findLicence, permitsAnything, toTerms } from './template.rules.js';
import { readTerms, termsHashOf } from './terms.js';
import type { Terms } from './terms.js';
import { USES, VERDICTS } from './uses.js';

function termsOf(name: string): Terms {
  const licence = findLicence(name);
  if (!licence) throw new Error(`no licence ${name}`);
  return toTerms(licence);
}

describe('canI', () => {
  it('explains every answer by a clause, in both languages', () => {
    for (const licence of LICENCES) {
      for (const use of USES) {
        const { clauses, reason } = canI(toTerms(licence), use);
        expect(clauses).toHaveLength(1);
        expect(reason.en.length).toBeGreaterThan(10);
        expect(reason.zh.length).toBeGreaterThan(5);
      }
    }
  });

  it('is undecided about unknown terms, unknown uses and inherited property names', () => {
    expect(canI(null, 'evaluate').verdict).toBe('UNDECIDED');
    for (const use of ['resell', '', 'constructor', '__proto__', 'EVALUATE']) {
      expect(canI(termsOf('CC0-1.0'), use).verdict).toBe('UNDECIDED');
    }
  });

  it('judges research training with a commercial purpose as commercial training', () => {
    expect(canI(termsOf('CC-BY-NC-4.0'), 'research_training', { purpose: 'commercial' }).verdict).toBe('FORBIDDEN');
    expect(canI(termsOf('research'), 'research_training', { purpose: 'commercial' }).verdict).toBe('FORBIDDEN');
    expect(canI(termsOf('commercial'), 'research_training', { purpose: 'commercial' }).verdict).toBe('ALLOWED');
  });

  it('forbids what is allowed for non-commercial purposes once the purpose is commercial', () => {
    expect(canI(termsOf('CC-BY-NC-4.0'), 'redistribute_data', { purpose: 'commercial' }).verdict).toBe('FORBIDDEN');
    expect(canI(termsOf('CC-BY-4.0'), 'redistribute_data', { purpose: 'commercial' }).verdict).toBe(
      'ALLOWED_WITH_DUTIES',
    );
  });

  it('leaves company research under NonCommercial undecided', () => {
    expect(canI(termsOf('CC-BY-NC-SA-4.0'), 'research_training', { actor: 'company' }).verdict).toBe('UNDECIDED');
    expect(canI(termsOf('CC-BY-NC-SA-4.0'), 'research_training', { actor: 'academic' }).verdict).toBe(
      'ALLOWED_WITH_DUTIES',
    );
  });

  it('opens the safe harbour of ShareAlike only under the same licence, and for products only unlocked', () => {
    const terms = termsOf('CC-BY-SA-4.0');
    const same = { weightsLicence: 'CC-BY-SA-4.0' };

    expect(canI(terms, 'release_weights_open', same).duties).toContain('same_licence');
    expect(canI(terms, 'release_weights_open', { weightsLicence: 'MIT' }).verdict).toBe('UNDECIDED');
    expect(canI(terms, 'embed_in_product', same).verdict).toBe('UNDECIDED');
    expect(canI(terms, 'embed_in_product', { ...same, isUnlocked: true }).verdict).toBe('ALLOWED_WITH_DUTIES');
    expect(canI(termsOf('CC-BY-ND-4.0'), 'release_weights_open', { weightsLicence: 'CC-BY-ND-4.0' }).verdict).toBe(
      'UNDECIDED',
    );
  });

  it('says which declaration would decide an undecided use', () => {
    expect(canI(termsOf('CC-BY-SA-4.0'), 'release_weights_open').reason.en).toContain('weights_policy');
    expect(canI(termsOf('CC-BY-NC-4.0'), 'evaluate').reason.en).toContain('nc_reading');
  });

  it('never answers more openly for saying less (property)', () => {
    const context = fc.record(
      {
        purpose: fc.constantFrom('commercial' as const, 'noncommercial' as const),
        actor: fc.constantFrom('academic' as const, 'company' as const, 'individual' as const),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.constantFrom(...LICENCES), fc.constantFrom(...USES), context, (licence, use, given) => {
        const answer = canI(toTerms(licence), use, given);
        expect(VERDICTS).toContain(answer.verdict);
        expect(answer.duties.length > 0).toBe(answer.verdict === 'ALLOWED_WITH_DUTIES');
        if (toTerms(licence).uses[use].verdict === 'FORBIDDEN') {
          expect(canI(toTerms(licence), use, { ...given, weightsLicence: licence.id, isUnlocked: true }).verdict).toBe(
            'FORBIDDEN',
          );
        }
      }),
    );
  });

  it('lists for the search facet only what passes a gate', () => {
    expect(permittedUses(termsOf('NONE'))).toEqual([]);
    expect(permittedUses(termsOf('research'))).not.toContain('commercial_training');
    expect(permittedUses(termsOf('commercial'))).toContain('commercial_training');
    expect(permitsAnything(termsOf('NONE'))).toBe(false);
  });
});

describe('terms', () => {
  it('have one hash however they are spelled, and another for any change', () => {
    const terms = termsOf('CC-BY-4.0');
    const respelled = JSON.parse(JSON.stringify(Object.fromEntries(Object.entries(terms).reverse()))) as Terms;

    expect(termsHashOf(respelled)).toBe(termsHashOf(terms));
    expect(termsHashOf({ ...terms, termDays: 31 })).not.toBe(termsHashOf(terms));
  });

  it('are not read back when a bit of them was changed, a use is missing, or a field is unknown', () => {
    const terms = termsOf('commercial');
    const hash = termsHashOf(terms);
    const { evaluate: _evaluate, ...fewer } = terms.uses;

    expect(readTerms(JSON.parse(JSON.stringify(terms)), hash)).toEqual(terms);
    expect(readTerms({ ...terms, termDays: 9_999 }, hash)).toBeNull();
    expect(readTerms({ ...terms, uses: fewer }, hash)).toBeNull();
    expect(readTerms({ ...terms, extra: 1 }, hash)).toBeNull();
    expect(readTerms(null, hash)).toBeNull();
  });

  it('are found by SPDX id, template id or alias in any case, and never guessed', () => {
    expect(findLicence(' cc-by-4.0 ')?.id).toBe('CC-BY-4.0');
    expect(findLicence('Commercial')?.id).toBe('LicenseRef-Bodega-Commercial-1.0');
    expect(findLicence('LicenseRef-Bodega-Research')?.id).toBe('LicenseRef-Bodega-Research-1.0');
    expect(findLicence('OpenRAIL')?.id).toBe('LicenseRef-RAIL-M');
    for (const name of ['cc-by', 'other', '', 'GPL-3.0']) expect(findLicence(name)).toBeNull();
  });
});
