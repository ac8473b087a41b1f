import { Args, Mutation, Resolver } from '@nestjs/graphql';
import { Allow, CurrentContext } from '@app/graphql';
import type { RequestContext } from '@app/kernel';
import { CreateLeaseInput, CreateLeasePayload, LeaseType, toCreateLeasePayload } from './lease.graphql.js';
import { LeaseService } from './lease.service.js';

@Resolver(() => LeaseType)
export class LeaseResolver {
  constructor(private readonly leases: LeaseService) {}

  @Allow('buyer')
  @Mutation(() => CreateLeasePayload, {
    description:
      'Signed URLs, good for at most five minutes, to the files of a version that your organization holds a grant on.',
  })
  async createLease(
    @CurrentContext() ctx: RequestContext,
    @Args('input', { type: () => CreateLeaseInput }) input: CreateLeaseInput,
  ): Promise<CreateLeasePayload> {
    return toCreateLeasePayload(await this.leases.create(ctx, input));
  }
}
