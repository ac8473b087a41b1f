import { Field, Float, GraphQLISODateTime, ID, InputType, ObjectType, registerEnumType } from '@nestjs/graphql';
import {
  BigIntScalar,
  JsonScalar,
  LocalizedTextInput,
  LocalizedTextType,
  NodeType,
  Visible,
  connectionOf,
} from '@app/graphql';
import { OrganizationType } from '@app/identity';
import type { Grade } from '@app/standards';
import { GradeEnum } from './grade.graphql.js';
import type { DatasetRow } from './dataset.queries.js';
import { DATASET_STATUSES } from './dataset.rules.js';
import type { DatasetStatus } from './dataset.rules.js';
import type { DeclaredFacts } from './declared.rules.js';

export const DatasetStatusEnum = Object.fromEntries(DATASET_STATUSES.map((s) => [s.toUpperCase(), s])) as Record<
  string,
  DatasetStatus
>;
registerEnumType(DatasetStatusEnum, { name: 'DatasetStatus', description: 'Where a dataset is in its life.' });

@Visible('public')
@ObjectType('Dataset', { description: 'A named series of immutable versions.', implements: () => [NodeType] })
export class DatasetType extends NodeType {
  @Field(() => String, { description: 'organization/name, the id that Hub clients use.' })
  slug: string;

  @Field(() => String)
  name: string;

  @Field(() => DatasetStatusEnum)
  status: DatasetStatus;

  @Field(() => String, { nullable: true, description: 'Why it is suspended or withdrawn.' })
  statusReason: string | null;

  @Field(() => OrganizationType)
  organization: OrganizationType;

  @Field(() => LocalizedTextType)
  title: LocalizedTextType;

  @Field(() => LocalizedTextType)
  summary: LocalizedTextType;

  @Field(() => JsonScalar, { description: 'What only a person knows, as stated by the provider. Not measured.' })
  declared: DeclaredFacts;

  @Field(() => [String])
  taskFamilies: string[];

  @Field(() => [String])
  skills: string[];

  @Field(() => [String])
  scenes: string[];

  @Field(() => [String])
  embodimentClasses: string[];

  @Field(() => [String])
  robots: string[];

  @Field(() => [String])
  endEffectors: string[];

  @Field(() => [String], { description: 'Told by the streams that were found in the bytes.' })
  modalities: string[];

  @Field(() => [String])
  collectionMethods: string[];

  @Field(() => [String])
  realities: string[];

  @Field(() => [String])
  formats: string[];

  @Field(() => GradeEnum)
  grade: Grade;

  @Field(() => [String], { description: 'Uses that some active offer allows.' })
  usableFor: string[];

  @Field(() => Boolean)
  hasFreeOffer: boolean;

  @Field(() => BigIntScalar, { nullable: true, description: 'Lowest price of the current version in fen.' })
  minPriceCny: number | null;

  @Field(() => BigIntScalar, { nullable: true, description: 'Lowest price of the current version in US cents.' })
  minPriceUsd: number | null;

  @Field(() => ID, { nullable: true })
  currentVersionId: string | null;

  @Field(() => BigIntScalar, { description: 'Measured.' })
  episodes: number;

  @Field(() => BigIntScalar, { description: 'Measured.' })
  frames: number;

  @Field(() => Float, { description: 'Measured, in seconds.' })
  durationS: number;

  @Field(() => Float, { description: 'Measured, in hours.' })
  hours: number;

  @Field(() => BigIntScalar, { description: 'Measured.' })
  sizeBytes: number;

  @Field(() => Float, { nullable: true, description: 'Frames per second, null where the format does not say.' })
  fps: number | null;

  @Field(() => GraphQLISODateTime, { nullable: true })
  publishedAt: Date | null;

  @Field(() => GraphQLISODateTime)
  createdAt: Date;

  @Field(() => GraphQLISODateTime)
  updatedAt: Date;
}

export const { Connection: OwnDatasetConnection } = connectionOf(DatasetType, 'OwnDataset', 'member');

@Visible('member')
@ObjectType('DatasetPayload')
export class DatasetPayload {
  @Field(() => DatasetType)
  dataset: DatasetType;
}

@InputType()
export class CreateDatasetInput {
  @Field(() => String, { description: 'organization/name' })
  name: string;

  @Field(() => LocalizedTextInput, { nullable: true })
  title?: LocalizedTextInput | null;

  @Field(() => LocalizedTextInput, { nullable: true })
  summary?: LocalizedTextInput | null;

  @Field(() => JsonScalar, { nullable: true, description: 'Declared facts; see docs/dataset-yaml.md.' })
  declared?: DeclaredFacts | null;
}

@InputType()
export class UpdateDatasetInput {
  @Field(() => String)
  slug: string;

  @Field(() => LocalizedTextInput, { nullable: true })
  title?: LocalizedTextInput | null;

  @Field(() => LocalizedTextInput, { nullable: true })
  summary?: LocalizedTextInput | null;

  @Field(() => JsonScalar, { nullable: true })
  declared?: DeclaredFacts | null;
}

@InputType()
export class DatasetReasonInput {
  @Field(() => String)
  slug: string;

  @Field(() => String, { description: '10 to 512 characters; buyers read it.' })
  reason: string;
}

@InputType()
export class ApproveDatasetInput {
  @Field(() => String)
  slug: string;
}

const SECONDS_PER_HOUR = 3_600;

export function toDatasetType(row: DatasetRow): DatasetType {
  const {
    organizationId,
    organizationSlug,
    organizationName,
    organizationIsProvider,
    organizationIsBuyer,
    organizationVerifiedAt,
    titleZh,
    titleEn,
    summaryZh,
    summaryEn,
    ...rest
  } = row;
  return {
    ...rest,
    organization: {
      id: organizationId,
      slug: organizationSlug,
      name: organizationName,
      isProvider: organizationIsProvider,
      isBuyer: organizationIsBuyer,
      verifiedAt: organizationVerifiedAt,
    },
    title: { zh: titleZh, en: titleEn },
    summary: { zh: summaryZh, en: summaryEn },
    hours: row.durationS / SECONDS_PER_HOUR,
  };
}
