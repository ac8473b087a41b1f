import type { CameraSpec, EpisodeItem } from '../dataset-source.js';
import { Defect } from '../defect.js';
import type { EpisodeFile } from '../episode-model.js';
import type { FindingLog, FindingPlace } from '../findings.js';
import { CodedFrames } from '../mp4/coded-frames.js';
import { USUAL_CODECS } from '../mp4/codecs.js';
import type { Mp4Video } from '../mp4/mp4.reader.js';
import { readMp4 } from '../mp4/mp4.reader.js';
import type { NewDigest } from '../mp4/video-digest.js';
import type { DatasetFiles } from '../tree.js';
import type { CameraBook } from './camera-book.js';
import { ClockMeter } from './clock-meter.js';

/** Where an episode's video is. */
export type VideoItem = Extract<EpisodeItem, { kind: 'video' }>;

/** What a span of video holds. */
export interface VideoPart {
  readonly frames: number;
  readonly digest: Uint8Array;
  readonly clock: ClockMeter;
  readonly file: EpisodeFile;
}

interface OpenVideo {
  readonly path: string;
  readonly video: Mp4Video;
  readonly coded: CodedFrames;
  /** Frames that earlier episodes have taken. */
  takenTo: number;
}

/** Reads the coded files of one camera. A file that serves many episodes is opened once. */
export class VideoMeter {
  private current: { path: string; open: OpenVideo | null } | null = null;

  constructor(
    private readonly spec: CameraSpec,
    private readonly files: DatasetFiles,
    private readonly log: FindingLog,
    private readonly book: CameraBook,
    private readonly newDigest: NewDigest,
  ) {}

  /** Null if there is no readable video; the findings say why. */
  async measure(item: VideoItem, episode: number): Promise<VideoPart | null> {
    const { path } = item;
    const place = { path: this.files.full(path), episode, camera: this.spec.name };
    const open = await this.openFile(path, place);
    const span = open && this.spanOf(open, item, place);
    if (!open || !span) return null;
    const digest = this.newDigest();
    const clock = new ClockMeter();
    try {
      await open.coded.digest(span.from, span.to, digest);
    } catch (error) {
      this.report(error, place);
      return null;
    }
    clock.add(open.video.sortedPtsS.subarray(span.from, span.to));
    return {
      frames: span.to - span.from,
      digest: digest.digest(),
      clock,
      file: { path: place.path, kind: 'video', camera: this.spec.name, ...span },
    };
  }

  private async openFile(path: string, place: FindingPlace): Promise<OpenVideo | null> {
    if (this.current?.path === path) return this.current.open;
    this.current = { path, open: null };
    if (!this.files.has(path)) {
      this.log.add('MISSING_VIDEO', 'a video that an episode needs is missing', place);
      return null;
    }
    try {
      const source = await this.files.open(path);
      const video = await readMp4(source);
      this.current.open = { path, video, coded: new CodedFrames(source, video), takenTo: 0 };
      if (this.book.addVideo(this.spec, path, video, this.files.sizeOf(path))) this.compareWithDeclared(video, place);
    } catch (error) {
      this.report(error, place);
    }
    return this.current.open;
  }

  private compareWithDeclared(video: Mp4Video, place: FindingPlace): void {
    const { key, declaredCodec, width, height } = this.spec;
    if (declaredCodec !== null && declaredCodec !== video.codec)
      this.log.addOnce(key, 'CODEC_DECLARED_WRONG', 'the video has another codec than declared', {
        ...place,
        expected: declaredCodec,
        actual: video.codec,
      });
    if (!USUAL_CODECS.has(video.codec))
      this.log.addOnce(key, 'CODEC_UNUSUAL', 'browsers and most training loaders do not play this codec', {
        ...place,
        actual: video.codec,
        expected: [...USUAL_CODECS].join(', '),
      });
    if (width !== null && height !== null && (width !== video.width || height !== video.height))
      this.log.addOnce(
        `${key}${video.width}x${video.height}`,
        'VIDEO_SIZE_MISMATCH',
        'the video has another size than declared',
        {
          ...place,
          expected: `${width}x${height}`,
          actual: `${video.width}x${video.height}`,
        },
      );
  }

  /** The frames of the item that are there, half-open. */
  private spanOf(open: OpenVideo, item: VideoItem, place: FindingPlace): { from: number; to: number } | null {
    const { frames } = open.video;
    const from = item.fromFrame;
    const to = item.toFrame ?? frames;
    if (!(Number.isSafeInteger(from) && Number.isSafeInteger(to) && from >= 0 && to >= from && to <= frames)) {
      this.log.add('VIDEO_SPAN_OUT_OF_RANGE', 'the span of an episode is not within its video', {
        ...place,
        expected: `frames ${from} to ${to}`,
        actual: `${frames} frames`,
      });
      return from >= 0 && from < frames && to > from ? { from, to: Math.min(to, frames) } : null;
    }
    if (from < open.takenTo)
      this.log.add('VIDEO_SPAN_OVERLAP', 'the span of an episode overlaps that of an episode before it', {
        ...place,
        expected: `from frame ${open.takenTo}`,
        actual: `from frame ${from}`,
      });
    open.takenTo = Math.max(open.takenTo, to);
    return { from, to };
  }

  private report(error: unknown, place: FindingPlace): void {
    if (!(error instanceof Defect)) throw error;
    this.log.add(error.code, error.message, { ...error.detail, ...place });
  }
}
