import type { Type } from '@nestjs/common';
import { VocabularyResolver } from '../vocabulary/vocabulary.resolver.js';
import { BrowseIndex } from './browse-index.js';
import { BrowseQueries } from './browse.queries.js';
import { BrowseResolver } from './browse.resolver.js';
import { ExactCache } from './cache/exact-cache.js';
import { ExactCacheHook } from './cache/exact-cache.hook.js';
import { CatalogEpoch } from './catalog-epoch.js';
import { IndexRowQueries } from './index-rows.queries.js';
import { TextSearchQueries } from './text-search.queries.js';

/**
 * What the catalogue's API module adds for browsing: the index in memory, the page, the vocabulary, the cache of ready
 * answers. Processes that only write need none of it but `DatasetSearch`.
 */
export const BROWSE_API_PROVIDERS: Type[] = [
  CatalogEpoch,
  IndexRowQueries,
  TextSearchQueries,
  BrowseIndex,
  BrowseQueries,
  BrowseResolver,
  VocabularyResolver,
  ExactCache,
  ExactCacheHook,
];
