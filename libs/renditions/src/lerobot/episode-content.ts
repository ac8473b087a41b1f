import type { ImageItem, NumberRows, SourceEpisode } from '@app/formats';
import { RenditionRefused } from '../rendition-target.js';

/** Numbers of one episode that are held at a time: two hours of 52 channels at 100 Hz. Twice that, once they are laid out. */
const MAX_EPISODE_BYTES = 160 * 2 ** 20;
/** A day at 30 pictures a second. */
const MAX_PICTURES = 3_000_000;

/** One signal of one episode, whole. */
export interface SignalContent {
  readonly values: NumberRows;
  readonly rows: number;
  readonly timesS: Float64Array | null;
}

/** Frames of a coded file. */
export interface VideoSpan {
  readonly path: string;
  readonly fromFrame: number;
  readonly toFrame: number | null;
}

/** What an episode holds besides its pictures, which are only counted and timed. */
export interface EpisodeContent {
  readonly signals: ReadonlyMap<string, SignalContent>;
  readonly texts: ReadonlyMap<string, readonly string[]>;
  readonly videos: ReadonlyMap<string, readonly VideoSpan[]>;
  /** Times of the pictures, or how many there are where they have none. */
  readonly pictures: ReadonlyMap<string, { readonly count: number; readonly timesS: readonly number[] | null }>;
}

/** Reads one episode once. `onPicture` is awaited, so that pictures pass through one at a time. */
export async function readContent(
  episode: SourceEpisode,
  onPicture: (picture: ImageItem) => Promise<void> = () => Promise.resolve(),
): Promise<EpisodeContent> {
  const budget = { bytes: 0 };
  const signals = new Map<string, GrowingSignal>();
  const texts = new Map<string, string[]>();
  const videos = new Map<string, VideoSpan[]>();
  const pictures = new Map<string, { count: number; timesS: number[] | null }>();
  for await (const item of episode.items()) {
    if (item.kind === 'rows') {
      const signal = signals.get(item.key) ?? new GrowingSignal();
      signals.set(item.key, signal);
      signal.add(item.values, item.rows, item.timesS);
      spend(budget, item.values.byteLength + (item.timesS?.byteLength ?? 0), episode);
    } else if (item.kind === 'text') {
      const list = texts.get(item.key) ?? [];
      texts.set(item.key, list);
      for (const text of item.values) {
        spend(budget, 16 + 2 * text.length, episode);
        list.push(text);
      }
    } else if (item.kind === 'video') {
      const { path, fromFrame, toFrame } = item;
      videos.set(item.camera, [...(videos.get(item.camera) ?? []), { path, fromFrame, toFrame }]);
    } else {
      const seen = pictures.get(item.camera) ?? { count: 0, timesS: item.timeS === null ? null : [] };
      pictures.set(item.camera, seen);
      seen.count += 1;
      if (item.timeS !== null) seen.timesS?.push(item.timeS);
      if (seen.count > MAX_PICTURES)
        throw new RenditionRefused(`Episode ${episode.index} has more than ${MAX_PICTURES} pictures of one camera.`);
      await onPicture(item);
    }
  }
  return { signals: new Map([...signals].map(([key, signal]) => [key, signal.finish()])), texts, videos, pictures };
}

function spend(budget: { bytes: number }, bytes: number, episode: SourceEpisode): void {
  budget.bytes += bytes;
  if (budget.bytes > MAX_EPISODE_BYTES)
    throw new RenditionRefused(
      `Episode ${episode.index} holds more than ${MAX_EPISODE_BYTES >> 20} MB of numbers and texts: split it to have it standardized.`,
    );
}

/** Blocks are copied: a reader may use its buffers again. */
class GrowingSignal {
  private readonly blocks: NumberRows[] = [];
  private readonly times: Float64Array[] = [];
  private rows = 0;

  add(values: NumberRows, rows: number, timesS: Float64Array | null): void {
    this.blocks.push(values.slice());
    if (timesS) this.times.push(timesS.slice());
    this.rows += rows;
  }

  finish(): SignalContent {
    const isSingle = this.blocks.every((block) => block instanceof Float32Array);
    const values = joined(this.blocks, (length) => (isSingle ? new Float32Array(length) : new Float64Array(length)));
    const timesS = this.times.length > 0 ? joined(this.times, (length) => new Float64Array(length)) : null;
    return { values, rows: this.rows, timesS };
  }
}

/** The blocks in one array; they are let go of. */
function joined<T extends NumberRows>(blocks: T[], make: (length: number) => T): T {
  const [only] = blocks;
  if (blocks.length === 1 && only) return only;
  const all = make(blocks.reduce((sum, block) => sum + block.length, 0));
  let at = 0;
  for (const block of blocks.splice(0)) {
    all.set(block, at);
    at += block.length;
  }
  return all;
}
