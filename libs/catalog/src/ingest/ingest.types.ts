import type { DatasetMeasure, EpisodeFact } from '@app/formats';

export const INGEST_JOB = 'catalog.ingest_version';

/** What the caged reader is told: where each file is, by a signed URL that opens it and nothing else. */
export interface MeasureOrder {
  readonly files: readonly { readonly path: string; readonly sizeBytes: number; readonly url: string }[];
}

/** What the caged reader says. */
export type MeasureMessage =
  | { readonly kind: 'progress'; readonly step: string; readonly done: number; readonly total: number }
  | { readonly kind: 'episodes'; readonly episodes: readonly EpisodeFact[] }
  | { readonly kind: 'done'; readonly measure: DatasetMeasure; readonly hashes: Readonly<Record<string, string>> }
  | { readonly kind: 'unreadable'; readonly message: string };

/** Sent to the reader after each batch of episodes, so that it never runs ahead of the database. */
export interface MeasureAck {
  readonly kind: 'go-on';
}
