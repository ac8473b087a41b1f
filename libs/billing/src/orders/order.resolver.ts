import { Args, Mutation, Query, Resolver } from '@nestjs/graphql';
import { Allow, CurrentContext, NodeLoaders, PageArgs, toConnection } from '@app/graphql';
import type { ConnectionOf, RefusalType } from '@app/graphql';
import { DomainError } from '@app/kernel';
import type { RequestContext } from '@app/kernel';
import { GrantQueries, GrantType, toGrantType } from '@app/licensing';
import {
  OrderConnection,
  OrderPlacedType,
  OrderType,
  PlaceOrderInput,
  PlaceOrderResult,
  RefundOrderInput,
  toOrderRefusal,
  toOrderType,
} from './order.graphql.js';
import { OrderQueries } from './order.queries.js';
import { OrderService } from './order.service.js';
import { RefundService } from './refund.service.js';

@Resolver(() => OrderType)
export class OrderResolver {
  constructor(
    private readonly queries: OrderQueries,
    private readonly service: OrderService,
    private readonly grants: GrantQueries,
    private readonly refunds: RefundService,
    nodes: NodeLoaders,
  ) {
    nodes.register('Order', OrderType, async (ctx, id) => toOrderType(await this.queries.byId(ctx, id)));
  }

  @Allow('member')
  @Query(() => OrderConnection, { description: "Your organization's own orders, newest first." })
  async orders(
    @CurrentContext() ctx: RequestContext,
    @Args({ type: () => PageArgs }) page: PageArgs,
  ): Promise<ConnectionOf<OrderType>> {
    return toConnection(await this.queries.orders(ctx, page), toOrderType);
  }

  @Allow('buyer')
  @Mutation(() => PlaceOrderResult, {
    description: 'Takes an offer: freezes terms, pays, and starts the grant, or says why not.',
  })
  async placeOrder(
    @CurrentContext() ctx: RequestContext,
    @Args('input', { type: () => PlaceOrderInput }) input: PlaceOrderInput,
  ): Promise<OrderPlacedType | RefusalType> {
    const result = await this.service.placeOrder(ctx, input);
    if (result instanceof DomainError) return toOrderRefusal(result);
    const [order, grant] = await Promise.all([
      this.queries.byId(ctx, result.orderId),
      this.grants.byId(ctx, result.grantId),
    ]);
    return { order: toOrderType(order), grant: toGrantType(grant) };
  }

  @Allow('member')
  @Mutation(() => GrantType, {
    description:
      'Gives the buyer the whole price back and ends the right that it paid for. For its provider and the operator.',
  })
  async refundOrder(
    @CurrentContext() ctx: RequestContext,
    @Args('input', { type: () => RefundOrderInput }) input: RefundOrderInput,
  ): Promise<GrantType> {
    await this.refunds.refundOrder(ctx, input);
    return toGrantType(await this.grants.byId(ctx, input.grantId));
  }
}
