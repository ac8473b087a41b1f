import { Args, Query, Resolver } from '@nestjs/graphql';
import { Allow, CurrentContext, JsonScalar } from '@app/graphql';
import type { RequestContext } from '@app/kernel';
import { UseContextInput } from '../use-check/use-check.graphql.js';
import { PolicyReadingType, toPolicyReadingType } from './policy.graphql.js';
import { PolicyQueries } from './policy.queries.js';

@Resolver(() => PolicyReadingType)
export class PolicyResolver {
  constructor(private readonly policies: PolicyQueries) {}

  @Allow('anonymous')
  @Query(() => PolicyReadingType, {
    description:
      'What an ODRL 2.2 policy (JSON-LD, up to 256 kB) permits, in the uses of this market. What it says in words that are not known here is UNDECIDED.',
  })
  policyReading(
    @CurrentContext() ctx: RequestContext,
    @Args('odrl', { type: () => JsonScalar, description: 'The policy, from this market or any other source.' })
    odrl: unknown,
    @Args('context', { type: () => UseContextInput, nullable: true }) context?: UseContextInput | null,
  ): PolicyReadingType {
    return toPolicyReadingType(this.policies.read(ctx, odrl, context ?? {}));
  }
}
