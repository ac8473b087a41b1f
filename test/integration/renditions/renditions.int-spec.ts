import 'reflect-metadata';
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { VersionType } from '@app/catalog';
import { VersionQueries } from '@app/catalog';
import { commitIdOf, merkleRootOf } from '@app/kernel';
import type { RequestContext } from '@app/kernel';
import { RenditionQueries, RenditionService } from '@app/renditions';
import type { RenditionTarget } from '@app/renditions';
import { ObjectStore } from '@app/storage';
import { MakeRenditionJob } from '../../../libs/renditions/src/making/make-rendition.job.js';
import { toRenditionTypes } from '../../../libs/renditions/src/shelf/rendition.graphql.js';
import { RenditionStore } from '../../../libs/renditions/src/shelf/rendition-store.service.js';
import { Workshop } from '../../conformance/renditions/making.js';
import { fakeSource } from '../../conformance/renditions/fake-source.js';
import { measure } from '../../conformance/lerobot/measuring.js';
import { anonymousContext, userContext } from '../../support/actors.js';
import { DiskFileTree } from '../../support/file-trees.js';
import { makeRecording } from '../../support/recordings.js';
import { RenditionMarket } from './rendition-market.js';

const V30: RenditionTarget = 'lerobot_v3.0';
const HERE = fileURLToPath(new URL('.', import.meta.url));
const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

