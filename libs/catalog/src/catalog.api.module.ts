import { Module } from '@nestjs/common';
import { browseApiProviders } from './browse/browse.services.js';
import { CatalogModule } from './catalog.module.js';
import { DatasetResolver } from './datasets/dataset.resolver.js';
import { UploadResolver } from './uploads/upload.resolver.js';
import { VersionResolver } from './versions/version.resolver.js';

/** The goods as the API offers them. */
@Module({
  imports: [CatalogModule],
  providers: [DatasetResolver, VersionResolver, UploadResolver, ...browseApiProviders],
  exports: [CatalogModule],
})
export class CatalogApiModule {}
