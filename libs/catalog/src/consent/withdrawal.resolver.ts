import { Args, ID, Mutation, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { Allow, CurrentContext, PageArgs, toConnection } from '@app/graphql';
import type { ConnectionOf } from '@app/graphql';
import type { RequestContext } from '@app/kernel';
import {
  AffectedByWithdrawalType,
  AffectedVersionConnection,
  AffectedVersionType,
  CancelWithdrawalInput,
  EpisodeSpanConnection,
  EpisodeSpanType,
  WithdrawConsentInput,
  WithdrawalConnection,
  WithdrawalType,
  toAffectedType,
  toAffectedVersionType,
  toEpisodeSpanType,
  toWithdrawalType,
} from './withdrawal.graphql.js';
import { WithdrawalQueries, spanPage } from './withdrawal.queries.js';
import type { AffectedBy } from './withdrawal.queries.js';
import { WithdrawalService } from './withdrawal.service.js';

@Resolver(() => WithdrawalType)
export class WithdrawalResolver {
  constructor(
    private readonly queries: WithdrawalQueries,
    private readonly service: WithdrawalService,
  ) {}

  @Allow('provider')
  @Query(() => AffectedByWithdrawalType, {
    description: 'What a contributor of yours appears in. The operator names the provider too.',
  })
  async affectedByWithdrawal(
    @CurrentContext() ctx: RequestContext,
    @Args('pseudonym', { type: () => String }) pseudonym: string,
    @Args('organizationId', { type: () => ID, nullable: true }) organizationId?: string | null,
  ): Promise<AffectedByWithdrawalType> {
    return toAffectedType(await this.queries.affected(ctx, pseudonym, organizationId ?? null));
  }

  @Allow('member')
  @Query(() => WithdrawalConnection, {
    description: 'Withdrawals of your contributors, newest first; the operator sees all, without pseudonyms.',
  })
  async withdrawals(
    @CurrentContext() ctx: RequestContext,
    @Args({ type: () => PageArgs }) page: PageArgs,
  ): Promise<ConnectionOf<WithdrawalType>> {
    return toConnection(await this.queries.withdrawals(ctx, page), toWithdrawalType);
  }

  @Allow('member')
  @ResolveField('affectedVersions', () => AffectedVersionConnection, {
    description: 'What it reached when it was recorded.',
  })
  async reached(
    @CurrentContext() ctx: RequestContext,
    @Parent() withdrawal: WithdrawalType,
    @Args({ type: () => PageArgs }) page: PageArgs,
  ): Promise<ConnectionOf<AffectedVersionType>> {
    const by: AffectedBy = { withdrawalId: withdrawal.id };
    return toConnection(await this.queries.versions(ctx, by, page), (row) => toAffectedVersionType(row, by));
  }

  @Allow('provider')
  @Mutation(() => WithdrawalType, {
    description:
      'Records that a contributor took consent back: recalls every version with his episodes, and tells every holder.',
  })
  async withdrawConsent(
    @CurrentContext() ctx: RequestContext,
    @Args('input', { type: () => WithdrawConsentInput }) input: WithdrawConsentInput,
  ): Promise<WithdrawalType> {
    const id = await this.service.withdrawConsent(ctx, input);
    return toWithdrawalType(await this.queries.byId(ctx, id));
  }

  @Allow('admin')
  @Mutation(() => WithdrawalType, {
    description: 'Takes back a withdrawal that was entered by mistake, within 24 hours. Recalls stay.',
  })
  async cancelWithdrawal(
    @CurrentContext() ctx: RequestContext,
    @Args('input', { type: () => CancelWithdrawalInput }) input: CancelWithdrawalInput,
  ): Promise<WithdrawalType> {
    const id = await this.service.cancelWithdrawal(ctx, input);
    return toWithdrawalType(await this.queries.byId(ctx, id));
  }
}

@Resolver(() => AffectedByWithdrawalType)
export class AffectedByWithdrawalResolver {
  constructor(private readonly queries: WithdrawalQueries) {}

  @Allow('member')
  @ResolveField('affectedVersions', () => AffectedVersionConnection)
  async versionsOf(
    @CurrentContext() ctx: RequestContext,
    @Parent() { contributorId }: AffectedByWithdrawalType,
    @Args({ type: () => PageArgs }) page: PageArgs,
  ): Promise<ConnectionOf<AffectedVersionType>> {
    const by: AffectedBy = { contributorId };
    return toConnection(await this.queries.versions(ctx, by, page), (row) => toAffectedVersionType(row, by));
  }
}

@Resolver(() => AffectedVersionType)
export class AffectedVersionResolver {
  constructor(private readonly queries: WithdrawalQueries) {}

  @Allow('member')
  @ResolveField('spans', () => EpisodeSpanConnection, {
    description: 'The episodes, in order; 100 spans unless said otherwise.',
  })
  async spansOf(
    @CurrentContext() ctx: RequestContext,
    @Parent() version: AffectedVersionType,
    @Args({ type: () => PageArgs }) page: PageArgs,
  ): Promise<ConnectionOf<EpisodeSpanType>> {
    const spans = page.after
      ? await this.queries.spans(ctx, version.by, version.versionId, page)
      : spanPage(version.firstSpans, page);
    return toConnection(spans, toEpisodeSpanType);
  }
}
