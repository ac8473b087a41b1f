import { CURRENCIES } from '@app/kernel';
import type { Currency, Money } from '@app/kernel';
import { z } from 'zod';
import { LicensingErrors } from '../licensing.errors.js';
import { permittedUses } from '../terms/can-i.rules.js';
import { declarationsSchema } from '../terms/declarations.js';
import { NO_DIMENSIONS, countrySchema, fieldSchema } from '../terms/dimensions.js';
import type { Dimensions } from '../terms/dimensions.js';
import type { LicenceRow } from '../terms/licence-table.js';
import { LICENCES, findLicence, idleDeclarations, permitsAnything, toTerms } from '../terms/template.rules.js';
import type { TermsWish } from '../terms/template.rules.js';
import type { Terms } from '../terms/terms.js';
import type { Use } from '../terms/uses.js';
import type { OfferKind } from './offer.entity.js';
import { PRICE_UNITS, countPrice } from './price.rules.js';
import type { PriceUnit, PricedFacts } from './price.rules.js';

/** The highest price of one unit: far above any sale, far below what a number can hold. */
const MAX_PRICE_MINOR = 1_000_000_000_000;

const titleSchema = z.string().trim().min(1, 'must not be empty').max(200, 'must be at most 200 characters');

export const newOfferSchema = z
  .object({
    slug: z.string().trim().min(1, 'must name a dataset as org/name'),
    template: z.string().trim().min(1, 'must name a licence').max(100, 'is too long'),
    priceMinor: z
      .number()
      .int('must be whole minor units')
      .min(0, 'must not be negative')
      .max(MAX_PRICE_MINOR, 'is too large')
      .nullish(),
    currency: z.enum(CURRENCIES).nullish(),
    per: z.enum(PRICE_UNITS).nullish(),
    needsApproval: z.boolean().nullish(),
    title: z.object({ zh: titleSchema.nullish(), en: titleSchema.nullish() }).nullish(),
    limits: z
      .strictObject({
        fields: z.array(fieldSchema).min(1).max(20).nullish(),
        deniedFields: z.array(fieldSchema).min(1).max(20).nullish(),
        territory: z.array(countrySchema).min(1).max(300).nullish(),
        blockedTerritory: z.array(countrySchema).min(1).max(300).nullish(),
        termDays: z.number().int().min(1).max(36_500).nullish(),
        seats: z.number().int().min(1).max(1_000_000).nullish(),
      })
      .nullish(),
    declarations: declarationsSchema.nullish(),
    /** Slugs of the organizations that it is addressed to; left out, it is public. */
    audience: z.array(z.string().trim().toLowerCase().min(1).max(100)).min(1).max(50).nullish(),
    validUntil: z.date().nullish(),
    stock: z.number().int().min(1).max(1_000_000).nullish(),
  })
  .refine((input) => !input.priceMinor || input.currency, { message: 'is needed with a price', path: ['currency'] });

export type NewOffer = z.infer<typeof newOfferSchema>;

/** What an offer says, decided from what the provider typed. */
export interface OfferDraft {
  readonly terms: Terms;
  readonly kind: OfferKind;
  readonly priceMinor: number;
  readonly currency: Currency;
  readonly per: PriceUnit;
  readonly needsApproval: boolean;
  readonly titleZh: string;
  readonly titleEn: string;
}

/**
 * @throws LICENSING_TERMS_UNKNOWN, LICENSING_TERMS_GRANT_NOTHING, LICENSING_PUBLIC_LICENCE_PRICED,
 *         LICENSING_TERMS_WISH_REFUSED
 */
