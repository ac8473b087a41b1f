import { Field, GraphQLISODateTime, ID, InputType, Int, ObjectType } from '@nestjs/graphql';
import { BigIntScalar, PageInfo, Visible } from '@app/graphql';
import { RenditionTargetEnum } from '@app/renditions';
import type { RenditionTarget } from '@app/renditions';
import { LEASE_PAGE_CAP } from './lease-request.rules.js';
import type { CreatedLease } from './lease.service.js';

@InputType({
  description: 'A part of a file. The URL then serves exactly this range, asked for by exactly this `Range` header.',
})
export class ByteRangeInput {
  @Field(() => String)
  path: string;

  @Field(() => BigIntScalar)
  firstByte: number;

  @Field(() => BigIntScalar, { description: 'Included, as in HTTP.' })
  lastByte: number;
}

@InputType()
export class CreateLeaseInput {
  @Field(() => ID)
  grantId: string;

  @Field(() => RenditionTargetEnum, {
    nullable: true,
    description: "A standard form instead of the version's own files.",
  })
  rendition?: RenditionTarget | null;

  @Field(() => [String], { nullable: true, description: `At most ${LEASE_PAGE_CAP} paths; left out for all files.` })
  paths?: string[] | null;

  @Field(() => [ByteRangeInput], { nullable: true, description: 'Parts of files instead of whole ones.' })
  ranges?: ByteRangeInput[] | null;

  @Field(() => String, { nullable: true, description: 'The cursor of the last lease, to go on behind it.' })
  after?: string | null;

  @Field(() => Int, {
    nullable: true,
    description: `Files in this lease, at most ${LEASE_PAGE_CAP}, which is the default.`,
  })
  first?: number | null;
}

@Visible('member')
@ObjectType('Lease', {
  description: 'One minted set of signed URLs. Every request made with them names it in the access log.',
})
export class LeaseType {
  @Field(() => ID)
  id: string;

  @Field(() => ID)
  grantId: string;

  @Field(() => GraphQLISODateTime, { description: 'Until when its URLs can be started; a running download finishes.' })
  expiresAt: Date;

  @Field(() => BigIntScalar, { description: 'What its URLs can serve, each used once.' })
  bytes: number;
}

@Visible('member')
@ObjectType('LeasedFile')
export class LeasedFileType {
  @Field(() => String)
  path: string;

  @Field(() => BigIntScalar)
  sizeBytes: number;

  @Field(() => String, { description: 'SHA-256 of the whole file, lower-case hex.' })
  sha256: string;

  @Field(() => String, { description: 'A signed URL that answers GET.' })
  url: string;

  @Field(() => String, {
    nullable: true,
    description: 'The exact `Range` header to send, where only a range is leased.',
  })
  range: string | null;
}

@Visible('member')
@ObjectType()
export class CreateLeasePayload {
  @Field(() => LeaseType)
  lease: LeaseType;

  @Field(() => [LeasedFileType])
  files: LeasedFileType[];

  @Field(() => PageInfo)
  pageInfo: PageInfo;
}

export function toCreateLeasePayload(created: CreatedLease): CreateLeasePayload {
  return {
    lease: created.lease,
    files: [...created.files],
    pageInfo: { hasNextPage: created.hasNextPage, endCursor: created.endCursor },
  };
}
