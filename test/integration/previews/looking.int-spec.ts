import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import sharp from 'sharp';
import { findFfmpeg } from '@app/cages';
import type { Ffmpeg, SignedFileTree } from '@app/cages';
import { readMp4 } from '@app/formats';
import type { CameraSpec, DatasetSource, EpisodeItem, Finding, ImageItem, SourceEpisode } from '@app/formats';
import { renderVideo } from '../../../libs/previews/src/drawing/render-video.js';
import { lookAtVideos } from '../../../libs/previews/src/look/look-at-videos.js';
import type { VideoTask } from '../../../libs/previews/src/look/look-at-videos.js';
import type { DrawnPicture, PreviewMessage } from '../../../libs/previews/src/look/look.types.js';
import { readSample } from '../../../libs/previews/src/look/sample-tracks.js';
import { bufferSource, MemoryFileTree } from '../../support/file-trees.js';
import { makeRecording } from '../../support/recordings.js';
import { describeWithSharedData, sharedData } from '../../support/shared-data.js';
import { grayFrames, mean } from './pixels.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bodega-looking-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function systemFfmpeg(): Promise<Ffmpeg> {
  const ffmpeg = await findFfmpeg();
  if (!ffmpeg) throw new Error('No ffmpeg.');
  return ffmpeg;
}

/** Files in memory, with local copies in the folder of the test. */
function treeOf(contents: Record<string, Buffer>): SignedFileTree {
  const memory = new MemoryFileTree(new Map(Object.entries(contents)));
  return {
    files: memory.files,
    open: (path) => memory.open(path),
    localPath: async (path) => {
      const to = join(folder, `copy-${path}`);
      await writeFile(to, contents[path] ?? Buffer.alloc(0));
      return to;
    },
    release: (path) => rm(join(folder, `copy-${path}`), { force: true }),
    close: () => Promise.resolve(),
  };
}

async function look(contents: Record<string, Buffer>, samples: VideoTask['samples'] = []) {
  const findings: Finding[] = [];
  const pictures: DrawnPicture[] = [];
  const tasks = Object.keys(contents).map((path) => ({ path, camera: 'top', samples }));
  await lookAtVideos(tasks, {
    tree: treeOf(contents),
    ffmpeg: await systemFfmpeg(),
    folder,
    say: async (message: PreviewMessage) => {
      if (message.kind === 'finding') findings.push(message.finding);
      if (message.kind === 'picture') pictures.push(message.picture);
    },
  });
  return { findings, pictures };
}

describeWithSharedData('looking at the videos of a version', () => {
  const path = (name: string): string => sharedData(name);
  const h264 = (): Promise<Buffer> => readFile(path('mp4-rollouts/aloha-success.mp4'));
  const av1 = (): Promise<Buffer> =>
    readFile(path('lerobot-v21-unitree-g1/subset-8ep/videos/chunk-000/observation.images.cam_high/episode_000003.mp4'));

  it('finds nothing in sound videos of every codec at hand, and leaves nothing behind', async () => {
    const mpeg4 = await readFile(
      path('lerobot-malformed-franka/dataset/videos/chunk-000/observation.images.top/episode_000000.mp4'),
    );
    const tiny = await readFile(
      path('lerobot-tiny-fixtures/lerobotv3/videos/observation.images.cam/chunk-000/file-000.mp4'),
    );

    const { findings } = await look({ 'a.mp4': await h264(), 'b.mp4': await av1(), 'c.mp4': mpeg4, 'd.mp4': tiny });

    expect(findings).toEqual([]);
    expect(await readdir(folder)).toEqual([]);
  });

  it('draws a sample that reaches behind the end as far as the file goes, and skips one that begins there', async () => {
    const sample = { episode: 7, camera: 'observation.images.top' };
    const { pictures } = await look({ 'a.mp4': await h264() }, [
      { ...sample, name: 'e7-c0', fromFrame: 60, toFrame: 500 },
      { ...sample, name: 'e8-c0', fromFrame: 72, toFrame: 90 },
    ]);

    expect(
      pictures.map(({ kind, file, episode, frames, fps, durationS }) => [kind, file, episode, frames, fps, durationS]),
    ).toEqual([
      ['poster', 'e7-c0-poster.webp', 7, null, null, null],
      ['sheet', 'e7-c0-sheet.webp', 7, null, null, null],
      ['clip', 'e7-c0-clip.mp4', 7, 12, 12, 1],
    ]);
  });

  it('finds flipped bytes, a missing moov, a cut end and foreign bytes, each in its file', async () => {
    const sound = await av1();
    const flipped = Buffer.from(sound);
    for (let i = 0; i < 40; i += 1) flipped.writeUInt8(flipped.readUInt8(200_000 + i) ^ 0xff, 200_000 + i);
    const moov = sound.lastIndexOf('moov') - 4;

    const { findings } = await look({
      'cut.mp4': sound.subarray(0, sound.length - 5_000),
      'flipped.mp4': flipped,
      'nomoov.mp4': sound.subarray(0, moov),
      'other.mp4': Buffer.from('#EXTM3U\nhttp://127.0.0.1/secret\n'),
      'sound.mp4': sound,
    });

    const byPath = [...findings].sort((a, b) => ((a.path ?? '') < (b.path ?? '') ? -1 : 1));
    expect(byPath.map(({ code, severity, path: at, camera }) => [code, severity, at, camera])).toEqual([
      ['VIDEO_UNDECODABLE', 'error', 'cut.mp4', 'top'],
      ['VIDEO_UNDECODABLE', 'error', 'flipped.mp4', 'top'],
      ['VIDEO_UNDECODABLE', 'error', 'nomoov.mp4', 'top'],
      ['NOT_DECODED', 'warning', 'other.mp4', 'top'],
    ]);
  });

  it('answers any mutation with a finding or none, never with an error', async () => {
    const sound = await h264();
    const mutation = fc.array(fc.record({ at: fc.nat({ max: sound.length - 1 }), bit: fc.nat({ max: 7 }) }), {
      minLength: 1,
      maxLength: 30,
    });
    await fc.assert(
      fc.asyncProperty(mutation, fc.nat({ max: sound.length }), fc.boolean(), async (flips, end, isCut) => {
        const bytes = Buffer.from(sound);
        for (const { at, bit } of flips) bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << bit), at);

        const { findings } = await look({ 'a.mp4': isCut ? bytes.subarray(0, end) : bytes }, [
          { name: 'e0-c0', episode: 0, camera: 'top', fromFrame: 0, toFrame: 30 },
        ]);

        for (const { code, path: at } of findings)
          expect([['VIDEO_UNDECODABLE', 'NOT_DECODED'].includes(code), at]).toEqual([true, 'a.mp4']);
        expect(await readdir(folder)).toEqual([]);
      }),
      { numRuns: 25 },
    );
  });

  it('goes on with the store’s fault, so that the job is tried again', async () => {
    const tree = treeOf({ 'a.mp4': await h264() });
    const fault = new Error('The store answered 503 to a range read.');
    const tools = { tree: { ...tree, open: () => Promise.reject(fault) }, ffmpeg: await systemFfmpeg(), folder };

    await expect(
      lookAtVideos([{ path: 'a.mp4', camera: 'top', samples: [] }], { ...tools, say: () => Promise.resolve() }),
    ).rejects.toBe(fault);
  });
});

