import { Field, ID, InputType, Int, ObjectType } from '@nestjs/graphql';
import { BigIntScalar, Visible } from '@app/graphql';
import { VersionType } from '../versions/version.graphql.js';

@InputType()
export class AnnouncedFileInput {
  @Field(() => String, { description: 'Relative posix path.' })
  path: string;

  @Field(() => BigIntScalar)
  sizeBytes: number;

  @Field(() => String, { nullable: true })
  sha256?: string | null;

  @Field(() => String, { nullable: true })
  mediaType?: string | null;
}

@InputType()
export class BeginUploadInput {
  @Field(() => String)
  slug: string;

  @Field(() => ID, { nullable: true, description: 'To be sure that an earlier upload goes on.' })
  versionId?: string | null;

  @Field(() => Int, { nullable: true, description: 'First part to sign, for files of very many parts.' })
  partsFrom?: number | null;

  @Field(() => [AnnouncedFileInput], { description: 'At most 500 a call; call again for more.' })
  files: AnnouncedFileInput[];
}

@InputType()
export class CompletedPartInput {
  @Field(() => Int)
  number: number;

  @Field(() => String)
  etag: string;
}

@InputType()
export class CompletedFileInput {
  @Field(() => String)
  path: string;

  @Field(() => String, {
    description: 'SHA-256 of the whole file; the worker computes it again from the stored bytes.',
  })
  sha256: string;

  @Field(() => [CompletedPartInput])
  parts: CompletedPartInput[];
}

@InputType()
export class CompleteUploadInput {
  @Field(() => ID)
  versionId: string;

  @Field(() => [CompletedFileInput], { description: 'At most 500 a call.' })
  files: CompletedFileInput[];
}

@Visible('member')
@ObjectType('UploadPart')
export class UploadPartType {
  @Field(() => Int)
  number: number;

  @Field(() => String, { description: 'PUT the bytes of this part here, within the hour.' })
  url: string;
}

@Visible('member')
@ObjectType('UploadedPart')
export class UploadedPartType {
  @Field(() => Int)
  number: number;

  @Field(() => BigIntScalar)
  sizeBytes: number;

  @Field(() => String)
  etag: string;
}

@Visible('member')
@ObjectType('FileUpload')
export class FileUploadType {
  @Field(() => String)
  path: string;

  @Field(() => BigIntScalar, { description: 'Bytes of every part but the last.' })
  partSizeBytes: number;

  @Field(() => String, { nullable: true })
  uploadId: string | null;

  @Field(() => [UploadPartType], { description: 'Parts still missing.' })
  parts: UploadPartType[];

  @Field(() => [UploadedPartType], { description: 'Parts that have arrived.' })
  uploadedParts: UploadedPartType[];

  @Field(() => Boolean, { description: 'The file has arrived whole; nothing is left to do.' })
  isComplete: boolean;

  @Field(() => Int, { nullable: true, description: 'Ask again with partsFrom for the parts from here on.' })
  nextPart: number | null;
}

@Visible('member')
@ObjectType('BeginUploadPayload')
export class BeginUploadPayload {
  @Field(() => VersionType)
  version: VersionType;

  @Field(() => [FileUploadType])
  files: FileUploadType[];
}

@Visible('member')
@ObjectType('FileStatus')
export class FileStatusType {
  @Field(() => String)
  path: string;

  @Field(() => String)
  status: string;
}

@Visible('member')
@ObjectType('CompleteUploadPayload')
export class CompleteUploadPayload {
  @Field(() => [FileStatusType])
  files: FileStatusType[];
}

@InputType()
export class RemoveFilesInput {
  @Field(() => ID)
  versionId: string;

  @Field(() => [String], { description: 'At most 500 a call.' })
  paths: string[];
}
