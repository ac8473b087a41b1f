import { Args, Mutation, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { Allow, Cached, CurrentContext, NodeLoaders, PageArgs, toConnection } from '@app/graphql';
import type { ConnectionOf } from '@app/graphql';
import { decodeCursor, encodeCursor, pageSize, requireUser, toPage } from '@app/kernel';
import type { RequestContext } from '@app/kernel';
import { VersionConnection, VersionType, toVersionType } from '../versions/version.graphql.js';
import { VersionQueries } from '../versions/version.queries.js';
import {
  ApproveDatasetInput,
  CreateDatasetInput,
  DatasetPayload,
  DatasetReasonInput,
  DatasetType,
  OwnDatasetConnection,
  UpdateDatasetInput,
  toDatasetType,
} from './dataset.graphql.js';
import { DatasetQueries } from './dataset.queries.js';
import { DatasetService } from './dataset.service.js';

@Resolver(() => DatasetType)
export class DatasetResolver {
  constructor(
    private readonly datasets: DatasetQueries,
    private readonly versions: VersionQueries,
    private readonly service: DatasetService,
    nodes: NodeLoaders,
  ) {
    nodes.register('Dataset', DatasetType, async (ctx, id) => toDatasetType(await datasets.byId(ctx, id)));
  }

  @Allow('anonymous')
  @Cached('catalog')
  @Query(() => DatasetType, { description: 'One dataset by organization/name.' })
  async dataset(
    @CurrentContext() ctx: RequestContext,
    @Args('slug', { type: () => String }) slug: string,
  ): Promise<DatasetType> {
    return toDatasetType(await this.datasets.bySlug(ctx, slug));
  }

  @Allow('member')
  @Query(() => OwnDatasetConnection, {
    description: "The acting organization's own datasets in any state, newest first.",
  })
  async ownDatasets(@CurrentContext() ctx: RequestContext, @Args() page: PageArgs): Promise<ConnectionOf<DatasetType>> {
    const user = requireUser(ctx);
    const size = pageSize(page);
    const after = page.after ? String(decodeCursor(page.after, 1)[0]) : null;
    const rows = await this.datasets.ofOrganization(ctx, user.organizationId, after, size + 1);
    return toConnection(
      toPage(rows, size, (row) => encodeCursor([row.id])),
      toDatasetType,
    );
  }

  @Allow('anonymous')
  @Cached('catalog')
  @ResolveField('versions', () => VersionConnection, {
    description: 'Released versions, newest first; the provider sees all.',
  })
  async versionsOf(
    @CurrentContext() ctx: RequestContext,
    @Parent() dataset: DatasetType,
    @Args() page: PageArgs,
  ): Promise<ConnectionOf<VersionType>> {
    return toConnection(await this.versions.ofDataset(ctx, dataset.id, page), toVersionType);
  }

  @Allow('anonymous')
  @Cached('catalog')
  @ResolveField('currentVersion', () => VersionType, { nullable: true, description: 'The version on sale.' })
  async currentVersion(
    @CurrentContext() ctx: RequestContext,
    @Parent() dataset: DatasetType,
  ): Promise<VersionType | null> {
    return dataset.currentVersionId ? toVersionType(await this.versions.byId(ctx, dataset.currentVersionId)) : null;
  }

  @Allow('provider')
  @Mutation(() => DatasetPayload)
  async createDataset(
    @CurrentContext() ctx: RequestContext,
    @Args('input', { type: () => CreateDatasetInput }) input: CreateDatasetInput,
  ): Promise<DatasetPayload> {
    return this.payload(ctx, (await this.service.createDataset(ctx, input)).id);
  }

  @Allow('provider')
  @Mutation(() => DatasetPayload, {
    description: 'Changes words and declared facts; released versions stay as they are.',
  })
  async updateDataset(
    @CurrentContext() ctx: RequestContext,
    @Args('input', { type: () => UpdateDatasetInput }) { slug, ...input }: UpdateDatasetInput,
  ): Promise<DatasetPayload> {
    return this.payload(ctx, (await this.service.updateDataset(ctx, slug, input)).id);
  }

  @Allow('provider')
  @Mutation(() => DatasetPayload, { description: 'Takes a dataset off the shelf; rights already held stay.' })
  async withdrawDataset(
    @CurrentContext() ctx: RequestContext,
    @Args('input', { type: () => DatasetReasonInput }) input: DatasetReasonInput,
  ): Promise<DatasetPayload> {
    return this.payload(ctx, (await this.service.withdrawDataset(ctx, input.slug, input.reason)).id);
  }

  @Allow('admin')
  @Mutation(() => DatasetPayload, { description: 'Stops a dataset: hidden, no new grants, no new bytes.' })
  async suspendDataset(
    @CurrentContext() ctx: RequestContext,
    @Args('input', { type: () => DatasetReasonInput }) input: DatasetReasonInput,
  ): Promise<DatasetPayload> {
    return this.payload(ctx, (await this.service.suspendDataset(ctx, input.slug, input.reason)).id);
  }

  @Allow('admin')
  @Mutation(() => DatasetPayload, {
    description: 'Lists a dataset all three heads of whose review have passed, or lifts its suspension.',
  })
  async approveDataset(
    @CurrentContext() ctx: RequestContext,
    @Args('input', { type: () => ApproveDatasetInput }) input: ApproveDatasetInput,
  ): Promise<DatasetPayload> {
    return this.payload(ctx, (await this.service.approveDataset(ctx, input.slug)).id);
  }

  @Allow('admin')
  @Mutation(() => DatasetPayload, { description: 'Ends a suspension; the reason stays in the log.' })
  async resumeDataset(
    @CurrentContext() ctx: RequestContext,
    @Args('input', { type: () => DatasetReasonInput }) input: DatasetReasonInput,
  ): Promise<DatasetPayload> {
    return this.payload(ctx, (await this.service.resumeDataset(ctx, input.slug, input.reason)).id);
  }

  private async payload(ctx: RequestContext, id: string): Promise<DatasetPayload> {
    return { dataset: toDatasetType(await this.datasets.byId(ctx, id)) };
  }
}
