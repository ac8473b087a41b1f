import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FRAME_RATE_HZ } from './arm.mjcf.js';
import { CAMERA_KEYS } from './features.js';
import type { FilmedEpisode } from './lerobot-writer.js';
import { dataRows, videoPath } from './lerobot-writer.js';
import { PICTURE } from './look.js';
import { readMp4Timing } from './mp4-timing.js';

function isSame(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((v, i) => isSame(v, b[i]));
  return Object.is(a, b);
}

/** Reads back what was written and compares every value and every video time. @throws Error naming the first difference */
export async function checkWritten(root: string, episodes: readonly FilmedEpisode[]): Promise<void> {
  const file = await asyncBufferFromFile(join(root, 'data/chunk-000/file-000.parquet'));
  const stored = await parquetReadObjects({ file });
  const tasks = [...new Set(episodes.map((e) => e.recording.plan.instruction))];
  let from = 0;
  const starts: number[] = [];
  episodes.forEach(({ recording }, episode) => {
    starts.push(from);
    dataRows(recording, episode, from, tasks.indexOf(recording.plan.instruction)).forEach((row, k) => {
      for (const [key, value] of Object.entries(row)) {
        if (!isSame(value, stored[from + k]?.[key]))
          throw new Error(`episode ${episode} row ${k}: ${key} reads back differently`);
      }
    });
    from += recording.rows.length;
  });
  if (stored.length !== from) throw new Error(`${stored.length} rows stored, ${from} recorded`);
  for (const key of CAMERA_KEYS) {
    const video = readMp4Timing(readFileSync(join(root, videoPath(key))));
    if (video.times.length !== from) throw new Error(`${key} has ${video.times.length} frames for ${from} rows`);
    if (video.width !== PICTURE.width || video.height !== PICTURE.height || video.codec !== 'avc1')
      throw new Error(`${key} has another shape`);
    const off = video.times.findIndex((t, k) => t * FRAME_RATE_HZ !== k * video.timescale);
    if (off !== -1) throw new Error(`${key}: frame ${off} is not at ${off}/${FRAME_RATE_HZ} s`);
    const keys = new Set(video.keyFrames);
    const plain = starts.findIndex((k) => !keys.has(k));
    if (plain !== -1) throw new Error(`${key}: episode ${plain} does not begin with a key frame`);
    if (video.keyFrames.some((k, i) => (video.keyFrames[i + 1] ?? from) - k > 20))
      throw new Error(`${key}: key frames too far apart`);
  }
}
