import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { FeatureStats, ImageItem, Rate } from '@app/formats';
import type { CameraFeature } from '../lerobot/mapping.js';
import type { PictureFacts } from '../lerobot/ready-episode.js';
import type { LossLog } from '../loss-report.js';
import { RenditionRefused } from '../rendition-target.js';
import { ColourTally, sampleCount } from './colour-tally.js';
import type { MediaTools } from './encode.js';
import { PictureEncoder, VideoUndecodable } from './encode.js';
import type { EpisodeVideo } from './episode-video.js';
import { encodedVideo } from './episode-video.js';
import { JxlBatch } from './jxl-batch.js';
import { PictureUnreadable, depthValues, toEmbedded, toRgb, toSize } from './picture.js';
import { PictureSpill } from './picture-spill.js';

/** What a camera's pictures of one episode became. */
export type TakenPictures =
  | { readonly carrier: 'encode'; readonly video: EpisodeVideo; readonly stats: FeatureStats }
  | {
      readonly carrier: 'pictures';
      readonly spill: PictureSpill;
      readonly facts: PictureFacts;
      readonly stats: FeatureStats;
    };

/** Sizes that the pictures of each camera have, by feature key: the first picture of the set decides. */
export type CameraSizes = Map<string, { readonly width: number; readonly height: number }>;

/** Takes the pictures of one camera and episode one by one, holding none of them. */
export class PictureTaker {
  private encoder: PictureEncoder | null = null;
  private spill: PictureSpill | null = null;
  private facts: PictureFacts | null = null;
  private readonly tally: ColourTally;
  private readonly jxl: JxlBatch;
  private taken = 0;

  constructor(
    private readonly camera: CameraFeature,
    private readonly episode: number,
    private readonly announced: number | null,
    private readonly sizes: CameraSizes,
    private readonly fps: Rate,
    private readonly tools: MediaTools,
    private readonly log: LossLog,
  ) {
    this.jxl = new JxlBatch(tools, (picture, frames) => this.show(picture, frames));
    this.tally = new ColourTally(camera.carrier === 'pictures' && camera.spec.kind === 'depth' ? 1 : 3);
  }

  /** @param frames how many frames in a row show this picture. */
  async take(picture: ImageItem, frames: number): Promise<void> {
    if (frames === 0) return;
    await this.naming(() => (picture.encoding === 'jxl' ? this.jxl.add(picture, frames) : this.show(picture, frames)));
  }

  async finish(): Promise<TakenPictures> {
    await this.naming(() => this.jxl.flush());
    const stats = this.tally.finish();
    if (this.spill && this.facts) return { carrier: 'pictures', spill: this.spill, facts: this.facts, stats };
    if (!this.encoder)
      throw new RenditionRefused(
        `Episode ${this.episode} has no picture of camera ${this.camera.spec.name}, which the others have.`,
      );
    await this.encoder.finish();
    return { carrier: 'encode', video: await encodedVideo(this.encoder.path, this.encoder.frames), stats };
  }

  /** Ends what runs for an episode that failed. */
  async abandon(): Promise<void> {
    await this.encoder?.abandon();
    await this.spill?.close();
  }

  /** Says in which episode a picture cannot be decoded. */
  private async naming(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (error instanceof PictureUnreadable)
        throw new RenditionRefused(`Episode ${this.episode} cannot be standardized: ${error.message}.`);
      if (error instanceof VideoUndecodable)
        throw new RenditionRefused(
          `Episode ${this.episode} cannot be standardized: pictures of camera ${this.camera.spec.name} cannot be decoded (${error.message}).`,
        );
      throw error;
    }
  }

  private async show(picture: ImageItem, frames: number): Promise<void> {
    if (this.camera.carrier === 'pictures') await this.embed(picture, frames);
    else await this.encode(picture, frames);
    this.taken += 1;
  }

  private async encode(item: ImageItem, frames: number): Promise<void> {
    const { key, spec } = this.camera;
    let picture = await toRgb(item, spec.isFlipped ?? false);
    const size = this.sizes.get(key) ?? { width: picture.width, height: picture.height };
    this.sizes.set(key, size);
    if (size.width !== picture.width || size.height !== picture.height) {
      this.log.add('pictures_scaled', 'its pictures have several sizes; all are written in that of the first', {
        stream: spec.key,
        episode: this.episode,
        figures: { pictures: 1 },
      });
      picture = await toSize(picture, size.width, size.height);
    }
    if (!this.encoder) {
      const path = join(this.tools.scratch, `${randomUUID()}.mp4`);
      this.encoder = new PictureEncoder(this.tools, size.width, size.height, this.fps, path);
      this.log.add(
        'pictures_encoded',
        'single pictures became H.264 video (yuv420p, constant quality 18): not bit by bit the same',
        {
          stream: spec.key,
          episode: this.episode,
        },
      );
    }
    this.tally.add(picture.rgb, picture.width, picture.height);
    for (let i = 0; i < frames; i += 1) await this.encoder.add(picture);
  }

  private async embed(item: ImageItem, frames: number): Promise<void> {
    const { spec } = this.camera;
    const picture = await toEmbedded(item, spec);
    const { width, height, channels } = picture;
    this.spill ??= await PictureSpill.create(this.tools.scratch);
    this.facts ??= { width, height, channels };
    if (picture.isRounded)
      this.log.add('depth_rounded', 'depth in float became whole millimetres in 16-bit PNG; 0 is "no measurement"', {
        stream: spec.key,
        episode: this.episode,
      });
    for (let i = 0; i < frames; i += 1) await this.spill.add(picture.bytes);
    if (!this.isSample()) return;
    const depth = await depthValues(item, picture);
    if (depth) return this.tally.add(depth, width, height);
    const rgb = await toRgb({ ...item, encoding: isPng(picture.bytes) ? 'png' : 'jpeg', bytes: picture.bytes }, false);
    this.tally.add(rgb.rgb, rgb.width, rgb.height);
  }

  /** Embedded pictures are decoded for statistics only: as many as LeRobot samples. */
  private isSample(): boolean {
    if (this.announced === null) return true;
    const step = Math.max(1, Math.floor(this.announced / sampleCount(this.announced)));
    return this.taken % step === 0;
  }
}

function isPng(bytes: Uint8Array): boolean {
  return bytes[0] === 0x89 && bytes[1] === 0x50;
}
