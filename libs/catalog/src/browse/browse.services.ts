import type { Type } from '@nestjs/common';
import { VocabularyResolver } from '../vocabulary/vocabulary.resolver.js';
import { BrowseIndex } from './browse-index.js';
import { BrowseQueries } from './browse.queries.js';
import { BrowseResolver } from './browse.resolver.js';
import { ExactCache } from './cache/exact-cache.js';
import { ExactCacheHook } from './cache/exact-cache.hook.js';
import { CatalogEpoch } from './catalog-epoch.js';
import { DatasetSearch } from './dataset-search.js';
import { IndexRowQueries } from './index-rows.queries.js';
import { TextSearchQueries } from './text-search.queries.js';

/** What writers of the catalogue need, in every process. */
export const browseServices: Type[] = [DatasetSearch];

/**
 * What processes that serve pages add: the index in memory, the page, the vocabulary, the cache of ready answers. Kept out
 * of the worker, which would hold the whole index for nobody.
 */
export const browseApiProviders: Type[] = [
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