const pick = { index: 0, sourceKey: 'a', frames: 60, durationS: 2, shownFrames: 45, shownS: 1.5 };
const camera = (more: Partial<CameraSpec> = {}): CameraSpec => ({
  key: 'top',
  name: 'top',
  kind: 'rgb',
  carrier: 'images',
  width: null,
  height: null,
  nominalRateHz: 30,
  clock: 'frames',
  declaredCodec: null,
  ...more,
});

/** A dataset of one episode with the given items. */
function sourceOf(cameras: readonly CameraSpec[], items: () => AsyncIterable<EpisodeItem>) {
  const episode: SourceEpisode = {
    ...{ index: 0, sourceKey: 'a', tasks: [], outcome: null, outcomeSource: null, announcedFrames: null },
    ...{ startedAt: null, operator: null, scene: null, files: [], items },
  };
  const nothing = { value: null, reason: 'made up' };
  const source: DatasetSource = {
    head: {
      ...{ format: 'hdf5', formatVersion: 'test', fps: nothing, robotType: nothing, collectionMethod: nothing },
      ...{ reality: nothing, signals: [], cameras, tasks: [], referenceKey: null, announcedEpisodes: 1 },
    },
    episodes: async function* () {
      yield episode;
    },
    close: () => Promise.resolve(),
  };
  return { source, episode };
}

async function tracksOf(cameras: readonly CameraSpec[], items: () => AsyncIterable<EpisodeItem>) {
  const { source, episode } = sourceOf(cameras, items);
  return (await readSample(source, episode, pick, folder)).tracks;
}

