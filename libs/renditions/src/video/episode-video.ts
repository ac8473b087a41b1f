import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readMp4Samples } from '@app/formats';
import type { ByteSource, FeatureStats, Mp4Samples, Rate } from '@app/formats';
import type { Piece, TrackKind } from '../mp4/remux.js';
import { isSameKind, keyFramesOf, mp4Of, pieceOf, presentationOrder } from '../mp4/remux.js';
import { RenditionRefused } from '../rendition-target.js';
import { ColourTally, sampleCount, evenly } from './colour-tally.js';
import type { MediaTools } from './encode.js';
import { VideoUndecodable, decodeRgb, reencode } from './encode.js';
import { localSource } from './local-source.js';

/** What the files of a camera say of themselves. */
export interface VideoFacts {
  readonly codec: string;
  readonly pixFmt: string | null;
  readonly width: number;
  readonly height: number;
}

/** One camera's frames of one episode, ready to be written. */
export interface EpisodeVideo {
  readonly facts: VideoFacts;
  readonly kind: TrackKind;
  readonly pieces: readonly Piece[];
  readonly frames: number;
  readonly sizeBytes: number;
  /** Removes what was made for it, once it is written. */
  release(): Promise<void>;
}

/** How the frames of a source video became those of an episode. */
export interface VideoTaking {
  readonly video: EpisodeVideo;
  readonly isReencoded: boolean;
  /** Frames of the source behind the episode's last one. */
  readonly dropped: number;
  /** Frames at the end that repeat the last one. */
  readonly padded: number;
}

/** Opens a file of the source by the path that its items name. */
export type OpenVideo = (path: string) => Promise<ByteSource>;

/** The video file that one camera is at: many episodes of a set may lie in one file. */
export class VideoFiles {
  private current: { path: string; samples: Promise<Mp4Samples> } | null = null;

  constructor(private readonly open: OpenVideo) {}

  samplesOf(path: string): Promise<Mp4Samples> {
    if (this.current?.path !== path)
      this.current = { path, samples: this.open(path).then((source) => readMp4Samples(source)) };
    return this.current.samples;
  }

  source(path: string): Promise<ByteSource> {
    return this.open(path);
  }
}

/**
 * Takes `frames` frames of a coded file. Packets are copied where the span starts at a key frame and fits; else the span is
 * decoded and encoded again, to `size` where its camera has another size elsewhere.
 */
export async function takeVideo(
  files: VideoFiles,
  span: { readonly path: string; readonly fromFrame: number; readonly toFrame: number | null },
  frames: number,
  size: { readonly width: number; readonly height: number } | null,
  fps: Rate,
  tools: MediaTools,
): Promise<VideoTaking> {
  const samples = await files.samplesOf(span.path);
  const to = Math.min(span.toFrame ?? samples.frames, samples.frames);
  const there = to - span.fromFrame;
  if (there <= 0) throw new RenditionRefused(`The video ${span.path} has no frame where an episode should be.`);
  const taken = Math.min(there, frames);
  const open = (): Promise<ByteSource> => files.source(span.path);
  const isFit = !size || (size.width === samples.width && size.height === samples.height);
  const piece = taken === frames && isFit ? pieceOf(samples, open, span.fromFrame, span.fromFrame + taken) : null;
  const dropped = there - taken;
  if (piece) {
    const { codec, pixFmt, width, height } = samples;
    return {
      video: ready({ codec, pixFmt, width, height }, samples, piece, () => Promise.resolve()),
      isReencoded: false,
      dropped,
      padded: 0,
    };
  }
  const { lead, leadIn } = withLeadIn(samples, open, span.fromFrame, span.fromFrame + taken);
  const path = join(tools.scratch, `${randomUUID()}.mp4`);
  await reencode(tools, mp4Of(samples, fps, [lead]), { leadIn, frames, size }, fps, path);
  return { video: await encodedVideo(path, frames), isReencoded: true, dropped, padded: frames - taken };
}

/** A file that our own encoder has written, as an episode's video. Its file goes when it is released. */
export async function encodedVideo(path: string, frames: number): Promise<EpisodeVideo> {
  const samples = await readMp4Samples(await localSource(path));
  const piece = pieceOf(samples, () => localSource(path), 0, frames);
  if (!piece || samples.frames !== frames)
    throw new Error(`The encoder wrote ${samples.frames} frames instead of ${frames}.`);
  const { codec, pixFmt, width, height } = samples;
  return ready({ codec, pixFmt, width, height }, samples, piece, () => rm(path, { force: true }));
}

