import { Args, Mutation, Resolver } from '@nestjs/graphql';
import { Allow, CurrentContext } from '@app/graphql';
import type { RequestContext } from '@app/kernel';
import {
  CreateOrganizationInput,
  OrganizationType,
  UnverifyOrganizationInput,
  VerifyOrganizationInput,
  toOrganizationType,
} from './organization.graphql.js';
import { OrganizationService } from './organization.service.js';

@Resolver(() => OrganizationType)
export class OrganizationResolver {
  constructor(private readonly organizations: OrganizationService) {}

  @Allow('member')
  @Mutation(() => OrganizationType, { description: 'A further organization, owned by the signed-in user.' })
  async createOrganization(
    @CurrentContext() ctx: RequestContext,
    @Args('input', { type: () => CreateOrganizationInput }) input: CreateOrganizationInput,
  ): Promise<OrganizationType> {
    return toOrganizationType(await this.organizations.createOrganization(ctx, input));
  }

  @Allow('admin')
  @Mutation(() => OrganizationType, {
    description: 'The operator vouches for an organization; its listings then need no review.',
  })
  async verifyOrganization(
    @CurrentContext() ctx: RequestContext,
    @Args('input', { type: () => VerifyOrganizationInput }) input: VerifyOrganizationInput,
  ): Promise<OrganizationType> {
    return toOrganizationType(await this.organizations.verifyOrganization(ctx, input.organizationId));
  }

  @Allow('admin')
  @Mutation(() => OrganizationType, {
    description: 'The operator no longer vouches for an organization; what it publishes from now on is reviewed.',
  })
  async unverifyOrganization(
    @CurrentContext() ctx: RequestContext,
    @Args('input', { type: () => UnverifyOrganizationInput }) input: UnverifyOrganizationInput,
  ): Promise<OrganizationType> {
    return toOrganizationType(await this.organizations.unverifyOrganization(ctx, input.organizationId, input.reason));
  }
}
