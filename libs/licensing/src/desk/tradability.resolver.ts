import { Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { ReviewType } from '@app/catalog';
import { Allow, CurrentContext, OperationLoaders, operationLoader } from '@app/graphql';
import type { RequestContext } from '@app/kernel';
import { OfferType, toOfferType } from '../offers/offer.graphql.js';
import { JudgedUseType, toJudgedUseType } from './right.graphql.js';
import { TradabilityQueries } from './tradability.queries.js';
import type { Tradability } from './tradability.queries.js';

/** What licensing adds to a review, which catalog keeps without knowing of offers. */
@Resolver(() => ReviewType)
export class TradabilityResolver {
  constructor(private readonly queries: TradabilityQueries) {}

  @Allow('member')
  @ResolveField('offers', () => [OfferType], { description: 'What it would be licensed under, oldest first.' })
  async offersOf(
    @CurrentContext() ctx: RequestContext,
    @OperationLoaders() loaders: Map<string, unknown>,
    @Parent() review: ReviewType,
  ): Promise<OfferType[]> {
    return (await this.of(ctx, loaders, review)).offers.map(toOfferType);
  }

  @Allow('member')
  @ResolveField('uses', () => [JudgedUseType], {
    description: 'For each use the most open answer of the offers, narrowed by what is declared of people and places.',
  })
  async usesOf(
    @CurrentContext() ctx: RequestContext,
    @OperationLoaders() loaders: Map<string, unknown>,
    @Parent() review: ReviewType,
  ): Promise<JudgedUseType[]> {
    return (await this.of(ctx, loaders, review)).uses.map(toJudgedUseType);
  }

  private of(ctx: RequestContext, loaders: Map<string, unknown>, { datasetId }: ReviewType): Promise<Tradability> {
    return operationLoader(loaders, 'licensing.tradability', async (ids: readonly string[]) => {
      const found = await this.queries.ofDatasets(ctx, ids);
      return ids.map((id): Tradability => found.get(id) ?? { offers: [], uses: [] });
    }).load(datasetId);
  }
}
