import { afterAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readMp4Timing } from './mp4-timing.js';
import { findFfmpeg, VideoEncoder } from './video-encoder.js';

describe('the video encoder', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bodega-video-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('shows frame k at exactly k/30 s and begins every episode with a key frame, wherever it begins', async () => {
    const file = join(folder, 'video.mp4');
    const lengths = Array.from({ length: 40 }, (_, i) => 7 + ((i * 11) % 31));
    let frames = 0;
    const episodeStarts = lengths.map((n) => (frames += n) - n);

    const encoder = new VideoEncoder(findFfmpeg(), file, { width: 32, height: 16, rateHz: 30, episodeStarts });
    for (let k = 0; k < frames; k++) await encoder.write(new Uint8Array(3 * 32 * 16).fill((37 * k) % 256));
    await encoder.finish();

    const video = readMp4Timing(readFileSync(file));
    expect(video.times).toEqual(Array.from({ length: frames }, (_, k) => (k * video.timescale) / 30));
    expect(video.keyFrames).toEqual(expect.arrayContaining(episodeStarts));
  });

  it('writes the same bytes for the same pictures', async () => {
    const files = ['once.mp4', 'again.mp4'].map((name) => join(folder, name));

    for (const file of files) {
      const encoder = new VideoEncoder(findFfmpeg(), file, {
        width: 32,
        height: 16,
        rateHz: 30,
        episodeStarts: [0, 25],
      });
      for (let k = 0; k < 50; k++) await encoder.write(new Uint8Array(3 * 32 * 16).fill((91 * k) % 256));
      await encoder.finish();
    }

    const [once, again] = files.map((file) => readFileSync(file));
    expect(once?.equals(again ?? Buffer.alloc(0))).toBe(true);
  });

  it('gives ffmpeg’s own words when it cannot write', async () => {
    const encoder = new VideoEncoder(findFfmpeg(), join(folder, 'missing', 'video.mp4'), {
      width: 32,
      height: 16,
      rateHz: 30,
      episodeStarts: [0],
    });
    await encoder.write(new Uint8Array(3 * 32 * 16));

    await expect(encoder.finish()).rejects.toThrow(/No such file/);
  });
});
