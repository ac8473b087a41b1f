import { labelsOf } from '../vocabulary/vocabulary.js';
import type { Labels } from '../vocabulary/vocabulary.js';

export interface Facet {
  /** Name in `DatasetFilter` and in the answer. */
  readonly field: FacetField;
  /** The values as one `text[]`, over `datasets d join organizations o`. */
  readonly sql: string;
  /** Vocabulary that the values come from; null for names that appear as they come. */
  readonly kind: string | null;
}

export const FACET_FIELDS = [
  'taskFamilies',
  'skills',
  'scenes',
  'embodimentClasses',
  'robots',
  'endEffectors',
  'modalities',
  'collectionMethods',
  'realities',
  'grades',
  'formats',
  'usableFor',
  'providers',
] as const;
export type FacetField = (typeof FACET_FIELDS)[number];

const sources: Readonly<Record<FacetField, { sql: string; kind: string | null }>> = {
  taskFamilies: { sql: 'd.task_families', kind: 'task_family' },
  skills: { sql: 'd.skills', kind: 'atomic_skill' },
  scenes: { sql: 'd.scenes', kind: 'scene' },
  embodimentClasses: { sql: 'd.embodiment_classes', kind: 'embodiment_class' },
  robots: { sql: 'd.robots', kind: null },
  endEffectors: { sql: 'd.end_effectors', kind: 'end_effector' },
  modalities: { sql: 'd.modalities', kind: 'modality' },
  collectionMethods: { sql: 'd.collection_methods', kind: 'collection_method' },
  realities: { sql: 'd.realities', kind: 'reality' },
  grades: { sql: 'array[d.grade]', kind: 'grade' },
  formats: { sql: 'd.formats', kind: 'format' },
  usableFor: { sql: 'd.usable_for', kind: 'use' },
  providers: { sql: 'array[o.slug]', kind: null },
};

/** Every facet of `DatasetFilter`, in the order of the answer. */
export const FACETS: readonly Facet[] = FACET_FIELDS.map((field) => ({ field, ...sources[field] }));

/** What people read for a value: the vocabulary's labels, else the value itself. */
export function facetLabel(facet: Facet, code: string): Labels {
  return (facet.kind === null ? null : labelsOf(facet.kind, code)) ?? { zh: code, en: code };
}