export function draftOffer(
  input: NewOffer,
  personalData: Dimensions['personalData'] = NO_DIMENSIONS.personalData,
): OfferDraft {
  const licence = findLicence(input.template);
  if (!licence) throw LicensingErrors.TERMS_UNKNOWN({ template: input.template, known: LICENCES.map((l) => l.id) });
  const terms = toTerms(licence, wishOf(licence, input, personalData));
  if (!permitsAnything(terms)) throw LicensingErrors.TERMS_GRANT_NOTHING({ template: licence.id });
  const priceMinor = input.priceMinor ?? 0;
  if (priceMinor > 0 && licence.family === 'public')
    throw LicensingErrors.PUBLIC_LICENCE_PRICED({ template: licence.id });
  return {
    terms,
    kind: priceMinor > 0 ? 'priced' : 'free',
    priceMinor,
    currency: input.currency ?? 'CNY',
    per: input.per ?? 'dataset',
    needsApproval: input.needsApproval ?? false,
    titleZh: input.title?.zh ?? licence.title.zh,
    titleEn: input.title?.en ?? licence.title.en,
  };
}

/** What the provider adds to the licence. Nothing added leaves the terms as they were first frozen. */
function wishOf(licence: LicenceRow, input: NewOffer, personalData: Dimensions['personalData']): TermsWish {
  const given = <T extends object>(parts: T | null | undefined): Partial<T> =>
    Object.fromEntries(
      Object.entries(parts ?? {}).filter(([, value]) => value !== null && value !== undefined),
    ) as Partial<T>;
  const limits = given(input.limits);
  const declarations = given(input.declarations);
  const refuse = (reason: string): never => {
    throw LicensingErrors.TERMS_WISH_REFUSED({ template: licence.id, reason });
  };
  if (licence.family === 'public' && Object.keys(limits).length > 0)
    refuse('a public licence cannot be limited; sell under a template of the market');
  const idle = idleDeclarations(licence, declarations);
  if (idle.length > 0) refuse(`it leaves nothing open that ${idle.join(', ')} would decide`);
  if (licence.exclusivity === 'field' && !limits.fields) refuse('name the fields of use that it is exclusive in');
  const wish = { ...limits, ...(Object.keys(declarations).length > 0 && { declarations }) } as TermsWish;
  return Object.keys(wish).length > 0 ? { ...wish, personalData } : wish;
}

interface ShelfOffer {
  readonly terms: Terms | null;
  readonly kind: OfferKind;
  readonly priceMinor: number;
  readonly currency: Currency;
  readonly per: PriceUnit;
}

/** What the shelf says of a dataset's active offers to everybody. */
export interface ShelfFacts {
  readonly usableFor: Use[];
  readonly hasFreeOffer: boolean;
  readonly minPriceMinor: Record<Currency, number | null>;
}

/**
 * Uses that some active offer opens, whether one is free, and the lowest total per currency for the current version.
 * Terms that cannot be read open nothing. Without a version only prices per dataset are known.
 */
export function shelfFactsOf(offers: readonly ShelfOffer[], version: PricedFacts | null): ShelfFacts {
  const readable = offers.filter((offer): offer is ShelfOffer & { terms: Terms } => offer.terms !== null);
  const usableFor = new Set(readable.flatMap((offer) => permittedUses(offer.terms)));
  const minPriceMinor: Record<Currency, number | null> = { CNY: null, USD: null };
  for (const offer of readable) {
    const total = priceNow(offer, version);
    if (offer.kind === 'free' || !total) continue;
    const lowest = minPriceMinor[offer.currency];
    minPriceMinor[offer.currency] = lowest === null ? total.amountMinor : Math.min(lowest, total.amountMinor);
  }
  return {
    usableFor: [...usableFor].sort(),
    hasFreeOffer: readable.some((offer) => offer.kind === 'free'),
    minPriceMinor,
  };
}

/** What the offer costs for a version, or null when that is not known yet or cannot be counted. */
export function priceNow(offer: Omit<ShelfOffer, 'terms'>, version: PricedFacts | null): Money | null {
  const price = { amountMinor: offer.priceMinor, currency: offer.currency };
  if (offer.kind === 'free' || offer.per === 'dataset') return price;
  if (!version) return null;
  return countPrice(price, offer.per, version);
}
