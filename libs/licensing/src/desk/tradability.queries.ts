import { Injectable } from '@nestjs/common';
import { DatasetQueries } from '@app/catalog';
import { systemContext } from '@app/kernel';
import type { RequestContext } from '@app/kernel';
import { OfferQueries } from '../offers/offer.queries.js';
import type { OfferRow } from '../offers/offer.queries.js';
import { byOpenness, canI } from '../terms/can-i.rules.js';
import { USES } from '../terms/uses.js';
import { factsOf } from '../use-check/compliance-facts.js';
import type { JudgedUse } from './right.queries.js';

/** What would be for sale: the offers, and for each use the most open answer among them, narrowed by what is declared. */
export interface Tradability {
  readonly offers: readonly OfferRow[];
  readonly uses: readonly JudgedUse[];
}

/** What licensing knows for the head *tradability* of a review. */
@Injectable()
export class TradabilityQueries {
  constructor(
    private readonly offers: OfferQueries,
    private readonly datasets: DatasetQueries,
  ) {}

  /** For datasets under a review that the asker was shown. */
  async ofDatasets(ctx: RequestContext, datasetIds: readonly string[]): Promise<Map<string, Tradability>> {
    const offered = await this.offers.activeOf(ctx, datasetIds);
    // The review that led here was put on record; the market itself reads on.
    const datasets = await this.datasets.byIds(systemContext('licensing.tradability'), datasetIds);
    return new Map(
      datasets.map(({ id, declared }) => {
        const offers = offered.get(id) ?? [];
        const facts = factsOf(declared);
        const uses = USES.map((use) => {
          const [best] = offers.map((offer) => canI(offer.terms, use, {}, facts)).sort(byOpenness);
          return { use, ...(best ?? canI(null, use)) };
        });
        return [id, { offers, uses }];
      }),
    );
  }
}
