import { Field, GraphQLISODateTime, ID, InputType, Int, ObjectType, createUnionType } from '@nestjs/graphql';
import { BigIntScalar, NodeType, RefusalType, Visible, connectionOf } from '@app/graphql';
import type { Currency, DomainError } from '@app/kernel';
import { AttestationInput, GrantType } from '@app/licensing';
import type { OrderRow } from './order.queries.js';
import type { OrderState } from './order.rules.js';

@Visible('member')
@ObjectType('Order', { description: 'An offer taken, with what was frozen by it.', implements: () => [NodeType] })
export class OrderType extends NodeType {
  @Field(() => String, { description: 'placed, paid, fulfilled, refunded or cancelled.' })
  state: OrderState;

  @Field(() => ID)
  offerId: string;

  @Field(() => ID)
  datasetId: string;

  @Field(() => String)
  datasetSlug: string;

  @Field(() => ID)
  versionId: string;

  @Field(() => String)
  versionLabel: string;

  @Field(() => String)
  termsHash: string;

  @Field(() => String, { nullable: true })
  intendedUse: string | null;

  @Field(() => BigIntScalar)
  priceMinor: number;

  @Field(() => String)
  currency: Currency;

  @Field(() => ID, { nullable: true })
  grantId: string | null;

  @Field(() => GraphQLISODateTime)
  createdAt: Date;
}

export const { Connection: OrderConnection } = connectionOf(OrderType, 'Order', 'member');

@InputType()
export class PlaceOrderInput {
  @Field(() => ID)
  offerId: string;

  @Field(() => String, { nullable: true, description: 'Refuse when the terms are others than these.' })
  expectedTermsHash?: string | null;

  @Field(() => BigIntScalar, { nullable: true, description: 'Refuse when the total is another than this.' })
  expectedPriceMinor?: number | null;

  @Field(() => String, { nullable: true, description: 'Code of the use in view; refused unless the terms open it.' })
  use?: string | null;

  @Field(() => AttestationInput, { nullable: true, description: 'What you attest of yourself and of the use.' })
  context?: AttestationInput | null;

  @Field(() => ID, {
    nullable: true,
    description: 'The grant of yours that the new one goes on from: it starts when that one ends.',
  })
  renewsGrantId?: string | null;

  @Field(() => String, { description: 'Made by the caller and kept; the same key is the same order.' })
  idempotencyKey: string;

  @Field(() => Boolean, { description: 'Must be true: the terms are accepted.' })
  acceptTerms: boolean;
}

@InputType()
export class RefundOrderInput {
  @Field(() => ID, { description: 'The grant that the order paid for.' })
  grantId: string;

  @Field(() => String, { description: '10 to 512 characters, shown to the buyer.' })
  reason: string;
}

@Visible('member')
@ObjectType('OrderPlaced')
export class OrderPlacedType {
  @Field(() => OrderType)
  order: OrderType;

  @Field(() => GrantType)
  grant: GrantType;
}

@Visible('member')
@ObjectType('OfferChanged', {
  implements: () => [RefusalType],
  description: 'The offer is retired, or not what the buyer saw.',
})
export class OfferChangedType extends RefusalType {
  @Field(() => String, { nullable: true, description: 'Null when the offer is retired.' })
  termsHash: string | null;

  @Field(() => BigIntScalar, { nullable: true, description: 'Null when the offer is retired.' })
  priceMinor: number | null;
}

@Visible('member')
@ObjectType('TermsIncompatible', { implements: () => [RefusalType], description: 'The terms do not open the use.' })
export class TermsIncompatibleType extends RefusalType {
  @Field(() => String)
  use: string;

  @Field(() => String)
  verdict: string;
}

@Visible('member')
@ObjectType('BalanceTooLow', { implements: () => [RefusalType] })
export class BalanceTooLowType extends RefusalType {
  @Field(() => BigIntScalar)
  balanceMinor: number;

  @Field(() => BigIntScalar)
  missingMinor: number;

  @Field(() => String)
  currency: string;
}

@Visible('member')
@ObjectType('ApprovalRequired', {
  implements: () => [RefusalType],
  description: 'The provider decides first; request a license.',
})
export class ApprovalRequiredType extends RefusalType {
  @Field(() => ID)
  offerId: string;
}

@Visible('member')
@ObjectType('ExclusivelyHeld', {
  implements: () => [RefusalType],
  description: 'A field of use is held exclusively, or cannot become so because others may use the data in it.',
})
export class ExclusivelyHeldType extends RefusalType {
  @Field(() => [String], { description: 'Codes of the fields of use.' })
  fields: string[];

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'When they come free; null is without end.' })
  until: Date | null;
}

@Visible('member')
@ObjectType('SoldOut', {
  implements: () => [RefusalType],
  description: 'All rights of the limited number that the offer gives are taken.',
})
export class SoldOutType extends RefusalType {
  @Field(() => Int)
  stock: number;
}

const TYPE_OF_CODE: Readonly<Record<string, new () => RefusalType>> = {
  LICENSING_OFFER_RETIRED: OfferChangedType,
  BILLING_OFFER_CHANGED: OfferChangedType,
  LICENSING_TERMS_INCOMPATIBLE: TermsIncompatibleType,
  BILLING_BALANCE_TOO_LOW: BalanceTooLowType,
  BILLING_APPROVAL_REQUIRED: ApprovalRequiredType,
  LICENSING_EXCLUSIVELY_HELD: ExclusivelyHeldType,
  LICENSING_FIELD_NOT_FREE: ExclusivelyHeldType,
  LICENSING_SOLD_OUT: SoldOutType,
};

export const PlaceOrderResult = createUnionType({
  name: 'PlaceOrderResult',
  types: () =>
    [
      OrderPlacedType,
      OfferChangedType,
      TermsIncompatibleType,
      BalanceTooLowType,
      ApprovalRequiredType,
      ExclusivelyHeldType,
      SoldOutType,
    ] as const,
  resolveType: (value: object) => ('code' in value ? TYPE_OF_CODE[String(value.code)] : OrderPlacedType),
});

export function toOrderType(row: OrderRow): OrderType {
  return { ...row };
}

/** A refusal with its typed details beside code and message. */
export function toOrderRefusal(refusal: DomainError): RefusalType {
  const type = TYPE_OF_CODE[refusal.code];
  if (!type) throw refusal;
  const { until } = refusal.details as { readonly until?: string | null };
  const date = typeof until === 'string' ? { until: new Date(until) } : {};
  return Object.assign(new type(), { termsHash: null, priceMinor: null }, refusal.details, date, {
    code: refusal.code,
    message: refusal.message,
  });
}
