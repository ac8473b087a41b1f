import { Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { VersionType } from '@app/catalog';
import { Allow, CurrentContext, OperationLoaders } from '@app/graphql';
import type { RequestContext } from '@app/kernel';
import DataLoader from 'dataloader';
import { RenditionType, toRenditionTypes } from './rendition.graphql.js';
import { RenditionQueries } from './rendition.queries.js';
import type { RenditionRow } from './rendition.queries.js';

const LOADER = 'renditions.ofVersions';

type Loader = DataLoader<string, RenditionRow[]>;

@Resolver(() => VersionType)
export class VersionRenditionsResolver {
  constructor(private readonly renditions: RenditionQueries) {}

  @Allow('anonymous')
  @ResolveField('renditions', () => [RenditionType], {
    description: 'The standard forms of this version, LeRobot v3.0 first.',
  })
  async renditionsOf(
    @CurrentContext() ctx: RequestContext,
    @OperationLoaders() loaders: Map<string, unknown>,
    @Parent() version: VersionType,
  ): Promise<RenditionType[]> {
    return toRenditionTypes(version, await this.loader(ctx, loaders).load(version.id));
  }

  /** One loader per operation, so that a page of versions asks once. */
  private loader(ctx: RequestContext, loaders: Map<string, unknown>): Loader {
    const known = loaders.get(LOADER) as Loader | undefined;
    const loader =
      known ??
      new DataLoader<string, RenditionRow[]>(async (ids) => {
        const found = await this.renditions.ofVersions(ctx, ids);
        return ids.map((id) => found.get(id) ?? []);
      });
    loaders.set(LOADER, loader);
    return loader;
  }
}
