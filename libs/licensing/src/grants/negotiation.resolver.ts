import { Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { Allow, CurrentContext, OperationLoaders, operationLoader } from '@app/graphql';
import { OrganizationQueries, OrganizationType, toOrganizationType } from '@app/identity';
import type { RequestContext } from '@app/kernel';
import { AcceptanceQueries } from './acceptance.queries.js';
import { GrantType } from './grant.graphql.js';
import {
  GrantAcceptanceType,
  RequestChangesType,
  toGrantAcceptanceType,
  toRequestChangesType,
} from './negotiation.graphql.js';
import { RequestChangesQueries } from './request-changes.queries.js';

type Loaders = Map<string, unknown>;

/**
 * What the two sides of a grant know of each other and of the deal. Whoever holds a grant in this operation may see it, so
 * nothing here needs a second check; each field asks once per page.
 */
@Resolver(() => GrantType)
export class NegotiationResolver {
  constructor(
    private readonly organizations: OrganizationQueries,
    private readonly acceptances: AcceptanceQueries,
    private readonly changes: RequestChangesQueries,
  ) {}

  @Allow('member')
  @ResolveField('licensee', () => OrganizationType, {
    nullable: true,
    description: 'Who holds the right or asks for it.',
  })
  async licensee(
    @CurrentContext() ctx: RequestContext,
    @OperationLoaders() loaders: Loaders,
    @Parent() grant: GrantType,
  ): Promise<OrganizationType | null> {
    return this.organization(ctx, loaders, grant.organizationId);
  }

  @Allow('member')
  @ResolveField('licensor', () => OrganizationType, { nullable: true, description: 'Who gives it.' })
  async licensor(
    @CurrentContext() ctx: RequestContext,
    @OperationLoaders() loaders: Loaders,
    @Parent() grant: GrantType,
  ): Promise<OrganizationType | null> {
    return this.organization(ctx, loaders, grant.providerOrganizationId);
  }

  @Allow('member')
  @ResolveField('acceptances', () => [GrantAcceptanceType], {
    description: 'Who accepted the terms and when, oldest first: with the request, with the order, or with both.',
  })
  async acceptancesOf(
    @CurrentContext() ctx: RequestContext,
    @OperationLoaders() loaders: Loaders,
    @Parent() grant: GrantType,
  ): Promise<GrantAcceptanceType[]> {
    const loader = operationLoader(loaders, 'licensing.acceptances', async (ids: readonly string[]) => {
      const found = await this.acceptances.of(ctx, ids);
      return ids.map((id) => found.get(id) ?? []);
    });
    return (await loader.load(grant.id)).map(toGrantAcceptanceType);
  }

  @Allow('member')
  @ResolveField('changesSinceRequest', () => RequestChangesType, {
    nullable: true,
    description: 'What has changed since it was asked for; null once it waits for nothing any more.',
  })
  async changesSinceRequest(
    @CurrentContext() ctx: RequestContext,
    @OperationLoaders() loaders: Loaders,
    @Parent() grant: GrantType,
  ): Promise<RequestChangesType | null> {
    if (grant.state !== 'requested' && grant.state !== 'approved') return null;
    const loader = operationLoader(loaders, 'licensing.request_changes', async (ids: readonly string[]) => {
      const found = await this.changes.of(ctx, ids);
      return ids.map((id) => found.get(id) ?? null);
    });
    const changes = await loader.load(grant.id);
    return changes && toRequestChangesType(changes);
  }

  private async organization(ctx: RequestContext, loaders: Loaders, id: string): Promise<OrganizationType | null> {
    const loader = operationLoader(loaders, 'licensing.parties', async (ids: readonly string[]) => {
      const found = await this.organizations.byIds(ctx, ids);
      return ids.map((one) => found.get(one) ?? null);
    });
    const row = await loader.load(id);
    return row && toOrganizationType(row);
  }
}
