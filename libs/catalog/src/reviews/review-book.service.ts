import { Injectable } from '@nestjs/common';
import { Audit } from '@app/audit';
import { Database } from '@app/database';
import { Clock, newId } from '@app/kernel';
import type { RequestContext } from '@app/kernel';
import { CatalogErrors } from '../catalog.errors.js';
import type { HeadDecision, HeadVerdict, ReviewHead, ReviewOutcome } from './review.rules.js';

/** An open review, locked until the commit. */
export interface OpenReview {
  readonly id: string;
  readonly datasetId: string;
  readonly versionId: string;
  readonly round: number;
  readonly organizationId: string;
  readonly slug: string;
  readonly decisions: readonly HeadDecision[];
}

interface StoredDecision extends HeadDecision {
  readonly head: ReviewHead;
  readonly verdict: HeadVerdict;
  readonly ground: string | null;
}

/** Keeps the reviews: the only writer of their tables. Works within the transaction of the step that it belongs to. */
@Injectable()
export class ReviewBook {
  constructor(
    private readonly database: Database,
    private readonly audit: Audit,
    private readonly clock: Clock,
  ) {}

  /** A review begins; one that was open for an earlier version is replaced by it. The caller holds the dataset's row. */
  async open(ctx: RequestContext, dataset: { id: string; organizationId: string }, versionId: string): Promise<void> {
    await this.close(ctx, dataset, 'replaced');
    const now = this.clock.now();
    const id = newId('Review', now.getTime());
    const [row] = await this.database.query<{ round: number }>(
      ctx,
      `insert into dataset_reviews (id, dataset_id, version_id, round, opened_at)
       select $1, $2, $3, coalesce(max(round), 0) + 1, $4 from dataset_reviews where dataset_id = $2 returning round`,
      [id, dataset.id, versionId, now],
    );
    await this.audit.record(ctx, {
      action: 'review.opened',
      subject: { kind: 'review', id },
      about: { datasetId: dataset.id, organizationIds: [dataset.organizationId] },
      facts: { versionId, round: row?.round ?? 0 },
    });
  }

  /** The open review of a dataset, locked. @throws CATALOG_REVIEW_NOT_OPEN */
  async lockOpen(ctx: RequestContext, slug: string): Promise<OpenReview> {
    const [review] = await this.database.query<Omit<OpenReview, 'decisions'>>(
      ctx,
      `select r.id, r.dataset_id as "datasetId", r.version_id as "versionId", r.round, d.organization_id as "organizationId", d.slug
         from dataset_reviews r join datasets d on d.id = r.dataset_id
        where lower(d.slug) = lower($1) and r.closed_at is null for update of d, r`,
      [slug],
    );
    if (!review) throw CatalogErrors.REVIEW_NOT_OPEN({ slug });
    const decisions = await this.database.query<{ [K in keyof StoredDecision]: StoredDecision[K] }>(
      ctx,
      'select head, verdict, ground from review_decisions where review_id = $1 order by seq',
      [review.id],
    );
    return { ...review, decisions };
  }

  /** Adds a decision to the history of an open review. */
  async decide(ctx: RequestContext, review: OpenReview, decision: HeadDecision, note: string | null): Promise<void> {
    const { actor } = ctx;
    await this.database.execute(
      ctx,
      `insert into review_decisions (review_id, seq, head, verdict, ground, note, decided_by, decided_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8)`,
      [
        review.id,
        review.decisions.length + 1,
        decision.head,
        decision.verdict,
        decision.ground,
        note,
        actor.kind === 'user' ? actor.userId : actor.kind,
        this.clock.now(),
      ],
    );
    await this.audit.record(ctx, {
      action: 'review.decided',
      subject: { kind: 'review', id: review.id },
      about: { datasetId: review.datasetId, organizationIds: [review.organizationId] },
      facts: { versionId: review.versionId, ...decision },
      ...(note !== null && { private: { note } }),
    });
  }

  /** Ends the open review of a dataset, if there is one. */
  async close(
    ctx: RequestContext,
    dataset: { readonly id: string; readonly organizationId: string },
    outcome: ReviewOutcome,
  ): Promise<void> {
    const [closed] = await this.database.query<{ id: string; versionId: string }>(
      ctx,
      `update dataset_reviews set closed_at = $2, outcome = $3 where dataset_id = $1 and closed_at is null
       returning id, version_id as "versionId"`,
      [dataset.id, this.clock.now(), outcome],
    );
    if (!closed) return;
    await this.audit.record(ctx, {
      action: 'review.closed',
      subject: { kind: 'review', id: closed.id },
      about: { datasetId: dataset.id, organizationIds: [dataset.organizationId] },
      facts: { versionId: closed.versionId, outcome },
    });
  }
}
