import type { Charts } from '../charts/charts.js';
import type { Series } from '../charts/sample-signals.js';
import type { PictureKind } from '../look/look.types.js';

/** A picture or clip in the store. */
export interface PictureRow {
  readonly kind: PictureKind;
  readonly episode: number;
  readonly camera: string;
  readonly objectKey: string;
  readonly mediaType: string;
  readonly sizeBytes: number;
  readonly width: number;
  readonly height: number;
  readonly fps: number | null;
  readonly frames: number | null;
  readonly durationS: number | null;
}

/** A sample episode with its signals; frames and seconds are those of the whole episode. */
export interface SeriesRow {
  readonly kind: 'series';
  readonly episode: number;
  readonly sourceKey: string;
  readonly frames: number;
  readonly durationS: number;
  readonly data: Series;
}

export interface ChartsRow {
  readonly kind: 'charts';
  readonly data: Charts;
}

/** Everything that the previews of one version are. */
export type PreviewRow = PictureRow | SeriesRow | ChartsRow;
