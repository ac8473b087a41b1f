import type { FeatureStats, NumberRows, Rate } from '@app/formats';
import type { EpisodeVideo } from '../video/episode-video.js';
import type { PictureSpill } from '../video/picture-spill.js';
import type { CameraFeature, FeaturePlan } from './mapping.js';

/** A numeric column of the data, in the order in which it is written. */
export interface DataColumn {
  readonly key: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly names: readonly string[];
}

/** Statistics of one feature of one episode; those of pictures have one value per colour. */
export interface EpisodeStats {
  readonly key: string;
  readonly of: FeatureStats;
  /** Shape of one value: `[n]`, deeper for tensors, `[c, 1, 1]` for pictures. */
  readonly shape: readonly number[];
}

/** An embedded camera as info.json declares it. */
export interface PictureFacts {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
}

/** One episode with everything that a layout writes of it. */
export interface ReadyEpisode {
  readonly index: number;
  readonly frames: number;
  /** Frames of all episodes before it. */
  readonly firstIndex: number;
  readonly tasks: readonly string[];
  readonly taskIndex: Uint32Array;
  /** By feature key. */
  readonly numbers: ReadonlyMap<string, NumberRows>;
  readonly texts: ReadonlyMap<string, readonly string[]>;
  readonly pictures: ReadonlyMap<string, { readonly spill: PictureSpill; readonly facts: PictureFacts }>;
  readonly videos: ReadonlyMap<string, EpisodeVideo>;
  readonly stats: readonly EpisodeStats[];
}

/** What both layouts need to know before the first episode. */
export interface LayoutPlan {
  readonly features: FeaturePlan;
  readonly columns: readonly DataColumn[];
  readonly cameras: readonly CameraFeature[];
  readonly fps: Rate;
  readonly robotType: string | null;
}

/** Counters of a finished set. */
export interface SetTotals {
  readonly episodes: number;
  readonly frames: number;
  readonly tasks: readonly string[];
  readonly stats: readonly EpisodeStats[];
  /** What the files of each camera are, by feature key. */
  readonly cameras: ReadonlyMap<string, CameraFacts>;
}

export type CameraFacts =
  | {
      readonly carrier: 'video';
      readonly codec: string;
      readonly pixFmt: string | null;
      readonly width: number;
      readonly height: number;
    }
  | ({ readonly carrier: 'pictures' } & PictureFacts);

/** One of the two forms of LeRobot on disk. */
export interface Layout {
  /** Writes an episode; what it holds may be freed when this returns, except its videos, which the layout releases. */
  add(episode: ReadyEpisode): Promise<void>;
  finish(totals: SetTotals): Promise<void>;
}

const OUTCOME = { dtype: 'bool', shape: [1], names: [] } as const;

/** The numeric columns: those of the plan, then outcomes, then the five of every set. */
export function dataColumns(plan: FeaturePlan): DataColumn[] {
  return [
    ...plan.numeric,
    ...(plan.outcome.success ? [{ key: 'next.success', ...OUTCOME }] : []),
    ...(plan.outcome.done ? [{ key: 'next.done', ...OUTCOME }] : []),
    { key: 'timestamp', dtype: 'float32', shape: [1], names: [] },
    ...['frame_index', 'episode_index', 'index', 'task_index'].map((key) => ({
      key,
      dtype: 'int64',
      shape: [1],
      names: [],
    })),
  ];
}

/** Time of a frame as the data has it. */
export function timestampOf(frame: number, fps: Rate): number {
  return Math.fround((frame * fps.den) / fps.num);
}
