import { Injectable } from '@nestjs/common';
import { DatasetQueries } from '@app/catalog';
import { validate } from '@app/kernel';
import type { RequestContext } from '@app/kernel';
import { z } from 'zod';
import { OfferQueries } from '../offers/offer.queries.js';
import { byOpenness, canI } from '../terms/can-i.rules.js';
import { useContextSchema } from '../terms/use-context.js';
import { factsOf } from '../use-check/compliance-facts.js';
import { canITogether } from './mixture.rules.js';
import type { MixtureAnswer } from './mixture.rules.js';

const slugsSchema = z
  .array(z.string().trim().min(1).max(200))
  .min(1, 'must name at least one dataset')
  .max(50, 'must name at most 50 datasets');

/** The question "may I?" about several datasets used together. */
@Injectable()
export class MixtureQueries {
  constructor(
    private readonly datasets: DatasetQueries,
    private readonly offers: OfferQueries,
  ) {}

  /**
   * Each dataset stands under the most open of its active offers; one that nothing is offered for is undecided.
   * @throws REQUEST_INVALID, REQUEST_NOT_FOUND for the first dataset that the asker may not see
   */
  async canITogether(
    ctx: RequestContext,
    datasetSlugs: readonly string[],
    askedUse: string,
    askedContext: object = {},
  ): Promise<MixtureAnswer> {
    const context = validate(useContextSchema, askedContext, 'context');
    const slugs = [...new Set(validate(slugsSchema, datasetSlugs, 'datasetSlugs'))];
    const use = askedUse.trim().toLowerCase();
    const datasets = [];
    for (const slug of slugs) datasets.push(await this.datasets.bySlug(ctx, slug));
    const offers = await this.offers.activeOf(ctx, [...new Set(datasets.map(({ id }) => id))]);
    const members = datasets.map(({ id, slug, declared }) => {
      const facts = factsOf(declared);
      const [best] = (offers.get(id) ?? [])
        .map(({ terms }) => ({ terms, answer: canI(terms, use, context, facts) }))
        .sort((a, b) => byOpenness(a.answer, b.answer));
      return { slug, terms: best?.terms ?? null, facts };
    });
    return canITogether(members, use, context);
  }
}
