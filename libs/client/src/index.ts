export { BodegaClient } from './bodega-client.js';
export type { BodegaClientOptions } from './bodega-client.js';
export { ClientError, faultCodeOf } from './client.errors.js';
export type { ClientErrorFacts } from './client.errors.js';
export { once, repeatable } from './operation.js';
export type { Operation } from './operation.js';
export { backOffMs, isTransientStatus, pause, retryAfterMs } from './retry.rules.js';
export { CreateApiKey, RevokeApiKey, SignIn, Viewer } from './operations/account.js';
export type { ViewerAnswer } from './operations/account.js';
export {
  Dataset,
  DatasetOffers,
  DatasetVersions,
  EpisodeFiles,
  EpisodeIndices,
  SearchDatasets,
  Version,
  VersionFiles,
  VersionRenditions,
} from './operations/catalog.js';
export type {
  DatasetAnswer,
  DatasetFilter,
  DatasetSummary,
  EpisodeFilter,
  LocalizedText,
  MeasuredFacts,
  OfferAnswer,
  RenditionAnswer,
  ReportFinding,
  RuleResult,
  VersionAnswer,
  VersionReport,
  VersionStatus,
  VersionSummary,
} from './operations/catalog.js';
export {
  BeginUpload,
  CompleteUpload,
  CreateDataset,
  PublishVersion,
  RemoveFiles,
  SubmitVersion,
  UpdateDataset,
} from './operations/publishing.js';
export type {
  CompletedFile,
  CreateDatasetInput,
  FileToUpload,
  LocalizedInput,
  UploadFile,
  UploadPart,
  UploadVersion,
} from './operations/publishing.js';
export { CanI, CreateOffer, Grants, IssueCertificate, PlaceOrder, RequestLicense } from './operations/licensing.js';
export type {
  Attestation,
  CreateOfferInput,
  GrantAnswer,
  Judgement,
  PlaceOrderAnswer,
  PlaceOrderInput,
} from './operations/licensing.js';
export { CreateLease, Usage } from './operations/delivery.js';
export type { LeaseAnswer, LeasedFile, UsageAnswer, UsageGrouping, UsagePoint } from './operations/delivery.js';
