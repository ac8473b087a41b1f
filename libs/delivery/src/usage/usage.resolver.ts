import { Args, Query, Resolver } from '@nestjs/graphql';
import { Allow, CurrentContext } from '@app/graphql';
import type { RequestContext } from '@app/kernel';
import { UsageReportQueries } from './usage-report.queries.js';
import { UsageArgs, UsageType, toUsageType } from './usage.graphql.js';

@Resolver(() => UsageType)
export class UsageResolver {
  constructor(private readonly reports: UsageReportQueries) {}

  @Allow('member')
  @Query(() => UsageType, {
    description:
      'Bytes issued and served: of your own grants, of your own data, or, for an admin, of the whole market.',
  })
  async usage(@CurrentContext() ctx: RequestContext, @Args() args: UsageArgs): Promise<UsageType> {
    return toUsageType(await this.reports.report(ctx, { ...args, filter: args.filter ?? {} }));
  }
}
