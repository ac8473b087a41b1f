import { describe, expect, it } from '@jest/globals';
import { FIELDS_OF_USE, FIELD_NUMBERS } from '../terms/fields-of-use.js';
import { findLicence, toTerms } from '../terms/template.rules.js';
import type { TermsWish } from '../terms/template.rules.js';
import { heldFieldsOf, isNothing, toMultirange } from './hold.rules.js';

function held(name: string, wish?: TermsWish): string {
  const licence = findLicence(name);
  if (!licence) throw new Error(`no licence ${name}`);
  return toMultirange(heldFieldsOf(toTerms(licence, wish)));
}

describe('the fields that a right holds', () => {
  it('are all of them where commercial uses are open without a limit', () => {
    for (const name of ['commercial', 'CC-BY-4.0', 'CC-BY-SA-4.0', 'MIT']) expect(held(name)).toBe('{(,)}');
  });

  it('are none where only looking, research or copies are open', () => {
    for (const name of ['evaluation', 'research', 'CC-BY-NC-4.0', 'NONE']) expect(held(name)).toBe('{}');
  });

  it('are those named, or all but those denied', () => {
    expect(held('exclusive', { fields: ['logistics', 'household'] })).toBe('{[1,1],[4,4]}');
    expect(held('exclusive', { fields: ['logistics', 'household'], deniedFields: ['household'] })).toBe('{[4,4]}');
    expect(held('commercial', { deniedFields: ['weapons', 'logistics'] })).toBe('{(,4),(4,17),(17,)}');
  });

  it('are nothing for terms that name none', () => {
    expect(isNothing(heldFieldsOf(toTerms(findLicenceOrFail('exclusive'))))).toBe(true);
  });

  it('have a number each, used once', () => {
    expect(new Set(Object.values(FIELD_NUMBERS)).size).toBe(FIELDS_OF_USE.length);
  });
});

function findLicenceOrFail(name: string): NonNullable<ReturnType<typeof findLicence>> {
  const licence = findLicence(name);
  if (!licence) throw new Error(`no licence ${name}`);
  return licence;
}
