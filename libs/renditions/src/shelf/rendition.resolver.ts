import { Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { AffectedVersionType, VersionType } from '@app/catalog';
import { Allow, CurrentContext, OperationLoaders, operationLoader } from '@app/graphql';
import type { Loaders } from '@app/graphql';
import type { RequestContext } from '@app/kernel';
import { RenditionType, toRenditionTypes } from './rendition.graphql.js';
import { RenditionQueries } from './rendition.queries.js';
import type { RenditionRow } from './rendition.queries.js';

@Resolver(() => VersionType)
export class VersionRenditionsResolver {
  constructor(private readonly renditions: RenditionQueries) {}

  @Allow('anonymous')
  @ResolveField('renditions', () => [RenditionType], {
    description: 'The standard forms of this version, LeRobot v3.0 first.',
  })
  async renditionsOf(
    @CurrentContext() ctx: RequestContext,
    @OperationLoaders() loaders: Loaders,
    @Parent() version: VersionType,
  ): Promise<RenditionType[]> {
    const loader = operationLoader<string, RenditionRow[]>(loaders, 'renditions.of_versions', async (ids) => {
      const found = await this.renditions.ofVersions(ctx, ids);
      return ids.map((id) => found.get(id) ?? []);
    });
    return toRenditionTypes(version, await loader.load(version.id));
  }
}

@Resolver(() => AffectedVersionType)
export class AffectedVersionRenditionsResolver {
  constructor(private readonly renditions: RenditionQueries) {}

  @Allow('member')
  @ResolveField('renditions', () => [String], {
    description: 'Standard forms of the version that hold the same episodes, and are stopped with them.',
  })
  async renditionsOf(
    @CurrentContext() ctx: RequestContext,
    @OperationLoaders() loaders: Loaders,
    @Parent() version: AffectedVersionType,
  ): Promise<string[]> {
    const loader = operationLoader<string, RenditionRow[]>(loaders, 'renditions.of_affected_versions', async (ids) => {
      const found = await this.renditions.ofVersions(ctx, ids);
      return ids.map((id) => found.get(id) ?? []);
    });
    return (await loader.load(version.versionId)).filter(({ state }) => state === 'ready').map(({ target }) => target);
  }
}
