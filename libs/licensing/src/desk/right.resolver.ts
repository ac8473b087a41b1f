import { Args, Query, Resolver } from '@nestjs/graphql';
import { Allow, CurrentContext, PageArgs, toConnection } from '@app/graphql';
import type { ConnectionOf } from '@app/graphql';
import type { RequestContext } from '@app/kernel';
import { UseRightConnection, UseRightFilterInput, UseRightType, toUseRightType } from './right.graphql.js';
import { RightQueries } from './right.queries.js';

@Resolver(() => UseRightType)
export class RightResolver {
  constructor(private readonly rights: RightQueries) {}

  @Allow('member')
  @Query(() => UseRightConnection, {
    description:
      'Who may use what until when: open rights with the verdict on each use. Yours and those you gave; for the operator all.',
  })
  async useRights(
    @CurrentContext() ctx: RequestContext,
    @Args({ type: () => PageArgs }) page: PageArgs,
    @Args('filter', { type: () => UseRightFilterInput, nullable: true }) filter?: UseRightFilterInput | null,
  ): Promise<ConnectionOf<UseRightType>> {
    return toConnection(await this.rights.rights(ctx, page, filter ?? {}), toUseRightType);
  }
}
