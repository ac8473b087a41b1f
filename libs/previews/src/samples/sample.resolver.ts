import { Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { VersionType } from '@app/catalog';
import { Allow, CurrentContext, JsonScalar, OperationLoaders } from '@app/graphql';
import type { RequestContext } from '@app/kernel';
import DataLoader from 'dataloader';
import { SampleEpisodeType } from './sample.graphql.js';
import { SampleService } from './sample.service.js';

type Loaders = Map<string, unknown>;

/** One loader per operation, so that a page of versions asks once. */
function loaderOf<K, V>(loaders: Loaders, name: string, load: (keys: readonly K[]) => Promise<V[]>): DataLoader<K, V> {
  const known = loaders.get(name) as DataLoader<K, V> | undefined;
  const loader = known ?? new DataLoader<K, V>(load);
  loaders.set(name, loader);
  return loader;
}

@Resolver(() => VersionType)
export class VersionSamplesResolver {
  constructor(private readonly samples: SampleService) {}

  @Allow('anonymous')
  @ResolveField('samples', () => [SampleEpisodeType], {
    description: 'What may be seen without a licence: the beginnings of up to three episodes. Empty where it may not.',
  })
  async samplesOf(
    @CurrentContext() ctx: RequestContext,
    @OperationLoaders() loaders: Loaders,
    @Parent() version: VersionType,
  ): Promise<SampleEpisodeType[]> {
    return loaderOf<string, SampleEpisodeType[]>(loaders, 'previews.samples', (ids) =>
      this.samples.samplesOf(ctx, ids),
    ).load(version.id);
  }

  @Allow('anonymous')
  @ResolveField('charts', () => JsonScalar, {
    nullable: true,
    description: '{ tasks, operators, scenes, outcomes, durationS, quantiles, histograms }, every number measured.',
  })
  async chartsOf(
    @CurrentContext() ctx: RequestContext,
    @OperationLoaders() loaders: Loaders,
    @Parent() version: VersionType,
  ): Promise<unknown> {
    return loaderOf<string, unknown>(loaders, 'previews.charts', (ids) => this.samples.chartsOf(ctx, ids)).load(
      version.id,
    );
  }
}

@Resolver(() => SampleEpisodeType)
export class SampleSeriesResolver {
  constructor(private readonly samples: SampleService) {}

  @Allow('anonymous')
  @ResolveField('series', () => JsonScalar, {
    nullable: true,
    description:
      '{ shownS, signals: [{ key, role, unit, channels: [{ name, times, values }] }] }, thinned for drawing.',
  })
  async seriesOf(
    @CurrentContext() ctx: RequestContext,
    @OperationLoaders() loaders: Loaders,
    @Parent() sample: SampleEpisodeType,
  ): Promise<unknown> {
    return loaderOf<SampleEpisodeType, unknown>(loaders, 'previews.series', (samples) =>
      this.samples.seriesOf(ctx, samples),
    ).load(sample);
  }
}
