import { Field, GraphQLISODateTime, ID, InputType, ObjectType } from '@nestjs/graphql';
import type { EpisodeSpan } from '@app/catalog';
import { BigIntScalar, JsonScalar, Visible, connectionOf } from '@app/graphql';
import type { GrantSlice } from '../grants/grant.entity.js';
import type { GrantState } from '../grants/grant.rules.js';
import type { AffectedGrantRow, NoticeFilter, NoticeRow, NoticeTally } from './notice.queries.js';

@Visible('member')
@ObjectType('WithdrawalNotice', {
  description:
    'A holder is told that consent was withdrawn for episodes that he holds: which, until when to delete them.',
})
export class WithdrawalNoticeType {
  @Field(() => ID)
  id: string;

  @Field(() => ID)
  withdrawalId: string;

  @Field(() => ID)
  grantId: string;

  @Field(() => ID, { description: 'The holder.' })
  organizationId: string;

  @Field(() => String)
  organizationSlug: string;

  @Field(() => String)
  datasetSlug: string;

  @Field(() => ID)
  versionId: string;

  @Field(() => String)
  versionLabel: string;

  @Field(() => [String], { nullable: true, description: 'Uses that were withdrawn; null: all.' })
  scope: readonly string[] | null;

  @Field(() => String, { description: 'How it was told: market, in the market itself.' })
  channel: string;

  @Field(() => GraphQLISODateTime)
  toldAt: Date;

  @Field(() => GraphQLISODateTime, { description: 'Until when to delete the episodes and to certify it.' })
  dueAt: Date;

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'When a member of the holder first read it.' })
  seenAt: Date | null;

  @Field(() => GraphQLISODateTime, { nullable: true })
  acknowledgedAt: Date | null;

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'When the holder certifies to have deleted them.' })
  deletedAt: Date | null;

  @Field(() => String, { nullable: true, description: 'What the holder wrote.' })
  note: string | null;

  @Field(() => GraphQLISODateTime, {
    nullable: true,
    description: 'When the withdrawal was cancelled: nothing is owed.',
  })
  cancelledAt: Date | null;

  @Field(() => Boolean)
  isOverdue: boolean;

  @Field(() => String, { nullable: true, description: 'The corrected version to go on with, when there is one.' })
  successorLabel: string | null;

  @Field(() => ID, { nullable: true })
  successorVersionId: string | null;

  /** Not shown: the first spans. */
  firstSpans: readonly EpisodeSpan[];
}

export const { Connection: WithdrawalNoticeConnection } = connectionOf(
  WithdrawalNoticeType,
  'WithdrawalNotice',
  'member',
);

@Visible('member')
@ObjectType('NoticeTally', { description: 'How many holders were told, have seen it, answered, deleted, are late.' })
export class NoticeTallyType implements NoticeTally {
  @Field(() => BigIntScalar)
  told: number;

  @Field(() => BigIntScalar)
  seen: number;

  @Field(() => BigIntScalar)
  acknowledged: number;

  @Field(() => BigIntScalar)
  deleted: number;

  @Field(() => BigIntScalar)
  overdue: number;
}

@Visible('member')
@ObjectType('AffectedGrant', {
  description: 'A right that ever started on a version with episodes of the contributor.',
})
export class AffectedGrantType {
  @Field(() => ID)
  grantId: string;

  @Field(() => ID, { description: 'The holder.' })
  organizationId: string;

  @Field(() => String)
  organizationSlug: string;

  @Field(() => String)
  datasetSlug: string;

  @Field(() => ID)
  versionId: string;

  @Field(() => String)
  versionLabel: string;

  @Field(() => String)
  state: GrantState;

  @Field(() => GraphQLISODateTime, { nullable: true })
  startsAt: Date | null;

  @Field(() => GraphQLISODateTime, { nullable: true })
  expiresAt: Date | null;

  @Field(() => JsonScalar)
  slice: GrantSlice;
}

export const { Connection: AffectedGrantConnection } = connectionOf(AffectedGrantType, 'AffectedGrant', 'member');

@InputType('NoticeFilter')
export class NoticeFilterInput implements NoticeFilter {
  @Field(() => ID, { nullable: true })
  grantId?: string | null;

  @Field(() => Boolean, { nullable: true })
  isAcknowledged?: boolean | null;

  @Field(() => Boolean, { nullable: true, description: 'Only those whose time to certify the deletion is (not) over.' })
  isOverdue?: boolean | null;
}

@InputType()
export class AcknowledgeWithdrawalInput {
  @Field(() => ID)
  noticeId: string;

  @Field(() => GraphQLISODateTime, {
    nullable: true,
    description: 'Certifies that the episodes named were deleted then; may follow later.',
  })
  deletedAt?: Date | null;

  @Field(() => String, { nullable: true, description: 'A word to the provider, at most 2,000 characters.' })
  note?: string | null;
}

export function toWithdrawalNoticeType({ spans, ...row }: NoticeRow): WithdrawalNoticeType {
  return { ...row, firstSpans: spans };
}

export function toAffectedGrantType(row: AffectedGrantRow): AffectedGrantType {
  return { ...row };
}
