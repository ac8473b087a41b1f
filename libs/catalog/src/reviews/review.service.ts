import { Injectable } from '@nestjs/common';
import { Database } from '@app/database';
import { requireAdmin, validate } from '@app/kernel';
import type { RequestContext } from '@app/kernel';
import { CatalogErrors } from '../catalog.errors.js';
import { DatasetService } from '../datasets/dataset.service.js';
import { decisionSchema, notPassed, standing, undecided } from './review.rules.js';
import type { DecideHead } from './review.rules.js';
import { ReviewBook } from './review-book.service.js';

/** What the operator decides about a dataset that waits: head by head, and then as a whole. */
@Injectable()
export class ReviewService {
  constructor(
    private readonly database: Database,
    private readonly book: ReviewBook,
    private readonly datasets: DatasetService,
  ) {}

  /**
   * Passes or refuses one head. Deciding it again before the review ends replaces the decision; both are kept.
   * @throws REQUEST_INVALID, CATALOG_REVIEW_NOT_OPEN
   */
  async decideHead(ctx: RequestContext, input: DecideHead): Promise<{ reviewId: string }> {
    requireAdmin(ctx);
    const { slug, head, verdict, ground, note } = validate(decisionSchema, input);
    return this.database.transaction(ctx, async (ctx) => {
      const review = await this.book.lockOpen(ctx, slug);
      await this.book.decide(ctx, review, { head, verdict, ground: ground ?? null }, note ?? null);
      return { reviewId: review.id };
    });
  }

  /**
   * Ends the review once every head is decided: listed when all passed, else back to its provider as a draft with the grounds.
   * @throws CATALOG_REVIEW_NOT_OPEN, CATALOG_REVIEW_UNDECIDED
   */
  async concludeReview(ctx: RequestContext, slug: string): Promise<{ reviewId: string }> {
    requireAdmin(ctx);
    return this.database.transaction(ctx, async (ctx) => {
      const review = await this.book.lockOpen(ctx, slug);
      const heads = undecided(review.decisions);
      if (heads.length > 0) throw CatalogErrors.REVIEW_UNDECIDED({ slug, heads });
      if (notPassed(review.decisions).length === 0) {
        await this.datasets.approveDataset(ctx, slug);
      } else {
        const refused = [...standing(review.decisions).values()].filter(({ verdict }) => verdict === 'refuse');
        const reason = refused.map(({ head, ground }) => `${head}: ${ground ?? ''}`).join('; ');
        await this.datasets.refuseDataset(ctx, slug, reason);
      }
      return { reviewId: review.id };
    });
  }
}
