import { Module } from '@nestjs/common';
import { CatalogModule } from './catalog.module.js';
import { CompareVersionsJob } from './changes/compare-versions.job.js';
import { IngestVersionJob } from './ingest/ingest-version.job.js';

/** What the worker does for the catalogue. */
@Module({ imports: [CatalogModule], providers: [IngestVersionJob, CompareVersionsJob], exports: [CatalogModule] })
export class CatalogWorkerModule {}
