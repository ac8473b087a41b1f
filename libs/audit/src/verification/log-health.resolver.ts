import { Query, Resolver } from '@nestjs/graphql';
import { Allow, CurrentContext } from '@app/graphql';
import type { RequestContext } from '@app/kernel';
import { LogHealthType } from './log-health.graphql.js';
import { LogHealthQueries } from './log-health.queries.js';

@Resolver(() => LogHealthType)
export class LogHealthResolver {
  constructor(private readonly queries: LogHealthQueries) {}

  @Allow('admin')
  @Query(() => LogHealthType, {
    description: 'How the audit log is: signed up to where, verified when, and what was wrong.',
  })
  async logHealth(@CurrentContext() ctx: RequestContext): Promise<LogHealthType> {
    return this.queries.health(ctx);
  }
}
