import { Args, Query, Resolver } from '@nestjs/graphql';
import { Allow, CurrentContext } from '@app/graphql';
import type { RequestContext } from '@app/kernel';
import { CanITogetherArgs, MixtureCheckType, toMixtureCheckType } from './mixture.graphql.js';
import { MixtureQueries } from './mixture.queries.js';

@Resolver(() => MixtureCheckType)
export class MixtureResolver {
  constructor(private readonly mixtures: MixtureQueries) {}

  @Allow('anonymous')
  @Query(() => MixtureCheckType, { description: 'May I use these datasets together so?' })
  async canITogether(
    @CurrentContext() ctx: RequestContext,
    @Args({ type: () => CanITogetherArgs }) { datasetSlugs, use, context }: CanITogetherArgs,
  ): Promise<MixtureCheckType> {
    return toMixtureCheckType(await this.mixtures.canITogether(ctx, datasetSlugs, use, context ?? {}));
  }
}
