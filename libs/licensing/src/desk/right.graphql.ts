import { Field, GraphQLISODateTime, ID, InputType, ObjectType } from '@nestjs/graphql';
import { Visible, connectionOf } from '@app/graphql';
import { OrganizationType, toOrganizationType } from '@app/identity';
import { GrantType, toGrantType } from '../grants/grant.graphql.js';
import { VerdictEnum } from '../terms/terms.graphql.js';
import type { Verdict } from '../terms/uses.js';
import type { JudgedUse, RightFilter, RightRow } from './right.queries.js';

@Visible('member')
@ObjectType('JudgedUse', {
  description: 'What the frozen terms of a right say of one use, narrowed by what is declared.',
})
export class JudgedUseType {
  @Field(() => String, { description: 'Code of the use.' })
  use: string;

  @Field(() => VerdictEnum)
  verdict: Verdict;

  @Field(() => [String], { description: 'Codes of the duties.' })
  duties: string[];

  @Field(() => [ID], { description: 'Ids of the clauses that decide.' })
  clauseIds: string[];

  @Field(() => String)
  reason: string;

  @Field(() => String)
  reasonZh: string;
}

@Visible('member')
@ObjectType('UseRight', { description: 'Who may use what until when.' })
export class UseRightType {
  @Field(() => GrantType)
  grant: GrantType;

  @Field(() => OrganizationType)
  holder: OrganizationType;

  @Field(() => OrganizationType)
  provider: OrganizationType;

  @Field(() => String, { nullable: true, description: 'SPDX id, or LicenseRef-*; null where terms cannot be read.' })
  template: string | null;

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'When the right ends; null is without end.' })
  until: Date | null;

  @Field(() => [JudgedUseType])
  uses: JudgedUseType[];
}

export const { Connection: UseRightConnection } = connectionOf(UseRightType, 'UseRight', 'member');

@InputType('UseRightFilter')
export class UseRightFilterInput implements RightFilter {
  @Field(() => String, { nullable: true })
  datasetSlug?: string | null;

  @Field(() => ID, { nullable: true })
  versionId?: string | null;

  @Field(() => String, { nullable: true, description: 'Slug or id of the organization that holds the right.' })
  holder?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Code of a use: only rights whose terms open it, and only this use.',
  })
  use?: string | null;

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'As of when; now where left out.' })
  at?: Date | null;
}

export function toUseRightType({ grant, holder, provider, template, uses }: RightRow): UseRightType {
  return {
    grant: toGrantType(grant),
    holder: toOrganizationType(holder),
    provider: toOrganizationType(provider),
    template,
    until: grant.expiresAt,
    uses: uses.map(toJudgedUseType),
  };
}

export function toJudgedUseType({ use, verdict, duties, clauses, reason }: JudgedUse): JudgedUseType {
  const clauseIds = clauses.map((clause) => clause.id);
  return { use, verdict, duties: [...duties], clauseIds, reason: reason.en, reasonZh: reason.zh };
}
