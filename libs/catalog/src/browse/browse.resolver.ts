import { Args, ArgsType, Field, Info, Query, Resolver } from '@nestjs/graphql';
import { Allow, Cached, CurrentContext, PageArgs } from '@app/graphql';
import type { RequestContext } from '@app/kernel';
import { Kind } from 'graphql';
import type { GraphQLResolveInfo, SelectionSetNode } from 'graphql';
import { DatasetConnection, DatasetFilterInput, DatasetOrderEnum, toDatasetConnection } from './browse.graphql.js';
import { BrowseQueries } from './browse.queries.js';
import type { DatasetOrder } from './index/page-order.js';

@ArgsType()
class BrowseArgs extends PageArgs {
  @Field(() => DatasetFilterInput, { nullable: true })
  filter?: DatasetFilterInput | null;

  @Field(() => DatasetOrderEnum, { nullable: true, description: 'RELEVANCE when a text is searched for, else NEWEST.' })
  orderBy?: DatasetOrder | null;
}

@Resolver()
export class BrowseResolver {
  constructor(private readonly shelf: BrowseQueries) {}

  @Allow('anonymous')
  @Cached('catalog')
  @Query(() => DatasetConnection, { description: 'Listed datasets, filtered, counted, page by page.' })
  async datasets(
    @CurrentContext() ctx: RequestContext,
    @Args() args: BrowseArgs,
    @Info() info: Pick<GraphQLResolveInfo, 'fieldNodes' | 'fragments'>,
  ): Promise<DatasetConnection> {
    return toDatasetConnection(await this.shelf.browse(ctx, args, { facets: selects(info, 'facets') }));
  }
}

/** Whether the operation asks for a field of this object. Counting is the dearest part of a page, so it waits to be asked for. */
function selects(info: Pick<GraphQLResolveInfo, 'fieldNodes' | 'fragments'>, name: string): boolean {
  const isIn = (set: SelectionSetNode | undefined): boolean =>
    (set?.selections ?? []).some((selection) => {
      if (selection.kind === Kind.FIELD) return selection.name.value === name;
      if (selection.kind === Kind.INLINE_FRAGMENT) return isIn(selection.selectionSet);
      return isIn(info.fragments[selection.name.value]?.selectionSet);
    });
  return info.fieldNodes.some((field) => isIn(field.selectionSet));
}
