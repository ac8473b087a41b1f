import { Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { VersionType } from '@app/catalog';
import { Allow, CurrentContext, JsonScalar, OperationLoaders, operationLoader } from '@app/graphql';
import type { Loaders } from '@app/graphql';
import type { RequestContext } from '@app/kernel';
import { SampleEpisodeType } from './sample.graphql.js';
import { SampleService } from './sample.service.js';

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
    return operationLoader<string, SampleEpisodeType[]>(loaders, 'previews.samples', (ids) =>
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
    return operationLoader<string, unknown>(loaders, 'previews.charts', (ids) => this.samples.chartsOf(ctx, ids)).load(
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
    return operationLoader<SampleEpisodeType, unknown>(loaders, 'previews.series', (samples) =>
      this.samples.seriesOf(ctx, samples),
    ).load(sample);
  }
}
