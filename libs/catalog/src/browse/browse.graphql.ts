import { Field, Float, InputType, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import { BigIntScalar, LocalizedTextType, PageInfo, Visible } from '@app/graphql';
import type { EdgeOf } from '@app/graphql';
import { DatasetType, toDatasetType } from '../datasets/dataset.graphql.js';
import type { Shelf } from './browse.queries.js';
import type { DatasetFilter } from './dataset-filter.rules.js';
import { DATASET_ORDERS } from './index/page-order.js';
import type { DatasetOrder } from './index/page-order.js';

export const DatasetOrderEnum = Object.fromEntries(DATASET_ORDERS.map((order) => [order, order])) as Record<
  DatasetOrder,
  DatasetOrder
>;
registerEnumType(DatasetOrderEnum, {
  name: 'DatasetOrder',
  description:
    'RELEVANCE needs a text. Among equals the newest come first; what has no price comes last in both orders of price.',
});

const codesOf = (kind: string): string => `Codes of the vocabulary "${kind}"; any of them.`;

@InputType('DatasetFilter', { description: 'Within a list any value will do; between the fields all must hold.' })
export class DatasetFilterInput implements DatasetFilter {
  @Field(() => String, { nullable: true, description: 'Chinese or English, partial words and typing errors included.' })
  text?: string | null;

  @Field(() => [String], { nullable: true, description: codesOf('task_family') })
  taskFamilies?: string[] | null;

  @Field(() => [String], { nullable: true, description: codesOf('atomic_skill') })
  skills?: string[] | null;

  @Field(() => [String], { nullable: true, description: codesOf('scene') })
  scenes?: string[] | null;

  @Field(() => [String], { nullable: true, description: codesOf('embodiment_class') })
  embodimentClasses?: string[] | null;

  @Field(() => [String], { nullable: true, description: 'Names of robots as providers give them.' })
  robots?: string[] | null;

  @Field(() => [String], { nullable: true, description: codesOf('end_effector') })
  endEffectors?: string[] | null;

  @Field(() => [String], { nullable: true, description: codesOf('modality') })
  modalities?: string[] | null;

  @Field(() => [String], { nullable: true, description: codesOf('collection_method') })
  collectionMethods?: string[] | null;

  @Field(() => [String], { nullable: true, description: codesOf('reality') })
  realities?: string[] | null;

  @Field(() => [String], { nullable: true, description: 'A, B, C, U.' })
  grades?: string[] | null;

  @Field(() => [String], { nullable: true, description: codesOf('format') })
  formats?: string[] | null;

  @Field(() => [String], { nullable: true, description: `Some active offer allows it. ${codesOf('use')}` })
  usableFor?: string[] | null;

  @Field(() => [String], { nullable: true, description: 'Short names (slugs) of the selling organizations.' })
  providers?: string[] | null;

  @Field(() => Float, { nullable: true })
  minHours?: number | null;

  @Field(() => BigIntScalar, { nullable: true })
  minEpisodes?: number | null;

  @Field(() => BigIntScalar, {
    nullable: true,
    description: 'Some offer in the currency costs at most this, in minor units.',
  })
  maxPriceMinor?: number | null;

  @Field(() => String, { nullable: true, description: 'CNY or USD, for prices; CNY when left out.' })
  currency?: string | null;
}

@Visible('public')
@ObjectType()
export class FacetValue {
  @Field(() => String)
  code: string;

  @Field(() => LocalizedTextType)
  label: LocalizedTextType;

  @Field(() => Int, { description: 'Datasets that match every other facet of the filter and have this value.' })
  count: number;
}

@Visible('public')
@ObjectType()
export class Facet {
  @Field(() => String, { description: 'Name of the field of DatasetFilterInput that the values go into.' })
  field: string;

  @Field(() => [FacetValue], { description: 'Most frequent first.' })
  values: readonly FacetValue[];
}

@Visible('public')
@ObjectType()
export class TextCorrection {
  @Field(() => String)
  typed: string;

  @Field(() => [String], { description: 'What was searched for instead.' })
  used: readonly string[];
}

@Visible('public')
@ObjectType({ description: 'How the text of the filter was read.' })
export class TextPlanType {
  @Field(() => [TextCorrection])
  corrected: readonly TextCorrection[];

  @Field(() => [String], { description: 'Pieces that no listed dataset holds; the answer is without them.' })
  dropped: readonly string[];
}

@Visible('public')
@ObjectType()
export class DatasetEdge implements EdgeOf<DatasetType> {
  @Field(() => String)
  cursor: string;

  @Field(() => DatasetType)
  node: DatasetType;
}

@Visible('public')
@ObjectType()
export class DatasetConnection {
  @Field(() => [DatasetEdge])
  edges: DatasetEdge[];

  @Field(() => [DatasetType])
  nodes: DatasetType[];

  @Field(() => PageInfo)
  pageInfo: PageInfo;

  @Field(() => BigIntScalar)
  totalCount: number;

  @Field(() => [Facet], { description: 'Each facet counted as if it were not filtered itself.' })
  facets: readonly Facet[];

  @Field(() => TextPlanType, { nullable: true, description: 'Null when no text was searched for.' })
  textPlan: TextPlanType | null;
}

export function toDatasetConnection(shelf: Shelf): DatasetConnection {
  const nodes = shelf.items.map(toDatasetType);
  return {
    nodes,
    edges: nodes.map((node, i) => ({ node, cursor: shelf.cursors[i] ?? '' })),
    pageInfo: { hasNextPage: shelf.hasNextPage, endCursor: shelf.cursors.at(-1) ?? null },
    totalCount: shelf.totalCount,
    facets: shelf.facets ?? [],
    textPlan: shelf.textPlan,
  };
}
