import { Field, GraphQLISODateTime, ID, InputType, ObjectType } from '@nestjs/graphql';
import { Visible } from '@app/graphql';
import type { OrganizationRow } from './organization.queries.js';

@Visible('public')
@ObjectType('Organization', { description: 'A provider, a buyer, or both.' })
export class OrganizationType {
  @Field(() => ID)
  id: string;

  @Field(() => String, { description: 'Short name, the first half of a dataset id.' })
  slug: string;

  @Field(() => String)
  name: string;

  @Field(() => Boolean)
  isProvider: boolean;

  @Field(() => Boolean)
  isBuyer: boolean;

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'When the operator vouched for it.' })
  verifiedAt: Date | null;
}

@InputType()
export class CreateOrganizationInput {
  @Field(() => String)
  slug: string;

  @Field(() => String)
  name: string;

  @Field(() => Boolean, { defaultValue: false })
  isProvider: boolean;

  @Field(() => Boolean, { defaultValue: true })
  isBuyer: boolean;
}

@InputType()
export class VerifyOrganizationInput {
  @Field(() => ID)
  organizationId: string;
}

@InputType()
export class UnverifyOrganizationInput {
  @Field(() => ID)
  organizationId: string;

  @Field(() => String, { description: 'Between 10 and 512 characters; kept with the act.' })
  reason: string;
}

export function toOrganizationType(row: Omit<OrganizationRow, 'isOperator'>): OrganizationType {
  const { id, slug, name, isProvider, isBuyer, verifiedAt } = row;
  return { id, slug, name, isProvider, isBuyer, verifiedAt };
}
