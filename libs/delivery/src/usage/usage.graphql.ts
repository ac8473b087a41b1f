import { ArgsType, Field, GraphQLISODateTime, ID, InputType, ObjectType, registerEnumType } from '@nestjs/graphql';
import { BigIntScalar, PageArgs, Visible, connectionOf, toConnection } from '@app/graphql';
import type { ConnectionOf } from '@app/graphql';
import type { UsageGrouping } from '@app/metering';
import type { NamedPoint, UsageReport } from './usage-report.queries.js';

export enum UsageGroupBy {
  DAY = 'DAY',
  DATASET = 'DATASET',
  GRANT = 'GRANT',
  ORGANIZATION = 'ORGANIZATION',
}

registerEnumType(UsageGroupBy, {
  name: 'UsageGroupBy',
  description: 'What the points of a usage series stand for; an organization is the one that took the bytes.',
});

@InputType()
export class UsageFilter {
  @Field(() => ID, { nullable: true })
  grantId?: string | null;

  @Field(() => String, { nullable: true })
  datasetSlug?: string | null;

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'The first instant that counts.' })
  from?: Date | null;

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'The first instant that does not count any more.' })
  to?: Date | null;
}

@ArgsType()
export class UsageArgs extends PageArgs {
  @Field(() => UsageFilter, { nullable: true })
  filter?: UsageFilter | null;

  @Field(() => UsageGroupBy, { defaultValue: UsageGroupBy.DAY })
  groupBy: UsageGroupBy;

  @Field(() => String, { defaultValue: 'UTC', description: 'Whose days count: a name such as "Asia/Shanghai".' })
  timeZone: string;
}

@Visible('member')
@ObjectType('UsagePoint')
export class UsagePointType {
  @Field(() => String, { description: 'A date, or the id of a dataset, grant or organization.' })
  key: string;

  @Field(() => String, {
    description: 'The same in words: a date, a grant id, or the slug of a dataset or organization.',
  })
  label: string;

  @Field(() => BigIntScalar)
  issuedBytes: number;

  @Field(() => BigIntScalar)
  servedBytes: number;

  @Field(() => BigIntScalar)
  requests: number;

  @Field(() => BigIntScalar)
  refusedRequests: number;

  @Field(() => GraphQLISODateTime, { nullable: true })
  lastEventAt: Date | null;
}

export const { Connection: UsagePointConnection } = connectionOf(UsagePointType, 'UsagePoint', 'member');

@Visible('member')
@ObjectType('Usage')
export class UsageType {
  @Field(() => BigIntScalar, { description: 'What signed URLs were handed out for. Issued is not served.' })
  issuedBytes: number;

  @Field(() => BigIntScalar, {
    description: 'What the store says it sent, read back from its access log. Only this counts.',
  })
  servedBytes: number;

  @Field(() => BigIntScalar, { description: 'Requests that reached the store under a lease, refused ones included.' })
  requests: number;

  @Field(() => BigIntScalar)
  refusedRequests: number;

  @Field(() => BigIntScalar, { description: 'Product bytes that left the store under no right that we know.' })
  unexplainedBytes: number;

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'The newest request counted so far.' })
  lastEventAt: Date | null;

  @Field(() => UsageGroupBy)
  groupBy: UsageGrouping;

  @Field(() => UsagePointConnection)
  series: ConnectionOf<UsagePointType>;
}

export function toUsageType(report: UsageReport): UsageType {
  return { ...report, series: toConnection(report.series, (point: NamedPoint): UsagePointType => point) };
}
