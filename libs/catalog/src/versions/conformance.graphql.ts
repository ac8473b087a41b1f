import { Field, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import { LocalizedTextType, Visible } from '@app/graphql';
import { EMBODIED_V2, L1_V1, profileName } from '@app/standards';
import type { Grade, Profile, RuleOutcome, RuleResult } from '@app/standards';
import { GradeEnum } from '../datasets/grade.graphql.js';
import type { ReportFinding, VersionReport } from './report.js';

export const RuleOutcomeEnum = {
  PASS: 'pass',
  FAIL: 'fail',
  NOT_APPLICABLE: 'not_applicable',
  NOT_CHECKED: 'not_checked',
} as const satisfies Record<string, RuleOutcome>;
registerEnumType(RuleOutcomeEnum, {
  name: 'RuleOutcome',
  description: 'How a rule came out. NOT_CHECKED never counts as a pass.',
});

@Visible('public')
@ObjectType('RulePlace', { description: 'Where to look.' })
export class RulePlaceType {
  @Field(() => String, { nullable: true })
  path: string | null;

  @Field(() => Int, { nullable: true })
  episode: number | null;

  @Field(() => Int, { nullable: true })
  row: number | null;
}

@Visible('public')
@ObjectType('ConformanceRule', { description: 'One rule of the profile, and what speaks for or against it.' })
export class ConformanceRuleType {
  @Field(() => String, { description: 'Its number in the profile, such as TM-1.' })
  rule: string;

  @Field(() => String, { description: 'L1 listable, L2 training-grade, L3 audit-grade.' })
  level: string;

  @Field(() => LocalizedTextType)
  title: LocalizedTextType;

  @Field(() => RuleOutcomeEnum)
  result: RuleOutcome;

  @Field(() => String, { nullable: true, description: 'What was measured, with its unit.' })
  value: string | null;

  @Field(() => String, { description: 'What it was held to.' })
  threshold: string;

  @Field(() => String)
  message: string;

  @Field(() => [RulePlaceType], { description: 'The first places that failed.' })
  where: RulePlaceType[];
}

@Visible('public')
@ObjectType('ReportFinding', { description: 'One thing wrong with the data, or worth saying.' })
export class ReportFindingType {
  @Field(() => String)
  code: string;

  @Field(() => String, { description: 'error or warning' })
  severity: string;

  @Field(() => String)
  message: string;

  @Field(() => String, { nullable: true })
  path: string | null;

  @Field(() => Int, { nullable: true })
  episode: number | null;

  @Field(() => Int, { nullable: true })
  row: number | null;

  @Field(() => String, { nullable: true })
  expected: string | null;

  @Field(() => String, { nullable: true })
  actual: string | null;
}

@Visible('public')
@ObjectType('FindingCount')
export class FindingCountType {
  @Field(() => String)
  code: string;

  @Field(() => Int)
  count: number;
}

@Visible('public')
@ObjectType('ConformanceReport', { description: 'What the check of a version found, kept for ever.' })
export class ConformanceReportType {
  @Field(() => String, { description: 'Profile and its version.' })
  profile: string;

  @Field(() => String, { nullable: true, description: 'The official standard that the profile follows, if any.' })
  externalStandard: string | null;

  @Field(() => GradeEnum)
  grade: Grade;

  @Field(() => String, { description: 'Why it is not a better grade.' })
  explanation: string;

  @Field(() => Boolean, { description: 'No L1 rule fails.' })
  isListable: boolean;

  @Field(() => [ConformanceRuleType])
  rules: ConformanceRuleType[];

  @Field(() => [ReportFindingType], { description: 'The first of every kind, then more up to a bound.' })
  findings: ReportFindingType[];

  @Field(() => [FindingCountType], { description: 'How many of each kind there are, those left out included.' })
  findingCounts: FindingCountType[];
}

const PROFILES = new Map<string, Profile>([L1_V1, EMBODIED_V2].map((profile) => [profileName(profile), profile]));

export function toConformanceReportType(report: VersionReport): ConformanceReportType {
  const profile = PROFILES.get(report.profile);
  const titles = new Map(profile?.rules.map(({ id, title }) => [id, title]));
  return {
    profile: report.profile,
    externalStandard: profile?.externalStandard ?? null,
    grade: report.grade,
    explanation: report.explanation,
    isListable: report.isListable,
    rules: report.rules.map((rule) => toRule(rule, titles.get(rule.rule) ?? { zh: rule.rule, en: rule.rule })),
    findings: report.findings.map(toFinding),
    findingCounts: Object.entries(report.counts).map(([code, count]) => ({ code, count })),
  };
}

function toRule({ where, ...rule }: RuleResult, title: { zh: string; en: string }): ConformanceRuleType {
  return {
    ...rule,
    title,
    where: where.map(({ path = null, episode = null, row = null }) => ({ path, episode, row })),
  };
}

function toFinding(finding: ReportFinding): ReportFindingType {
  const { code, severity, message, path = null, episode = null, row = null, expected = null, actual = null } = finding;
  return { code, severity, message, path, episode, row, expected, actual };
}
