import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { findFfmpeg, runTool } from '@app/cages';
import type { DatasetSource } from '@app/formats';
import { bufferSource } from '../../support/file-trees.js';
import { makeRecording } from '../../support/recordings.js';
import { fakeSource } from './fake-source.js';
import { Workshop } from './making.js';
import { expectV21, expectV30 } from './to-the-letter.js';

const recording = makeRecording({ episodes: 2, frames: 30, cameras: ['top'] });
const pictures = recording.flatMap((episode) => [...(episode.images.top ?? [])]);
const workshop = new Workshop();
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bodega-video-'));
});
afterAll(async () => {
  await workshop.clean();
  await rm(folder, { recursive: true, force: true });
});

/** All pictures of the recording in one mp4, coded as told. */
async function film(name: string, coding: readonly string[], frames = pictures): Promise<Uint8Array> {
  const ffmpeg = await findFfmpeg();
  const path = join(folder, `${name}.mp4`);
  const input = ['-f', 'rawvideo', '-pix_fmt', 'rgb24', '-s', '64x48', '-r', '30', '-i', 'pipe:0'];
  const args = ['-v', 'error', '-y', ...input, '-c:v', 'libx264', '-crf', '12', '-pix_fmt', 'yuv420p', ...coding, path];
  const stdin = (async function* () {
    yield* frames;
  })();
  const { code, stderr } = await runTool(ffmpeg?.path ?? 'ffmpeg', args, { wallMs: 60_000, stdin });
  if (code !== 0) throw new Error(stderr);
  return new Uint8Array(await readFile(path));
}

/** The recording with its pictures in coded files: one span per episode. */
function filmed(spans: readonly { path: string; fromFrame: number; toFrame: number | null }[]): DatasetSource {
  let episode = -1;
  const source = fakeSource(recording, {
    change: (item, index) => {
      if (item.kind !== 'image') return item;
      if (episode === index) return null;
      episode = index;
      const span = spans[index];
      return span ? { kind: 'video', camera: item.camera, ...span } : null;
    },
  });
  const [camera] = source.head.cameras;
  if (!camera) throw new Error('There is no camera.');
  return {
    ...source,
    head: { ...source.head, cameras: [{ ...camera, carrier: 'video' }] },
    episodes: (only) => {
      episode = -1;
      return source.episodes(only);
    },
  };
}

const two = [
  { path: 'a.mp4', fromFrame: 0, toFrame: 30 },
  { path: 'a.mp4', fromFrame: 30, toFrame: 63 },
];

async function expectPictures(decoded: readonly Uint8Array[], wanted: readonly Uint8Array[]): Promise<void> {
  expect(decoded).toHaveLength(wanted.length);
  for (const [k, picture] of decoded.entries()) {
    const differences = picture.reduce((sum, value, i) => sum + Math.abs(value - (wanted[k]?.[i] ?? 0)), 0);
    expect(differences / picture.length).toBeLessThan(6);
  }
}

describe('coded video of another format', () => {
  it('is copied where episodes start at key frames', async () => {
    const mp4 = await film('short', ['-g', '3', '-bf', '0', '-sc_threshold', '0']);
    const made = await workshop.ofSource(filmed(two), 'lerobot_v3.0', () => Promise.resolve(bufferSource(mp4)));

    expect(made.loss).toMatchObject({ lossless: true, losses: [] });
    await expectV30(made);
    const path = 'videos/observation.images.top/chunk-000/file-000.mp4';
    await expectPictures(await workshop.decode(made, path, 64, 48), pictures);
  });

  it('is encoded again where an episode starts between key frames, and shows that episode only', async () => {
    const mp4 = await film('long', ['-g', '250', '-bf', '0', '-sc_threshold', '0']);
    const made = await workshop.ofSource(filmed(two), 'lerobot_v2.1', () => Promise.resolve(bufferSource(mp4)));

    expect(made.loss.losses).toEqual([
      expect.objectContaining({ what: 'video_reencoded', stream: 'cam/top', episodes: 1 }),
    ]);
    await expectV21(made);
    const path = (e: number): string => `videos/chunk-000/observation.images.top/episode_00000${e}.mp4`;
    await expectPictures(await workshop.decode(made, path(0), 64, 48), pictures.slice(0, 30));
    await expectPictures(await workshop.decode(made, path(1), 64, 48), pictures.slice(30));
  });

  it('keeps frames that are coded out of order in their order', async () => {
    const mp4 = await film('reordered', ['-g', '30', '-bf', '2', '-sc_threshold', '0', '-flags', '+cgop']);
    const made = await workshop.ofSource(filmed(two), 'lerobot_v3.0', () => Promise.resolve(bufferSource(mp4)));

    await expectV30(made);
    const files = made.files.filter((file) => file.path.endsWith('.mp4'));
    const decoded: Buffer[] = [];
    for (const { path } of files) decoded.push(...(await workshop.decode(made, path, 64, 48)));
    await expectPictures(decoded, pictures);
  });

  it('is cut or held at its end where it has another number of frames than rows', async () => {
    const mp4 = await film('whole', ['-g', '3', '-bf', '0', '-sc_threshold', '0']);
    const spans = [
      { path: 'a.mp4', fromFrame: 0, toFrame: 33 },
      { path: 'a.mp4', fromFrame: 33, toFrame: null },
    ];
    const made = await workshop.ofSource(filmed(spans), 'lerobot_v3.0', () => Promise.resolve(bufferSource(mp4)));

    await expectV30(made);
    const fitted = made.loss.losses.find((line) => line.what === 'video_fitted');
    expect(fitted).toMatchObject({ episodes: 2, figures: { framesCut: 3, framesRepeated: 3 } });
  });

  it('is refused where it cannot be decoded', async () => {
    const mp4 = await film('broken', ['-g', '250', '-bf', '0', '-sc_threshold', '0']);
    mp4.fill(0xff, mp4.length / 3, (mp4.length * 2) / 3);

    const making = workshop.ofSource(filmed(two), 'lerobot_v3.0', () => Promise.resolve(bufferSource(mp4)));

    await expect(making).rejects.toThrow(
      /Episode \d cannot be standardized: its video of camera top cannot be decoded/,
    );
  });
});
