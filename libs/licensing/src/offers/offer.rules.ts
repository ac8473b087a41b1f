import { CURRENCIES } from '@app/kernel';
import type { Currency, Money } from '@app/kernel';
import { z } from 'zod';
import { LicensingErrors } from '../licensing.errors.js';
import { permittedUses } from '../terms/can-i.rules.js';
import { LICENCES, findLicence, permitsAnything, toTerms } from '../terms/template.rules.js';
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

/** @throws LICENSING_TERMS_UNKNOWN, LICENSING_TERMS_GRANT_NOTHING, LICENSING_PUBLIC_LICENCE_PRICED */
export function draftOffer(input: NewOffer): OfferDraft {
  const licence = findLicence(input.template);
  if (!licence) throw LicensingErrors.TERMS_UNKNOWN({ template: input.template, known: LICENCES.map((l) => l.id) });
  const terms = toTerms(licence);
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

interface ShelfOffer {
  readonly terms: Terms | null;
  readonly kind: OfferKind;
  readonly priceMinor: number;
  readonly currency: Currency;
  readonly per: PriceUnit;
}

/** What the shelf says of a dataset's active offers. */
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
