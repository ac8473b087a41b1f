import { Args, Mutation, Query, Resolver } from '@nestjs/graphql';
import { Allow, CurrentContext } from '@app/graphql';
import type { RequestContext } from '@app/kernel';
import { BalanceType, TopUpBalanceInput, toBalanceType } from './balance.graphql.js';
import { BalanceQueries } from './balance.queries.js';
import { TopUpService } from './top-up.service.js';

@Resolver(() => BalanceType)
export class BalanceResolver {
  constructor(
    private readonly queries: BalanceQueries,
    private readonly topUps: TopUpService,
  ) {}

  @Allow('member')
  @Query(() => [BalanceType], { description: "Your organization's balances, one per currency." })
  async balance(@CurrentContext() ctx: RequestContext): Promise<BalanceType[]> {
    return (await this.queries.balance(ctx)).map(toBalanceType);
  }

  @Allow('admin')
  @Mutation(() => BalanceType, { description: 'The operator credits money that arrived outside the market.' })
  async topUpBalance(
    @CurrentContext() ctx: RequestContext,
    @Args('input', { type: () => TopUpBalanceInput }) input: TopUpBalanceInput,
  ): Promise<BalanceType> {
    return toBalanceType(await this.topUps.topUpBalance(ctx, input));
  }
}
