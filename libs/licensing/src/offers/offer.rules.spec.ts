import { describe, expect, it } from '@jest/globals';
import { DomainError } from '@app/kernel';
import { findLicence, toTerms } from '../terms/template.rules.js';
import type { Terms } from '../terms/terms.js';
import { draftOffer, newOfferSchema, shelfFactsOf } from './offer.rules.js';

function termsOf(name: string): Terms {
  const licence = findLicence(name);
  if (!licence) throw new Error(`no licence ${name}`);
  return toTerms(licence);
}

function codeOf(work: () => unknown): string | undefined {
  try {
    work();
  } catch (error) {
    if (error instanceof DomainError) return error.code;
    throw error;
  }
  return undefined;
}

const input = (more: object): Parameters<typeof draftOffer>[0] =>
  newOfferSchema.parse({ slug: 'acme/cups', template: 'commercial', ...more });

describe('draftOffer', () => {
  it('makes a free offer where no price is given', () => {
    expect(draftOffer(input({ template: 'cc-by-4.0' }))).toMatchObject({
      kind: 'free',
      priceMinor: 0,
      needsApproval: false,
    });
    expect(draftOffer(input({ priceMinor: 0 }))).toMatchObject({ kind: 'free' });
  });

  it('sells under a template of the market', () => {
    expect(draftOffer(input({ priceMinor: 19_900, currency: 'USD', per: 'hour' }))).toMatchObject({
      kind: 'priced',
      priceMinor: 19_900,
      currency: 'USD',
      per: 'hour',
      terms: { template: 'LicenseRef-Bodega-Commercial-1.0' },
    });
  });

  it('refuses to guess a licence, to offer nothing, and to price what is free to everyone', () => {
    expect(codeOf(() => draftOffer(input({ template: 'cc-by' })))).toBe('LICENSING_TERMS_UNKNOWN');
    expect(codeOf(() => draftOffer(input({ template: 'NONE' })))).toBe('LICENSING_TERMS_GRANT_NOTHING');
    for (const template of ['CC-BY-NC-4.0', 'CC-BY-4.0', 'MIT', 'CC0-1.0']) {
      expect(codeOf(() => draftOffer(input({ template, priceMinor: 1, currency: 'CNY' })))).toBe(
        'LICENSING_PUBLIC_LICENCE_PRICED',
      );
    }
  });

  it.each([
    { priceMinor: -1 },
    { priceMinor: 1.5, currency: 'CNY' },
    { priceMinor: 5 },
    { priceMinor: 1e15, currency: 'CNY' },
  ])('refuses the price %j', (price) => {
    expect(newOfferSchema.safeParse({ slug: 'a/b', template: 'commercial', ...price }).success).toBe(false);
  });
});

describe('shelfFactsOf', () => {
  const commercial = { terms: termsOf('commercial'), kind: 'priced' as const, currency: 'CNY' as const };
  const version = { episodes: 100, durationS: 3_700 };

  it('joins the uses of all offers and finds the lowest total for this version', () => {
    const facts = shelfFactsOf(
      [
        { ...commercial, priceMinor: 5_000, per: 'hour' },
        { ...commercial, priceMinor: 99, per: 'episode' },
        { terms: termsOf('research'), kind: 'free', priceMinor: 0, currency: 'CNY', per: 'dataset' },
      ],
      version,
    );

    expect(facts.minPriceMinor).toEqual({ CNY: 9_900, USD: null });
    expect(facts.hasFreeOffer).toBe(true);
    expect(facts.usableFor).toEqual(expect.arrayContaining(['commercial_training', 'release_weights_open']));
    expect(facts.usableFor).not.toContain('redistribute_data');
  });

  it('says no total per hour before there is a version, and opens nothing under unreadable terms', () => {
    expect(shelfFactsOf([{ ...commercial, priceMinor: 5_000, per: 'hour' }], null).minPriceMinor.CNY).toBeNull();
    expect(shelfFactsOf([{ ...commercial, terms: null, priceMinor: 1, per: 'dataset' }], version)).toEqual({
      usableFor: [],
      hasFreeOffer: false,
      minPriceMinor: { CNY: null, USD: null },
    });
  });
});
