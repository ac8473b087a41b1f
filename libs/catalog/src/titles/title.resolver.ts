import { Args, Mutation, Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { Allow, CurrentContext, OperationLoaders, operationLoader } from '@app/graphql';
import type { RequestContext } from '@app/kernel';
import { DatasetPayload, DatasetType, toDatasetType } from '../datasets/dataset.graphql.js';
import { DatasetQueries } from '../datasets/dataset.queries.js';
import { RecordTitleInput, TitleType, toTitleType } from './title.graphql.js';
import { TitleQueries } from './title.queries.js';
import { TitleService } from './title.service.js';

@Resolver(() => DatasetType)
export class TitleResolver {
  constructor(
    private readonly titles: TitleQueries,
    private readonly service: TitleService,
    private readonly datasets: DatasetQueries,
  ) {}

  // Not answered from memory: whether a registration has expired changes with the day and with nothing else.
  @Allow('anonymous')
  @ResolveField('titles', () => [TitleType], {
    description: 'Registrations of the title, as the operator recorded them.',
  })
  async titlesOf(
    @CurrentContext() ctx: RequestContext,
    @OperationLoaders() loaders: Map<string, unknown>,
    @Parent() dataset: DatasetType,
  ): Promise<TitleType[]> {
    const loader = operationLoader(loaders, 'catalog.titles', async (ids: readonly string[]) => {
      const found = await this.titles.ofDatasets(ctx, ids);
      return ids.map((id) => found.get(id) ?? []);
    });
    return (await loader.load(dataset.id)).map(toTitleType);
  }

  @Allow('admin')
  @Mutation(() => DatasetPayload, { description: 'Writes down what a registry entered about the title in a dataset.' })
  async recordTitle(
    @CurrentContext() ctx: RequestContext,
    @Args('input', { type: () => RecordTitleInput }) input: RecordTitleInput,
  ): Promise<DatasetPayload> {
    const { datasetId } = await this.service.recordTitle(ctx, input);
    return { dataset: toDatasetType(await this.datasets.byId(ctx, datasetId)) };
  }
}
