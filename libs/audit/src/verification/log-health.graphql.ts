import { Field, GraphQLISODateTime, ObjectType } from '@nestjs/graphql';
import { BigIntScalar, Visible } from '@app/graphql';

@Visible('admin')
@ObjectType('LogHealth', { description: 'What the recurring looks at the audit log found.' })
export class LogHealthType {
  @Field(() => BigIntScalar, { description: 'Leaves in the log.' })
  size: number;

  @Field(() => BigIntScalar, { description: 'Leaves that the last signed checkpoint covers.' })
  signedSize: number;

  @Field(() => GraphQLISODateTime, { nullable: true })
  signedAt: Date | null;

  @Field(() => [String], { description: 'Verifier keys, the newest that signs first; none: the log is not signed.' })
  vkeys: string[];

  @Field(() => String, { nullable: true, description: 'Why nothing more is signed; null when all is well.' })
  publishingProblem: string | null;

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'When the whole log was last verified.' })
  lastVerifiedAt: Date | null;

  @Field(() => BigIntScalar, { nullable: true, description: 'Leaves that were there then.' })
  verifiedSize: number | null;

  @Field(() => Boolean, { nullable: true, description: 'Whether all was well then; null when it never was verified.' })
  isIntact: boolean | null;

  @Field(() => String, { nullable: true, description: 'What was wrong then.' })
  problem: string | null;
}