describe('renditions of a published version', () => {
  const workshop = new Workshop();
  let market: RenditionMarket;
  let folder: string;
  let source: { root: string; tree: DiskFileTree };

  beforeAll(async () => {
    market = await RenditionMarket.open();
    folder = await mkdtemp(join(tmpdir(), 'bodega-rendition-test-'));
    source = await workshop.ofSource(fakeSource(makeRecording({ episodes: 3, frames: 30 })), 'lerobot_v2.1');
  });
  afterAll(async () => {
    await market?.close();
    await workshop.clean();
    await rm(folder, { recursive: true, force: true });
  });

  const make = (versionId: string, target = V30): Promise<void> =>
    market
      .get(MakeRenditionJob)
      .run(
        { versionId, target },
        { ctx: market.ctx, signal: new AbortController().signal, attempt: 1, maxAttempts: 10 },
      );
  const rowsOf = async (versionId: string, ctx: RequestContext = market.ctx) =>
    (await market.get(RenditionQueries).ofVersions(ctx, [versionId])).get(versionId) ?? [];
  const filesOf = (versionId: string, target = V30) =>
    market.get(RenditionQueries).files(market.ctx, versionId, target, { limit: 1000 });
  const jobsOf = (versionId: string) =>
    market.database.query<{ key: string }>(
      market.ctx,
      `select key from graphile_worker.jobs where key like '%' || $1 || '%'`,
      [versionId],
    );

  it('are asked for once, for the forms that the version does not have', async () => {
    const { versionId } = await market.list(source.root, source.tree);
    const service = market.get(RenditionService);

    expect(await service.request(market.ctx, versionId)).toEqual([V30]);
    expect(await service.request(market.ctx, versionId)).toEqual([]);

    expect(await rowsOf(versionId)).toMatchObject([{ target: V30, state: 'queued', commitId: null }]);
    expect(await jobsOf(versionId)).toEqual([{ key: `renditions.make/${versionId}/${V30}` }]);
  });

  it('are whole, content-addressed and proved: what is in the store holds what the source holds', async () => {
    const { versionId } = await market.list(source.root, source.tree);
    await market.get(RenditionService).request(market.ctx, versionId);

    await make(versionId);

    const [row] = await rowsOf(versionId);
    const files = await filesOf(versionId);
    expect(row).toMatchObject({
      state: 'ready',
      error: null,
      filesCount: files.length,
      sizeBytes: files.reduce((sum, file) => sum + file.sizeBytes, 0),
      merkleRoot: merkleRootOf(files),
      commitId: commitIdOf(merkleRootOf(files)),
      loss: { target: V30, lossless: true, losses: [] },
      proof: { isSameContent: true, episodes: { source: 3, rendition: 3 }, filesVerified: files.length },
    });
    expect(row?.proof?.contentRoot.rendition).toBe(row?.proof?.contentRoot.source);
    expect(row?.proof?.statistics?.worstRelative).toBeLessThan(1e-6);
    const home = join(folder, versionId);
    for (const { path, objectKey } of files) {
      await mkdir(dirname(join(home, path)), { recursive: true });
      const chunks: Buffer[] = [];
      for await (const chunk of await market.get(ObjectStore).get(objectKey)) chunks.push(chunk as Buffer);
      await writeFile(join(home, path), Buffer.concat(chunks));
    }
    const [before, after] = [await measure(source.tree), await measure(await DiskFileTree.of(home))];
    expect(after.set.formatVersion).toBe('v3.0');
    expect(after.episodes.map((e) => e.contentHash)).toEqual(before.episodes.map((e) => e.contentHash));
    expect(await market.objects(versionId)).toEqual(files.map((file) => file.objectKey).sort());
  });

  it('that are ready stay as they are when the job runs again', async () => {
    const { versionId } = await market.list(source.root, source.tree);
    await market.get(RenditionService).request(market.ctx, versionId);
    await make(versionId);
    const before = await rowsOf(versionId);

    await make(versionId);

    expect(await rowsOf(versionId)).toEqual(before);
    const acts = await market.database.query(
      market.ctx,
      `select id from audit_pending where action = 'rendition.made' and subject_id = $1`,
      [versionId],
    );
    expect(acts).toHaveLength(1);
  });

  it('show the form that the version itself has as its own', async () => {
    const { versionId } = await market.list(source.root, source.tree);
    await market.get(RenditionService).request(market.ctx, versionId);
    const version = await market.get(VersionQueries).byId(market.ctx, versionId);

    const types = toRenditionTypes(version as unknown as VersionType, await rowsOf(versionId));

    expect(types).toMatchObject([
      { target: V30, state: 'queued', sameAsOriginal: false },
      { target: 'lerobot_v2.1', state: 'ready', sameAsOriginal: true, merkleRoot: version.merkleRoot },
    ]);
  });

  it('are seen by everyone whose version it is to see, and by nobody else', async () => {
    const listed = await market.list(source.root, source.tree);
    const hidden = await market.list(source.root, source.tree, 'suspended');
    for (const { versionId } of [listed, hidden]) await market.get(RenditionService).request(market.ctx, versionId);

    expect(await rowsOf(listed.versionId, anonymousContext())).toHaveLength(1);
    expect(await rowsOf(hidden.versionId, anonymousContext())).toEqual([]);
    expect(await rowsOf(hidden.versionId, userContext())).toEqual([]);
    expect(await rowsOf(hidden.versionId, userContext({ organizationId: hidden.organizationId }))).toHaveLength(1);
    await expect(market.get(RenditionService).request(userContext(), listed.versionId)).rejects.toMatchObject({
      code: 'REQUEST_FORBIDDEN',
    });
  });

  it('that cannot be made say why, hand out no file, and are made when asked for again', async () => {
    const { versionId } = await market.list(source.root, source.tree);
    await market.get(RenditionService).request(market.ctx, versionId);
    const key = await market.database.query<{ key: string }>(
      market.ctx,
      `select 'datasets/' || v.dataset_id || '/' || v.id || '/' || f.path as key
         from version_files f join dataset_versions v on v.id = f.version_id where v.id = $1 and f.path like '%.mp4' order by 1 limit 1`,
      [versionId],
    );
    const path = key[0]?.key ?? '';
    const sound = await readFile(join(source.root, path.split(`${versionId}/`)[1] ?? ''));
    const broken = Buffer.from(sound);
    broken.fill(0xff, Math.floor(broken.length / 2));
    await market.get(ObjectStore).put(path, broken);

    await make(versionId);

    expect(await rowsOf(versionId)).toMatchObject([{ state: 'failed', commitId: null }]);
    expect((await rowsOf(versionId))[0]?.error).toMatch(/\.$/);
    expect(await filesOf(versionId)).toEqual([]);
    expect(await market.objects(versionId)).toEqual([]);

    await market.get(ObjectStore).put(path, sound);
    expect(await market.get(RenditionService).request(market.ctx, versionId)).toEqual([V30]);
    await make(versionId);
    expect(await rowsOf(versionId)).toMatchObject([{ state: 'ready', error: null }]);
  });

  it('are never half visible: a worker killed with -9 leaves nothing, and the next one makes the same', async () => {
    const { versionId } = await market.list(source.root, source.tree);
    await market.get(RenditionService).request(market.ctx, versionId);
    for (const objects of [1, 4]) {
      const args = ['--no-warnings', '--import=#typescript', join(HERE, 'make-process.ts')];
      const worker = spawn(process.execPath, [...args, versionId, V30, JSON.stringify(market.environment)], {
        cwd: ROOT,
        stdio: ['ignore', 'ignore', 'inherit'],
      });
      const gone = new Promise((resolve) => worker.once('close', resolve));
      const deadline = Date.now() + 60_000;
      while ((await rowsOf(versionId))[0]?.state === 'queued' || (await market.objects(versionId)).length < objects) {
        if (Date.now() > deadline || worker.exitCode !== null) break;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      worker.kill('SIGKILL');
      await gone;
      expect(await filesOf(versionId)).toEqual([]);
      expect((await rowsOf(versionId))[0]).toMatchObject({ state: 'making', commitId: null, filesCount: null });
    }

    await make(versionId);

    const [row] = await rowsOf(versionId);
    expect(row?.state).toBe('ready');
    const other = await market.list(source.root, source.tree);
    await market.get(RenditionService).request(market.ctx, other.versionId);
    await make(other.versionId);
    expect((await rowsOf(other.versionId))[0]?.merkleRoot).toBe(row?.merkleRoot);
  });

  it('take no file that a misled writer names outside of its folder', async () => {
    const store = market.get(RenditionStore);
    await writeFile(join(folder, 'secret'), 'x');
    const home = join(folder, 'output');
    await mkdir(join(home, 'data'), { recursive: true });
    await symlink(join(folder, 'secret'), join(home, 'data', 'link'));
    await symlink(folder, join(home, 'up'));

    for (const path of ['../secret', 'data/link', 'up/secret', join(folder, 'secret')])
      await expect(store.keep({ id: 'dv_x', datasetId: 'ds_x' }, V30, home, path)).rejects.toThrow();
    expect(await market.objects('dv_x')).toEqual([]);
  });
});
