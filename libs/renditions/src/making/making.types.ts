import type { SignedFile } from '@app/cages';
import type { DatasetMeasure, Rate } from '@app/formats';
import type { LossReport } from '../loss-report.js';
import type { RenditionTarget } from '../rendition-target.js';

export const MAKE_RENDITION_JOB = 'renditions.make';

/** What the caged writer is told. */
export interface MakeOrder {
  readonly files: readonly SignedFile[];
  readonly target: RenditionTarget;
  /** Rate that was measured when the version was checked, for formats that do not declare one. */
  readonly fps: Rate | null;
  /** Folder for what only the writer sees. */
  readonly scratch: string;
  /** Folder of finished files; each is taken away once it was told. */
  readonly output: string;
}

/** What the caged writer says. */
export type MakeMessage =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'made'; readonly episodes: number; readonly frames: number; readonly loss: LossReport }
  | { readonly kind: 'refused'; readonly message: string };

/** What the caged reader of a finished rendition is told. */
export interface ProveOrder {
  readonly files: readonly SignedFile[];
  readonly scratch: string;
}

export type ProveMessage =
  | { readonly kind: 'episodes'; readonly contentHashes: readonly string[] }
  | { readonly kind: 'hashes'; readonly hashes: readonly (readonly [path: string, sha256: string])[] }
  | { readonly kind: 'done'; readonly measure: DatasetMeasure };
