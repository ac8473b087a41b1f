import { Args, Mutation, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import {
  AffectedByWithdrawalType,
  EpisodeSpanConnection,
  EpisodeSpanType,
  WithdrawalType,
  spanPage,
  toEpisodeSpanType,
} from '@app/catalog';
import { Allow, CurrentContext, OperationLoaders, PageArgs, operationLoader, toConnection } from '@app/graphql';
import type { ConnectionOf, Loaders } from '@app/graphql';
import type { RequestContext } from '@app/kernel';
import { GrantType } from '../grants/grant.graphql.js';
import {
  AcknowledgeWithdrawalInput,
  AffectedGrantConnection,
  AffectedGrantType,
  NoticeFilterInput,
  NoticeTallyType,
  WithdrawalNoticeConnection,
  WithdrawalNoticeType,
  toAffectedGrantType,
  toWithdrawalNoticeType,
} from './notice.graphql.js';
import { NoticeQueries } from './notice.queries.js';
import type { NoticeRow, NoticeTally } from './notice.queries.js';
import { NoticeService } from './notice.service.js';

@Resolver(() => WithdrawalNoticeType)
export class NoticeResolver {
  constructor(
    private readonly queries: NoticeQueries,
    private readonly service: NoticeService,
  ) {}

  @Allow('member')
  @Query(() => WithdrawalNoticeConnection, {
    description: 'Withdrawals of consent that touch what you hold, newest first. Reading a notice marks it as seen.',
  })
  async notices(
    @CurrentContext() ctx: RequestContext,
    @Args({ type: () => PageArgs }) page: PageArgs,
    @Args('filter', { type: () => NoticeFilterInput, nullable: true }) filter?: NoticeFilterInput | null,
  ): Promise<ConnectionOf<WithdrawalNoticeType>> {
    const found = await this.queries.own(ctx, page, filter ?? {});
    await this.service.markSeen(
      ctx,
      found.items.map(({ id }) => id),
    );
    return toConnection(found, toWithdrawalNoticeType);
  }

  @Allow('member')
  @ResolveField('episodes', () => EpisodeSpanConnection, {
    description: 'The episodes to delete, in order; 100 spans unless said otherwise.',
  })
  async episodesOf(
    @CurrentContext() ctx: RequestContext,
    @Parent() notice: WithdrawalNoticeType,
    @Args({ type: () => PageArgs }) page: PageArgs,
  ): Promise<ConnectionOf<EpisodeSpanType>> {
    const spans = page.after ? await this.queries.spans(ctx, notice.id, page) : spanPage(notice.firstSpans, page);
    return toConnection(spans, toEpisodeSpanType);
  }

  @Allow('member')
  @Mutation(() => WithdrawalNoticeType, {
    description: 'Confirms a notice, and with deletedAt certifies the deletion. Repeating it changes nothing.',
  })
  async acknowledgeWithdrawal(
    @CurrentContext() ctx: RequestContext,
    @Args('input', { type: () => AcknowledgeWithdrawalInput }) input: AcknowledgeWithdrawalInput,
  ): Promise<WithdrawalNoticeType> {
    const id = await this.service.acknowledgeWithdrawal(ctx, input);
    return toWithdrawalNoticeType(await this.queries.ownById(ctx, id));
  }
}

@Resolver(() => GrantType)
export class GrantWithdrawalsResolver {
  constructor(
    private readonly queries: NoticeQueries,
    private readonly service: NoticeService,
  ) {}

  @Allow('member')
  @ResolveField('withdrawals', () => [WithdrawalNoticeType], {
    description: 'Withdrawals of consent that touch this right, the newest 20.',
  })
  async withdrawalsOf(
    @CurrentContext() ctx: RequestContext,
    @OperationLoaders() loaders: Loaders,
    @Parent() grant: GrantType,
  ): Promise<WithdrawalNoticeType[]> {
    const loader = operationLoader<string, NoticeRow[]>(loaders, 'licensing.notices_of_grants', async (ids) => {
      const found = await this.queries.ofGrants(ctx, ids);
      await this.service.markSeen(
        ctx,
        [...found.values()].flat().map(({ id }) => id),
      );
      return ids.map((id) => found.get(id) ?? []);
    });
    return (await loader.load(grant.id)).map(toWithdrawalNoticeType);
  }
}

@Resolver(() => WithdrawalType)
export class WithdrawalNoticesResolver {
  constructor(private readonly queries: NoticeQueries) {}

  @Allow('member')
  @ResolveField('notices', () => WithdrawalNoticeConnection, { description: 'Who was told, newest first.' })
  async noticesOf(
    @CurrentContext() ctx: RequestContext,
    @Parent() withdrawal: WithdrawalType,
    @Args({ type: () => PageArgs }) page: PageArgs,
    @Args('filter', { type: () => NoticeFilterInput, nullable: true }) filter?: NoticeFilterInput | null,
  ): Promise<ConnectionOf<WithdrawalNoticeType>> {
    const found = await this.queries.ofWithdrawal(ctx, withdrawal.id, page, filter ?? {});
    return toConnection(found, toWithdrawalNoticeType);
  }

  @Allow('member')
  @ResolveField('tally', () => NoticeTallyType)
  async tallyOf(
    @CurrentContext() ctx: RequestContext,
    @OperationLoaders() loaders: Loaders,
    @Parent() withdrawal: WithdrawalType,
  ): Promise<NoticeTallyType> {
    const loader = operationLoader<string, NoticeTally>(loaders, 'licensing.notice_tallies', async (ids) => {
      const found = await this.queries.tallies(ctx, ids);
      return ids.map((id) => found.get(id) ?? { told: 0, seen: 0, acknowledged: 0, deleted: 0, overdue: 0 });
    });
    return loader.load(withdrawal.id);
  }
}

@Resolver(() => AffectedByWithdrawalType)
export class AffectedGrantsResolver {
  constructor(private readonly queries: NoticeQueries) {}

  @Allow('member')
  @ResolveField('affectedGrants', () => AffectedGrantConnection, {
    description: 'Rights that ever started on these versions: holder, state, until when, which slice.',
  })
  async grantsOf(
    @CurrentContext() ctx: RequestContext,
    @Parent() { contributorId }: AffectedByWithdrawalType,
    @Args({ type: () => PageArgs }) page: PageArgs,
  ): Promise<ConnectionOf<AffectedGrantType>> {
    return toConnection(await this.queries.affectedGrants(ctx, contributorId, page), toAffectedGrantType);
  }
}
