import { Injectable } from '@nestjs/common';
import { KernelErrors, pageSize } from '@app/kernel';
import type { Page, PageRequest, RequestContext } from '@app/kernel';
import { DatasetQueries } from '../datasets/dataset.queries.js';
import type { DatasetRow } from '../datasets/dataset.queries.js';
import { BrowseIndex } from './browse-index.js';
import { normalizeFilter } from './dataset-filter.rules.js';
import type { DatasetFilter } from './dataset-filter.rules.js';
import type { FacetCounts } from './index/facet-index.js';
import type { DatasetOrder } from './index/page-order.js';
import type { TextPlan } from './text/text-plan.rules.js';
import { TextSearchQueries } from './text-search.queries.js';

export interface Browse extends PageRequest {
  readonly filter?: DatasetFilter | null;
  /** Left out: RELEVANCE when a text is searched for, else NEWEST. */
  readonly orderBy?: DatasetOrder | null;
}

export interface Shelf extends Page<DatasetRow> {
  readonly totalCount: number;
  /** Null unless asked for. */
  readonly facets: readonly FacetCounts[] | null;
  /** How the text was read; null when none was given. */
  readonly textPlan: TextPlan | null;
}

/** The shelf as everybody sees it: listed datasets, filtered, counted, page by page. */
@Injectable()
export class BrowseQueries {
  constructor(
    private readonly browseIndex: BrowseIndex,
    private readonly texts: TextSearchQueries,
    private readonly datasets: DatasetQueries,
  ) {}

  /** @throws REQUEST_INVALID for a filter, page size or cursor that makes no sense */
  async browse(ctx: RequestContext, browse: Browse, wants: { facets: boolean }): Promise<Shelf> {
    const first = pageSize(browse);
    const filter = normalizeFilter(browse.filter);
    const order = browse.orderBy ?? (filter.text === null ? 'NEWEST' : 'RELEVANCE');
    if (order === 'RELEVANCE' && filter.text === null) {
      throw KernelErrors.INVALID({ problems: [{ path: 'orderBy', message: 'RELEVANCE needs filter.text' }] });
    }
    // Before the text too: its matches are kept until the index has taken in the change that makes them old.
    let index = await this.browseIndex.current();
    const text = filter.text === null ? null : await this.texts.search(ctx, filter.text);
    if (text) index = await this.browseIndex.current();
    const selection = index.select(filter, text && text.match);
    const page = index.page(selection, order, { first, after: browse.after ?? null, currency: filter.currency });
    const shelf = {
      cursors: page.cursors,
      hasNextPage: page.hasNextPage,
      totalCount: index.total(selection),
      facets: wants.facets ? index.counts(selection, filter) : null,
      textPlan: text && text.plan,
    };
    const rows = await this.datasets.byIds(ctx, page.ids);
    // A dataset that left the shelf after the index was read: it is not shown, and its cursor goes with it.
    const byId = new Map(rows.filter(({ status }) => status === 'listed').map((row) => [row.id, row]));
    const shown = page.ids.map((id, i) => ({ row: byId.get(id), cursor: page.cursors[i] ?? '' }));
    return {
      ...shelf,
      items: shown.flatMap(({ row }) => row ?? []),
      cursors: shown.flatMap(({ row, cursor }) => (row ? cursor : [])),
    };
  }
}
