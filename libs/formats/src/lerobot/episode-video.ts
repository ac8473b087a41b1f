import type { Hash } from 'node:crypto';
import { createHash } from 'node:crypto';
import type { ByteSource } from '../byte-source.js';
import { readRange } from '../byte-source.js';
import type { EpisodeFile } from '../episode-model.js';
import type { Mp4Video } from '../mp4/mp4.reader.js';
import { readMp4 } from '../mp4/mp4.reader.js';
import { USUAL_CODECS } from '../mp4/codecs.js';
import type { CameraTallies } from './camera-tallies.js';
import type { Feature } from './features.js';
import { cameraName, declaredSize } from './features.js';
import type { EpisodeMeta, Reading, VideoSpan } from './reading.js';
import { report } from './reading.js';
import { TOLERANCE_S } from './row-checks.js';

/** 1 MiB pieces hash fastest from a local disk, and are few enough for ranged GETs. */
const READ_BYTES = 2 ** 20;

interface OpenVideo {
  readonly path: string;
  readonly source: ByteSource;
  readonly video: Mp4Video;
  /** Coded frames by presentation time; null where both orders are one. */
  readonly byTime: Uint32Array | null;
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
  ) {}

  /** Checks an episode's frames against its rows and adds their packets to the hash. Null if there is no readable video. */
  async measure(meta: EpisodeMeta, span: VideoSpan, rows: number, hash: Hash): Promise<EpisodeFile | null> {
    const open = await this.openFile(span.path, meta.index);
    if (!open) return null;
    const frames = this.place(open, meta, span, rows);
    if (!frames) return null;
    const packets = createHash('sha256');
    await hashPackets(open, frames.from, frames.to, packets);
    hash.update(`${this.feature.key}\npackets\n`);
    hash.update(packets.digest());
    return { path: this.reading.files.full(span.path), kind: 'video', camera: cameraName(this.feature.key), ...frames };
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
      this.current.open = { path, source, video, byTime: orderByTime(video.ptsS), takenTo: 0 };
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
  ): { from: number; to: number } | null {
    const { log, files, info } = this.reading;
    const { video } = open;
    const fps = info.fps.num / info.fps.den;
    const place = { path: files.full(span.path), episode: meta.index, camera: cameraName(this.feature.key) };
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
    this.checkTimes(open, from, rows, span.fromS, fps, place);
    return { from, to };
  }

  private checkTimes(
    open: OpenVideo,
    from: number,
    rows: number,
    fromS: number,
    fps: number,
    place: { path: string; episode: number; camera: string },
  ): void {
    const times = open.video.sortedPtsS;
    let worst = 0;
    let first = -1;
    let count = 0;
    for (let i = 0; i < rows; i += 1) {
      const off = Math.abs((times[from + i] as number) - (fromS + i / fps));
      if (off <= TOLERANCE_S) continue;
      if (first < 0) first = i;
      count += 1;
      worst = Math.max(worst, off);
    }
    if (count === 0) return;
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

function orderByTime(times: Float64Array): Uint32Array | null {
  let isSorted = true;
  for (let i = 1; i < times.length && isSorted; i += 1) isSorted = (times[i] as number) >= (times[i - 1] as number);
  return isSorted ? null : Uint32Array.from(times.keys()).sort((a, b) => (times[a] as number) - (times[b] as number));
}

/** Hashes the coded packets of the frames, in decoding order. The next piece is read while this one is hashed. */
async function hashPackets(open: OpenVideo, from: number, to: number, hash: Hash): Promise<void> {
  let ahead: Promise<Uint8Array> | null = null;
  for (const { start, length } of packetRanges(open, from, to)) {
    const next = readRange(open.source, start, length, 'a video frame');
    next.catch(() => undefined); // awaited below; a failure of the piece before must not leave this one unhandled
    if (ahead) hash.update(await ahead);
    ahead = next;
  }
  if (ahead) hash.update(await ahead);
}

/** The bytes of the frames as few ranges: neighbours in the file are joined, up to `READ_BYTES`. */
function* packetRanges(
  { video, byTime }: OpenVideo,
  from: number,
  to: number,
): Generator<{ start: number; length: number }> {
  const samples = byTime ? byTime.slice(from, to).sort() : null;
  const count = to - from;
  const sampleAt = (i: number): number => (samples ? (samples[i] as number) : from + i);
  for (let i = 0; i < count;) {
    const start = video.offsets[sampleAt(i)] as number;
    let end = start;
    for (; i < count; i += 1) {
      const offset = video.offsets[sampleAt(i)] as number;
      const size = video.sizes[sampleAt(i)] as number;
      if (offset !== end || (end > start && end + size - start > READ_BYTES)) break;
      end += size;
    }
    for (let at = start; at < end; at += READ_BYTES) yield { start: at, length: Math.min(READ_BYTES, end - at) };
  }
}
