import { Field, GraphQLISODateTime, ID, InputType, Int, ObjectType } from '@nestjs/graphql';
import { BigIntScalar, Visible, connectionOf } from '@app/graphql';
import { VersionStatusEnum } from '../versions/version.graphql.js';
import type { VersionStatus } from '../versions/version.rules.js';
import type { EpisodeSpan } from './contributor.rules.js';
import type { AffectedBy, AffectedRow, AffectedVersionRow, WithdrawalRow } from './withdrawal.queries.js';

@Visible('member')
@ObjectType('EpisodeSpan', { description: 'Episodes by number, first and last included.' })
export class EpisodeSpanType {
  @Field(() => Int)
  first: number;

  @Field(() => Int)
  last: number;
}

export const { Connection: EpisodeSpanConnection } = connectionOf(EpisodeSpanType, 'EpisodeSpan', 'member');

@Visible('member')
@ObjectType('AffectedVersion', { description: 'A version that holds episodes of the contributor.' })
export class AffectedVersionType {
  @Field(() => ID)
  versionId: string;

  @Field(() => ID)
  datasetId: string;

  @Field(() => String)
  datasetSlug: string;

  @Field(() => String)
  label: string;

  @Field(() => VersionStatusEnum)
  status: VersionStatus;

  @Field(() => BigIntScalar)
  episodes: number;

  @Field(() => Boolean, { description: 'False where nobody said which episodes, so that all of them count.' })
  isStated: boolean;

  /** Not shown: the first spans, and whose they are. */
  firstSpans: readonly EpisodeSpan[];
  by: AffectedBy;
}

export const { Connection: AffectedVersionConnection } = connectionOf(AffectedVersionType, 'AffectedVersion', 'member');

@Visible('member')
@ObjectType('AffectedByWithdrawal', { description: 'What the withdrawal of one contributor would touch now.' })
export class AffectedByWithdrawalType {
  @Field(() => ID)
  contributorId: string;

  @Field(() => ID, { description: 'The provider whose contributor it is.' })
  organizationId: string;

  @Field(() => BigIntScalar)
  datasets: number;

  @Field(() => BigIntScalar, { description: 'Checked and released versions, superseded and recalled ones included.' })
  versions: number;

  @Field(() => BigIntScalar)
  episodes: number;
}

@Visible('member')
@ObjectType('Withdrawal', { description: 'A contributor took consent back.' })
export class WithdrawalType {
  @Field(() => ID)
  id: string;

  @Field(() => ID, { description: 'The provider whose contributor it is.' })
  organizationId: string;

  @Field(() => String, { nullable: true, description: 'For the provider alone.' })
  pseudonym: string | null;

  @Field(() => [String], {
    nullable: true,
    description: 'Uses that were withdrawn (vocabulary consent_scope); null: all.',
  })
  scope: readonly string[] | null;

  @Field(() => String, { description: 'For the provider and the operator; holders never read it.' })
  reason: string;

  @Field(() => GraphQLISODateTime)
  effectiveAt: Date;

  @Field(() => GraphQLISODateTime)
  recordedAt: Date;

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'When the operator cancelled it as a mistake.' })
  cancelledAt: Date | null;

  @Field(() => String, { nullable: true })
  cancelReason: string | null;

  @Field(() => BigIntScalar)
  versions: number;

  @Field(() => BigIntScalar)
  episodes: number;
}

export const { Connection: WithdrawalConnection } = connectionOf(WithdrawalType, 'Withdrawal', 'member');

@InputType()
export class WithdrawConsentInput {
  @Field(() => String, { description: 'As dataset.yaml names the contributor.' })
  pseudonym: string;

  @Field(() => ID, { nullable: true, description: 'Whose contributor it is; your own organization when left out.' })
  organizationId?: string | null;

  @Field(() => String, { description: '10 to 512 characters. Buyers do not read it.' })
  reason: string;

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'Not in the future; now when left out.' })
  effectiveAt?: Date | null;

  @Field(() => [String], { nullable: true, description: 'Codes of consent_scope; all uses when left out.' })
  scope?: string[] | null;

  @Field(() => String, { description: 'The same key answers the same withdrawal.' })
  idempotencyKey: string;
}

@InputType()
export class CancelWithdrawalInput {
  @Field(() => ID)
  withdrawalId: string;

  @Field(() => String, { description: '10 to 512 characters.' })
  reason: string;
}

export function toEpisodeSpanType([first, last]: EpisodeSpan): EpisodeSpanType {
  return { first, last };
}

export function toAffectedType(row: AffectedRow): AffectedByWithdrawalType {
  return { ...row };
}

export function toAffectedVersionType({ spans, ...row }: AffectedVersionRow, by: AffectedBy): AffectedVersionType {
  return { ...row, firstSpans: spans, by };
}

export function toWithdrawalType(row: WithdrawalRow): WithdrawalType {
  return { ...row };
}
