import { Args, Mutation, Query, Resolver } from '@nestjs/graphql';
import { Allow, CurrentContext, NodeLoaders, PageArgs, toConnection } from '@app/graphql';
import type { ConnectionOf } from '@app/graphql';
import type { RequestContext } from '@app/kernel';
import {
  ApproveLicenseInput,
  DeclineLicenseInput,
  GrantConnection,
  GrantFilterInput,
  GrantType,
  RequestLicenseInput,
  ResumeGrantInput,
  RevokeGrantInput,
  SuspendGrantInput,
  WithdrawRequestInput,
  toGrantType,
} from './grant.graphql.js';
import { GrantQueries } from './grant.queries.js';
import { GrantService } from './grant.service.js';
import { LicenseRequestService } from './license-request.service.js';

@Resolver(() => GrantType)
export class GrantResolver {
  constructor(
    private readonly queries: GrantQueries,
    private readonly service: GrantService,
    private readonly requests: LicenseRequestService,
    nodes: NodeLoaders,
  ) {
    nodes.register('Grant', GrantType, async (ctx, id) => toGrantType(await this.queries.byId(ctx, id)));
  }

  @Allow('member')
  @Query(() => GrantConnection, { description: 'Grants that you hold or have given, newest first.' })
  async grants(
    @CurrentContext() ctx: RequestContext,
    @Args({ type: () => PageArgs }) page: PageArgs,
    @Args('filter', { type: () => GrantFilterInput, nullable: true }) filter?: GrantFilterInput | null,
  ): Promise<ConnectionOf<GrantType>> {
    return toConnection(await this.queries.grants(ctx, page, filter ?? {}), toGrantType);
  }

  @Allow('buyer')
  @Mutation(() => GrantType, { description: 'Asks the provider for a licence, where the offer needs approval.' })
  async requestLicense(
    @CurrentContext() ctx: RequestContext,
    @Args('input', { type: () => RequestLicenseInput }) input: RequestLicenseInput,
  ): Promise<GrantType> {
    return this.show(ctx, await this.requests.requestLicense(ctx, input));
  }

  @Allow('member')
  @Mutation(() => GrantType, {
    description: 'Says yes to a request; a free right starts at once, a priced one with the order.',
  })
  async approveLicense(
    @CurrentContext() ctx: RequestContext,
    @Args('input', { type: () => ApproveLicenseInput }) input: ApproveLicenseInput,
  ): Promise<GrantType> {
    return this.show(ctx, await this.requests.approveLicense(ctx, input));
  }

  @Allow('member')
  @Mutation(() => GrantType, { description: 'Says no to a request.' })
  async declineLicense(
    @CurrentContext() ctx: RequestContext,
    @Args('input', { type: () => DeclineLicenseInput }) input: DeclineLicenseInput,
  ): Promise<GrantType> {
    return this.show(ctx, await this.requests.declineLicense(ctx, input));
  }

  @Allow('buyer')
  @Mutation(() => GrantType, { description: 'Takes your own request back, before it became a right.' })
  async withdrawRequest(
    @CurrentContext() ctx: RequestContext,
    @Args('input', { type: () => WithdrawRequestInput }) input: WithdrawRequestInput,
  ): Promise<GrantType> {
    return this.show(ctx, await this.requests.withdrawRequest(ctx, input));
  }

  @Allow('member')
  @Mutation(() => GrantType, { description: 'Ends a right for good; nothing is minted under it any more.' })
  async revokeGrant(
    @CurrentContext() ctx: RequestContext,
    @Args('input', { type: () => RevokeGrantInput }) input: RevokeGrantInput,
  ): Promise<GrantType> {
    return this.show(ctx, await this.service.revokeGrant(ctx, input));
  }

  @Allow('member')
  @Mutation(() => GrantType, { description: 'Holds a right until it is resumed.' })
  async suspendGrant(
    @CurrentContext() ctx: RequestContext,
    @Args('input', { type: () => SuspendGrantInput }) input: SuspendGrantInput,
  ): Promise<GrantType> {
    return this.show(ctx, await this.service.suspendGrant(ctx, input));
  }

  @Allow('member')
  @Mutation(() => GrantType, { description: 'Lets a suspended right go on; its end does not move.' })
  async resumeGrant(
    @CurrentContext() ctx: RequestContext,
    @Args('input', { type: () => ResumeGrantInput }) input: ResumeGrantInput,
  ): Promise<GrantType> {
    return this.show(ctx, await this.service.resumeGrant(ctx, input));
  }

  private async show(ctx: RequestContext, grant: { readonly id: string }): Promise<GrantType> {
    return toGrantType(await this.queries.byId(ctx, grant.id));
  }
}
