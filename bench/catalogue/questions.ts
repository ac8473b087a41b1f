import type { DatasetFilter } from '../../libs/catalog/src/browse/dataset-filter.rules.js';
import { Random } from './random.js';
import { valuesOf } from './shelf.js';

const FILTERED = [
  'taskFamilies',
  'skills',
  'scenes',
  'embodimentClasses',
  'endEffectors',
  'modalities',
  'collectionMethods',
  'robots',
] as const;

/** Questions of a page: three facets filtered by one or two values each, popular values more often. */
export function* questions(seed: number): Generator<DatasetFilter> {
  const random = new Random(seed);
  for (;;) {
    const fields = new Set<string>();
    while (fields.size < 3) fields.add(FILTERED[random.below(FILTERED.length)] ?? 'scenes');
    yield Object.fromEntries([...fields].map((field) => [field, random.some(valuesOf(field), 1, 2)]));
  }
}

/** The page that the storefront asks for: 20 items of 12 fields, total, every facet. */
export const SHELF_QUERY = `query Shelf($filter: DatasetFilter) {
  datasets(first: 20, filter: $filter) {
    totalCount
    pageInfo { hasNextPage endCursor }
    nodes { id slug title { zh en } grade robots taskFamilies modalities episodes durationS sizeBytes minPriceCny publishedAt }
    facets { field values { code label { zh en } count } }
  }
}`;
