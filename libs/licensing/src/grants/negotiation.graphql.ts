import { Field, GraphQLISODateTime, ID, ObjectType } from '@nestjs/graphql';
import { BigIntScalar, JsonScalar, Visible } from '@app/graphql';
import type { Currency } from '@app/kernel';
import { OfferType, toOfferType } from '../offers/offer.graphql.js';
import type { PriceUnit } from '../offers/price.rules.js';
import { VerdictEnum } from '../terms/terms.graphql.js';
import type { Attestation } from '../terms/use-context.js';
import type { Verdict } from '../terms/uses.js';
import type { AcceptanceRow } from './acceptance.queries.js';
import type { PriceFacts, RequestChanges } from './request-changes.queries.js';

@Visible('member')
@ObjectType('GrantAcceptance', { description: 'That the frozen terms were accepted: when, for whom, and by whom.' })
export class GrantAcceptanceType {
  @Field(() => GraphQLISODateTime)
  at: Date;

  @Field(() => String, { description: 'request or order.' })
  via: string;

  @Field(() => String)
  termsHash: string;

  @Field(() => ID, { description: 'For whom.' })
  organizationId: string;

  @Field(() => ID, {
    nullable: true,
    description: 'The person; told to the organization itself and the operator alone.',
  })
  acceptedBy: string | null;

  @Field(() => JsonScalar, { description: 'What the buyer attested of himself and of the use.' })
  attestation: Attestation;
}

@Visible('member')
@ObjectType('UseChange', { description: 'What becomes of one use between two terms.' })
export class UseChangeType {
  @Field(() => String)
  use: string;

  @Field(() => VerdictEnum)
  before: Verdict;

  @Field(() => VerdictEnum)
  after: Verdict;

  @Field(() => [String])
  addedDuties: string[];

  @Field(() => [String])
  removedDuties: string[];

  @Field(() => Boolean, { description: 'The facts that an answer depends on are others.' })
  isConditionChanged: boolean;
}

@Visible('member')
@ObjectType('LimitChange', { description: 'What becomes of one limit; null is none.' })
export class LimitChangeType {
  @Field(() => String)
  limit: string;

  @Field(() => JsonScalar, { nullable: true })
  before: unknown;

  @Field(() => JsonScalar, { nullable: true })
  after: unknown;
}

@Visible('member')
@ObjectType('OfferPrice')
export class OfferPriceType {
  @Field(() => BigIntScalar, { description: 'Of one unit, in minor units; 0 when free.' })
  priceMinor: number;

  @Field(() => String)
  currency: Currency;

  @Field(() => String)
  per: PriceUnit;

  @Field(() => BigIntScalar, { nullable: true, description: 'For the version asked for, or the current one.' })
  totalMinor: number | null;
}

@Visible('member')
@ObjectType('OfferChange', { description: 'How a newer offer differs from the one that was asked for.' })
export class OfferChangeType {
  @Field(() => OfferType)
  offer: OfferType;

  @Field(() => [UseChangeType])
  uses: UseChangeType[];

  @Field(() => [LimitChangeType])
  limits: LimitChangeType[];

  @Field(() => Boolean)
  isPriceChanged: boolean;

  @Field(() => OfferPriceType)
  priceBefore: PriceFacts;

  @Field(() => OfferPriceType)
  priceAfter: PriceFacts;
}

@Visible('member')
@ObjectType('RequestChanges', {
  description: 'What has changed since a licence was asked for. What was frozen then is still what is approved.',
})
export class RequestChangesType {
  @Field(() => Boolean)
  hasChanged: boolean;

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'When the offer asked for was taken off the shelf.' })
  offerRetiredAt: Date | null;

  @Field(() => [OfferChangeType], { description: 'Offers with other terms or another price made since, newest first.' })
  newerOffers: OfferChangeType[];

  @Field(() => String, { description: 'Of the version asked for: published, superseded or recalled.' })
  versionStatus: string;

  @Field(() => String, { nullable: true })
  recallReason: string | null;

  @Field(() => ID, { nullable: true })
  currentVersionId: string | null;

  @Field(() => String, { nullable: true })
  currentVersionLabel: string | null;
}

export function toGrantAcceptanceType(row: AcceptanceRow): GrantAcceptanceType {
  const { acceptedAt: at, via, termsHash, organizationId, acceptedBy, attested: attestation } = row;
  return { at, via, termsHash, organizationId, acceptedBy, attestation };
}

export function toRequestChangesType({ newerOffers, ...facts }: RequestChanges): RequestChangesType {
  return {
    ...facts,
    newerOffers: newerOffers.map((change) => ({
      ...change,
      offer: toOfferType(change.offer),
      uses: change.uses.map((use) => ({
        ...use,
        addedDuties: [...use.addedDuties],
        removedDuties: [...use.removedDuties],
      })),
      limits: [...change.limits],
    })),
  };
}
