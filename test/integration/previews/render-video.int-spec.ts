import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ffmpegAt, findFfmpeg, runTool } from '@app/cages';
import type { Ffmpeg } from '@app/cages';
import { readMp4 } from '@app/formats';
import { renderVideo } from '../../../libs/previews/src/drawing/render-video.js';
import type { VideoInput } from '../../../libs/previews/src/drawing/render-video.js';
import { bufferSource } from '../../support/file-trees.js';
import { differenceIn, grayFrames, mean, topBoxes } from './pixels.js';

const FRAMES = 80;
const SIZE = { width: 640, height: 480 };
const brightnessOf = (frame: number): number => 10 + 3 * frame;

describe.each(['the system', 'the packages'])('drawing a video with the ffmpeg of %s', (where) => {
  let folder: string;
  let ffmpeg: Ffmpeg;
  let input: VideoInput;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bodega-render-'));
    const found = where === 'the system' ? await findFfmpeg() : null;
    ffmpeg = found ?? (await ffmpegAt((await import('@ffmpeg-installer/ffmpeg')).default.path));
    // Each frame is three levels brighter than the last; times are odd on purpose, with a hole behind frame 50.
    const path = join(folder, 'source.mp4');
    const frames = (async function* () {
      for (let i = 0; i < FRAMES; i += 1) yield Buffer.alloc(SIZE.width * SIZE.height, brightnessOf(i));
    })();
    const made = await runTool(
      ffmpeg.path,
      [
        ...['-v', 'error', '-f', 'rawvideo', '-pix_fmt', 'gray', '-s', '640x480', '-r', '15', '-i', 'pipe:0'],
        ...[
          '-vf',
          "setpts='if(gt(N,50),N+7,N)/15/TB'",
          '-vsync',
          '0',
          '-pix_fmt',
          'yuv420p',
          '-c:v',
          'libx264',
          '-g',
          '60',
          path,
        ],
      ],
      { wallMs: 60_000, stdin: frames },
    );
    expect(made.stderr).toBe('');
    input = { path, demuxer: 'mov', rate: { num: 15, den: 1 }, frames: FRAMES, ...SIZE };
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const spanOf = (name: string, fromFrame: number, toFrame: number) => ({ name, fromFrame, toFrame });

  it('shows exactly the frames of each span, at the rate of the source', async () => {
    const spans = [spanOf('one', 0, 40), spanOf('two', 45, 58), spanOf('three', 79, 80)];

    const verdict = await renderVideo(ffmpeg, input, spans, { folder });

    expect(verdict).toMatchObject({ kind: 'decoded', frames: FRAMES });
    for (const { name, fromFrame, toFrame } of spans) {
      const path = join(folder, `${name}-clip.mp4`);
      const bytes = await readFile(path);
      const video = await readMp4(bufferSource(bytes));
      expect(video).toMatchObject({
        codec: 'h264',
        pixFmt: 'yuv420p',
        width: 320,
        height: 240,
        frames: toFrame - fromFrame,
      });
      expect([...video.ptsS]).toEqual(Array.from(video.ptsS, (_, i) => expect.closeTo(i / 15, 6)));
      expect(topBoxes(bytes).indexOf('moov')).toBeLessThan(topBoxes(bytes).indexOf('mdat'));
      const keys = Array.from(video.ptsS).filter((_, i) => video.isKey(i));
      for (const time of video.ptsS) expect(time - Math.max(...keys.filter((key) => key <= time))).toBeLessThan(0.5);
      // The upper half is free of the mark.
      const shown = (await grayFrames(path, 320, 240)).map((frame) => mean(frame.subarray(0, 320 * 120)));
      for (const [i, brightness] of shown.entries())
        expect(Math.abs(brightness - brightnessOf(fromFrame + i))).toBeLessThan(1.5);
    }
  });

  it('draws the middle as poster and twelve pictures as sheet', async () => {
    await renderVideo(ffmpeg, input, [spanOf('still', 12, 72)], { folder });

    const [poster] = await grayFrames(join(folder, 'still-poster.webp'), 320, 240);
    const [sheet] = await grayFrames(join(folder, 'still-sheet.webp'), 640, 360);
    expect(Math.abs(mean(poster ?? Buffer.alloc(1)) - brightnessOf(42))).toBeLessThan(2);
    const tiles = Array.from({ length: 12 }, (_, tile) => {
      const at = (Math.floor(tile / 4) * 120 + 60) * 640 + (tile % 4) * 160 + 80;
      return sheet?.[at] ?? 0;
    });
    for (const [tile, brightness] of tiles.entries())
      expect(Math.abs(brightness - brightnessOf(12 + 5 * tile))).toBeLessThan(3);
  });

  it('writes our name into the clip', async () => {
    await renderVideo(ffmpeg, input, [spanOf('marked', 0, 10)], { folder });

    const [clip = Buffer.alloc(0)] = await grayFrames(join(folder, 'marked-clip.mp4'), 320, 240);
    const plain = Buffer.alloc(320 * 240, brightnessOf(0));
    const marked = differenceIn(clip, plain, 320, { left: 160, top: 218, right: 310, bottom: 234 });
    const free = differenceIn(clip, plain, 320, { left: 0, top: 0, right: 320, bottom: 200 });
    expect(free).toBeLessThan(1);
    expect(marked).toBeGreaterThan(20);
  });

  it('finds a broken video, draws nothing of it and leaves nothing', async () => {
    const bytes = await readFile(input.path);
    const { offsets, sizes } = await readMp4(bufferSource(bytes));
    const middle = (offsets[60] ?? 0) + Math.floor((sizes[60] ?? 0) / 2);
    bytes.fill(0xa5, middle - 20, middle + 20);
    const path = join(folder, 'broken.mp4');
    await writeFile(path, bytes);

    const verdict = await renderVideo(ffmpeg, { ...input, path }, [spanOf('bad', 0, 60)], { folder });

    expect(verdict.kind).toBe('undecodable');
    expect(JSON.stringify(verdict)).not.toMatch(/0x[0-9a-f]{6}/);
    expect((await readdir(folder)).filter((name) => name.startsWith('bad'))).toEqual([]);
  });

  it('does not follow a script that calls itself a video', async () => {
    const path = join(folder, 'script.mp4');
    await writeFile(path, `ffconcat version 1.0\nfile '${input.path}'\n`);

    expect(await renderVideo(ffmpeg, { ...input, path }, [], { folder })).toMatchObject({ kind: 'undecodable' });
  });
});
