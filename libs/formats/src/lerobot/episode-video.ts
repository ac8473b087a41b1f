import type { EpisodeFile } from '../episode-model.js';
import { CodedFrames } from '../mp4/coded-frames.js';
import type { Mp4Video } from '../mp4/mp4.reader.js';
import { readMp4 } from '../mp4/mp4.reader.js';
import { USUAL_CODECS } from '../mp4/codecs.js';
import type { NewDigest } from '../mp4/video-digest.js';
import type { CameraTallies } from './camera-tallies.js';
import type { EpisodeMeters } from './episode-meters.js';
import type { Feature } from './features.js';
import { cameraName, declaredSize } from './features.js';
import type { EpisodeMeta, Reading, VideoSpan } from './reading.js';
import { report } from './reading.js';
import { TOLERANCE_S } from './row-checks.js';

interface OpenVideo {
  readonly video: Mp4Video;
  readonly coded: CodedFrames;
  /** Frames that earlier episodes have taken. */
  takenTo: number;
}

/** The video file that one camera is at. A v3.0 file serves many episodes and is opened once. */
export class CameraReader {
  private current: { path: string; open: OpenVideo | null } | null = null;

  constructor(
    private readonly reading: Reading,
    private readonly feature: Feature,
    private readonly tallies: CameraTallies,
    private readonly newDigest: NewDigest,
  ) {}

  /** Checks an episode's frames against its rows and adds their packets to its content. Null if there is no readable video. */
  async measure(meta: EpisodeMeta, span: VideoSpan, rows: number, meters: EpisodeMeters): Promise<EpisodeFile | null> {
    const open = await this.openFile(span.path, meta.index);
    if (!open) return null;
    const frames = this.place(open, meta, span, rows, meters);
    if (!frames) return null;
    const { key } = this.feature;
    const { from, to } = frames;
    const digest = this.newDigest();
    await open.coded.digest(from, to, digest);
    meters.content.addPackets(key, to - from, digest.digest());
    meters.clockOf(key).add(open.video.sortedPtsS.subarray(from, to));
    return { path: this.reading.files.full(span.path), kind: 'video', camera: cameraName(key), from, to };
  }

  private async openFile(path: string, episode: number): Promise<OpenVideo | null> {
    if (this.current?.path === path) return this.current.open;
    const { files, log } = this.reading;
    const place = { path: files.full(path), episode, camera: cameraName(this.feature.key) };
    this.current = { path, open: null };
    if (!files.has(path)) {
      log.add('MISSING_VIDEO', 'a video that the metadata announces is missing', place);
      return null;
    }
    try {
      const source = await files.open(path);
      const video = await readMp4(source);
      this.current.open = { video, coded: new CodedFrames(source, video), takenTo: 0 };
      this.compareWithDeclared(video, files.sizeOf(path), place);
    } catch (error) {
      report(log, error, place);
    }
    return this.current.open;
  }

  private compareWithDeclared(
    video: Mp4Video,
    fileBytes: number,
    place: { path: string; episode: number; camera: string },
  ): void {
    const { log } = this.reading;
    const fact = this.tallies.addVideo(this.feature, video, fileBytes);
    if (fact.declaredCodec !== null && fact.declaredCodec !== video.codec) {
      log.addOnce(this.feature.key, 'CODEC_DECLARED_WRONG', 'the video has another codec than declared', {
        ...place,
        expected: fact.declaredCodec,
        actual: video.codec,
      });
    }
    if (!USUAL_CODECS.has(video.codec)) {
      log.addOnce(this.feature.key, 'CODEC_UNUSUAL', 'browsers and most training loaders do not play this codec', {
        ...place,
        actual: video.codec,
        expected: [...USUAL_CODECS].join(', '),
      });
    }
    const size = declaredSize(this.feature);
    if (size && (size.width !== video.width || size.height !== video.height)) {
      log.addOnce(
        `${this.feature.key}${video.width}x${video.height}`,
        'VIDEO_SIZE_MISMATCH',
        'the video has another size than declared',
        { ...place, expected: `${size.width}x${size.height}`, actual: `${video.width}x${video.height}` },
      );
    }
  }

