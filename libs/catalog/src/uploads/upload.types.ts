export type FileRole = 'data' | 'video' | 'meta' | 'other';

export interface AnnouncedFile {
  path: string;
  sizeBytes: number;
  sha256?: string | null;
  mediaType?: string | null;
}

/** Where a file's bytes go: the parts still missing, each with a signed URL, and those that are there. */
export interface FileUpload {
  readonly path: string;
  readonly partSizeBytes: number;
  readonly uploadId: string | null;
  readonly parts: readonly { readonly number: number; readonly url: string }[];
  readonly uploadedParts: readonly { readonly number: number; readonly sizeBytes: number; readonly etag: string }[];
  readonly isComplete: boolean;
  /** More parts than one answer holds are asked for again with `partsFrom`. */
  readonly nextPart: number | null;
}

export interface CompletedFile {
  path: string;
  sha256: string;
  parts: { number: number; etag: string }[];
}
