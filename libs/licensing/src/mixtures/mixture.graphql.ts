import { ArgsType, Field, ObjectType } from '@nestjs/graphql';
import { Visible } from '@app/graphql';
import { DUTY_SENTENCES } from '../terms/duties.js';
import { VerdictEnum } from '../terms/terms.graphql.js';
import type { Verdict } from '../terms/uses.js';
import { ClauseType, DutyTextType, UseContextInput, toClauseType } from '../use-check/use-check.graphql.js';
import type { MixtureAnswer } from './mixture.rules.js';

@Visible('public')
@ObjectType('MixtureMember', { description: 'One dataset of a mixture, judged by itself.' })
export class MixtureMemberType {
  @Field(() => String)
  datasetSlug: string;

  @Field(() => VerdictEnum)
  verdict: Verdict;

  @Field(() => [String])
  duties: string[];

  @Field(() => [ClauseType])
  clauses: ClauseType[];

  @Field(() => String)
  reason: string;

  @Field(() => String)
  reasonZh: string;
}

@Visible('public')
@ObjectType('MixtureProof', { description: 'A dataset, and the clauses of it, that decide.' })
export class MixtureProofType {
  @Field(() => String)
  datasetSlug: string;

  @Field(() => [ClauseType])
  clauses: ClauseType[];
}

@Visible('public')
@ObjectType('MixtureWay', { description: 'How a mixture that is not permitted becomes so.' })
export class MixtureWayType {
  @Field(() => [String], { description: 'Datasets to leave out.' })
  drop: string[];

  @Field(() => String, { nullable: true, description: 'The licence that the weights must carry besides.' })
  weightsLicence: string | null;

  @Field(() => String, { nullable: true, description: 'collection: the parts stay apart, each under its own licence.' })
  mixForm: string | null;
}

@Visible('public')
@ObjectType('MixtureCheck', { description: 'The answer to "may I use these together?".' })
export class MixtureCheckType {
  @Field(() => VerdictEnum)
  verdict: Verdict;

  @Field(() => [String], { description: 'Everything that any part obliges to.' })
  duties: string[];

  @Field(() => [DutyTextType])
  dutyTexts: DutyTextType[];

  @Field(() => [MixtureMemberType])
  members: MixtureMemberType[];

  @Field(() => [MixtureProofType], { description: 'The fewest datasets, with their clauses, that decide.' })
  proof: MixtureProofType[];

  @Field(() => [String], { description: 'Licences that the merged set can carry.' })
  targets: string[];

  @Field(() => [String], {
    nullable: true,
    description: 'The fewest datasets to leave out so that it is permitted as asked; null when none would remain.',
  })
  drop: string[] | null;

  @Field(() => [MixtureWayType], { description: 'The least change first.' })
  ways: MixtureWayType[];

  @Field(() => String, { nullable: true, description: 'Who can decide what is undecided.' })
  resolvedBy: string | null;

  @Field(() => [String])
  resolvedWith: string[];

  @Field(() => String)
  reason: string;

  @Field(() => String)
  reasonZh: string;
}

@ArgsType()
export class CanITogetherArgs {
  @Field(() => [String], { description: 'Datasets as org/name, at most 50.' })
  datasetSlugs: string[];

  @Field(() => String, { description: 'Code of the use, such as commercial_training.' })
  use: string;

  @Field(() => UseContextInput, { nullable: true })
  context?: UseContextInput | null;
}

export function toMixtureCheckType(answer: MixtureAnswer): MixtureCheckType {
  return {
    verdict: answer.verdict,
    duties: [...answer.duties],
    dutyTexts: answer.duties.map((duty) => ({ duty, text: DUTY_SENTENCES[duty].en, textZh: DUTY_SENTENCES[duty].zh })),
    members: answer.members.map(({ slug, answer: own }) => ({
      datasetSlug: slug,
      verdict: own.verdict,
      duties: [...own.duties],
      clauses: own.clauses.map(toClauseType),
      reason: own.reason.en,
      reasonZh: own.reason.zh,
    })),
    proof: answer.proof.map(({ slug, clauses }) => ({ datasetSlug: slug, clauses: clauses.map(toClauseType) })),
    targets: [...answer.targets],
    drop: answer.drop && [...answer.drop],
    ways: answer.ways.map(({ drop, say }) => ({
      drop: [...drop],
      weightsLicence: say.weightsLicence ?? null,
      mixForm: say.mixForm ?? null,
    })),
    resolvedBy: answer.resolve?.by ?? null,
    resolvedWith: [...(answer.resolve?.what ?? [])],
    reason: answer.reason.en,
    reasonZh: answer.reason.zh,
  };
}
