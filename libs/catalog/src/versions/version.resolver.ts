import { Args, ID, Int, Mutation, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { Allow, Cached, CurrentContext, NodeLoaders, PageArgs, toConnection } from '@app/graphql';
import type { ConnectionOf } from '@app/graphql';
import { decodeCursor, encodeCursor, pageSize, toPage } from '@app/kernel';
import type { RequestContext } from '@app/kernel';
import { EpisodeQueries } from '../episodes/episode.queries.js';
import { ConformanceReportType, toConformanceReportType } from './conformance.graphql.js';
import { FileQueries } from './file.queries.js';
import {
  EpisodeConnection,
  EpisodeFilterInput,
  EpisodeType,
  PublishVersionInput,
  RecallVersionInput,
  SubmitVersionInput,
  VersionFileConnection,
  VersionFileType,
  VersionPayload,
  VersionType,
  toEpisodeType,
  toVersionFileType,
  toVersionType,
} from './version.graphql.js';
import type { VersionReport } from './report.js';
import { VersionQueries } from './version.queries.js';
import { VersionService } from './version.service.js';

@Resolver(() => VersionType)
export class VersionResolver {
  constructor(
    private readonly versions: VersionQueries,
    private readonly files: FileQueries,
    private readonly episodes: EpisodeQueries,
    private readonly service: VersionService,
    nodes: NodeLoaders,
  ) {
    nodes.register('Version', VersionType, async (ctx, id) => toVersionType(await versions.byId(ctx, id)));
  }

  @Allow('anonymous')
  @Cached('catalog')
  @Query(() => VersionType, {
    description: 'One version of a dataset, by label (v2) or commit id; the current one when left out.',
  })
  async version(
    @CurrentContext() ctx: RequestContext,
    @Args('datasetId', { type: () => ID }) datasetId: string,
    @Args('selector', { type: () => String, nullable: true }) selector?: string | null,
  ): Promise<VersionType> {
    return toVersionType(await this.versions.resolve(ctx, datasetId, selector));
  }

  @Allow('anonymous')
  @Cached('catalog')
  @Query(() => [String], { description: 'Paths of the files that hold the named episodes of a version.' })
  async episodeFiles(
    @CurrentContext() ctx: RequestContext,
    @Args('versionId', { type: () => ID }) versionId: string,
    @Args('indices', { type: () => [Int] }) indices: number[],
  ): Promise<string[]> {
    const version = await this.versions.byId(ctx, versionId);
    return this.episodes.filesOf(ctx, version.id, indices);
  }

  @Allow('anonymous')
  @Cached('catalog')
  @ResolveField('files', () => VersionFileConnection, { description: 'Files in order of their paths.' })
  async filesOf(
    @CurrentContext() ctx: RequestContext,
    @Parent() version: VersionType,
    @Args() page: PageArgs,
  ): Promise<ConnectionOf<VersionFileType>> {
    const size = pageSize(page);
    const after = page.after ? String(decodeCursor(page.after, 1)[0]) : null;
    const rows = await this.files.page(ctx, version.id, { after, limit: size + 1 });
    return toConnection(
      toPage(rows, size, (row) => encodeCursor([row.path]), version.filesCount),
      toVersionFileType,
    );
  }

  @Allow('anonymous')
  @Cached('catalog')
  @ResolveField('conformance', () => ConformanceReportType, {
    nullable: true,
    description: 'The report as types: every rule with its evidence, every finding. Null before the check.',
  })
  conformanceOf(@Parent() version: VersionType): ConformanceReportType | null {
    return version.report ? toConformanceReportType(version.report as VersionReport) : null;
  }

  @Allow('anonymous')
  @Cached('catalog')
  @ResolveField('episodeList', () => EpisodeConnection, {
    description: 'Episodes in order, filtered, with their number.',
  })
  async episodesOf(
    @CurrentContext() ctx: RequestContext,
    @Parent() version: VersionType,
    @Args() page: PageArgs,
    @Args('filter', { type: () => EpisodeFilterInput, nullable: true }) filter?: EpisodeFilterInput | null,
  ): Promise<ConnectionOf<EpisodeType>> {
    return toConnection(await this.episodes.page(ctx, version.id, filter ?? {}, page), toEpisodeType);
  }

  @Allow('provider')
  @Mutation(() => VersionPayload, {
    description: 'Hands an uploaded version to the worker, which measures it and writes its report.',
  })
  async submitVersion(
    @CurrentContext() ctx: RequestContext,
    @Args('input', { type: () => SubmitVersionInput }) { versionId }: SubmitVersionInput,
  ): Promise<VersionPayload> {
    await this.service.submitVersion(ctx, versionId);
    return this.payload(ctx, versionId);
  }

  @Allow('provider')
  @Mutation(() => VersionPayload, { description: 'Releases a checked version. Impossible while an L1 rule fails.' })
  async publishVersion(
    @CurrentContext() ctx: RequestContext,
    @Args('input', { type: () => PublishVersionInput }) { versionId, changeNote }: PublishVersionInput,
  ): Promise<VersionPayload> {
    await this.service.publishVersion(ctx, versionId, changeNote);
    return this.payload(ctx, versionId);
  }

  @Allow('provider')
  @Mutation(() => VersionPayload, { description: 'Tells every licensee that a released version is defective.' })
  async recallVersion(
    @CurrentContext() ctx: RequestContext,
    @Args('input', { type: () => RecallVersionInput }) { versionId, reason }: RecallVersionInput,
  ): Promise<VersionPayload> {
    await this.service.recallVersion(ctx, versionId, reason);
    return this.payload(ctx, versionId);
  }

  private async payload(ctx: RequestContext, versionId: string): Promise<VersionPayload> {
    return { version: toVersionType(await this.versions.byId(ctx, versionId)) };
  }
}
