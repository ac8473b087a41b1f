import { CURRENCIES, validate } from '@app/kernel';
import type { Currency } from '@app/kernel';
import { z } from 'zod';
import { isTerm } from '../vocabulary/vocabulary.js';
import { FACETS, FACET_FIELDS } from './facets.js';
import type { FacetField } from './facets.js';

/** Values that one facet may be filtered by at once. */
const VALUES_MAX = 50;
const TEXT_MAX = 200;

/** What a caller may ask the catalogue for. Within a facet any value will do, between facets all must hold. */
export type DatasetFilter = {
  readonly [F in FacetField]?: readonly string[] | null;
} & {
  /** Chinese or English, whole or partial words. */
  readonly text?: string | null;
  readonly minHours?: number | null;
  readonly minEpisodes?: number | null;
  readonly maxPriceMinor?: number | null;
  /** Of `maxPriceMinor` and of the orders by price; CNY when left out. */
  readonly currency?: string | null;
};

/** The filter in the one form that the index and the caches work with. */
export interface NormalFilter {
  /** Trimmed; null when nothing is searched for. */
  readonly text: string | null;
  /** Sorted values of each facet in the order of `FACETS`; null = not filtered. */
  readonly facets: readonly (readonly string[] | null)[];
  readonly minDurationS: number | null;
  readonly minEpisodes: number | null;
  readonly maxPriceMinor: number | null;
  readonly currency: Currency;
}

const values = z.array(z.string().trim().min(1).max(200)).max(VALUES_MAX).nullish();
const amount = z.number().finite().min(0).nullish();

const filterSchema = z.strictObject({
  ...(Object.fromEntries(FACET_FIELDS.map((field) => [field, values])) as Record<FacetField, typeof values>),
  text: z.string().max(TEXT_MAX).nullish(),
  minHours: amount,
  minEpisodes: amount,
  maxPriceMinor: amount,
  currency: z.enum(CURRENCIES).nullish(),
});

/** Codes may be written in capitals, as GraphQL enums are; grades always are. */
function toCode(kind: string | null, value: string): string {
  if (kind === null || isTerm(kind, value)) return value;
  const lower = value.toLowerCase();
  return isTerm(kind, lower) ? lower : value;
}

/** @throws REQUEST_INVALID with every problem. An unknown code is no problem: it matches nothing. */
export function normalizeFilter(filter: DatasetFilter | null | undefined): NormalFilter {
  const input = validate(filterSchema, filter ?? {}, 'filter');
  const text = input.text?.trim() ?? '';
  return {
    text: text === '' ? null : text,
    facets: FACETS.map(({ field, kind }) => {
      const wanted = input[field];
      return wanted?.length ? [...new Set(wanted.map((value) => toCode(kind, value)))].sort() : null;
    }),
    minDurationS: input.minHours == null ? null : input.minHours * 3_600,
    minEpisodes: input.minEpisodes ?? null,
    maxPriceMinor: input.maxPriceMinor ?? null,
    currency: input.currency ?? 'CNY',
  };
}
