import { Field, GraphQLISODateTime, ID, InputType, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import { Visible, connectionOf } from '@app/graphql';
import { labelsOf } from '../vocabulary/vocabulary.js';
import type { ReviewFact } from './review-facts.rules.js';
import type { DecisionRow, HeadRow, ReviewRow } from './review.queries.js';
import { REVIEW_HEADS } from './review.rules.js';
import type { DecideHead, HeadVerdict, ReviewHead, ReviewOutcome } from './review.rules.js';

const upper = <T extends string>(codes: readonly T[]): Record<string, T> =>
  Object.fromEntries(codes.map((code) => [code.toUpperCase(), code]));

export const ReviewHeadEnum = upper(REVIEW_HEADS);
export const HeadVerdictEnum = upper<HeadVerdict>(['pass', 'refuse']);
export const ReviewOutcomeEnum = upper<ReviewOutcome>(['listed', 'refused', 'replaced', 'withdrawn']);
export const FactResultEnum = upper<ReviewFact['result']>(['good', 'bad', 'unknown']);
registerEnumType(ReviewHeadEnum, {
  name: 'ReviewHead',
  description: 'What is looked at: basic information 基本信息, legality 合法性, tradability 可交易性.',
});
registerEnumType(HeadVerdictEnum, { name: 'HeadVerdict' });
registerEnumType(ReviewOutcomeEnum, { name: 'ReviewOutcome', description: 'How a review ended.' });
registerEnumType(FactResultEnum, { name: 'FactResult', description: 'Unknown never counts as good.' });

@Visible('member')
@ObjectType('ReviewFact', { description: 'What a machine knows before a person decides.' })
export class ReviewFactType {
  @Field(() => String)
  code: string;

  @Field(() => String)
  label: string;

  @Field(() => String)
  labelZh: string;

  @Field(() => FactResultEnum)
  result: ReviewFact['result'];

  @Field(() => String, { nullable: true })
  value: string | null;
}

@Visible('member')
@ObjectType('HeadDecision', { description: 'What the operator decided about one head.' })
export class HeadDecisionType {
  @Field(() => HeadVerdictEnum)
  verdict: HeadVerdict;

  @Field(() => String, { nullable: true, description: 'Code of the vocabulary refusal_ground.' })
  ground: string | null;

  @Field(() => String, { nullable: true })
  groundLabel: string | null;

  @Field(() => String, { nullable: true })
  groundLabelZh: string | null;

  @Field(() => String, { nullable: true, description: 'What can be mended.' })
  note: string | null;

  @Field(() => GraphQLISODateTime)
  decidedAt: Date;
}

@Visible('member')
@ObjectType('HeadReview')
export class HeadReviewType {
  @Field(() => ReviewHeadEnum)
  head: ReviewHead;

  @Field(() => String)
  label: string;

  @Field(() => String)
  labelZh: string;

  @Field(() => [ReviewFactType])
  facts: ReviewFactType[];

  @Field(() => HeadDecisionType, { nullable: true, description: 'The decision that counts; null while there is none.' })
  decision: HeadDecisionType | null;

  @Field(() => [HeadDecisionType], { description: 'Every decision, oldest first.' })
  decisions: HeadDecisionType[];
}

@Visible('member')
@ObjectType('Review', { description: 'One look of the operator at a dataset before it is listed.' })
export class ReviewType {
  @Field(() => ID)
  id: string;

  @Field(() => ID)
  datasetId: string;

  @Field(() => String)
  datasetSlug: string;

  @Field(() => ID)
  organizationId: string;

  @Field(() => String)
  organizationSlug: string;

  @Field(() => ID)
  versionId: string;

  @Field(() => String)
  versionLabel: string;

  @Field(() => Int, { description: 'Counts from 1 for each dataset.' })
  round: number;

  @Field(() => GraphQLISODateTime)
  openedAt: Date;

  @Field(() => GraphQLISODateTime, { nullable: true })
  closedAt: Date | null;

  @Field(() => ReviewOutcomeEnum, { nullable: true })
  outcome: ReviewOutcome | null;

  @Field(() => [HeadReviewType], { description: 'The three heads, in their order.' })
  heads: HeadReviewType[];
}

export const { Connection: ReviewConnection } = connectionOf(ReviewType, 'Review', 'member');

@InputType()
export class DecideReviewHeadInput implements DecideHead {
  @Field(() => String)
  slug: string;

  @Field(() => ReviewHeadEnum)
  head: ReviewHead;

  @Field(() => HeadVerdictEnum)
  verdict: HeadVerdict;

  @Field(() => String, {
    nullable: true,
    description: 'Needed for a refusal: a code of refusal_ground under this head.',
  })
  ground?: string | null;

  @Field(() => String, { nullable: true, description: 'Needed for a refusal: what the provider can mend.' })
  note?: string | null;
}

@InputType()
export class ReviewSlugInput {
  @Field(() => String)
  slug: string;
}

export function toReviewType(row: ReviewRow): ReviewType {
  const { id, datasetId, datasetSlug, organizationId, organizationSlug, versionId, versionLabel } = row;
  const { round, openedAt, closedAt, outcome, heads } = row;
  const parties = { datasetId, datasetSlug, organizationId, organizationSlug };
  return {
    id,
    ...parties,
    versionId,
    versionLabel,
    round,
    openedAt,
    closedAt,
    outcome,
    heads: heads.map(toHeadReviewType),
  };
}

function toHeadReviewType({ head, facts, decision, decisions }: HeadRow): HeadReviewType {
  const labels = labelsOf('refusal_ground', head);
  return {
    head,
    label: labels?.en ?? head,
    labelZh: labels?.zh ?? head,
    facts: facts.map(({ code, en, zh, result, value }) => ({ code, label: en, labelZh: zh, result, value })),
    decision: decision && toHeadDecisionType(decision),
    decisions: decisions.map(toHeadDecisionType),
  };
}

function toHeadDecisionType({ verdict, ground, note, decidedAt }: DecisionRow): HeadDecisionType {
  const labels = ground === null ? null : labelsOf('refusal_ground', ground);
  return { verdict, ground, groundLabel: labels?.en ?? null, groundLabelZh: labels?.zh ?? null, note, decidedAt };
}
