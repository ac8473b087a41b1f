import { Field, GraphQLISODateTime, ObjectType } from '@nestjs/graphql';
import { Visible } from '@app/graphql';
import { UseCheckType, toUseCheckType } from '../use-check/use-check.graphql.js';
import type { PolicyAnswers } from './policy.queries.js';

@Visible('public')
@ObjectType('PolicyUse', { description: 'What a policy says of one use.' })
export class PolicyUseType {
  @Field(() => String)
  use: string;

  @Field(() => UseCheckType)
  answer: UseCheckType;
}

@Visible('public')
@ObjectType('PolicyReading', { description: 'An ODRL policy as this market understands it. Nothing is kept.' })
export class PolicyReadingType {
  @Field(() => String, { nullable: true })
  uid: string | null;

  @Field(() => String, { nullable: true, description: 'Set, Offer or Agreement; null for any other kind.' })
  kind: string | null;

  @Field(() => String, { nullable: true })
  profile: string | null;

  @Field(() => String, { nullable: true, description: 'What its rules are about, if it is one thing.' })
  target: string | null;

  @Field(() => String, { nullable: true })
  assigner: string | null;

  @Field(() => String, { nullable: true })
  assignee: string | null;

  @Field(() => String, { nullable: true, description: 'Terms that the policy names by their hash.' })
  termsHash: string | null;

  @Field(() => GraphQLISODateTime, { nullable: true })
  from: Date | null;

  @Field(() => GraphQLISODateTime, { nullable: true })
  until: Date | null;

  @Field(() => [PolicyUseType], { description: 'One answer for each use of the vocabulary.' })
  uses: PolicyUseType[];
}

export function toPolicyReadingType({ reading, answers }: PolicyAnswers): PolicyReadingType {
  const { uid, kind, profile, target, assigner, assignee, termsHash, from, until } = reading;
  return {
    ...{ uid, kind, profile, target, assigner, assignee, termsHash, from, until },
    uses: answers.map(({ use, answer }) => ({ use, answer: toUseCheckType({ ...answer, termsHash, offerId: null }) })),
  };
}
