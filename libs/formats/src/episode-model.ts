import type { Finding } from './findings.js';

/** Families of formats, as the vocabulary's `format` list has them. The flavour is in `formatVersion`. */
export type FormatName = 'lerobot' | 'mcap' | 'rosbag' | 'hdf5' | 'rlds' | 'zarr';

/** A rate as a fraction: 30/1, 30000/1001. */
export interface Rate {
  readonly num: number;
  readonly den: number;
}

/** Where an outcome comes from; null where nothing says it. */
export type OutcomeSource = 'flag' | 'reward' | 'provider' | 'assumed' | null;

/** A task text and the frames that it covers, half-open; `to` null means to the end. */
export interface TaskSpan {
  text: string;
  from: number;
  to: number | null;
}

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
  /** Coordinate frame, where the source says it. */
  frame?: string;
  /** Nominal rate: declared, or that of the set's frames. */
  rateHz: number | null;
  /** Rate that was measured, median over the episodes; null where the format keeps no times of its own. */
  measuredRateHz?: number | null;
  stats?: FeatureStats;
}

/** The times of one stream in one episode. */
export interface ClockFact {
  /** Rows or pictures. */
  samples: number;
  /** (samples - 1) / (last - first); null with fewer than two. */
  rateHz: number | null;
  /** Population deviation of the steps, s. */
  jitterS: number;
  maxGapS: number;
  /** Steps longer than 1.5 x the median step. */
  gaps: number;
  /** Steps that do not go forward. */
  faults: number;
  /** Samples over those that the median step would give for the span, 0..1. */
  completeness: number;
}

/** How one episode moves: over its state and action signals. */
export interface MotionFact {
  /** Share of frames, 0..1, in which no channel of state moves by more than 1e-3 of its range in this episode. */
  idleShare: number | null;
  /** Largest 99th percentile of the third difference of a state channel, unit/s³. */
  jerk: number | null;
  /** Largest step of a state channel from one frame to the next, in unit/s. */
  maxSpeed: number | null;
  /** Frames at which a state channel jumps by more than half of its range in this episode. */
  jumps: number;
  /** Frames at the end that repeat the last one exactly. */
  paddedTail: number;
}

/** A number per episode, summed up so that any threshold can be judged: the ten lowest and the ten highest are kept. */
export interface Spread {
  count: number;
  min: number;
  max: number;
  mean: number;
  lowest: { episode: number; value: number }[];
  highest: { episode: number; value: number }[];
}

/** What was measured of the quality of a set. A null was not measurable. */
export interface QualityFacts {
  durationS: Spread | null;
  /** Measured over nominal rate of the worst stream of an episode. */
  rateRatio: Spread | null;
  /** By stream key: measured rates, Hz. */
  rates: Record<string, Spread>;
  jitterS: Spread | null;
  clockFaults: Spread | null;
  /** Frames that are there over those that should be, 0..1, worst stream. */
  completeness: Spread | null;
  /** Largest distance of an action or state row from the nearest frame of a camera, s. */
  cameraOffsetS: Spread | null;
  /** |frames of a camera - rows|, worst camera. */
  videoRowGap: Spread | null;
  idleShare: Spread | null;
  jerk: Spread | null;
  maxSpeed: Spread | null;
  jumps: Spread | null;
  paddedTail: Spread | null;
  /** By stream key: lowest and highest value of every channel over the set. */
  ranges: Record<string, { min: number[]; max: number[] }>;
  /** Channels that never change, by stream key: names or numbers. */
  constantChannels: Record<string, string[]>;
  /** Pairs of episodes with the same content: [later, earlier], the first hundred. */
  duplicates: { count: number; pairs: [number, number][] };
}

/** Who, what and where, counted in episodes. Lists are capped at 1,000, the most frequent first. */
export interface CoverageFacts {
  tasks: { text: string; episodes: number; frames: number }[];
  operators: { name: string; episodes: number }[];
  scenes: { name: string; episodes: number }[];
  outcomes: { success: number; failure: number; unknown: number };
  /** Episodes with a task text, and with sub-task spans that cover them without overlap. */
  withTask: number;
  withSubtasks: number;
  subtaskFaults: { episode: number; message: string }[];
}

/** One camera as its files are, beside what the set declares. `frames`, `keyFrames` and `bytes` are sums over its files. */
export interface CameraFact {
  name: string;
  key: string;
  kind: 'rgb' | 'depth' | 'infrared';
  carrier: 'video' | 'images';
  width: number;
  height: number;
  fps: number;
  codec: string;
  declaredCodec: string | null;
  pixFmt: string | null;
  frames: number;
  keyFrames: number;
  bytes: number;
  hasIntrinsics?: boolean;
  hasExtrinsics?: boolean;
  depthUnit?: 'm' | 'mm';
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
  outcomeSource: OutcomeSource;
  stats: Record<string, FeatureStats>;
  /** Times by stream or camera key, where the source has times. */
  clocks: Record<string, ClockFact>;
  motion: MotionFact | null;
  /** See `QualityFacts.cameraOffsetS`. */
  cameraOffsetS: number | null;
  /** Spans of tasks inside the episode, where the source has them. */
  taskSpans: TaskSpan[];
  startedAt: string | null;
  /** SHA-256 (hex) of the content, independent of how it is packed into files. */
  contentHash: string;
  files: EpisodeFile[];
}

/** What was measured of one dataset. Says what the bytes hold, not what anyone declared. */
export interface DatasetMeasure {
  /** Null if nothing was recognised; an error finding then says what was found instead. */
  format: FormatName | null;
  /** `unknown` goes with an error finding. */
  formatVersion: string;
  /** A dialect of the version: GR00T is LeRobot v2.x with meta/modality.json. */
  flavour?: 'gr00t';
  rootPath: string;
  fps: Rate | null;
  /** Where `fps` comes from. */
  fpsSource: 'declared' | 'measured' | null;
  robotType: string | null;
  /** Vocabulary codes, where the source tells them. */
  collectionMethod: string | null;
  reality: string | null;
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
  quality: QualityFacts;
  coverage: CoverageFacts;
  /** Facts that the format does not hold, each with its reason: `fps`, `robotType`, `outcome`, … */
  unknowns: Record<string, string>;
  findings: Finding[];
}

/** The facts of a set of which nothing could be read. */
export function blankMeasure(files: { root: string; bytes: number; count: number }): DatasetMeasure {
  return {
    format: null,
    formatVersion: 'unknown',
    rootPath: files.root,
    fps: null,
    fpsSource: null,
    robotType: null,
    collectionMethod: null,
    reality: null,
    episodes: 0,
    frames: 0,
    durationS: 0,
    bytes: files.bytes,
    files: files.count,
    streams: [],
    cameras: [],
    tasks: [],
    modalities: [],
    quality: blankQuality(),
    coverage: blankCoverage(),
    unknowns: {},
    findings: [],
  };
}

export function blankQuality(): QualityFacts {
  return {
    durationS: null,
    rateRatio: null,
    rates: {},
    jitterS: null,
    clockFaults: null,
    completeness: null,
    cameraOffsetS: null,
    videoRowGap: null,
    idleShare: null,
    jerk: null,
    maxSpeed: null,
    jumps: null,
    paddedTail: null,
    ranges: {},
    constantChannels: {},
    duplicates: { count: 0, pairs: [] },
  };
}

export function blankCoverage(): CoverageFacts {
  return {
    tasks: [],
    operators: [],
    scenes: [],
    outcomes: { success: 0, failure: 0, unknown: 0 },
    withTask: 0,
    withSubtasks: 0,
    subtaskFaults: [],
  };
}
