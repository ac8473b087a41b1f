import { Args, Mutation, Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { DatasetType } from '@app/catalog';
import { Allow, Cached, CurrentContext, NodeLoaders, OperationLoaders } from '@app/graphql';
import type { RequestContext } from '@app/kernel';
import DataLoader from 'dataloader';
import { CreateOfferInput, OfferType, RetireOfferInput, toOfferType } from './offer.graphql.js';
import { OfferQueries } from './offer.queries.js';
import type { OfferRow } from './offer.queries.js';
import { OfferService } from './offer.service.js';

@Resolver(() => DatasetType)
export class OfferResolver {
  constructor(
    private readonly offers: OfferQueries,
    private readonly service: OfferService,
    nodes: NodeLoaders,
  ) {
    nodes.register('Offer', OfferType, async (ctx, id) => toOfferType(await this.offers.byId(ctx, id)));
  }

  @Allow('anonymous')
  @Cached('catalog')
  @ResolveField('offers', () => [OfferType], { description: 'What it can be licensed under now, oldest first.' })
  async offersOfDataset(
    @CurrentContext() ctx: RequestContext,
    @OperationLoaders() loaders: Map<string, unknown>,
    @Parent() dataset: DatasetType,
  ): Promise<OfferType[]> {
    let loader = loaders.get('licensing.offers') as DataLoader<string, OfferRow[]> | undefined;
    if (!loader) {
      // Whoever holds a dataset in this operation may see it, so its offers need no second check.
      loader = new DataLoader(async (ids: readonly string[]) => {
        const offers = await this.offers.activeOf(ctx, ids);
        return ids.map((id) => offers.get(id) ?? []);
      });
      loaders.set('licensing.offers', loader);
    }
    return (await loader.load(dataset.id)).map(toOfferType);
  }

  @Allow('provider')
  @Mutation(() => OfferType, { description: 'Puts terms and a price on one of your datasets.' })
  async createOffer(
    @CurrentContext() ctx: RequestContext,
    @Args('input', { type: () => CreateOfferInput }) input: CreateOfferInput,
  ): Promise<OfferType> {
    const { id } = await this.service.createOffer(ctx, input);
    return toOfferType(await this.offers.byId(ctx, id));
  }

  @Allow('provider')
  @Mutation(() => OfferType, { description: 'Takes an offer off the shelf for good; grants made under it live on.' })
  async retireOffer(
    @CurrentContext() ctx: RequestContext,
    @Args('input', { type: () => RetireOfferInput }) input: RetireOfferInput,
  ): Promise<OfferType> {
    const { id } = await this.service.retireOffer(ctx, input.offerId);
    return toOfferType(await this.offers.byId(ctx, id));
  }
}
