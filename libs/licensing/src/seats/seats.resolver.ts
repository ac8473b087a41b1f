import { Args, Mutation, Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { Allow, CurrentContext, OperationLoaders, operationLoader } from '@app/graphql';
import type { RequestContext } from '@app/kernel';
import { GrantType, toGrantType } from '../grants/grant.graphql.js';
import { GrantQueries } from '../grants/grant.queries.js';
import { GrantSeatsType, ReleaseSeatInput, toGrantSeatsType } from './seats.graphql.js';
import { SeatsQueries } from './seats.queries.js';
import { Seats } from './seats.service.js';

@Resolver(() => GrantType)
export class SeatsResolver {
  constructor(
    private readonly queries: SeatsQueries,
    private readonly service: Seats,
    private readonly grants: GrantQueries,
  ) {}

  @Allow('member')
  @ResolveField('seats', () => GrantSeatsType, {
    nullable: true,
    description: 'Named users of the right; null when everybody of the holder may use it.',
  })
  async seats(
    @CurrentContext() ctx: RequestContext,
    @OperationLoaders() loaders: Map<string, unknown>,
    @Parent() grant: GrantType,
  ): Promise<GrantSeatsType | null> {
    // Whoever holds a grant in this operation may see it, so its seats need no second check.
    const loader = operationLoader(loaders, 'licensing.seats', async (ids: readonly string[]) => {
      const found = await this.queries.of(ctx, ids);
      return ids.map((id) => found.get(id) ?? null);
    });
    const row = await loader.load(grant.id);
    return row && toGrantSeatsType(row);
  }

  @Allow('buyer')
  @Mutation(() => GrantType, {
    description: 'Frees a seat of your organization’s right: an owner any, a member the own one.',
  })
  async releaseSeat(
    @CurrentContext() ctx: RequestContext,
    @Args('input', { type: () => ReleaseSeatInput }) input: ReleaseSeatInput,
  ): Promise<GrantType> {
    await this.service.releaseSeat(ctx, input);
    return toGrantType(await this.grants.byId(ctx, input.grantId));
  }
}
