import { Field, Float, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import { JsonScalar, Visible, connectionOf } from '@app/graphql';
import { CHANGE_KINDS } from './version-changes.queries.js';
import type { ChangeKind, EpisodeChange } from './version-changes.queries.js';

export const ChangeKindEnum = Object.fromEntries(CHANGE_KINDS.map((kind) => [kind.toUpperCase(), kind])) as Record<
  string,
  ChangeKind
>;
registerEnumType(ChangeKindEnum, {
  name: 'EpisodeChangeKind',
  description: 'How an episode differs between versions.',
});

@Visible('public')
@ObjectType('EpisodeChange')
export class EpisodeChangeType {
  @Field(() => ChangeKindEnum)
  kind: ChangeKind;

  @Field(() => Int, { nullable: true, description: 'Number in the earlier version; null if it was added.' })
  from: number | null;

  @Field(() => Int, { nullable: true, description: 'Number in the later version; null if it was removed.' })
  to: number | null;

  @Field(() => String, { description: 'Its name in the source.' })
  sourceKey: string;

  @Field(() => Int, { nullable: true })
  framesBefore: number | null;

  @Field(() => Int, { nullable: true })
  framesAfter: number | null;
}

@Visible('public')
@ObjectType('FactChange', { description: 'A measured number that differs.' })
export class FactChangeType {
  @Field(() => String)
  fact: string;

  @Field(() => Float, { nullable: true })
  before: number | null;

  @Field(() => Float, { nullable: true })
  after: number | null;
}

export const { Connection: EpisodeChangeConnection } = connectionOf(EpisodeChangeType, 'EpisodeChange', 'public');

@Visible('public')
@ObjectType('VersionChanges', { description: 'What differs from an earlier version, by content.' })
export class VersionChangesType {
  /** Ids for the resolver of the episodes; not on the wire. */
  fromId: string;
  toId: string;
  isKept: boolean;

  @Field(() => String, { description: 'Label of the earlier version.' })
  since: string;

  @Field(() => String, { nullable: true })
  sinceCommitId: string | null;

  @Field(() => Int)
  added: number;

  @Field(() => Int)
  removed: number;

  @Field(() => Int, { description: 'The same name in the source, other content.' })
  changed: number;

  @Field(() => Int, { description: 'The same content under another number.' })
  renumbered: number;

  @Field(() => Int)
  unchanged: number;

  @Field(() => [FactChangeType])
  facts: FactChangeType[];

  @Field(() => JsonScalar, {
    nullable: true,
    description:
      '{ grade, isOtherProfile, improved, worsened, unchanged, notComparable, changedFindings }: both reports beside each other.',
  })
  report: unknown;
}

export function toEpisodeChangeType(change: EpisodeChange): EpisodeChangeType {
  return {
    kind: change.kind,
    from: change.fromIdx,
    to: change.toIdx,
    sourceKey: change.sourceKey,
    framesBefore: change.fromFrames,
    framesAfter: change.toFrames,
  };
}
