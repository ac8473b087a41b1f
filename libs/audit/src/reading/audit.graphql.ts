import { Field, GraphQLISODateTime, ID, InputType, ObjectType } from '@nestjs/graphql';
import { BigIntScalar, JsonScalar, Visible, connectionOf } from '@app/graphql';
import { readLeaf } from '../leaves/leaf.rules.js';
import type { SignedCheckpoint } from '../proofs/log-proofs.js';
import type { CheckpointRow, LogRow } from './audit.queries.js';

@Visible('member')
@ObjectType('AuditLeaf', {
  description: 'One act on rights, money or visibility, at its place in the append-only log.',
})
export class AuditLeafType {
  @Field(() => BigIntScalar, { description: 'Index of the leaf in the Merkle tree, from 0 without a gap.' })
  seq: number;

  @Field(() => GraphQLISODateTime, { description: 'When the act happened.' })
  at: Date;

  @Field(() => String, { description: 'What was done, as noun.past_tense_verb.' })
  action: string;

  @Field(() => String, { description: 'Who acted: user, system or anonymous.' })
  actorKind: string;

  @Field(() => ID, { nullable: true, description: 'The organization for which a user acted.' })
  actorOrganizationId: string | null;

  @Field(() => String)
  subjectKind: string;

  @Field(() => ID)
  subjectId: string;

  @Field(() => ID, { nullable: true })
  datasetId: string | null;

  @Field(() => ID, { nullable: true })
  grantId: string | null;

  @Field(() => ID, { nullable: true })
  orderId: string | null;

  @Field(() => [ID], { description: 'The organizations that the act concerns.' })
  organizationIds: string[];

  @Field(() => JsonScalar, { description: 'What else the act says about itself; its form depends on the action.' })
  facts: unknown;

  @Field(() => String, { nullable: true, description: 'Salted SHA-256 of what is kept outside the log, in hex.' })
  privateHash: string | null;

  @Field(() => ID)
  requestId: string;

  @Field(() => String, { description: 'The leaf itself: canonical JSON, of whose UTF-8 bytes the hash is made.' })
  leaf: string;

  @Field(() => String, { description: 'SHA-256(0x00 ‖ leaf) of RFC 6962, in hex.' })
  leafHash: string;

  @Field(() => String, { description: 'SHA-256(chain hash of the leaf before ‖ leaf hash), in hex.' })
  chainHash: string;
}

export const { Edge: AuditLeafEdge, Connection: AuditLeafConnection } = connectionOf(
  AuditLeafType,
  'AuditLeaf',
  'member',
);

@InputType({ description: 'Which leaves of the log are asked for; absent means any.' })
export class AuditLogFilterInput {
  @Field(() => String, { nullable: true })
  action?: string | null;

  @Field(() => ID, { nullable: true })
  subjectId?: string | null;

  @Field(() => ID, { nullable: true })
  datasetId?: string | null;

  @Field(() => ID, { nullable: true })
  grantId?: string | null;

  @Field(() => ID, { nullable: true })
  organizationId?: string | null;

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'Acts at or after this moment.' })
  from?: Date | null;

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'Acts before this moment.' })
  to?: Date | null;
}

@Visible('public')
@ObjectType('Checkpoint', {
  description: 'The tip of the audit log. Keep one: what it covers can never change unnoticed.',
})
export class CheckpointType {
  @Field(() => BigIntScalar, { description: 'Leaves in the log.' })
  size: number;

  @Field(() => String, { description: 'RFC 6962 root over them, in hex.' })
  rootHash: string;

  @Field(() => String, { description: 'Hash of the chain over them, in hex.' })
  chainHash: string;

  @Field(() => GraphQLISODateTime, { description: 'When the last leaf was appended.' })
  at: Date;

  @Field(() => String, {
    nullable: true,
    description:
      'The last signed checkpoint, as a signed note (C2SP tlog-checkpoint): the one to keep. It may lie a second behind; null before the first.',
  })
  note: string | null;

  @Field(() => BigIntScalar, { description: 'Leaves that the note covers.' })
  signedSize: number;
}

export function toAuditLeafType(row: LogRow): AuditLeafType {
  const leaf = readLeaf(row.leaf);
  return {
    seq: row.seq,
    at: row.at,
    action: leaf.action,
    actorKind: leaf.actor.kind,
    actorOrganizationId: leaf.actor.org ?? null,
    subjectKind: leaf.subject.kind,
    subjectId: leaf.subject.id,
    datasetId: leaf.about.dataset ?? null,
    grantId: leaf.about.grant ?? null,
    orderId: leaf.about.order ?? null,
    organizationIds: [...leaf.about.orgs],
    facts: leaf.facts,
    privateHash: leaf.private,
    requestId: leaf.request,
    leaf: row.leaf.toString('utf8'),
    leafHash: row.leafHash.toString('hex'),
    chainHash: row.chainHash.toString('hex'),
  };
}

export function toCheckpointType(row: CheckpointRow, signed: SignedCheckpoint | null): CheckpointType {
  return {
    size: row.size,
    rootHash: row.rootHash.toString('hex'),
    chainHash: row.chainHash.toString('hex'),
    at: row.at,
    note: signed?.note ?? null,
    signedSize: signed?.size ?? 0,
  };
}
