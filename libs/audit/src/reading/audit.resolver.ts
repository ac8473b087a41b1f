import { Args, Query, Resolver } from '@nestjs/graphql';
import { Allow, CurrentContext, PageArgs, toConnection } from '@app/graphql';
import type { ConnectionOf } from '@app/graphql';
import type { RequestContext } from '@app/kernel';
import { LogProofs } from '../proofs/log-proofs.js';
import {
  AuditLeafConnection,
  AuditLeafType,
  AuditLogFilterInput,
  CheckpointType,
  toAuditLeafType,
  toCheckpointType,
} from './audit.graphql.js';
import { AuditQueries } from './audit.queries.js';

@Resolver(() => AuditLeafType)
export class AuditResolver {
  constructor(
    private readonly queries: AuditQueries,
    private readonly proofs: LogProofs,
  ) {}

  @Allow('member')
  @Query(() => AuditLeafConnection, {
    description:
      'The audit log, newest first: all of it for the operator, else the acts that concern your organization.',
  })
  async auditLog(
    @CurrentContext() ctx: RequestContext,
    @Args() page: PageArgs,
    @Args('filter', { type: () => AuditLogFilterInput, nullable: true }) filter: AuditLogFilterInput | null,
  ): Promise<ConnectionOf<AuditLeafType>> {
    return toConnection(await this.queries.auditLog(ctx, page, filter ?? {}), toAuditLeafType);
  }

  @Allow('anonymous')
  @Query(() => CheckpointType, { description: 'The tip of the audit log.' })
  async checkpoint(@CurrentContext() ctx: RequestContext): Promise<CheckpointType> {
    const [tip, signed] = await Promise.all([this.queries.checkpoint(ctx), this.proofs.signedCheckpoint(ctx)]);
    return toCheckpointType(tip, signed);
  }
}
