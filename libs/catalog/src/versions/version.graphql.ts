import { Field, Float, GraphQLISODateTime, ID, InputType, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import { BigIntScalar, JsonScalar, NodeType, Visible, connectionOf } from '@app/graphql';
import type { Grade } from '@app/standards';
import { GradeEnum } from '../datasets/grade.graphql.js';
import type { EpisodeRow } from '../episodes/episode.queries.js';
import type { FileRow } from './file.queries.js';
import type { VersionRow } from './version.queries.js';
import { VERSION_STATUSES } from './version.rules.js';
import type { VersionStatus } from './version.rules.js';

export const VersionStatusEnum = Object.fromEntries(VERSION_STATUSES.map((s) => [s.toUpperCase(), s])) as Record<
  string,
  VersionStatus
>;
registerEnumType(VersionStatusEnum, { name: 'VersionStatus', description: 'Where a version is in its life.' });

export const OutcomeEnum = { SUCCESS: 'success', FAILURE: 'failure' } as const;
registerEnumType(OutcomeEnum, {
  name: 'Outcome',
  description: 'How an episode ended; null where the recording does not say.',
});

@Visible('public')
@ObjectType('VersionFile')
export class VersionFileType {
  @Field(() => String)
  path: string;

  @Field(() => BigIntScalar)
  sizeBytes: number;

  @Field(() => String, { nullable: true, description: '64 hex digits; null until the file has arrived.' })
  sha256: string | null;

  @Field(() => String)
  mediaType: string;

  @Field(() => String, { description: 'data, video, meta or other' })
  role: string;
}

@Visible('public')
@ObjectType('Episode', { description: 'One recording: the unit of quality, licence and metering.' })
export class EpisodeType {
  @Field(() => Int, { description: 'Number within the version, from 0.' })
  index: number;

  @Field(() => String, { description: 'Its name in the source.' })
  sourceKey: string;

  @Field(() => Int)
  frames: number;

  @Field(() => Float)
  durationS: number;

  @Field(() => [String])
  tasks: string[];

  @Field(() => OutcomeEnum, { nullable: true })
  outcome: 'success' | 'failure' | null;

  @Field(() => String, { description: 'SHA-256 over the content, the same however it is packed.' })
  contentHash: string;

  @Field(() => JsonScalar, {
    description:
      '{ clocks, motion, cameraOffsetS, taskSpans, startedAt, outcomeSource }: what else was measured of it.',
  })
  measures: unknown;
}

export const { Connection: VersionFileConnection } = connectionOf(VersionFileType, 'VersionFile', 'public');
export const { Connection: EpisodeConnection } = connectionOf(EpisodeType, 'Episode', 'public');

@Visible('public')
@ObjectType('Version', { description: 'An immutable release, addressed by its content.', implements: () => [NodeType] })
export class VersionType extends NodeType {
  @Field(() => ID)
  datasetId: string;

  @Field(() => String)
  datasetSlug: string;

  @Field(() => String, { description: 'v1, v2, …' })
  label: string;

  @Field(() => VersionStatusEnum)
  status: VersionStatus;

  @Field(() => String, { nullable: true, description: '40 hex digits made from the Merkle root.' })
  commitId: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'RFC 6962 root over path, size and SHA-256 of every file; 64 hex digits.',
  })
  merkleRoot: string | null;

  @Field(() => String, { nullable: true })
  format: string | null;

  @Field(() => String, { nullable: true })
  formatVersion: string | null;

  @Field(() => GradeEnum)
  grade: Grade;

  @Field(() => JsonScalar, {
    nullable: true,
    description: '{ measured, declared }: what the worker measured, and what the provider said.',
  })
  facts: unknown;

  @Field(() => JsonScalar, {
    nullable: true,
    description: 'Rules with pass, fail, not_applicable or not_checked, and every finding.',
  })
  report: unknown;

  @Field(() => String, { nullable: true })
  changeNote: string | null;

  @Field(() => Int)
  filesCount: number;

  @Field(() => BigIntScalar)
  sizeBytes: number;

  @Field(() => BigIntScalar)
  episodes: number;

  @Field(() => BigIntScalar)
  frames: number;

  @Field(() => Float)
  durationS: number;

  @Field(() => String, { nullable: true })
  recallReason: string | null;

  @Field(() => GraphQLISODateTime)
  createdAt: Date;

  @Field(() => GraphQLISODateTime, { nullable: true })
  submittedAt: Date | null;

  @Field(() => GraphQLISODateTime, { nullable: true })
  validatedAt: Date | null;

  @Field(() => GraphQLISODateTime, { nullable: true })
  publishedAt: Date | null;

  @Field(() => GraphQLISODateTime, { nullable: true })
  recalledAt: Date | null;
}

export const { Connection: VersionConnection } = connectionOf(VersionType, 'Version', 'public');

@Visible('member')
@ObjectType('VersionPayload')
export class VersionPayload {
  @Field(() => VersionType)
  version: VersionType;
}

@InputType()
export class SubmitVersionInput {
  @Field(() => ID)
  versionId: string;
}

@InputType()
export class PublishVersionInput {
  @Field(() => ID)
  versionId: string;

  @Field(() => String, { nullable: true, description: 'What is different; required from the second version on.' })
  changeNote?: string | null;
}

@InputType()
export class RecallVersionInput {
  @Field(() => ID)
  versionId: string;

  @Field(() => String, { description: '10 to 512 characters; licensees read it.' })
  reason: string;
}

@InputType()
export class EpisodeFilterInput {
  @Field(() => OutcomeEnum, { nullable: true })
  outcome?: 'success' | 'failure' | null;

  @Field(() => Float, { nullable: true })
  minDurationS?: number | null;

  @Field(() => Float, { nullable: true })
  maxDurationS?: number | null;
}

export function toVersionType(row: VersionRow): VersionType {
  const { number: _, ...version } = row;
  return version;
}

export function toVersionFileType({ path, sizeBytes, sha256, mediaType, role }: FileRow): VersionFileType {
  return { path, sizeBytes, sha256, mediaType, role };
}

export function toEpisodeType({
  idx,
  sourceKey,
  frames,
  durationS,
  tasks,
  outcome,
  contentHash,
  measures,
}: EpisodeRow): EpisodeType {
  return { index: idx, sourceKey, frames, durationS, tasks, outcome, contentHash, measures };
}
