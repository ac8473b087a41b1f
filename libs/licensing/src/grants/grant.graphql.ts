import { Field, GraphQLISODateTime, ID, InputType, ObjectType } from '@nestjs/graphql';
import { JsonScalar, NodeType, Visible, connectionOf } from '@app/graphql';
import { AttestationInput } from '../use-check/use-check.graphql.js';
import type { GrantSlice } from './grant.entity.js';
import type { GrantFilter } from '../desk/grant-filter.rules.js';
import type { GrantRow } from './grant.queries.js';
import type { GrantState } from './grant.rules.js';

/** A grant as the API shows it. */
@Visible('member')
@ObjectType('Grant', {
  description: 'A right held: who, what slice of which version, under which frozen terms, from when to when.',
  implements: () => [NodeType],
})
export class GrantType extends NodeType {
  @Field(() => ID, { description: 'The organization that holds it.' })
  organizationId: string;

  @Field(() => ID)
  providerOrganizationId: string;

  @Field(() => ID)
  datasetId: string;

  @Field(() => String)
  datasetSlug: string;

  @Field(() => ID)
  versionId: string;

  @Field(() => String)
  versionLabel: string;

  @Field(() => String, { nullable: true })
  commitId: string | null;

  @Field(() => ID)
  offerId: string;

  @Field(() => ID, { nullable: true })
  orderId: string | null;

  @Field(() => String)
  termsHash: string;

  @Field(() => JsonScalar)
  slice: GrantSlice;

  @Field(() => String, { nullable: true })
  intendedUse: string | null;

  @Field(() => String, { nullable: true, description: 'What the buyer wrote to the provider with the request.' })
  note: string | null;

  @Field(() => String, {
    description:
      'requested, approved, active, suspended, expired or revoked. One that starts later is active and gives access from startsAt on; a request that nobody answered in time is expired.',
  })
  state: GrantState;

  @Field(() => String, { nullable: true })
  stateReason: string | null;

  @Field(() => GraphQLISODateTime, { nullable: true })
  startsAt: Date | null;

  @Field(() => GraphQLISODateTime, { nullable: true })
  expiresAt: Date | null;

  @Field(() => GraphQLISODateTime, {
    nullable: true,
    description: 'Until when a request waits for its answer, and an approved one for its order.',
  })
  lapsesAt: Date | null;

  @Field(() => ID, { nullable: true, description: 'The right that this one goes on from.' })
  renewsGrantId: string | null;

  @Field(() => GraphQLISODateTime)
  createdAt: Date;

  @Field(() => GraphQLISODateTime, {
    nullable: true,
    description: 'When the granted version was recalled as defective.',
  })
  recalledAt: Date | null;

  @Field(() => String, { nullable: true, description: "The provider's reason for the recall." })
  recallReason: string | null;
}

export const { Connection: GrantConnection } = connectionOf(GrantType, 'Grant', 'member');

@InputType('GrantFilter')
export class GrantFilterInput implements GrantFilter {
  @Field(() => String, { nullable: true })
  datasetSlug?: string | null;

  @Field(() => [String], { nullable: true })
  states?: GrantState[] | null;

  @Field(() => ID, { nullable: true })
  versionId?: string | null;

  @Field(() => Boolean, { nullable: true, description: 'Only grants whose version was (not) recalled.' })
  isRecalled?: boolean | null;

  @Field(() => String, { nullable: true, description: 'Slug or id of the organization that holds the right.' })
  holder?: string | null;

  @Field(() => String, { nullable: true, description: 'Slug or id of the organization that gave it.' })
  provider?: string | null;

  @Field(() => String, { nullable: true, description: 'Words of the name of either party.' })
  text?: string | null;

  @Field(() => String, { nullable: true })
  termsHash?: string | null;

  @Field(() => String, { nullable: true, description: 'SPDX id, or LicenseRef-*.' })
  template?: string | null;

  @Field(() => String, { nullable: true, description: 'Code of a use that the frozen terms open to some buyer.' })
  use?: string | null;

  @Field(() => String, { nullable: true, description: 'Code of the use that the buyer named.' })
  intendedUse?: string | null;

  @Field(() => GraphQLISODateTime, {
    nullable: true,
    description: 'Only rights that were open at this instant, by their history.',
  })
  activeAt?: Date | null;

  @Field(() => GraphQLISODateTime, {
    nullable: true,
    description: 'Only rights whose time reaches beyond this instant; with `to`, those that overlap the period.',
  })
  from?: Date | null;

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'Only rights that began before this instant.' })
  to?: Date | null;
}

@InputType()
export class RequestLicenseInput {
  @Field(() => ID)
  offerId: string;

  @Field(() => String, { nullable: true, description: 'Code of the use in view.' })
  use?: string | null;

  @Field(() => AttestationInput, { nullable: true, description: 'What you attest of yourself and of the use.' })
  context?: AttestationInput | null;

  @Field(() => String, { nullable: true, description: 'A word to the provider.' })
  note?: string | null;

  @Field(() => ID, {
    nullable: true,
    description: 'The grant of yours that the new one goes on from: it starts when that one ends.',
  })
  renewsGrantId?: string | null;

  @Field(() => Boolean, { description: 'Must be true: the terms named by the offer are accepted.' })
  acceptTerms: boolean;
}

@InputType()
export class ApproveLicenseInput {
  @Field(() => ID)
  grantId: string;
}

@InputType()
export class DeclineLicenseInput {
  @Field(() => ID)
  grantId: string;

  @Field(() => String, { description: '10 to 512 characters, shown to the buyer.' })
  reason: string;
}

@InputType()
export class WithdrawRequestInput {
  @Field(() => ID)
  grantId: string;

  @Field(() => String, { nullable: true, description: '10 to 512 characters, shown to the provider.' })
  reason?: string | null;
}

@InputType()
export class RevokeGrantInput {
  @Field(() => ID)
  grantId: string;

  @Field(() => String, { description: '10 to 512 characters, shown to the buyer.' })
  reason: string;
}

@InputType()
export class SuspendGrantInput {
  @Field(() => ID)
  grantId: string;

  @Field(() => String, { description: '10 to 512 characters, shown to the buyer.' })
  reason: string;
}

@InputType()
export class ResumeGrantInput {
  @Field(() => ID)
  grantId: string;
}

/** The form of a grant for its parties. */
export function toGrantType(row: GrantRow): GrantType {
  return { ...row };
}
