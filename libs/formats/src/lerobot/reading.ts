import { Defect } from '../defect.js';
import type { FindingLog, FindingPlace } from '../findings.js';
import type { DatasetFiles } from '../tree.js';
import type { LerobotInfo } from './info.js';

/** Versions of the format that are read. v2.0 and v2.1 keep a file per episode, v3.0 shares files. */
export type LerobotVersion = 'v2.0' | 'v2.1' | 'v3.0';

/** What the parts of one reading share. */
export interface Reading {
  readonly files: DatasetFiles;
  readonly info: LerobotInfo;
  readonly log: FindingLog;
  readonly version: LerobotVersion;
  /** The GR00T flavour: meta/modality.json is there. */
  readonly isGr00t: boolean;
  /** Shows how far the reading is and stops it if the caller wants that. */
  tick(step: string, done: number, total: number): void;
}

/** Statistics that the set ships for a feature. */
export interface DeclaredStats {
  readonly min: readonly number[];
  readonly max: readonly number[];
  readonly mean: readonly number[];
  readonly std: readonly number[];
  /** Rows that they were made of; null where that is not said. */
  readonly count: number | null;
  /** Only recent writers ship them. */
  readonly quantiles: Readonly<Partial<Record<QuantileName, readonly number[]>>>;
}

/** In ascending order. */
export const QUANTILE_NAMES = ['q01', 'q10', 'q50', 'q90', 'q99'] as const;
export type QuantileName = (typeof QUANTILE_NAMES)[number];

/** Where an episode's frames are inside an mp4. */
export interface VideoSpan {
  readonly path: string;
  readonly fromS: number;
  /** Null where the whole file is the episode. */
  readonly toS: number | null;
}

/** One episode as the metadata announces it. */
export interface EpisodeMeta {
  readonly index: number;
  readonly length: number;
  readonly tasks: readonly string[];
  readonly dataPath: string;
  readonly fromIndex: number | null;
  readonly videos: ReadonlyMap<string, VideoSpan>;
  readonly stats: ReadonlyMap<string, DeclaredStats> | null;
}

/** Turns bad data into a finding; lets faults of the source through. */
export function report(log: FindingLog, error: unknown, place: FindingPlace): void {
  if (!(error instanceof Defect)) throw error;
  log.add(error.code, error.message, { ...error.detail, ...place });
}
