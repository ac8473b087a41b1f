import { Injectable } from '@nestjs/common';
import { CatalogIndex, DatasetQueries } from '@app/catalog';
import { Database } from '@app/database';
import { systemContext } from '@app/kernel';
import type { RequestContext } from '@app/kernel';
import { OfferQueries } from './offer.queries.js';
import { shelfFactsOf } from './offer.rules.js';

/** Keeps what the catalogue filters by in step with the offers. */
@Injectable()
export class OfferIndex {
  constructor(
    private readonly database: Database,
    private readonly offers: OfferQueries,
    private readonly datasets: DatasetQueries,
    private readonly catalog: CatalogIndex,
  ) {}

  /**
   * Tells the catalogue what the dataset's active public offers open and cost for its current version. Called in the
   * transaction that changes an offer, and after a version is published, because totals follow the version.
   */
  async refresh(ctx: RequestContext, datasetId: string): Promise<void> {
    await this.database.transaction(ctx, (ctx) => this.refreshWithin(ctx, datasetId));
  }

  private async refreshWithin(ctx: RequestContext, datasetId: string): Promise<void> {
    // Two offers made at once would each count only themselves, and the later commit would win.
    await this.database.query(ctx, `select pg_advisory_xact_lock(hashtextextended('licensing.offers:' || $1, 0))`, [
      datasetId,
    ]);
    const market: RequestContext = { ...systemContext('licensing.offer_index'), requestId: ctx.requestId, tx: ctx.tx };
    const dataset = await this.datasets.byId(market, datasetId);
    const offers = (await this.offers.activeOf(market, [datasetId])).get(datasetId) ?? [];
    const active = offers.filter((offer) => !offer.isPrivate);
    const facts = dataset.currentVersionId ? { episodes: dataset.episodes, durationS: dataset.durationS } : null;
    await this.catalog.setOffers(market, datasetId, shelfFactsOf(active, facts));
  }
}
