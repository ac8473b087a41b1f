import { Module } from '@nestjs/common';
import { CatalogModule } from './catalog.module.js';
import { CompareVersionsJob } from './changes/compare-versions.job.js';
import { IngestVersionJob } from './ingest/ingest-version.job.js';
import { VersionReader } from './ingest/version-reader.service.js';

/** What the worker does for the catalogue. */
@Module({
  imports: [CatalogModule],
  providers: [VersionReader, IngestVersionJob, CompareVersionsJob],
  exports: [CatalogModule],
})
export class CatalogWorkerModule {}
