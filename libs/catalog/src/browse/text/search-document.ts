import { FACETS, facetLabel } from '../facets.js';
import type { FacetField } from '../facets.js';
import { lexemesOf, toTsvector, wordsOf } from './lexemes.js';

/** The texts of a dataset, as the tables have them. */
export interface SearchTexts {
  readonly title: string;
  readonly body: string;
  /** Values of each facet in the order of `FACETS`. */
  readonly facets: readonly (readonly string[])[];
}

export interface SearchDocument {
  /** Both as PostgreSQL writes a tsvector. */
  readonly title: string;
  readonly body: string;
  readonly words: string[];
}

/** Facets that say what a dataset is about. Rights, grade and format have filters, and their labels would only be noise. */
const ABOUT: ReadonlySet<FacetField> = new Set([
  'taskFamilies',
  'skills',
  'scenes',
  'embodimentClasses',
  'endEffectors',
  'modalities',
  'collectionMethods',
  'realities',
]);

/** Every text that a dataset is found by: its own, and the labels of what it is about in both languages. */
export function searchedTextsOf({ title, body, facets }: SearchTexts): string[] {
  const labels = FACETS.flatMap((facet, i) =>
    ABOUT.has(facet.field)
      ? (facets[i] ?? []).map((code) => facetLabel(facet, code)).flatMap(({ zh, en }) => [zh, en])
      : [],
  );
  return [title, body, ...labels];
}

export function searchDocumentOf(texts: SearchTexts): SearchDocument {
  const all = searchedTextsOf(texts);
  return { title: toTsvector(lexemesOf([texts.title])), body: toTsvector(lexemesOf(all)), words: [...wordsOf(all)] };
}
