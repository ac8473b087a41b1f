import { Injectable } from '@nestjs/common';
import { OperatorReads } from '@app/audit';
import { Database } from '@app/database';
import {
  KernelErrors,
  decodeCursor,
  encodeCursor,
  pageSize,
  requireAdmin,
  requireUser,
  sightOf,
  toPage,
} from '@app/kernel';
import type { Page, PageRequest, RequestContext } from '@app/kernel';
import type { DeclaredFacts } from '../datasets/declared.rules.js';
import { TitleQueries } from '../titles/title.queries.js';
import type { VersionFacts } from '../versions/listing.rules.js';
import type { VersionReport } from '../versions/report.js';
import { reviewFacts } from './review-facts.rules.js';
import type { ReviewFact } from './review-facts.rules.js';
import { REVIEW_HEADS } from './review.rules.js';
import type { HeadDecision, ReviewHead, ReviewOutcome } from './review.rules.js';

export interface DecisionRow extends HeadDecision {
  readonly note: string | null;
  readonly decidedAt: Date;
}

/** One head of a review: what a machine knows, what was decided, and the decision that counts. */
export interface HeadRow {
  readonly head: ReviewHead;
  readonly facts: readonly ReviewFact[];
  readonly decisions: readonly DecisionRow[];
  readonly decision: DecisionRow | null;
}

/** A review as its operator works on it and its provider reads it. */
export interface ReviewRow {
  readonly id: string;
  readonly datasetId: string;
  readonly datasetSlug: string;
  readonly organizationId: string;
  readonly organizationSlug: string;
  readonly versionId: string;
  readonly versionLabel: string;
  readonly round: number;
  readonly openedAt: Date;
  readonly closedAt: Date | null;
  readonly outcome: ReviewOutcome | null;
  readonly heads: readonly HeadRow[];
}

interface StoredReview extends Omit<ReviewRow, 'heads'> {
  readonly titleZh: string | null;
  readonly titleEn: string | null;
  readonly summaryZh: string | null;
  readonly summaryEn: string | null;
  readonly providerVerifiedAt: Date | null;
  readonly declared: DeclaredFacts;
  readonly facts: VersionFacts | null;
  readonly report: VersionReport | null;
  readonly decisions: readonly (Omit<DecisionRow, 'decidedAt'> & { readonly decidedAt: string })[];
}

/** Decisions come with their review, so that a page is one statement. */
const SELECT_REVIEWS = `
  select r.id, r.dataset_id as "datasetId", d.slug as "datasetSlug", d.organization_id as "organizationId", o.slug as "organizationSlug",
         r.version_id as "versionId", v.label as "versionLabel", r.round, r.opened_at as "openedAt", r.closed_at as "closedAt", r.outcome,
         d.title_zh as "titleZh", d.title_en as "titleEn", d.summary_zh as "summaryZh", d.summary_en as "summaryEn",
         o.verified_at as "providerVerifiedAt", d.declared, v.facts, v.report,
         coalesce((select jsonb_agg(jsonb_build_object('head', c.head, 'verdict', c.verdict, 'ground', c.ground, 'note', c.note,
           'decidedAt', c.decided_at) order by c.seq) from review_decisions c where c.review_id = r.id), '[]') as decisions
    from dataset_reviews r join datasets d on d.id = r.dataset_id join organizations o on o.id = d.organization_id
    join dataset_versions v on v.id = r.version_id`;

/** Reviews that wait, for the operator; and what was decided, for the provider and the operator. */
@Injectable()
export class ReviewQueries {
  constructor(
    private readonly database: Database,
    private readonly titles: TitleQueries,
    private readonly operatorReads: OperatorReads,
  ) {}

  /** What waits, the longest first. @throws REQUEST_FORBIDDEN */
  async queue(ctx: RequestContext, page: PageRequest): Promise<Page<ReviewRow>> {
    requireAdmin(ctx);
    const size = pageSize(page);
    const after = page.after ? String(decodeCursor(page.after, 1)[0]) : null;
    const stored = await this.database.query<{ [K in keyof StoredReview]: StoredReview[K] }>(
      ctx,
      `${SELECT_REVIEWS} where r.closed_at is null and ($1::text is null or r.id > $1) order by r.id limit $2`,
      [after, size + 1],
    );
    return this.show(
      ctx,
      toPage(stored, size, (row) => encodeCursor([row.id])),
    );
  }

  /** Every round of one dataset, newest first, for its provider and the operator. @throws REQUEST_NOT_FOUND */
  async ofDataset(ctx: RequestContext, slug: string, page: PageRequest): Promise<Page<ReviewRow>> {
    const { organizationId } = requireUser(ctx);
    const size = pageSize(page);
    const before = page.after ? Number(decodeCursor(page.after, 1)[0]) : null;
    const { seesAll } = sightOf(ctx);
    const [dataset] = await this.database.query<{ id: string }>(
      ctx,
      'select id from datasets where lower(slug) = lower($1) and (organization_id = $2 or $3)',
      [slug, organizationId, seesAll],
    );
    if (!dataset) throw KernelErrors.NOT_FOUND({ what: 'dataset', id: slug });
    const stored = await this.database.query<{ [K in keyof StoredReview]: StoredReview[K] }>(
      ctx,
      `${SELECT_REVIEWS} where r.dataset_id = $1 and ($2::int is null or r.round < $2) order by r.round desc limit $3`,
      [dataset.id, before, size + 1],
    );
    return this.show(
      ctx,
      toPage(stored, size, (row) => encodeCursor([row.round])),
    );
  }

  private async show(ctx: RequestContext, page: Page<StoredReview>): Promise<Page<ReviewRow>> {
    const { organizationId: own } = sightOf(ctx);
    const strange = page.items.filter((review) => review.organizationId !== own);
    await this.operatorReads.noteThings(
      ctx,
      'review',
      strange.map(({ id, datasetId, organizationId }) => ({
        id,
        about: { datasetId, organizationIds: [organizationId] },
      })),
    );
    const titles = await this.titles.ofDatasets(ctx, [...new Set(page.items.map((review) => review.datasetId))]);
    return {
      ...page,
      items: page.items.map((stored) => {
        const facts = reviewFacts({ ...stored, titles: titles.get(stored.datasetId) ?? [] });
        const decisions = stored.decisions.map((one) => ({ ...one, decidedAt: new Date(one.decidedAt) }));
        return { ...stored, heads: REVIEW_HEADS.map((head) => toHead(head, facts[head], decisions)) };
      }),
    };
  }
}

function toHead(head: ReviewHead, facts: readonly ReviewFact[], all: readonly DecisionRow[]): HeadRow {
  const decisions = all.filter((decision) => decision.head === head);
  return { head, facts, decisions, decision: decisions.at(-1) ?? null };
}
