import type { ImageItem, SourceEpisode } from '@app/formats';
import type { PictureTaker, TakenPictures } from '../video/picture-taker.js';
import type { EpisodeContent } from './episode-content.js';
import { readContent } from './episode-content.js';
import type { EpisodeFrames } from './episode-frames.js';
import type { SamplePick } from './regular-clock.js';

/** The cameras of an episode that come as single pictures, by stream. */
export interface PictureCameras {
  readonly takers: ReadonlyMap<string, PictureTaker>;
  /** Whether any of them has times of its own. */
  readonly isTimed: boolean;
}

/** An episode that was read: what it holds, its frames, and what its pictures became. */
export interface ReadEpisode {
  readonly content: EpisodeContent;
  readonly frames: EpisodeFrames;
  readonly pictures: ReadonlyMap<string, TakenPictures>;
}

/**
 * Reads an episode. Pictures on the frames clock pass through as they come; those with times of their own are read a second
 * time, once it is known which frames show them.
 */
export async function readPictures(
  episode: SourceEpisode,
  { takers, isTimed }: PictureCameras,
  lay: (content: EpisodeContent) => EpisodeFrames,
): Promise<ReadEpisode> {
  try {
    const content = await readContent(episode, isTimed ? undefined : (picture) => takeOne(takers, picture, 1));
    const frames = lay(content);
    if (isTimed) await readContent(episode, showPicked(takers, frames, content));
    const pictures = new Map<string, TakenPictures>();
    for (const [key, taker] of takers) pictures.set(key, await taker.finish());
    return { content, frames, pictures };
  } catch (error) {
    for (const taker of takers.values()) await taker.abandon();
    throw error;
  }
}

async function takeOne(takers: ReadonlyMap<string, PictureTaker>, picture: ImageItem, frames: number): Promise<void> {
  await takers.get(picture.camera)?.take(picture, frames);
}

/** Hands every picture to its camera as often as frames show it. */
function showPicked(
  takers: ReadonlyMap<string, PictureTaker>,
  frames: EpisodeFrames,
  first: EpisodeContent,
): (picture: ImageItem) => Promise<void> {
  const shown = new Map<string, Uint32Array>();
  for (const [key, { count }] of first.pictures) shown.set(key, framesOf(frames.pickOf(key), count));
  const next = new Map<string, number>();
  return async (picture) => {
    const at = next.get(picture.camera) ?? 0;
    next.set(picture.camera, at + 1);
    await takeOne(takers, picture, shown.get(picture.camera)?.[at] ?? 0);
  };
}

/** How many frames show each sample; all of them once where there is nothing to pick. */
function framesOf(pick: SamplePick | null, samples: number): Uint32Array {
  const counts = new Uint32Array(samples);
  if (!pick) return counts.fill(1);
  for (const sample of pick.picks) counts[sample] = (counts[sample] ?? 0) + 1;
  return counts;
}
