import type { SignedFile } from '@app/cages';
import type { DatasetMeasure, EpisodeFact } from '@app/formats';
import type { TextFile } from '@app/standards';

export const INGEST_JOB = 'catalog.ingest_version';

/** What the caged reader is told: where each file is, by a signed URL that opens it and nothing else. */
export interface MeasureOrder {
  readonly files: readonly SignedFile[];
  /** Folder for local copies of what a library must open by name. */
  readonly scratch: string;
}

/** What the caged reader says. */
export type MeasureMessage =
  | { readonly kind: 'episodes'; readonly episodes: readonly EpisodeFact[] }
  | { readonly kind: 'hashes'; readonly hashes: readonly (readonly [path: string, sha256: string])[] }
  | { readonly kind: 'texts'; readonly texts: readonly TextFile[] }
  | { readonly kind: 'done'; readonly measure: DatasetMeasure };
