import { Field, InputType, ObjectType } from '@nestjs/graphql';
import { BigIntScalar, Visible } from '@app/graphql';
import type { Currency } from '@app/kernel';
import type { BalanceRow } from './balance.queries.js';

@Visible('member')
@ObjectType('Balance', { description: "An organization's money in one currency, in minor units." })
export class BalanceType {
  @Field(() => String)
  currency: Currency;

  @Field(() => BigIntScalar, { description: 'Prepaid and not spent.' })
  spendableMinor: number;

  @Field(() => BigIntScalar, { description: 'Owed to the organization for what it sold.' })
  payableMinor: number;
}

@InputType()
export class TopUpBalanceInput {
  @Field(() => String)
  organizationSlug: string;

  @Field(() => BigIntScalar)
  amountMinor: number;

  @Field(() => String, { description: 'CNY or USD.' })
  currency: string;

  @Field(() => String, { description: 'The transfer that brought the money.' })
  reference: string;

  @Field(() => String, { description: 'Made by the caller; the same key credits once.' })
  idempotencyKey: string;
}

export function toBalanceType(row: BalanceRow): BalanceType {
  return { ...row };
}
