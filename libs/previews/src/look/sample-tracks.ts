import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CameraSpec, DatasetSource, EpisodeItem, ImageItem, SourceEpisode } from '@app/formats';
import { SampleSignals } from '../charts/sample-signals.js';
import { BadPicture, canDraw, depthScaleOf, drawPicture } from '../drawing/picture.js';
import type { DepthScale } from '../drawing/picture.js';
import { CLIP_BOX, fitInto } from './preview-policy.rules.js';
import type { SamplePick, Size } from './preview-policy.rules.js';

/** Where the shown frames of a camera of an episode are: in one of the set's videos, or in a file of pictures of our own. */
export type SampleTrack =
  | {
      readonly kind: 'video';
      readonly camera: string;
      readonly path: string;
      readonly fromFrame: number;
      readonly toFrame: number | null;
    }
  | ({ readonly kind: 'pictures'; readonly camera: string; readonly path: string; readonly frames: number } & Size)
  | { readonly kind: 'broken'; readonly camera: string; readonly reason: string }
  | { readonly kind: 'unknown'; readonly camera: string; readonly reason: string };

/** What was read of a sample episode. */
export interface SampleEpisode {
  readonly tracks: readonly SampleTrack[];
  readonly signals: SampleSignals;
}

/** Pictures of one camera, written one behind the other as motion JPEG. */
class PictureTrack {
  private frames = 0;
  private size: Size | null = null;
  private scale: DepthScale | null = null;
  private failure: SampleTrack | null = null;
  isFull = false;

  constructor(
    private readonly camera: CameraSpec,
    private readonly pick: SamplePick,
    private readonly path: string,
  ) {}

  async add(item: ImageItem): Promise<void> {
    if (this.isFull) return;
    const { shownFrames, shownS } = this.pick;
    if (item.timeS === null ? this.frames >= shownFrames : item.timeS >= shownS) {
      this.isFull = true;
      return;
    }
    if (!canDraw(item)) return this.end('unknown', `pictures in ${item.encoding} cannot be drawn here`);
    try {
      this.scale ??= depthScaleOf(item);
      await appendFile(this.path, await drawPicture(item, this.camera, this.scale));
      this.size ??= fitInto(CLIP_BOX, item);
      this.frames += 1;
    } catch (error) {
      if (!(error instanceof BadPicture)) throw error;
      this.end('broken', `picture ${this.frames}: ${error.message}`);
    }
  }

  finish(): SampleTrack | null {
    if (this.failure || !this.size) return this.failure;
    return { kind: 'pictures', camera: this.camera.key, path: this.path, frames: this.frames, ...this.size };
  }

  private end(kind: 'broken' | 'unknown', reason: string): void {
    this.failure = { kind, camera: this.camera.key, reason };
    this.isFull = true;
  }
}

/** Reads the shown part of an episode; pictures go to files in the folder. Stops as soon as every stream has given its part. */
export async function readSample(
  source: DatasetSource,
  episode: SourceEpisode,
  pick: SamplePick,
  folder: string,
): Promise<SampleEpisode> {
  const { signals, cameras } = source.head;
  const sample = new SampleSignals(signals, pick);
  const videos = new Map<string, SampleTrack>();
  const pictures = new Map<string, PictureTrack>();
  for (const [at, camera] of cameras.entries()) {
    const path = join(folder, `pictures-${pick.index}-${at}.mjpeg`);
    if (camera.carrier === 'images') pictures.set(camera.key, new PictureTrack(camera, pick, path));
  }
  const videoCameras = cameras.filter(({ carrier }) => carrier === 'video').length;
  for await (const item of episode.items()) {
    if (item.kind === 'rows') sample.add(item);
    else if (item.kind === 'image') await pictures.get(item.camera)?.add(item);
    else if (item.kind === 'video' && !videos.has(item.camera)) videos.set(item.camera, toTrack(item));
    const isRead = sample.isFull && videos.size >= videoCameras && [...pictures.values()].every(({ isFull }) => isFull);
    if (isRead) break;
  }
  const drawn = [...pictures.values()].flatMap((track) => track.finish() ?? []);
  return { tracks: [...videos.values(), ...drawn], signals: sample };
}

function toTrack({ camera, path, fromFrame, toFrame }: Extract<EpisodeItem, { kind: 'video' }>): SampleTrack {
  return { kind: 'video', camera, path, fromFrame, toFrame };
}
