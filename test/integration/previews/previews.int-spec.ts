import { spawn } from 'node:child_process';
import { cp, mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import type { INestApplicationContext } from '@nestjs/common';
import { MediaLook } from '@app/catalog';
import { Database } from '@app/database';
import { readMp4 } from '@app/formats';
import { systemContext } from '@app/kernel';
import { PreviewGate, PreviewQueries } from '@app/previews';
import { ObjectStore } from '@app/storage';
import { bufferSource } from '../../support/file-trees.js';
import { OpenMarket } from '../../support/open-market.js';
import type { Party } from '../../support/open-market.js';
import { publishFolder, sampleFolder } from '../../support/published-set.js';
import type { PublishedSet } from '../../support/published-set.js';
import { describeWithSharedData, sharedData } from '../../support/shared-data.js';
import { lookOrderOf } from './look-order.js';
import { differenceIn, grayFrames, topBoxes } from './pixels.js';

const SAMPLES = `query($id: ID!) { version(datasetId: $id) {
  frames durationS
  samples { episode sourceKey frames durationS series
    cameras { camera poster { url width height } sheet { url width height } clip { url width height fps frames durationS } } }
  charts } }`;

interface Clip {
  readonly url: string;
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  readonly frames: number;
  readonly durationS: number;
}
interface Sample {
  readonly episode: number;
  readonly sourceKey: string;
  readonly frames: number;
  readonly series: { signals: { key: string; channels: { name: string; times: number[]; values: number[] }[] }[] };
  readonly cameras: { camera: string; poster: Clip; sheet: Clip; clip: Clip }[];
}

const MARK = { left: 160, top: 218, right: 310, bottom: 234 };
const FREE = { left: 0, top: 0, right: 320, bottom: 200 };
const ctx = systemContext('test');

describeWithSharedData('previews of a version', () => {
  let market: OpenMarket;
  let worker: INestApplicationContext;
  let store: ObjectStore;
  let database: Database;
  let folder: string;
  let provider: Party;
  let buyer: Party;
  let sets: Record<'g1' | 'sorting', PublishedSet>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bodega-previews-'));
    market = await OpenMarket.open();
    if (!market.worker) throw new Error('The market has no worker.');
    worker = market.worker;
    store = worker.get(ObjectStore, { strict: false });
    database = worker.get(Database);
    provider = await market.party({ isProvider: true });
    buyer = await market.party({ isBuyer: true });
    const [g1, sorting] = await Promise.all([
      publishFolder(market, provider, {
        folder: sharedData('lerobot-v30-unitree-g1/subset-4ep'),
        name: 'g1',
        extra: ['--terms', 'MIT'],
      }),
      publishFolder(market, provider, { folder: sampleFolder('sorting'), name: 'sorting' }),
    ]);
    sets = { g1, sorting };
  });
  afterAll(async () => {
    await market?.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function versionOf(set: PublishedSet, apiKey = provider.apiKey) {
    const { version } = await market.must(SAMPLES, { id: set.datasetId }, apiKey);
    return version as { frames: number; durationS: number; samples: Sample[]; charts: Record<string, unknown> };
  }

  async function bytesOf(url: string): Promise<Buffer> {
    const response = await fetch(url);
    expect(response.status).toBe(200);
    return Buffer.from(await response.arrayBuffer());
  }

  const rowsOf = (versionId: string) =>
    database.query<{ kind: string; object_key: string | null }>(
      ctx,
      'select kind, episode, camera, object_key from previews where version_id = $1 order by kind, episode, camera',
      [versionId],
    );
  async function objectsOf(versionId: string): Promise<string[]> {
    const keys: string[] = [];
    for await (const { key } of store.list(`previews/${versionId}/`)) keys.push(key);
    return keys;
  }

  it.each(['g1', 'sorting'] as const)('show no more of %s than the policy allows', async (name) => {
    const { frames, durationS, samples } = await versionOf(sets[name]);

    expect(samples.length).toBeGreaterThanOrEqual(1);
    expect(samples.length).toBeLessThanOrEqual(3);
    const cameras = new Set(samples.flatMap((sample) => sample.cameras.map(({ camera }) => camera)));
    expect(cameras.size).toBe(name === 'g1' ? 1 : 2);
    for (const camera of cameras) {
      const shown = samples.flatMap((sample) => sample.cameras.filter((one) => one.camera === camera));
      const shownFrames = shown.reduce((sum, { clip }) => sum + clip.frames, 0);
      expect(shownFrames).toBeLessThanOrEqual(Math.max(frames * 0.1, (5 * frames) / durationS));
      for (const { clip } of shown) expect([clip.durationS <= 60, clip.height <= 240]).toEqual([true, true]);
    }
  });

  it.each(['g1', 'sorting'] as const)(
    'of %s are clips with the frames, rate and pictures of the source',
    async (name) => {
      const { samples } = await versionOf(sets[name]);

      for (const sample of samples) {
        for (const { camera, clip } of sample.cameras) {
          const bytes = await bytesOf(clip.url);
          const video = await readMp4(bufferSource(bytes));
          expect(video).toMatchObject({
            codec: 'h264',
            pixFmt: 'yuv420p',
            frames: clip.frames,
            width: 320,
            height: 240,
          });
          expect(video.fps).toBeCloseTo(30, 6);
          expect(clip).toMatchObject({ fps: 30, durationS: clip.frames / 30 });
          expect(topBoxes(bytes).indexOf('moov')).toBeLessThan(topBoxes(bytes).indexOf('mdat'));
          const keys = Array.from(video.ptsS).filter((_, i) => video.isKey(i));
          for (const time of video.ptsS)
            expect(time - Math.max(...keys.filter((key) => key <= time))).toBeLessThan(0.5);

          const [span] = await database.query<{ path: string; from: number }>(
            ctx,
            `select f ->> 'path' as path, (f ->> 'from')::int as "from" from episodes e, jsonb_array_elements(e.files) f
            where e.version_id = $1 and e.idx = $2 and f ->> 'kind' = 'video' and position(f ->> 'camera' in $3) > 0`,
            [sets[name].versionId, sample.episode, camera],
          );
          const root = name === 'g1' ? sharedData('lerobot-v30-unitree-g1/subset-4ep') : sampleFolder('sorting');
          const clipPath = join(folder, 'clip.mp4');
          await writeFile(clipPath, bytes);
          const at = [0, Math.floor(clip.frames / 2), clip.frames - 1];
          const from = span?.from ?? 0;
          const source = await grayFrames(
            join(root, span?.path ?? ''),
            320,
            240,
            at.map((frame) => from + frame),
          );
          const shown = await grayFrames(clipPath, 320, 240, at);
          expect([shown.length, source.length]).toEqual([3, 3]);
          for (const [i, a] of shown.entries()) {
            const b = source[i] ?? Buffer.alloc(0);
            expect(differenceIn(a, b, 320, FREE)).toBeLessThan(5);
            expect(differenceIn(a, b, 320, MARK)).toBeGreaterThan(20);
          }
        }
      }
    },
  );

  it('have posters and sheets as WebP, behind URLs that die after five minutes and are marked as ours', async () => {
    const { samples } = await versionOf(sets.sorting);

    const [camera] = samples[0]?.cameras ?? [];
    for (const picture of [camera?.poster, camera?.sheet]) {
      const url = new URL(picture?.url ?? '');
      expect(url.searchParams.get('X-Amz-Expires')).toBe('300');
      expect(url.searchParams.get('x-bodega-internal')).toBe(`preview/${sets.sorting.versionId}`);
      expect((await bytesOf(url.href)).toString('latin1', 8, 12)).toBe('WEBP');
    }
    expect(camera).toMatchObject({ poster: { width: 320, height: 240 }, sheet: { width: 640, height: 360 } });
  });

  it('have signals and charts that were measured', async () => {
    const { samples, charts } = await versionOf(sets.sorting);

    for (const { series } of samples) {
      expect(series.signals.map(({ key }) => key)).toEqual(expect.arrayContaining(['action', 'observation.state']));
      for (const { times, values } of series.signals.flatMap(({ channels }) => channels)) {
        expect(times.length).toBeLessThanOrEqual(300);
        expect(values).toHaveLength(times.length);
        expect(Math.max(...times)).toBeLessThanOrEqual(60);
      }
    }
    const { outcomes, quantiles, histograms } = charts as {
      outcomes: { success: number; failure: number; unknown: number };
      quantiles: { key: string; q50: number }[];
      histograms: { key: string; counts: number[] }[];
    };
    expect(outcomes.success + outcomes.failure + outcomes.unknown).toBe(10);
    expect(quantiles.map(({ key }) => key)).toEqual(expect.arrayContaining(['action', 'observation.state']));
    expect(histograms.map(({ key }) => key)).toEqual(expect.arrayContaining(['action', 'observation.state']));
  });

  it('ask for the signals of all sample episodes at once', async () => {
    const spy = jest.spyOn(market.api.get(PreviewQueries, { strict: false }), 'seriesOf');

    const { samples } = await versionOf(sets.sorting);

    expect(samples.length).toBeGreaterThan(1);
    expect(spy).toHaveBeenCalledTimes(1);
    spy.mockRestore();
  });

  it('are shown to whom the gate lets through, and to nobody else', async () => {
    expect((await versionOf(sets.g1, buyer.apiKey)).samples.length).toBeGreaterThan(0);
    const gate = jest.spyOn(market.api.get(PreviewGate, { strict: false }), 'mayLook').mockResolvedValue(new Set());

    const { samples, charts } = await versionOf(sets.g1, buyer.apiKey);

    gate.mockRestore();
    expect({ samples, charts }).toEqual({ samples: [], charts: null });
  });

  it('are replaced as a whole when made again, and leave no object behind', async () => {
    const { versionId } = sets.g1;
    const before = await rowsOf(versionId);

    const { findings } = await worker.get(MediaLook, { strict: false }).look(ctx, await lookOrderOf(worker, versionId));

    expect(findings).toEqual([]);
    const after = await rowsOf(versionId);
    expect(after.map(({ kind }) => kind)).toEqual(before.map(({ kind }) => kind));
    const keys = after.flatMap(({ object_key }) => object_key ?? []);
    expect(keys.some((key) => before.some(({ object_key }) => object_key === key))).toBe(false);
    expect(await objectsOf(versionId)).toEqual([...keys].sort());
  });

  it('stay whole when their worker is killed with -9 while it makes them again', async () => {
    const { versionId } = sets.sorting;
    const before = await rowsOf(versionId);
    const known = new Set(await objectsOf(versionId));
    const child = spawn(
      process.execPath,
      [
        '--no-warnings',
        '--import=#typescript',
        fileURLToPath(new URL('./look-process.ts', import.meta.url)),
        versionId,
      ],
      { env: { PATH: process.env['PATH'], ...market.environment }, stdio: ['ignore', 'inherit', 'inherit'] },
    );
    const isGone = new Promise((resolve) => child.once('exit', resolve));
    for (const until = Date.now() + 100_000; Date.now() < until;) {
      if ((await objectsOf(versionId)).some((key) => !known.has(key))) break;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }

    child.kill('SIGKILL');
    await isGone;

    expect(child.signalCode).toBe('SIGKILL');
    expect(await rowsOf(versionId)).toEqual(before);
    const objects = new Set(await objectsOf(versionId));
    expect(objects.size).toBeGreaterThan(known.size);
    for (const { object_key } of before) if (object_key) expect(objects).toContain(object_key);
    await worker.get(MediaLook, { strict: false }).look(ctx, await lookOrderOf(worker, versionId));
    expect((await objectsOf(versionId)).length).toBe(known.size);
  });

  it('are no excuse for a video that does not decode: the version is refused, with its file', async () => {
    const copy = join(folder, 'broken');
    await cp(sharedData('lerobot-v30-unitree-g1/subset-4ep'), copy, { recursive: true });
    const path = 'videos/observation.images.cam_high/chunk-000/file-001.mp4';
    await rm(join(copy, path));
    await cp(sharedData(`lerobot-v30-unitree-g1/subset-4ep/${path}`), join(copy, path));
    const file = await open(join(copy, path), 'r+').catch(async () => {
      throw new Error('The copy cannot be written.');
    });
    await file.write(Buffer.alloc(300, 0xa5), 0, 300, 400_000);
    await file.close();

    const run = await market.cli(['publish', copy, '--name', `${provider.slug}/broken`, '--json'], provider);

    expect(run.code).not.toBe(0);
    const [row] = await database.query<{ report: { findings: unknown[] }; status: string }>(
      ctx,
      `select v.report, v.status from dataset_versions v join datasets d on d.id = v.dataset_id where d.slug = $1`,
      [`${provider.slug}/broken`],
    );
    expect(row?.status).toBe('rejected');
    expect(JSON.stringify(row?.report)).toContain('VIDEO_UNDECODABLE');
  });
});
