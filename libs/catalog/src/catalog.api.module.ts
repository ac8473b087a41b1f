import { Module } from '@nestjs/common';
import { browseApiProviders } from './browse/browse.services.js';
import { VersionChangesOfVersionResolver, VersionChangesResolver } from './changes/changes.resolver.js';
import { CatalogModule } from './catalog.module.js';
import {
  AffectedByWithdrawalResolver,
  AffectedVersionResolver,
  WithdrawalResolver,
} from './consent/withdrawal.resolver.js';
import { DatasetResolver } from './datasets/dataset.resolver.js';
import { ReviewResolver } from './reviews/review.resolver.js';
import { TitleResolver } from './titles/title.resolver.js';
import { UploadResolver } from './uploads/upload.resolver.js';
import { ManifestController } from './versions/manifest.controller.js';
import { ReportController } from './versions/report.controller.js';
import { VersionResolver } from './versions/version.resolver.js';

/** The goods as the API offers them. */
@Module({
  imports: [CatalogModule],
  controllers: [ManifestController, ReportController],
  providers: [
    DatasetResolver,
    VersionResolver,
    VersionChangesOfVersionResolver,
    VersionChangesResolver,
    ReviewResolver,
    TitleResolver,
    UploadResolver,
    WithdrawalResolver,
    AffectedByWithdrawalResolver,
    AffectedVersionResolver,
    ...browseApiProviders,
  ],
  exports: [CatalogModule],
})
export class CatalogApiModule {}