  /** The frames of an episode inside its file, in presentation order, half-open. */
  private place(
    open: OpenVideo,
    meta: EpisodeMeta,
    span: VideoSpan,
    rows: number,
    meters: EpisodeMeters,
  ): { from: number; to: number } | null {
    const { log, files, info } = this.reading;
    const { video } = open;
    const fps = info.fps.num / info.fps.den;
    const place = { path: files.full(span.path), episode: meta.index, camera: cameraName(this.feature.key) };
    if (span.toS === null) meters.noteVideoFrames(video.frames, rows);
    if (span.toS === null && video.frames !== rows) {
      log.add('VIDEO_FRAME_MISMATCH', 'the video has another number of frames than the episode has rows', {
        ...place,
        expected: `${rows} frames`,
        actual: `${video.frames} frames`,
      });
      return { from: 0, to: video.frames };
    }
    if (!(span.fromS >= 0) || (span.toS !== null && !(span.toS >= span.fromS))) {
      log.add('VIDEO_SPAN_OUT_OF_RANGE', 'the span of an episode in its video is not a span', {
        ...place,
        actual: `${span.fromS} s to ${span.toS} s`,
      });
      return null;
    }
    const spanFrames = span.toS === null ? rows : Math.round((span.toS - span.fromS) * fps);
    if (span.toS !== null) meters.noteVideoFrames(spanFrames, rows);
    if (spanFrames !== rows) {
      log.add(
        'VIDEO_FRAME_MISMATCH',
        'the span in the video holds another number of frames than the episode has rows',
        { ...place, expected: `${rows} frames`, actual: `${spanFrames} frames` },
      );
    }
    const from = nearest(video.sortedPtsS, span.fromS);
    const to = from + rows;
    const endS = span.fromS + (rows - 1) / fps;
    if (to > video.frames || endS > (video.sortedPtsS[video.frames - 1] ?? 0) + 0.5 / fps) {
      log.add('VIDEO_SPAN_OUT_OF_RANGE', 'the span of an episode reaches behind the end of its video', {
        ...place,
        expected: `${rows} frames from ${span.fromS} s`,
        actual: `${video.frames} frames, ${video.durationS.toFixed(3)} s`,
      });
      return from < video.frames ? { from, to: Math.min(to, video.frames) } : null;
    }
    if (span.toS !== null && from < open.takenTo) {
      log.add('VIDEO_SPAN_OVERLAP', 'the span of an episode overlaps that of an episode before it', {
        ...place,
        expected: `from frame ${open.takenTo}`,
        actual: `from frame ${from}`,
      });
    }
    open.takenTo = Math.max(open.takenTo, to);
    meters.noteCameraOffset(this.checkTimes(open, from, rows, span.fromS, fps, place));
    return { from, to };
  }

  /** Checks that every frame is where its row says; the largest distance between them, s. */
  private checkTimes(
    open: OpenVideo,
    from: number,
    rows: number,
    fromS: number,
    fps: number,
    place: { path: string; episode: number; camera: string },
  ): number {
    const times = open.video.sortedPtsS;
    let worst = 0;
    let first = -1;
    let count = 0;
    for (let i = 0; i < rows; i += 1) {
      const off = Math.abs((times[from + i] as number) - (fromS + i / fps));
      if (off > worst) worst = off;
      if (off <= TOLERANCE_S) continue;
      if (first < 0) first = i;
      count += 1;
    }
    if (count === 0) return worst;
    this.reading.log.add(
      'TIMESTAMP_TOLERANCE',
      `video frame ${first} of the episode is not where its row says (${count} of ${rows} frames, by up to ${worst.toFixed(6)} s): loaders refuse it`,
      {
        ...place,
        row: first,
        expected: `${(fromS + first / fps).toFixed(6)} s within ${TOLERANCE_S} s`,
        actual: `${(times[from + first] as number).toFixed(6)} s`,
      },
    );
    return worst;
  }
}

function nearest(sorted: Float64Array, t: number): number {
  let low = 0;
  let high = sorted.length - 1;
  while (low < high) {
    const mid = (low + high) >> 1;
    if ((sorted[mid] as number) < t) low = mid + 1;
    else high = mid;
  }
  return low > 0 && Math.abs((sorted[low - 1] as number) - t) <= Math.abs((sorted[low] as number) - t) ? low - 1 : low;
}
