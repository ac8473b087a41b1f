import { Module } from '@nestjs/common';
import type { DynamicModule, Type } from '@nestjs/common';
import { CatalogModule } from '@app/catalog';
import { PreviewsModule } from './previews.module.js';
import { PreviewGate } from './samples/preview-gate.port.js';
import { SampleSeriesResolver, VersionSamplesResolver } from './samples/sample.resolver.js';
import { SampleService } from './samples/sample.service.js';

/** Samples and charts on the API, behind the gate of the process that imports it. */
@Module({})
export class PreviewsApiModule {
  static behind(gate: Type<PreviewGate>, imports: NonNullable<DynamicModule['imports']> = []): DynamicModule {
    return {
      module: PreviewsApiModule,
      imports: [CatalogModule, PreviewsModule, ...imports],
      providers: [
        SampleService,
        VersionSamplesResolver,
        SampleSeriesResolver,
        { provide: PreviewGate, useClass: gate },
      ],
    };
  }
}
