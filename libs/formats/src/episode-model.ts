import type { Finding } from './findings.js';

/** What a stream is for. */
export type StreamRole =
  'action' | 'state' | 'time' | 'index' | 'reward' | 'done' | 'language' | 'image' | 'video' | 'other';

/** Recomputed statistics of one feature, one entry per channel. `std` is the population's. */
export interface FeatureStats {
  count: number;
  min: number[];
  max: number[];
  mean: number[];
  std: number[];
  q01: number[];
  q10: number[];
  q50: number[];
  q90: number[];
  q99: number[];
  /** NaN and infinite values, left out of everything above. */
  nonFinite: number;
  /** `exact`, or over the whole set `weighted` by frames as LeRobot does, or `sampled` by a fixed stride in a huge episode. */
  quantiles?: 'exact' | 'weighted' | 'sampled';
}

/** One declared signal of the set, with what was measured of it. */
export interface StreamFact {
  key: string;
  role: StreamRole;
  dtype: string;
  shape: number[];
  names: string[];
  unit: string | null;
  unitReason?: string;
  rateHz: number | null;
  stats?: FeatureStats;
}

/** One camera as its files are, beside what the set declares. `frames`, `keyFrames` and `bytes` are sums over its files. */
export interface CameraFact {
  name: string;
  key: string;
  kind: 'rgb' | 'depth';
  width: number;
  height: number;
  fps: number;
  codec: string;
  declaredCodec: string | null;
  pixFmt: string | null;
  frames: number;
  keyFrames: number;
  bytes: number;
}

/** The part of a file that an episode uses: rows of a data file, frames of a video, half-open. */
export interface EpisodeFile {
  path: string;
  kind: 'data' | 'video' | 'meta';
  camera?: string;
  from?: number;
  to?: number;
}

/** One measured recording. */
export interface EpisodeFact {
  index: number;
  sourceKey: string;
  frames: number;
  durationS: number;
  tasks: string[];
  outcome: 'success' | 'failure' | null;
  outcomeSource: 'flag' | 'reward' | 'provider' | null;
  stats: Record<string, FeatureStats>;
  /** SHA-256 (hex) of the content, independent of how it is packed into files. */
  contentHash: string;
  files: EpisodeFile[];
}

/** What was measured of one dataset. Says what the bytes hold, not what anyone declared. */
export interface DatasetMeasure {
  format: 'lerobot';
  /** `unknown` goes with an error finding that says what was found instead. */
  formatVersion: 'v3.0' | 'v2.1' | 'unknown';
  rootPath: string;
  fps: { num: number; den: number } | null;
  robotType: string | null;
  episodes: number;
  frames: number;
  durationS: number;
  bytes: number;
  files: number;
  streams: StreamFact[];
  cameras: CameraFact[];
  tasks: string[];
  /** Codes of the vocabulary's `modality` list. */
  modalities: string[];
  findings: Finding[];
}
