import { Module } from '@nestjs/common';
import { registerTables } from '@app/database';
import { IdentityModule } from '@app/identity';
import { browseServices } from './browse/browse.services.js';
import { CatalogRevision } from './catalog-revision.js';
import { ContributorRegister } from './consent/contributor-register.service.js';
import { WithdrawalQueries } from './consent/withdrawal.queries.js';
import { WithdrawalService } from './consent/withdrawal.service.js';
import { CatalogIndex } from './datasets/catalog-index.js';
import { DatasetEntity } from './datasets/dataset.entity.js';
import { DatasetQueries } from './datasets/dataset.queries.js';
import { DatasetService } from './datasets/dataset.service.js';
import { EpisodeQueries } from './episodes/episode.queries.js';
import { Catalog1763600004000 } from './migrations/1763600004000-catalog.js';
import { CatalogBrowse1763600004500 } from './migrations/1763600004500-catalog-browse.js';
import { OrganizationChanges1763600004900 } from './migrations/1763600004900-organization-changes.js';
import { VersionChanges1763600009100 } from './migrations/1763600009100-version-changes.js';
import { Consent1763700005000 } from './migrations/1763700005000-consent.js';
import { Reviews1763700004020 } from './migrations/1763700004020-reviews.js';
import { TitleRecords1763700004030 } from './migrations/1763700004030-title-records.js';
import { ReviewBook } from './reviews/review-book.service.js';
import { ReviewQueries } from './reviews/review.queries.js';
import { ReviewService } from './reviews/review.service.js';
import { TitleQueries } from './titles/title.queries.js';
import { TitleService } from './titles/title.service.js';
import { VersionChangesQueries } from './changes/version-changes.queries.js';
import { VersionComparison } from './changes/version-comparison.service.js';
import { UploadService } from './uploads/upload.service.js';
import { FileQueries } from './versions/file.queries.js';
import { VersionManifest } from './versions/version-manifest.queries.js';
import { VersionQueries } from './versions/version.queries.js';
import { VersionService } from './versions/version.service.js';

registerTables({
  domain: 'catalog',
  entities: [DatasetEntity],
  migrations: [
    Catalog1763600004000,
    CatalogBrowse1763600004500,
    OrganizationChanges1763600004900,
    VersionChanges1763600009100,
    Reviews1763700004020,
    TitleRecords1763700004030,
    Consent1763700005000,
  ],
});

const services = [
  CatalogRevision,
  CatalogIndex,
  ContributorRegister,
  DatasetQueries,
  DatasetService,
  EpisodeQueries,
  FileQueries,
  ReviewBook,
  ReviewQueries,
  ReviewService,
  TitleQueries,
  TitleService,
  UploadService,
  VersionChangesQueries,
  VersionComparison,
  VersionManifest,
  VersionQueries,
  VersionService,
  WithdrawalQueries,
  WithdrawalService,
  ...browseServices,
];

/** The goods, for every process. */
@Module({ imports: [IdentityModule], providers: services, exports: services })
export class CatalogModule {}
