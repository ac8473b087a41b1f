import { Args, Query, Resolver } from '@nestjs/graphql';
import { Allow, CurrentContext } from '@app/graphql';
import type { RequestContext } from '@app/kernel';
import { CanIArgs, UseCheckType, toUseCheckType } from './use-check.graphql.js';
import { UseCheckQueries } from './use-check.queries.js';

@Resolver(() => UseCheckType)
export class UseCheckResolver {
  constructor(private readonly checks: UseCheckQueries) {}

  @Allow('anonymous')
  @Query(() => UseCheckType, { description: 'May I use this so? Give exactly one of datasetSlug, offerId, grantId.' })
  async canI(
    @CurrentContext() ctx: RequestContext,
    @Args({ type: () => CanIArgs }) args: CanIArgs,
  ): Promise<UseCheckType> {
    const { use, context, datasetSlug, offerId, grantId } = args;
    return toUseCheckType(await this.checks.canI(ctx, { datasetSlug, offerId, grantId }, use, context ?? {}));
  }
}
