import { Injectable } from '@nestjs/common';
import { Clock } from '@app/kernel';
import type { RequestContext } from '@app/kernel';
import { INTERNAL_PARAMETER, ObjectStore } from '@app/storage';
import { PreviewGate } from './preview-gate.port.js';
import { PreviewQueries } from './preview.queries.js';
import type { SampleRow } from './preview.queries.js';
import type { PictureRow } from './preview.types.js';
import type { PreviewClipType, PreviewPictureType, SampleCameraType, SampleEpisodeType } from './sample.graphql.js';

/** As long as a page needs to show what it has asked for. */
const URL_S = 300;

/** Samples as an asker may see them. The answers come in the order of what was asked. */
@Injectable()
export class SampleService {
  constructor(
    private readonly gate: PreviewGate,
    private readonly previews: PreviewQueries,
    private readonly store: ObjectStore,
    private readonly clock: Clock,
  ) {}

  /** Sample episodes of each version; none of those that the asker may not look at. */
  async samplesOf(ctx: RequestContext, versionIds: readonly string[]): Promise<SampleEpisodeType[][]> {
    const open = await this.gate.mayLook(ctx, versionIds);
    const samples = await this.previews.samplesOf(ctx, [...open]);
    return versionIds.map((id) => (open.has(id) ? (samples.get(id) ?? []) : []).map((row) => this.toSample(row)));
  }

  /** Charts of each version; null where there are none, or where the asker may not look. */
  async chartsOf(ctx: RequestContext, versionIds: readonly string[]): Promise<unknown[]> {
    const open = await this.gate.mayLook(ctx, versionIds);
    const charts = await this.previews.chartsOf(ctx, [...open]);
    return versionIds.map((id) => (open.has(id) ? (charts.get(id) ?? null) : null));
  }

  /** Signals of samples that `samplesOf` has answered with, so the gate has been asked. */
  async seriesOf(ctx: RequestContext, samples: readonly SampleEpisodeType[]): Promise<unknown[]> {
    return this.previews.seriesOf(ctx, samples);
  }

  private toSample({ pictures, ...sample }: SampleRow): SampleEpisodeType {
    const cameras = [...new Set(pictures.map(({ camera }) => camera))];
    return { ...sample, cameras: cameras.map((camera) => this.toCamera(sample.versionId, camera, pictures)) };
  }

  private toCamera(versionId: string, camera: string, pictures: readonly PictureRow[]): SampleCameraType {
    const row = (kind: PictureRow['kind']): PictureRow | undefined =>
      pictures.find((one) => one.camera === camera && one.kind === kind);
    const picture = (one: PictureRow | undefined): PreviewPictureType | null =>
      one ? { url: this.urlOf(versionId, one.objectKey), width: one.width, height: one.height } : null;
    const clip = row('clip');
    const still = picture(clip);
    const timed: PreviewClipType | null =
      clip && still ? { ...still, fps: clip.fps ?? 0, frames: clip.frames ?? 0, durationS: clip.durationS ?? 0 } : null;
    return { camera, poster: picture(row('poster')), sheet: picture(row('sheet')), clip: timed };
  }

  private urlOf(versionId: string, objectKey: string): string {
    // Looking is no delivery: the mark tells the access log's readers that nobody is billed for it.
    const query = { [INTERNAL_PARAMETER]: `preview/${versionId}` };
    return this.store.presignGet(objectKey, { expiresS: URL_S, now: this.clock.now(), query });
  }
}
