import type { SignedFile } from '@app/cages';
import type { Finding } from '@app/formats';
import type { ChannelHistogram } from '../charts/charts.js';
import type { Series } from '../charts/sample-signals.js';
import type { SamplePick } from './preview-policy.rules.js';

/** A video file that episodes use, by its full path, and the camera that it is of. */
export interface UsedVideo {
  readonly path: string;
  readonly camera: string;
}

/** What the caged child is told. */
export interface PreviewOrder {
  readonly files: readonly SignedFile[];
  /** Folder for local copies and for what is drawn. */
  readonly scratch: string;
  /** Where in the upload the dataset begins. */
  readonly rootPath: string;
  readonly picks: readonly SamplePick[];
  /** Every one is decoded, also where no sample lies in it. */
  readonly videos: readonly UsedVideo[];
  /** Measured frame rate of each camera, by key. */
  readonly cameraFps: Readonly<Record<string, number>>;
}

export type PictureKind = 'poster' | 'sheet' | 'clip';

/** A picture or clip that lies in the scratch folder. */
export interface DrawnPicture {
  readonly kind: PictureKind;
  readonly episode: number;
  readonly camera: string;
  /** A name inside the scratch folder. */
  readonly file: string;
  readonly width: number;
  readonly height: number;
  readonly fps: number | null;
  readonly frames: number | null;
  readonly durationS: number | null;
}

/** What the caged child says. Once a picture is answered, its file is the child's to remove. */
export type PreviewMessage =
  | { readonly kind: 'finding'; readonly finding: Finding }
  | { readonly kind: 'picture'; readonly picture: DrawnPicture }
  | { readonly kind: 'series'; readonly episode: SamplePick; readonly series: Series }
  | { readonly kind: 'histograms'; readonly histograms: readonly ChannelHistogram[] };
