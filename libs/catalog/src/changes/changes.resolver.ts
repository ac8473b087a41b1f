import { Args, Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { Allow, Cached, CurrentContext, PageArgs, toConnection } from '@app/graphql';
import type { ConnectionOf } from '@app/graphql';
import type { RequestContext } from '@app/kernel';
import { VersionType } from '../versions/version.graphql.js';
import {
  ChangeKindEnum,
  EpisodeChangeConnection,
  EpisodeChangeType,
  VersionChangesType,
  toEpisodeChangeType,
} from './changes.graphql.js';
import { VersionChangesQueries } from './version-changes.queries.js';
import type { ChangeKind } from './version-changes.queries.js';
import { VersionComparison } from './version-comparison.service.js';

@Resolver(() => VersionType)
export class VersionChangesOfVersionResolver {
  constructor(private readonly comparison: VersionComparison) {}

  @Allow('anonymous')
  @Cached('catalog')
  @ResolveField('changes', () => VersionChangesType, {
    nullable: true,
    description:
      'What differs from an earlier version (by label; the one before it when left out). Null for the first.',
  })
  async changesOf(
    @CurrentContext() ctx: RequestContext,
    @Parent() version: VersionType,
    @Args('since', { type: () => String, nullable: true }) since?: string | null,
  ): Promise<VersionChangesType | null> {
    return this.comparison.of(ctx, version.id, since ?? null);
  }
}

@Resolver(() => VersionChangesType)
export class VersionChangesResolver {
  constructor(private readonly changes: VersionChangesQueries) {}

  @Allow('anonymous')
  @Cached('catalog')
  @ResolveField('episodes', () => EpisodeChangeConnection, {
    description: 'Episodes that were added, removed or changed, in the order of where they stand.',
  })
  async episodesOf(
    @CurrentContext() ctx: RequestContext,
    @Parent() changes: VersionChangesType,
    @Args() page: PageArgs,
    @Args('kind', { type: () => ChangeKindEnum, nullable: true }) kind?: ChangeKind | null,
  ): Promise<ConnectionOf<EpisodeChangeType>> {
    return toConnection(await this.changes.page(ctx, changes, kind ?? null, page), toEpisodeChangeType);
  }
}