function ready(facts: VideoFacts, kind: TrackKind, piece: Piece, release: () => Promise<void>): EpisodeVideo {
  const { sampleEntry, matrix, width, height } = kind;
  return {
    facts,
    kind: { sampleEntry, matrix, width, height },
    pieces: [piece],
    frames: piece.sizes.length,
    sizeBytes: piece.sizeBytes,
    release,
  };
}

/** The packets that are needed to decode frames `[from, to)`: back to the key frame before the first of them. */
function withLeadIn(
  samples: Mp4Samples,
  open: () => Promise<ByteSource>,
  from: number,
  to: number,
): { lead: Piece; leadIn: number } {
  const order = presentationOrder(samples.ptsS);
  const wanted = order ? order.subarray(from, to) : Uint32Array.from({ length: to - from }, (_, i) => from + i);
  let first = wanted.reduce((least, sample) => Math.min(least, sample), Number.POSITIVE_INFINITY);
  const last = wanted.reduce((most, sample) => Math.max(most, sample), 0);
  while (first > 0 && !samples.isKey(first)) first -= 1;
  const ptsS = samples.ptsS.slice(first, last + 1);
  const inner = presentationOrder(ptsS);
  const ranks = inner ? new Uint32Array(ptsS.length) : null;
  inner?.forEach((sample, rank) => {
    if (ranks) ranks[sample] = rank;
  });
  const shown = (wanted[0] ?? first) - first;
  const sizes = samples.sizes.slice(first, last + 1);
  const lead: Piece = {
    open,
    offsets: samples.offsets.slice(first, last + 1),
    sizes,
    keys: Uint8Array.from({ length: sizes.length }, (_, i) => (samples.isKey(first + i) ? 1 : 0)),
    ranks,
    sizeBytes: sizes.reduce((sum, size) => sum + size, 0),
  };
  return { lead, leadIn: ranks ? (ranks[shown] ?? 0) : shown };
}

/** Whether two episodes of a camera can share one file. */
export function canFollow(a: EpisodeVideo, b: EpisodeVideo): boolean {
  return isSameKind(a.kind, b.kind);
}

/** Colour statistics of a coded episode: of key frames where there are enough, else of frames all along. */
export async function tallyVideo(video: EpisodeVideo, fps: Rate, tools: MediaTools): Promise<FeatureStats> {
  const wanted = sampleCount(video.frames);
  const keys = video.pieces.map((piece) => [...piece.keys.keys()].filter((place) => piece.keys[place] === 1));
  const keyCount = keys.reduce((sum, places) => sum + places.length, 0);
  const isEnough = keyCount >= wanted;
  const chosen = new Set(evenly(keyCount, wanted));
  let seen = 0;
  const pieces = isEnough
    ? video.pieces.map((piece, p) =>
        keyFramesOf(
          piece,
          (keys[p] ?? []).filter(() => chosen.has(seen++)),
        ),
      )
    : video.pieces;
  const { width, height } = video.facts;
  const thin = width >= 300 || height >= 300 ? Math.floor(Math.max(width, height) / 150) : 1;
  const sampling = {
    step: isEnough ? 1 : Math.max(1, Math.floor(video.frames / wanted)),
    width: Math.ceil(width / thin),
    height: Math.ceil(height / thin),
  };
  const path = join(tools.scratch, `${randomUUID()}.rgb`);
  try {
    await decodeRgb(tools, mp4Of(video.kind, fps, pieces), sampling, path);
    return await tallyRaw(path, sampling.width, sampling.height);
  } finally {
    await rm(path, { force: true });
  }
}

async function tallyRaw(path: string, width: number, height: number): Promise<FeatureStats> {
  const tally = new ColourTally(3);
  const picture = Buffer.alloc(width * height * 3);
  let filled = 0;
  let pictures = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
    for (let at = 0; at < chunk.length;) {
      const part = chunk.subarray(at, at + picture.length - filled);
      picture.set(part, filled);
      filled += part.length;
      at += part.length;
      if (filled < picture.length) continue;
      tally.add(picture, width, height);
      pictures += 1;
      filled = 0;
    }
  }
  if (pictures === 0) throw new VideoUndecodable('it has no picture');
  return tally.finish();
}