describe('pictures of a sample episode', () => {
  const [recorded] = makeRecording({ episodes: 1, frames: 60 });
  const pictures = recorded?.images['top'] ?? [];
  const image = (bytes: Uint8Array, more: Partial<ImageItem> = {}): ImageItem => ({
    ...{ kind: 'image', camera: 'top', timeS: null, encoding: 'rgb8', width: 64, height: 48, bytes, ...more },
  });
  const jpegOf = (rgb: Uint8Array) =>
    sharp(rgb, { raw: { width: 64, height: 48, channels: 3 } })
      .jpeg({ quality: 95 })
      .toBuffer();
  const lumaOf = (rgb: Uint8Array): Buffer =>
    Buffer.from(
      Array.from(
        { length: rgb.length / 3 },
        (_, i) => 0.299 * (rgb[3 * i] ?? 0) + 0.587 * (rgb[3 * i + 1] ?? 0) + 0.114 * (rgb[3 * i + 2] ?? 0),
      ),
    );
  const clipOf = async (track: unknown) => {
    const { path, frames, width, height } = track as { path: string; frames: number; width: number; height: number };
    const input = { path, frames, width, height, demuxer: 'mjpeg' as const, rate: { num: 30, den: 1 } };
    const verdict = await renderVideo(await systemFfmpeg(), input, [{ name: 'a', fromFrame: 0, toFrame: frames }], {
      folder,
    });
    const bytes = await readFile(join(folder, 'a-clip.mp4'));
    return { verdict, video: await readMp4(bufferSource(bytes)), path: join(folder, 'a-clip.mp4') };
  };

  it.each(['rgb8', 'bgr8', 'jpeg', 'png'] as const)(
    'in %s become a clip of the shown frames, in their colours',
    async (encoding) => {
      const tracks = await tracksOf([camera()], async function* () {
        for (const rgb of pictures) {
          const png = sharp(rgb, { raw: { width: 64, height: 48, channels: 3 } }).png();
          const bgr = rgb.slice();
          for (let i = 0; i < bgr.length; i += 3) bgr.set([rgb[i + 2] ?? 0, rgb[i + 1] ?? 0, rgb[i] ?? 0], i);
          const bytes = {
            rgb8: rgb,
            bgr8: bgr,
            jpeg: encoding === 'jpeg' ? await jpegOf(rgb) : rgb,
            png: await png.toBuffer(),
          };
          yield image(bytes[encoding], { encoding });
        }
      });

      expect(tracks).toMatchObject([{ kind: 'pictures', frames: 45, width: 64, height: 48 }]);
      const { verdict, video, path } = await clipOf(tracks[0]);
      expect(verdict).toMatchObject({ kind: 'decoded', frames: 45 });
      expect(video).toMatchObject({ frames: 45, width: 64, height: 48 });
      const clip = await grayFrames(path, 64, 48);
      for (const at of [0, 20, 44]) {
        const gray = lumaOf(pictures[at] ?? Buffer.alloc(0));
        const top = (frame: Buffer): Buffer => frame.subarray(0, 64 * 30);
        expect(Math.abs(mean(top(clip[at] ?? Buffer.alloc(64 * 48))) - mean(top(gray)))).toBeLessThan(3);
      }
    },
  );

  it('with times of their own end by the second, and stop the reading', async () => {
    let read = 0;
    const tracks = await tracksOf([camera({ clock: 'own' })], async function* () {
      for (const [at, rgb] of pictures.entries()) {
        read += 1;
        yield image(rgb, { timeS: at / 20 });
      }
    });

    expect(tracks).toMatchObject([{ kind: 'pictures', frames: 30 }]);
    expect(read).toBe(31);
  });

  it('that hold depths are drawn from near and bright to far and dark', async () => {
    const depths = Uint16Array.from({ length: 64 * 48 }, (_, i) => (i % 64 < 4 ? 0 : 500 + 20 * (i % 64)));
    const tracks = await tracksOf([camera({ kind: 'depth' })], async function* () {
      yield image(new Uint8Array(depths.buffer), { encoding: 'gray16le' });
    });

    const [frame = Buffer.alloc(0)] = await grayFrames((await clipOf(tracks[0])).path, 64, 48);
    expect(frame[64 * 10 + 8]).toBeGreaterThan(200);
    expect(frame[64 * 10 + 60]).toBeLessThan(80);
  });

  it('that are upside down in the source are turned', async () => {
    const rgb = Buffer.alloc(64 * 48 * 3, 10).fill(250, 0, 64 * 10 * 3);
    const tracks = await tracksOf([camera({ isFlipped: true })], async function* () {
      yield image(rgb);
    });

    const [frame = Buffer.alloc(0)] = await grayFrames((await clipOf(tracks[0])).path, 64, 48);
    expect(frame[64 * 3 + 5]).toBeLessThan(60);
    expect(frame[64 * 44 + 5]).toBeGreaterThan(200);
  });

  it.each<[string, () => Promise<ImageItem>, string]>([
    [
      'cut',
      async () => image((await jpegOf(pictures[0] ?? Buffer.alloc(0))).subarray(0, 400), { encoding: 'jpeg' }),
      'broken',
    ],
    ['empty', async () => image(new Uint8Array(0), { encoding: 'png' }), 'broken'],
    ['too short', async () => image(new Uint8Array(100)), 'broken'],
    ['a billion pixels wide', async () => image(new Uint8Array(100), { width: 1e6, height: 1e6 }), 'broken'],
    ['in a coding that is not known here', async () => image(new Uint8Array(100), { encoding: 'jxl' }), 'unknown'],
  ])('that are %s are reported, and nothing is drawn', async (_, make, kind) => {
    const bad = await make();
    const tracks = await tracksOf([camera()], async function* () {
      yield image(pictures[0] ?? Buffer.alloc(0));
      yield bad;
      yield image(pictures[1] ?? Buffer.alloc(0));
    });

    expect(tracks).toMatchObject([{ kind, camera: 'top' }]);
  });
});
