import { Field, GraphQLISODateTime, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import type { VersionType } from '@app/catalog';
import { BigIntScalar, JsonScalar, Visible } from '@app/graphql';
import { RENDITION_TARGETS, isSameAsTarget } from '../rendition-target.js';
import type { RenditionTarget } from '../rendition-target.js';
import type { RenditionRow } from './rendition.queries.js';
import { RENDITION_STATES } from './rendition.rules.js';
import type { RenditionState } from './rendition.rules.js';

export const RenditionTargetEnum = { LEROBOT_V3_0: 'lerobot_v3.0', LEROBOT_V2_1: 'lerobot_v2.1' } as const;
registerEnumType(RenditionTargetEnum, {
  name: 'RenditionTarget',
  description: 'Standard forms that every readable version is offered in.',
});

export const RenditionStateEnum = Object.fromEntries(RENDITION_STATES.map((s) => [s.toUpperCase(), s])) as Record<
  string,
  RenditionState
>;
registerEnumType(RenditionStateEnum, { name: 'RenditionState', description: 'How far a standard form is.' });

@Visible('public')
@ObjectType('Rendition', { description: 'The same episodes in a standard form. The original stays as it was.' })
export class RenditionType {
  @Field(() => RenditionTargetEnum)
  target: RenditionTarget;

  @Field(() => RenditionStateEnum)
  state: RenditionState;

  @Field(() => Boolean, { description: 'The version itself has this form: its own files are the rendition.' })
  sameAsOriginal: boolean;

  @Field(() => String, { nullable: true, description: '40 hex digits made from the Merkle root.' })
  commitId: string | null;

  @Field(() => String, { nullable: true, description: 'RFC 6962 root over path, size and SHA-256 of every file.' })
  merkleRoot: string | null;

  @Field(() => BigIntScalar, { nullable: true })
  sizeBytes: number | null;

  @Field(() => Int, { nullable: true })
  filesCount: number | null;

  @Field(() => JsonScalar, {
    nullable: true,
    description:
      '{ target, lossless, losses, mapping }: what the form does not hold, and which stream became which feature.',
  })
  loss: unknown;

  @Field(() => JsonScalar, {
    nullable: true,
    description:
      '{ episodes, frames, contentRoot, isSameContent, statistics, findings, filesVerified }, read back from the store.',
  })
  proof: unknown;

  @Field(() => String, { nullable: true, description: 'Why it could not be made.' })
  error: string | null;

  @Field(() => GraphQLISODateTime, { nullable: true })
  madeAt: Date | null;
}

/** Both standard forms of a version, as far as they exist; the one that it has by itself is its own. */
export function toRenditionTypes(version: VersionType, rows: readonly RenditionRow[]): RenditionType[] {
  return RENDITION_TARGETS.flatMap((target) => {
    if (isSameAsTarget(target, version.format, version.formatVersion) && version.merkleRoot !== null)
      return [original(version, target)];
    const row = rows.find((candidate) => candidate.target === target);
    if (!row) return [];
    const { versionId: _, ...fields } = row;
    return [{ ...fields, sameAsOriginal: false }];
  });
}

function original(version: VersionType, target: RenditionTarget): RenditionType {
  const { commitId, merkleRoot, sizeBytes, filesCount, validatedAt } = version;
  return {
    target,
    state: 'ready',
    sameAsOriginal: true,
    commitId,
    merkleRoot,
    sizeBytes,
    filesCount,
    loss: { target, lossless: true, losses: [], mapping: [] },
    proof: null,
    error: null,
    madeAt: validatedAt,
  };
}
