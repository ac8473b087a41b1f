import { Module } from '@nestjs/common';
import { CatalogModule } from '@app/catalog';
import { MakeRenditionJob } from './making/make-rendition.job.js';
import { RenditionMaker } from './making/rendition-maker.service.js';
import { RequestRenditionsJob } from './making/request-renditions.job.js';
import { RenditionsModule } from './renditions.module.js';
import { RenditionStore } from './shelf/rendition-store.service.js';

/** Makes standard forms; imported by the worker. */
@Module({
  imports: [RenditionsModule, CatalogModule],
  providers: [RenditionStore, RenditionMaker, MakeRenditionJob, RequestRenditionsJob],
})
export class RenditionsWorkerModule {}
