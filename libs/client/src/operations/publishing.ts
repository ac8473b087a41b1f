import { once, repeatable } from '../operation.js';

export interface LocalizedInput {
  readonly zh?: string | null;
  readonly en?: string | null;
}

export interface CreateDatasetInput {
  readonly name: string;
  readonly title: LocalizedInput;
  readonly summary?: LocalizedInput;
  readonly declared: Readonly<Record<string, unknown>>;
}

export interface UploadPart {
  readonly number: number;
  readonly url: string;
}

export interface UploadFile {
  readonly path: string;
  readonly partSizeBytes: number;
  readonly uploadId: string | null;
  /** Parts that are still missing, with where to put them; a huge file's come in pages. */
  readonly parts: readonly UploadPart[];
  /** Where the next page of parts begins; null when these are all. */
  readonly nextPart: number | null;
  readonly uploadedParts: readonly { readonly number: number; readonly sizeBytes: number; readonly etag: string }[];
  readonly isComplete: boolean;
}

export interface UploadVersion {
  readonly id: string;
  readonly label: string;
  readonly status: string;
}

export interface FileToUpload {
  readonly path: string;
  readonly sizeBytes: number;
  readonly sha256?: string;
  readonly mediaType?: string;
}

export const CreateDataset = once<
  { input: CreateDatasetInput },
  { createDataset: { dataset: { id: string; slug: string; status: string } } }
>(
  'CreateDataset',
  'mutation CreateDataset($input: CreateDatasetInput!) { createDataset(input: $input) { dataset { id slug status } } }',
);

export const UpdateDataset = repeatable<
  {
    input: {
      slug: string;
      title?: LocalizedInput;
      summary?: LocalizedInput;
      declared?: Readonly<Record<string, unknown>>;
    };
  },
  { updateDataset: { dataset: { id: string; slug: string; status: string } } }
>(
  'UpdateDataset',
  'mutation UpdateDataset($input: UpdateDatasetInput!) { updateDataset(input: $input) { dataset { id slug status } } }',
);

/** Creates the uploading version when there is none; asking again resumes it. */
export const BeginUpload = repeatable<
  { input: { slug: string; versionId?: string; partsFrom?: number; files: readonly FileToUpload[] } },
  { beginUpload: { version: UploadVersion; files: readonly UploadFile[] } }
>(
  'BeginUpload',
  `mutation BeginUpload($input: BeginUploadInput!) {
    beginUpload(input: $input) {
      version { id label status }
      files { path partSizeBytes uploadId isComplete nextPart parts { number url } uploadedParts { number sizeBytes etag } }
    }
  }`,
);

export interface CompletedFile {
  readonly path: string;
  readonly sha256: string;
  readonly parts: readonly { readonly number: number; readonly etag: string }[];
}

export const CompleteUpload = repeatable<
  { input: { versionId: string; files: readonly CompletedFile[] } },
  { completeUpload: { files: readonly { path: string; status: string }[] } }
>(
  'CompleteUpload',
  'mutation CompleteUpload($input: CompleteUploadInput!) { completeUpload(input: $input) { files { path status } } }',
);

export const SubmitVersion = once<{ input: { versionId: string } }, { submitVersion: { version: UploadVersion } }>(
  'SubmitVersion',
  'mutation SubmitVersion($input: SubmitVersionInput!) { submitVersion(input: $input) { version { id label status } } }',
);

export const PublishVersion = once<
  { input: { versionId: string; changeNote?: string } },
  { publishVersion: { version: UploadVersion } }
>(
  'PublishVersion',
  'mutation PublishVersion($input: PublishVersionInput!) { publishVersion(input: $input) { version { id label status } } }',
);

/** Takes announced files out of a version that is still uploading. */
export const RemoveFiles = repeatable<
  { input: { versionId: string; paths: readonly string[] } },
  { removeFiles: { version: UploadVersion } }
>(
  'RemoveFiles',
  'mutation RemoveFiles($input: RemoveFilesInput!) { removeFiles(input: $input) { version { id label status } } }',
);
