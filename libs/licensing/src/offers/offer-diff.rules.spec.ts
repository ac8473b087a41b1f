import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { LICENCES, findLicence, toTerms } from '../terms/template.rules.js';
import type { TermsWish } from '../terms/template.rules.js';
import type { Terms } from '../terms/terms.js';
import { diffTerms } from './offer-diff.rules.js';

function termsOf(name: string, wish?: TermsWish): Terms {
  const licence = findLicence(name);
  if (!licence) throw new Error(`no licence ${name}`);
  return toTerms(licence, wish);
}

describe('the difference of two terms', () => {
  it('names each use whose answer is another, with its duties', () => {
    const { uses, limits } = diffTerms(termsOf('commercial'), termsOf('research'));

    expect(uses).toContainEqual({
      use: 'commercial_training',
      before: 'ALLOWED',
      after: 'FORBIDDEN',
      addedDuties: [],
      removedDuties: [],
      isConditionChanged: false,
    });
    expect(uses.find(({ use }) => use === 'research_training')).toMatchObject({
      before: 'ALLOWED',
      after: 'ALLOWED_WITH_DUTIES',
    });
    expect(uses.map(({ use }) => use)).not.toContain('evaluate');
    expect(limits).toContainEqual({ limit: 'termDays', before: null, after: 730 });
  });

  it('names limits, and conditions inside a use', () => {
    const free = termsOf('commercial', { seats: 3 });
    const { uses, limits } = diffTerms(
      free,
      termsOf('commercial', { seats: 2, deniedFields: ['weapons'], territory: ['CN'] }),
    );

    expect(uses).toEqual([]);
    expect(limits).toEqual([
      { limit: 'seats', before: 3, after: 2 },
      { limit: 'deniedFields', before: [], after: ['weapons'] },
      { limit: 'territory', before: null, after: ['CN'] },
    ]);
    const field = termsOf('exclusive', { fields: ['logistics'] });
    expect(diffTerms(termsOf('commercial'), field).uses).toContainEqual(
      expect.objectContaining({
        use: 'commercialise_model_output',
        before: 'ALLOWED',
        after: 'ALLOWED',
        isConditionChanged: true,
      }),
    );
  });

  it('lets terms that cannot be read permit nothing', () => {
    const { uses } = diffTerms(termsOf('CC0-1.0'), null);

    expect(uses).toHaveLength(12);
    expect(new Set(uses.map(({ after }) => after))).toEqual(new Set(['UNDECIDED']));
  });

  it('is empty exactly between what decides alike, and its mirror image the other way round (property)', () => {
    const some = fc.constantFrom(...LICENCES);
    fc.assert(
      fc.property(some, some, (a, b) => {
        const [before, after] = [toTerms(a), toTerms(b)];
        const forth = diffTerms(before, after);
        const back = diffTerms(after, before);

        expect(diffTerms(before, before)).toEqual({ uses: [], limits: [] });
        if (a.id !== b.id) expect(forth.limits.map(({ limit }) => limit)).toContain('template');
        expect(back.uses.map(({ before: x, after: y, addedDuties }) => ({ before: y, after: x, addedDuties }))).toEqual(
          forth.uses.map(({ before: x, after: y, removedDuties }) => ({
            before: x,
            after: y,
            addedDuties: removedDuties,
          })),
        );
      }),
    );
  });
});
