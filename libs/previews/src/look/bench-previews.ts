import { copyFile, open } from 'node:fs/promises';
import { join } from 'node:path';
import { findFfmpeg, withScratch } from '@app/cages';
import type { ByteSource } from '@app/formats';
import { readMp4 } from '@app/formats';
import { renderVideo } from '../drawing/render-video.js';
import { toRate } from './frame-rate.rules.js';

/** How fast episodes are decoded and drawn. */
export interface PreviewBench {
  readonly episodes: number;
  readonly frames: number;
  readonly seconds: number;
  readonly episodesPerDay: number;
  readonly ffmpeg: string;
}

const LONGEST_S = 60;
const DAY_S = 86_400;

/**
 * Decodes each of the mp4 files to its end and draws poster, sheet and clip of it, `lanes` at a time: the work of a version in
 * which every episode is a sample. A file stands for one camera of one episode; files are repeated until `episodes` are done.
 */
export async function benchPreviews(
  files: readonly string[],
  options: { readonly episodes: number; readonly lanes?: number },
): Promise<PreviewBench> {
  const ffmpeg = await findFfmpeg();
  if (!ffmpeg) throw new Error('There is no ffmpeg on this machine.');
  return withScratch(async (folder) => {
    let started = 0;
    let frames = 0;
    const lane = async (): Promise<void> => {
      for (let number = started++; number < options.episodes; number = started++) {
        const source = files[number % files.length] ?? '';
        const path = join(folder, `file-${number}.mp4`);
        // As in the worker, where the file comes out of the store.
        await copyFile(source, path);
        const video = await readMp4(await fileSource(path));
        const rate = toRate(video.fps);
        const toFrame = Math.min(video.frames, Math.floor((LONGEST_S * rate.num) / rate.den));
        const span = { name: `e${number}`, fromFrame: 0, toFrame };
        const verdict = await renderVideo(ffmpeg, { ...video, path, demuxer: 'mov', rate }, [span], { folder });
        if (verdict.kind !== 'decoded') throw new Error(`${source}: ${verdict.reason}`);
        frames += verdict.frames;
      }
    };
    const before = performance.now();
    await Promise.all(Array.from({ length: options.lanes ?? 2 }, lane));
    const seconds = (performance.now() - before) / 1000;
    const { episodes } = options;
    return { episodes, frames, seconds, episodesPerDay: (episodes / seconds) * DAY_S, ffmpeg: ffmpeg.version };
  });
}

async function fileSource(path: string): Promise<ByteSource> {
  const handle = await open(path, 'r');
  const { size } = await handle.stat();
  await handle.close();
  return {
    sizeBytes: size,
    read: async (offset, length) => {
      const reader = await open(path, 'r');
      const { buffer, bytesRead } = await reader.read(Buffer.alloc(length), 0, length, offset);
      await reader.close();
      return buffer.subarray(0, bytesRead);
    },
  };
}
