import type { Type } from '@nestjs/common';
import { ArgsType, Field, Int, ObjectType } from '@nestjs/graphql';
import type { Page } from '@app/kernel';
import { Visible } from './access.js';
import type { Visibility } from './access.js';
import { BigIntScalar } from './scalars.js';

@ArgsType()
export class PageArgs {
  @Field(() => Int, { nullable: true, description: 'How many items, at most 100.' })
  first?: number | null;

  @Field(() => String, { nullable: true, description: 'The cursor after which to go on.' })
  after?: string | null;
}

@Visible('public')
@ObjectType()
export class PageInfo {
  @Field(() => Boolean)
  hasNextPage: boolean;

  @Field(() => String, { nullable: true })
  endCursor: string | null;
}

export interface EdgeOf<T> {
  cursor: string;
  node: T;
}

export interface ConnectionOf<T> {
  edges: EdgeOf<T>[];
  nodes: T[];
  pageInfo: PageInfo;
  totalCount: number | null;
}

/** Relay connection classes for an item type, seen by whoever may see the item. */
export function connectionOf<T extends object>(
  item: Type<T>,
  name: string,
  visibility: Visibility,
): { Edge: Type<EdgeOf<T>>; Connection: Type<ConnectionOf<T>> } {
  @Visible(visibility)
  @ObjectType(`${name}Edge`)
  class Edge implements EdgeOf<T> {
    @Field(() => String)
    cursor: string;

    @Field(() => item)
    node: T;
  }

  @Visible(visibility)
  @ObjectType(`${name}Connection`)
  class Connection implements ConnectionOf<T> {
    @Field(() => [Edge])
    edges: Edge[];

    @Field(() => [item])
    nodes: T[];

    @Field(() => PageInfo)
    pageInfo: PageInfo;

    @Field(() => BigIntScalar, { nullable: true, description: 'All items that match; null where it is not counted.' })
    totalCount: number | null;
  }

  return { Edge, Connection };
}

/** A page of domain rows as the connection that callers see. */
export function toConnection<R, T>(page: Page<R>, mapItem: (row: R) => T): ConnectionOf<T> {
  const nodes = page.items.map(mapItem);
  return {
    edges: nodes.map((node, i) => ({ node, cursor: page.cursors[i] ?? '' })),
    nodes,
    pageInfo: { hasNextPage: page.hasNextPage, endCursor: page.cursors.at(-1) ?? null },
    totalCount: page.totalCount,
  };
}
