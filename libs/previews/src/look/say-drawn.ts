import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Say } from '@app/cages';
import type { Drawn } from '../drawing/render-video.js';
import type { PreviewMessage } from './look.types.js';

export type SayPreview = Say<PreviewMessage>;

/** The shown part of one camera of one episode, in frames of the file that it lies in. */
export interface SampleSpan {
  /** Beginning of file names; made of numbers only. */
  readonly name: string;
  readonly episode: number;
  readonly camera: string;
  readonly fromFrame: number;
  readonly toFrame: number;
}

/** Hands over what was drawn of a sample; when that is answered, the files are removed. */
export async function sayDrawn(
  { episode, camera }: SampleSpan,
  { poster, sheet, clip }: Drawn,
  folder: string,
  say: SayPreview,
): Promise<void> {
  const place = { episode, camera };
  const still = { fps: null, frames: null, durationS: null };
  await say({ kind: 'picture', picture: { kind: 'poster', ...place, ...poster, ...still } });
  await say({ kind: 'picture', picture: { kind: 'sheet', ...place, ...sheet, ...still } });
  await say({
    kind: 'picture',
    picture: { kind: 'clip', ...place, ...clip, durationS: clip.frames / clip.fps },
  });
  for (const { file } of [poster, sheet, clip]) await rm(join(folder, file), { force: true });
}
