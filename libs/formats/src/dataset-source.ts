import type { EpisodeFile, FormatName, OutcomeSource, Rate, StreamRole, TaskSpan } from './episode-model.js';
import type { FindingLog } from './findings.js';
import type { DatasetFiles } from './tree.js';
import type { FileTree } from './byte-source.js';

/** A fact that the data may not hold: the value, or null and one sentence that says why. Never a guess. */
export type Known<T> =
  { readonly value: T; readonly reason?: never } | { readonly value: null; readonly reason: string };

/**
 * One numeric or text signal as the source announces it.
 * `frames`: one row per frame of the episode. `own`: rows come at their own times, each with its time.
 */
export interface SignalSpec {
  readonly key: string;
  readonly role: StreamRole;
  /** As numpy names it: float32, float64, int64, uint8, bool, string. */
  readonly dtype: string;
  /** Shape of one row; `[]` and `[1]` are one value. */
  readonly shape: readonly number[];
  /** One per channel, or empty. */
  readonly names: readonly string[];
  readonly unit: Known<string>;
  /** Coordinate frame, where the source says it. */
  readonly frame?: string;
  readonly clock: 'frames' | 'own';
  readonly nominalRateHz: number | null;
  /** Topic, path or key in the source, where it differs from `key`. */
  readonly source?: string;
}

/** One camera. `video`: episodes point into coded files. `images`: every frame comes as its own picture. */
export interface CameraSpec {
  readonly key: string;
  readonly name: string;
  readonly kind: 'rgb' | 'depth' | 'infrared';
  readonly carrier: 'video' | 'images';
  readonly width: number | null;
  readonly height: number | null;
  readonly nominalRateHz: number | null;
  readonly clock: 'frames' | 'own';
  /** As the source declares it; measured truth comes from the bytes. */
  readonly declaredCodec: string | null;
  /** What a stored depth value of 1 means. */
  readonly depthUnit?: 'm' | 'mm';
  /** True where the source stores pictures upside down (LIBERO, macros_image_convention "opengl"). */
  readonly isFlipped?: boolean;
  /** True if the source holds intrinsics for it. */
  readonly hasIntrinsics?: boolean;
  readonly hasExtrinsics?: boolean;
}

/** What a source says of itself before its episodes are walked. */
export interface SourceHead {
  readonly format: FormatName;
  /** `v3.0`, `v2.1`, `gr00t`, `robomimic`, `libero`, `robosuite-raw`, `aloha`, `agibot`, `rosbag2-mcap`, … */
  readonly formatVersion: string;
  readonly fps: Known<Rate>;
  readonly robotType: Known<string>;
  readonly collectionMethod: Known<string>;
  /** Vocabulary `reality`: real_robot, simulated, … */
  readonly reality: Known<string>;
  readonly signals: readonly SignalSpec[];
  readonly cameras: readonly CameraSpec[];
  /** Every task text, where the source lists them apart from the episodes; else empty. */
  readonly tasks: readonly string[];
  /** Key of the signal or camera whose rows are the episode's frames; null where `frames` clocks decide. */
  readonly referenceKey: string | null;
  /** Number of episodes if the source announces it. */
  readonly announcedEpisodes: number | null;
}

/** Numbers as they are counted on: float32 stays float32, everything else becomes float64. */
export type NumberRows = Float32Array | Float64Array;

/** One picture of a camera. `timeS` as for rows. */
export interface ImageItem {
  readonly kind: 'image';
  readonly camera: string;
  /** Seconds from the episode's first time; null on the frames clock. */
  readonly timeS: number | null;
  readonly encoding: 'jpeg' | 'png' | 'jxl' | 'webp' | 'rgb8' | 'bgr8' | 'gray8' | 'gray16le' | 'depth32f';
  readonly width: number;
  readonly height: number;
  readonly bytes: Uint8Array;
}

/** What an episode is made of, in any order between streams, in order of time within one. */
export type EpisodeItem =
  | {
      readonly kind: 'rows';
      readonly key: string;
      readonly rows: number;
      /** `rows` x product of the shape, row by row. */
      readonly values: NumberRows;
      /** Seconds from the episode's first time, one per row; null on the frames clock. */
      readonly timesS: Float64Array | null;
    }
  | {
      readonly kind: 'text';
      readonly key: string;
      readonly values: readonly string[];
      readonly timesS: Float64Array | null;
    }
  | ImageItem
  | {
      readonly kind: 'video';
      readonly camera: string;
      readonly path: string;
      /** Frames of the file, half-open. `toFrame` null means to its end. */
      readonly fromFrame: number;
      readonly toFrame: number | null;
    };

/** One episode, read on demand. */
export interface SourceEpisode {
  readonly index: number;
  /** Its name in the source: "demo_7", a file name, a record's place. */
  readonly sourceKey: string;
  readonly tasks: readonly TaskSpan[];
  readonly outcome: 'success' | 'failure' | null;
  readonly outcomeSource: OutcomeSource;
  /** Frames that the source announces; null if only the walk can tell. */
  readonly announcedFrames: number | null;
  /** UTC wall clock of the first time, ISO 8601, where the source has one. */
  readonly startedAt: string | null;
  readonly operator: string | null;
  readonly scene: string | null;
  readonly files: readonly EpisodeFile[];
  /** Facts that are known only once the items were read (an outcome from the last reward). */
  items(): AsyncIterable<EpisodeItem>;
  /** After the items: what they told about the outcome, if `outcome` was null. */
  outcomeAfterwards?(): { outcome: 'success' | 'failure' | null; outcomeSource: OutcomeSource };
}

/** An opened dataset. Bad data becomes findings of the log it was opened with; only faults of the byte source throw. */
export interface DatasetSource {
  readonly head: SourceHead;
  /** In index order, without gaps. `only` skips the others cheaply. Items of an episode are read before the next is asked for. */
  episodes(only?: ReadonlySet<number>): AsyncIterable<SourceEpisode>;
  /** Frees scratch files, WASM memory and handles. */
  close(): Promise<void>;
}

/** One format. Registered in `readers.ts`. */
export interface FormatReader {
  /** As people know it: "MCAP", "ALOHA / ACT (HDF5)". */
  readonly title: string;
  /**
   * Where datasets of this format start (`""` or `"folder/"`), at most three folders down: by markers in the names first,
   * then by the first bytes; never by the extension alone.
   */
  find(tree: FileTree): Promise<readonly string[]>;
  /** Null if nothing can be read; the findings say why. */
  open(files: DatasetFiles, log: FindingLog): Promise<DatasetSource | null>;
}
