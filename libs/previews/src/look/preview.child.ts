import { rm } from 'node:fs/promises';
import { caged, findFfmpeg, signedFileTree } from '@app/cages';
import type { Ffmpeg, SignedFileTree } from '@app/cages';
import { FindingLog, openDataset } from '@app/formats';
import type { DatasetSource, Finding } from '@app/formats';
import { SampleHistograms } from '../charts/sample-signals.js';
import { renderVideo } from '../drawing/render-video.js';
import { toRate } from './frame-rate.rules.js';
import { lookAtVideos } from './look-at-videos.js';
import type { PreviewMessage, PreviewOrder } from './look.types.js';
import type { SamplePick } from './preview-policy.rules.js';
import { readSample } from './sample-tracks.js';
import type { SampleTrack } from './sample-tracks.js';
import { sayDrawn } from './say-drawn.js';
import type { SampleSpan, SayPreview } from './say-drawn.js';

/** Entry of the caged process that decodes a version's videos and draws its samples. */

/** The measure has reported what is wrong with the set; only its pictures are new. */
const IGNORED_FINDINGS = 10;

class Look {
  private readonly spans = new Map<string, SampleSpan[]>();

  constructor(
    private readonly order: PreviewOrder,
    private readonly tree: SignedFileTree,
    private readonly ffmpeg: Ffmpeg,
    private readonly say: SayPreview,
  ) {}

  async run(): Promise<void> {
    const source = await openDataset(this.tree, new FindingLog(IGNORED_FINDINGS));
    if (source) {
      await this.samples(source).finally(() => source.close());
    }
    const cameraOf = new Map(this.order.videos.map(({ path, camera }) => [path, camera]));
    const paths = new Set([...cameraOf.keys(), ...this.spans.keys()]);
    const tasks = [...paths].map((path) => {
      const samples = this.spans.get(path) ?? [];
      return { path, camera: cameraOf.get(path) ?? samples[0]?.camera ?? '', samples };
    });
    await lookAtVideos(tasks, { tree: this.tree, ffmpeg: this.ffmpeg, folder: this.order.scratch, say: this.say });
  }

  private async samples(source: DatasetSource): Promise<void> {
    const histograms = new SampleHistograms();
    const picks = new Map(this.order.picks.map((pick) => [pick.index, pick]));
    for await (const episode of source.episodes(new Set(picks.keys()))) {
      const pick = picks.get(episode.index);
      if (!pick) continue;
      const { tracks, signals } = await readSample(source, episode, pick, this.order.scratch);
      histograms.add(signals);
      await this.say({ kind: 'series', episode: pick, series: signals.series() });
      for (const track of tracks) await this.track(pick, track, source);
    }
    await this.say({ kind: 'histograms', histograms: histograms.finish() });
  }

  private async track(pick: SamplePick, track: SampleTrack, source: DatasetSource): Promise<void> {
    const { cameras } = source.head;
    const at = cameras.findIndex(({ key }) => key === track.camera);
    const place = { name: `e${pick.index}-c${at}`, episode: pick.index, camera: track.camera };
    if (track.kind === 'broken' || track.kind === 'unknown') {
      await this.say({ kind: 'finding', finding: toFinding(track, pick, cameras[at]?.name ?? track.camera) });
    } else if (track.kind === 'pictures') {
      await this.pictures(place, track, source);
    } else {
      this.video(place, track, pick);
    }
  }

  /** Frames of a video file are drawn when the file is decoded. */
  private video(
    place: Omit<SampleSpan, 'fromFrame' | 'toFrame'>,
    track: SampleTrack & { kind: 'video' },
    pick: SamplePick,
  ): void {
    const path = this.pathOf(track.path);
    if (path === null) return;
    const fps = this.order.cameraFps[track.camera] ?? 0;
    // A camera may run at another rate than the rows that the pick counts.
    const shown = fps > 0 ? Math.max(1, Math.round(pick.shownS * fps)) : pick.shownFrames;
    const toFrame = Math.min(track.fromFrame + shown, track.toFrame ?? Number.POSITIVE_INFINITY);
    const spans = this.spans.get(path) ?? [];
    this.spans.set(path, [...spans, { ...place, fromFrame: track.fromFrame, toFrame }]);
  }

  private async pictures(
    place: Omit<SampleSpan, 'fromFrame' | 'toFrame'>,
    { path, frames, width, height }: SampleTrack & { kind: 'pictures' },
    { head }: DatasetSource,
  ): Promise<void> {
    const fps = this.order.cameraFps[place.camera] ?? (head.fps.value ? head.fps.value.num / head.fps.value.den : 0);
    const input = { path, demuxer: 'mjpeg' as const, rate: toRate(fps), width, height, frames };
    const span = { ...place, fromFrame: 0, toFrame: frames };
    const verdict = await renderVideo(this.ffmpeg, input, [span], { folder: this.order.scratch });
    await rm(path, { force: true });
    const drawn = verdict.kind === 'decoded' ? verdict.drawn[0] : undefined;
    if (drawn) await sayDrawn(span, drawn, this.order.scratch, this.say);
  }

  /** Sources name files from where their dataset begins, the tree from where the upload does. */
  private pathOf(path: string): string | null {
    const full = [this.order.rootPath + path, path];
    return full.find((one) => this.tree.files.some((file) => file.path === one)) ?? null;
  }
}

/** Findings name a camera as people do. */
function toFinding(
  track: SampleTrack & { kind: 'broken' | 'unknown' },
  { index: episode }: SamplePick,
  camera: string,
): Finding {
  return track.kind === 'broken'
    ? {
        code: 'IMAGE_INVALID',
        severity: 'error',
        message: `a picture cannot be decoded (${track.reason}): export the episode again`,
        episode,
        camera,
      }
    : {
        code: 'NOT_DECODED',
        severity: 'warning',
        message: `the pictures of this camera were not decoded: ${track.reason}`,
        episode,
        camera,
      };
}

await caged<PreviewOrder, PreviewMessage>(async (order, say) => {
  const ffmpeg = await findFfmpeg();
  if (!ffmpeg) throw new Error('There is no ffmpeg on this machine.');
  const tree = signedFileTree(order.files, { scratch: order.scratch });
  await new Look(order, tree, ffmpeg, say).run();
  await tree.close();
});
