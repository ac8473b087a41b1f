import { Field, GraphQLISODateTime, ID, InputType, Int, ObjectType } from '@nestjs/graphql';
import { Visible } from '@app/graphql';
import type { SeatsRow } from './seats.queries.js';

@Visible('member')
@ObjectType('SeatedUser', { description: 'A named user of a right.' })
export class SeatedUserType {
  @Field(() => ID)
  userId: string;

  @Field(() => GraphQLISODateTime)
  namedAt: Date;
}

@Visible('member')
@ObjectType('GrantSeats', {
  description: 'Named users: whoever of the holder first takes bytes has a seat until it is released.',
})
export class GrantSeatsType {
  @Field(() => Int)
  total: number;

  @Field(() => Int)
  taken: number;

  @Field(() => [SeatedUserType], {
    nullable: true,
    description: 'The first hundred; told to the holding organization and the operator alone.',
  })
  users: SeatedUserType[] | null;
}

@InputType()
export class ReleaseSeatInput {
  @Field(() => ID)
  grantId: string;

  @Field(() => ID)
  userId: string;
}

export function toGrantSeatsType({ total, taken, users }: SeatsRow): GrantSeatsType {
  return { total, taken, users: users && users.map(({ userId, namedAt }) => ({ userId, namedAt: new Date(namedAt) })) };
}
