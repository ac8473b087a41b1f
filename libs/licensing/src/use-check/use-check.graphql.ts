import { ArgsType, Field, GraphQLISODateTime, ID, InputType, ObjectType } from '@nestjs/graphql';
import { Visible } from '@app/graphql';
import type { ClauseText } from '../terms/can-i.rules.js';
import { DUTY_SENTENCES } from '../terms/duties.js';
import { VerdictEnum } from '../terms/terms.graphql.js';
import type { Verdict } from '../terms/uses.js';
import type { UseCheck } from './use-check.queries.js';

@Visible('public')
@ObjectType('Clause', { description: 'A clause that decides, in both languages.' })
export class ClauseType {
  @Field(() => ID)
  id: string;

  @Field(() => String)
  text: string;

  @Field(() => String)
  textZh: string;
}

@Visible('public')
@ObjectType('DutyText', { description: 'What a permitted use obliges to.' })
export class DutyTextType {
  @Field(() => String)
  duty: string;

  @Field(() => String)
  text: string;

  @Field(() => String)
  textZh: string;
}

@Visible('public')
@ObjectType('UseCheck', { description: 'The answer to "may I?".' })
export class UseCheckType {
  @Field(() => VerdictEnum)
  verdict: Verdict;

  @Field(() => [String], { description: 'Codes of the duties.' })
  duties: string[];

  @Field(() => [DutyTextType])
  dutyTexts: DutyTextType[];

  @Field(() => [ClauseType])
  clauses: ClauseType[];

  @Field(() => String)
  reason: string;

  @Field(() => String)
  reasonZh: string;

  @Field(() => String, {
    nullable: true,
    description:
      'Who can decide what is undecided: buyer (by saying more), rightsholder or provider (by a declaration).',
  })
  resolvedBy: string | null;

  @Field(() => [String], { description: 'What he must say or declare.' })
  resolvedWith: string[];

  @Field(() => String, { nullable: true, description: 'Which terms gave the answer.' })
  termsHash: string | null;

  @Field(() => ID, { nullable: true, description: 'Under which offer; for a dataset, the most open one.' })
  offerId: string | null;
}

@InputType({
  description: 'What the buyer says of himself and of the use in view. What is left out never widens an answer.',
})
export class AttestationInput {
  @Field(() => String, { nullable: true, description: 'commercial or noncommercial.' })
  purpose?: string | null;

  @Field(() => String, { nullable: true, description: 'academic, company or individual.' })
  actor?: string | null;

  @Field(() => String, { nullable: true, description: 'SPDX id of the licence that trained weights would carry.' })
  weightsLicence?: string | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'No technical lock keeps users of the product from the weights.',
  })
  isUnlocked?: boolean | null;

  @Field(() => String, { nullable: true, description: 'What the model puts out: control, labels or synthetic_data.' })
  outputKind?: string | null;

  @Field(() => String, { nullable: true, description: 'collection (parts kept apart) or merged.' })
  mixForm?: string | null;

  @Field(() => String, { nullable: true, description: 'Country of the use, ISO 3166-1 alpha-2.' })
  territory?: string | null;

  @Field(() => String, { nullable: true, description: 'Code of the field of use, such as logistics.' })
  field?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Who receives the data: subsidiary, parent_or_sister, contractor or third_party.',
  })
  recipient?: string | null;
}

@InputType({ description: 'The same, at a time.' })
export class UseContextInput extends AttestationInput {
  @Field(() => GraphQLISODateTime, {
    nullable: true,
    description: 'When the use happens; a grant may have ended by then.',
  })
  at?: Date | null;
}

@ArgsType()
export class CanIArgs {
  @Field(() => String, { nullable: true })
  datasetSlug?: string | null;

  @Field(() => ID, { nullable: true })
  offerId?: string | null;

  @Field(() => ID, { nullable: true })
  grantId?: string | null;

  @Field(() => String, { description: 'Code of the use, such as commercial_training.' })
  use: string;

  @Field(() => UseContextInput, { nullable: true })
  context?: UseContextInput | null;
}

export function toClauseType({ id, en, zh }: ClauseText): ClauseType {
  return { id, text: en, textZh: zh };
}

export function toUseCheckType(check: UseCheck): UseCheckType {
  return {
    verdict: check.verdict,
    duties: [...check.duties],
    dutyTexts: check.duties.map((duty) => ({ duty, text: DUTY_SENTENCES[duty].en, textZh: DUTY_SENTENCES[duty].zh })),
    clauses: check.clauses.map(toClauseType),
    reason: check.reason.en,
    reasonZh: check.reason.zh,
    resolvedBy: check.resolve?.by ?? null,
    resolvedWith: [...(check.resolve?.what ?? [])],
    termsHash: check.termsHash,
    offerId: check.offerId,
  };
}
