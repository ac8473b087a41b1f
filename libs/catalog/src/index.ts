export { CatalogModule } from './catalog.module.js';
export { CatalogApiModule } from './catalog.api.module.js';
export { CatalogWorkerModule } from './catalog.worker.module.js';
export { CatalogErrors } from './catalog.errors.js';
export { CATALOG_CHANNEL, CatalogRevision } from './catalog-revision.js';
export { catalogSettings } from './catalog.config.js';
export {
  AffectedByWithdrawalType,
  AffectedVersionType,
  EpisodeSpanConnection,
  EpisodeSpanType,
  WithdrawalType,
  toEpisodeSpanType,
} from './consent/withdrawal.graphql.js';
export { WithdrawalQueries, firstSpans, mayActFor, spanPage } from './consent/withdrawal.queries.js';
export type { AffectedRow, AffectedVersionRow, StoppedFiles, WithdrawalRow } from './consent/withdrawal.queries.js';
export { ContributorRegister } from './consent/contributor-register.service.js';
export { contributorLinks } from './consent/contributor.rules.js';
export { CONSENT_WITHDRAWN_JOB, WithdrawalService } from './consent/withdrawal.service.js';
export type { WithdrawConsent } from './consent/withdrawal.service.js';
export type { EpisodeSpan } from './consent/contributor.rules.js';
export { CatalogIndex } from './datasets/catalog-index.js';
export type { OfferFacets } from './datasets/catalog-index.js';
export { DatasetQueries } from './datasets/dataset.queries.js';
export type { DatasetRow } from './datasets/dataset.queries.js';
export { DatasetService } from './datasets/dataset.service.js';
export type { CreateDataset, UpdateDataset } from './datasets/dataset.service.js';
export { DatasetType, toDatasetType } from './datasets/dataset.graphql.js';
export type { DeclaredFacts } from './datasets/declared.rules.js';
export { datasetYamlSchema } from './datasets/declared.rules.js';
export { EpisodeQueries } from './episodes/episode.queries.js';
export type { EpisodeRow } from './episodes/episode.queries.js';
export { MediaLook } from './ingest/media-look.port.js';
export type { LookOrder } from './ingest/media-look.port.js';
export { ReviewType } from './reviews/review.graphql.js';
export { ReviewQueries } from './reviews/review.queries.js';
export type { ReviewRow } from './reviews/review.queries.js';
export { ReviewService } from './reviews/review.service.js';
export { TitleQueries } from './titles/title.queries.js';
export { TitleService } from './titles/title.service.js';
export type { TitleRow } from './titles/title.rules.js';
export { UploadService } from './uploads/upload.service.js';
export type { FileUpload } from './uploads/upload.types.js';
export { FileQueries, objectKeyOf } from './versions/file.queries.js';
export type { FileRow } from './versions/file.queries.js';
export type { FileSet } from './versions/file-sets.rules.js';
export { VersionManifest } from './versions/version-manifest.queries.js';
export type { ManifestFacts } from './versions/version-manifest.queries.js';
export type { VersionFacts } from './versions/listing.rules.js';
export type { VersionReport } from './versions/report.js';
export { VersionType } from './versions/version.graphql.js';
export { VersionQueries } from './versions/version.queries.js';
export type { VersionRow } from './versions/version.queries.js';
export { VERSION_PUBLISHED_JOB, VersionService } from './versions/version.service.js';
export { isTerm, labelsOf } from './vocabulary/vocabulary.js';
