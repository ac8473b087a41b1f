import { Injectable } from '@nestjs/common';
import { Database } from '@app/database';
import type { RequestContext } from '@app/kernel';
import { CatalogRevision } from '../catalog-revision.js';

export interface OfferFacets {
  /** Codes of uses that some active offer allows. */
  readonly usableFor: readonly string[];
  readonly hasFreeOffer: boolean;
  /** Lowest price of the current version in minor units, per currency. */
  readonly minPriceMinor: { readonly CNY: number | null; readonly USD: number | null };
}

/** What higher libraries know of a dataset and the catalogue filters by. */
@Injectable()
export class CatalogIndex {
  constructor(
    private readonly database: Database,
    private readonly revision: CatalogRevision,
  ) {}

  /** Called by licensing, within its transaction, whenever a dataset's offers change. */
  async setOffers(ctx: RequestContext, datasetId: string, facets: OfferFacets): Promise<void> {
    await this.database.transaction(ctx, async (ctx) => {
      await this.database.execute(
        ctx,
        `update datasets set usable_for = $2, has_free_offer = $3, min_price_cny = $4, min_price_usd = $5 where id = $1`,
        [
          datasetId,
          [...facets.usableFor].sort(),
          facets.hasFreeOffer,
          facets.minPriceMinor.CNY,
          facets.minPriceMinor.USD,
        ],
      );
      await this.revision.touch(ctx, datasetId);
    });
  }
}
