import { Args, Mutation, Query, Resolver } from '@nestjs/graphql';
import { Allow, CurrentContext, PageArgs, toConnection } from '@app/graphql';
import type { ConnectionOf } from '@app/graphql';
import { KernelErrors } from '@app/kernel';
import type { RequestContext } from '@app/kernel';
import { DatasetService } from '../datasets/dataset.service.js';
import {
  DecideReviewHeadInput,
  ReviewConnection,
  ReviewSlugInput,
  ReviewType,
  toReviewType,
} from './review.graphql.js';
import { ReviewQueries } from './review.queries.js';
import { ReviewService } from './review.service.js';

@Resolver(() => ReviewType)
export class ReviewResolver {
  constructor(
    private readonly queries: ReviewQueries,
    private readonly service: ReviewService,
    private readonly datasets: DatasetService,
  ) {}

  @Allow('admin')
  @Query(() => ReviewConnection, { description: 'Datasets that wait for the operator, the longest waiting first.' })
  async reviewQueue(@CurrentContext() ctx: RequestContext, @Args() page: PageArgs): Promise<ConnectionOf<ReviewType>> {
    return toConnection(await this.queries.queue(ctx, page), toReviewType);
  }

  @Allow('member')
  @Query(() => ReviewConnection, { description: 'Every review of one of your datasets, newest first.' })
  async reviews(
    @CurrentContext() ctx: RequestContext,
    @Args('slug', { type: () => String }) slug: string,
    @Args() page: PageArgs,
  ): Promise<ConnectionOf<ReviewType>> {
    return toConnection(await this.queries.ofDataset(ctx, slug, page), toReviewType);
  }

  @Allow('admin')
  @Mutation(() => ReviewType, { description: 'Passes or refuses one head of the open review of a dataset.' })
  async decideReviewHead(
    @CurrentContext() ctx: RequestContext,
    @Args('input', { type: () => DecideReviewHeadInput }) input: DecideReviewHeadInput,
  ): Promise<ReviewType> {
    await this.service.decideHead(ctx, input);
    return this.newest(ctx, input.slug);
  }

  @Allow('admin')
  @Mutation(() => ReviewType, {
    description: 'Ends a review of which every head is decided: listed when all passed, else back to its provider.',
  })
  async concludeReview(
    @CurrentContext() ctx: RequestContext,
    @Args('input', { type: () => ReviewSlugInput }) input: ReviewSlugInput,
  ): Promise<ReviewType> {
    await this.service.concludeReview(ctx, input.slug);
    return this.newest(ctx, input.slug);
  }

  @Allow('provider')
  @Mutation(() => ReviewType, { description: 'After a refusal: what was wrong is mended, and a new review begins.' })
  async resubmitDataset(
    @CurrentContext() ctx: RequestContext,
    @Args('input', { type: () => ReviewSlugInput }) input: ReviewSlugInput,
  ): Promise<ReviewType> {
    await this.datasets.resubmitDataset(ctx, input.slug);
    return this.newest(ctx, input.slug);
  }

  private async newest(ctx: RequestContext, slug: string): Promise<ReviewType> {
    const { items } = await this.queries.ofDataset(ctx, slug, { first: 1 });
    const [review] = items;
    if (!review) throw KernelErrors.NOT_FOUND({ what: 'review', id: slug });
    return toReviewType(review);
  }
}
