import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, it, jest } from '@jest/globals';
import type { DatasetMeasure, EpisodeFact, FeatureStats } from '@app/formats';
import { measureDataset } from '@app/formats';
import { DiskFileTree } from '../../support/file-trees.js';
import { errorCodes, measure, warningCodes } from './measuring.js';
import { describeWithSharedData, sharedData } from '../../support/shared-data.js';

// Generous: other work may share the machine, and no test here is about time.
jest.setTimeout(300_000);

async function measureFolder(name: string): Promise<{ set: DatasetMeasure; episodes: EpisodeFact[] }> {
  const tree = await DiskFileTree.of(sharedData(name));
  try {
    return await measure(tree);
  } finally {
    await tree.close();
  }
}

/** Numbers to nine digits, and what only rounding leaves to 0: enough to see any change, little enough to be the same on every machine. */
function rounded(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_, inner: unknown) =>
      typeof inner === 'number' && !Number.isInteger(inner)
        ? Number((Math.abs(inner) < 1e-12 ? 0 : inner).toPrecision(9))
        : inner,
    ),
  );
}

async function expectGolden(name: string, actual: unknown): Promise<void> {
  const path = fileURLToPath(new URL(`golden/${name}.json`, import.meta.url));
  if (!existsSync(path)) {
    await writeFile(path, `${JSON.stringify(rounded(actual), null, 1)}\n`);
    throw new Error(`golden/${name}.json was absent and has been recorded: review it, commit it, run again`);
  }
  expect(rounded(actual)).toEqual(JSON.parse(await readFile(path, 'utf8')));
}

const close = (mine: readonly number[], theirs: readonly number[], scale: readonly number[]): boolean =>
  mine.length === theirs.length &&
  mine.every((value, c) => Math.abs(value - (theirs[c] ?? Number.NaN)) <= 1e-3 * Math.max(scale[c] ?? 0, 1e-6));

describeWithSharedData('real sets', () => {
  it.each([
    ['unitree-g1-v21', 'lerobot-v21-unitree-g1/subset-8ep'],
    ['unitree-g1-v30', 'lerobot-v30-unitree-g1/subset-4ep'],
    ['tiny-v2-image', 'lerobot-tiny-fixtures/lerobotv2-image'],
    ['tiny-v3', 'lerobot-tiny-fixtures/lerobotv3'],
  ])('measures %s as recorded', async (golden, folder) => {
    const { set, episodes } = await measureFolder(folder);

    const facts = episodes.map(({ stats, ...episode }) => ({ ...episode, features: Object.keys(stats) }));
    await expectGolden(golden, { set, episodes: facts });
  });

  it('finds nothing to object to in the G1 sets, and the counts of their meta', async () => {
    const v21 = await measureFolder('lerobot-v21-unitree-g1/subset-8ep');
    const v30 = await measureFolder('lerobot-v30-unitree-g1/subset-4ep');

    for (const { set } of [v21, v30]) expect([...errorCodes(set), ...warningCodes(set)]).toEqual([]);
    expect([v21.set.episodes, v21.set.frames, v30.set.episodes, v30.set.frames]).toEqual([8, 2339, 4, 1043]);
    expect(v21.episodes.map((episode) => episode.frames)).toEqual([334, 319, 278, 221, 277, 267, 326, 317]);
    expect(v30.episodes.map((episode) => episode.frames)).toEqual([278, 221, 277, 267]);
    expect(v21.set.cameras[0]).toMatchObject({
      codec: 'av1',
      width: 640,
      height: 480,
      fps: 30,
      frames: 2339,
      pixFmt: 'yuv420p',
    });
  });

  it('gives the same content hash to the same episode in either layout, and no two alike', async () => {
    const v21 = await measureFolder('lerobot-v21-unitree-g1/subset-8ep');
    const v30 = await measureFolder('lerobot-v30-unitree-g1/subset-4ep');

    const hashes = v21.episodes.map((episode) => episode.contentHash);
    expect(v30.episodes.map((episode) => episode.contentHash)).toEqual(hashes.slice(2, 6));
    expect(new Set(hashes).size).toBe(8);
  });

  it('does so too by SHA-256, for proofs', async () => {
    const strong = async (folder: string): Promise<string[]> => {
      const tree = await DiskFileTree.of(sharedData(folder));
      const hashes: string[] = [];
      await measureDataset(tree, {
        videoDigest: 'sha256',
        onEpisode: (episode) => void hashes.push(episode.contentHash),
      });
      await tree.close();
      return hashes;
    };
    const v21 = await strong('lerobot-v21-unitree-g1/subset-8ep');
    const fast = await measureFolder('lerobot-v21-unitree-g1/subset-8ep');

    expect(await strong('lerobot-v30-unitree-g1/subset-4ep')).toEqual(v21.slice(2, 6));
    expect(v21).not.toContain(fast.episodes[0]?.contentHash);
  });

  it.each(['lerobot-v21-unitree-g1/subset-8ep', 'lerobot-v30-unitree-g1/subset-4ep'])(
    'hashes every file of %s as its provenance has it, while measuring',
    async (folder) => {
      const [set = '', part = ''] = folder.split('/');
      const lines = (await readFile(sharedData(`${set}/PROVENANCE.md`), 'utf8')).matchAll(
        /^([0-9a-f]{64}) +\d+ +(.+)$/gm,
      );
      const known = new Map([...lines].map(([, hash = '', path = '']) => [path, hash]));
      const tree = await DiskFileTree.of(sharedData(folder));
      const told: [string, string][] = [];

      await measureDataset(tree, {
        onEpisode: () => undefined,
        onFileHash: (path, hash) => void told.push([path, hash]),
      });

      expect(told.map(([path]) => path).sort()).toEqual(tree.files.map(({ path }) => path));
      for (const [path, hash] of told) expect([path, hash]).toEqual([path, known.get(`${part}/${path}`)]);
      await tree.close();
    },
  );

  it('recomputes the statistics that the publisher shipped, within 1e-3', async () => {
    const { episodes } = await measureFolder('lerobot-v21-unitree-g1/subset-8ep');
    const lines = (await readFile(sharedData('lerobot-v21-unitree-g1/subset-8ep/meta/episodes_stats.jsonl'), 'utf8'))
      .trim()
      .split('\n');

    const shipped = lines.map((line) => JSON.parse(line) as { stats: Record<string, FeatureStats> });
    for (const episode of episodes) {
      for (const key of ['action', 'observation.state', 'timestamp']) {
        const mine = episode.stats[key];
        const theirs = shipped[episode.index]?.stats[key];
        if (!mine || !theirs) throw new Error(`no statistics of ${key}`);
        const scale = mine.max.map((max, c) => Math.max(Math.abs(max), Math.abs(mine.min[c] ?? 0)));
        for (const name of ['min', 'max', 'mean', 'std'] as const)
          expect([episode.index, key, name, close(mine[name], theirs[name], scale)]).toEqual([
            episode.index,
            key,
            name,
            true,
          ]);
        expect(theirs.count).toEqual([episode.frames]);
      }
    }
  });
});

describeWithSharedData('real sets that are refused', () => {
  it('names every video and data file that the original announces and lacks', async () => {
    const { set, episodes } = await measureFolder('lerobot-v21-unitree-g1/original');

    expect(errorCodes(set)).toEqual(['FRAME_COUNT_MISMATCH', 'MISSING_DATA_FILE', 'MISSING_VIDEO']);
    const missing = (code: string): (string | undefined)[] =>
      set.findings.filter((finding) => finding.code === code).map((finding) => finding.path);
    const name = (index: number): string => `episode_${String(index).padStart(6, '0')}`;
    expect(missing('MISSING_VIDEO')).toEqual(
      Array.from({ length: 100 }, (_, i) => `videos/chunk-000/observation.images.cam_high/${name(i)}.mp4`),
    );
    expect(missing('MISSING_DATA_FILE')).toEqual(
      Array.from({ length: 40 }, (_, i) => `data/chunk-000/${name(60 + i)}.parquet`),
    );
    expect(episodes.length).toBe(60);
    expect(set.cameras).toEqual([]);
    expect(set.modalities).not.toContain('rgb');
  });

  it('finds both faults of the drifting set, and nothing else', async () => {
    const { set } = await measureFolder('lerobot-v30-unitree-g1-drift/subset-4ep');

    expect(warningCodes(set)).toEqual([]);
    const errors = set.findings.filter((finding) => finding.severity === 'error');
    expect(errors).toEqual([
      expect.objectContaining({ code: 'TASKS_INDEX_MISSING', path: 'meta/tasks.parquet' }),
      expect.objectContaining({
        code: 'TIMESTAMP_TOLERANCE',
        episode: 1,
        camera: 'cam_high',
        row: 0,
        path: 'videos/observation.images.cam_high/chunk-000/file-000.mp4',
      }),
      expect.objectContaining({ code: 'TIMESTAMP_TOLERANCE', episode: 2, camera: 'cam_high', row: 0 }),
    ]);
  });

  it('names each defect of the malformed Franka set', async () => {
    const { set } = await measureFolder('lerobot-malformed-franka');

    const has = (code: string, part: object): void =>
      expect(set.findings).toContainEqual(expect.objectContaining({ code, ...part }));
    expect([set.rootPath, set.formatVersion]).toEqual(['dataset/', 'unknown']);
    has('UNKNOWN_VERSION', { path: 'dataset/meta/info.json', actual: 'absent' });
    has('INFO_FIELD_MISSING', { message: 'info.json has no features' });
    has('INFO_FIELD_MISSING', { message: 'info.json has no data_path' });
    has('EPISODE_COUNT_MISMATCH', {
      path: 'dataset/meta/episodes.jsonl',
      expected: expect.stringMatching(/^200 /),
      actual: '2 episodes',
    });
    has('EPISODE_FIELD_MISSING', {
      path: 'dataset/meta/episodes.jsonl',
      row: 0,
      message: 'an episode lacks length, tasks',
    });
    has('EPISODE_FIELD_MISSING', {
      path: 'dataset/meta/episodes.jsonl',
      row: 1,
      message: 'an episode lacks length, tasks',
    });
    has('MISSING_DATA_FILE', { path: 'dataset/data/' });
    has('MISPLACED_FILE', { path: 'dataset/meta/episodes/episodes.parquet' });
    has('CODEC_UNUSUAL', {
      actual: 'mpeg4',
      path: 'dataset/videos/chunk-000/observation.images.wrist/episode_000001.mp4',
    });
  });

  it.each([
    ['lerobot-v30-so101-meta-only', ['FRAME_COUNT_MISMATCH', 'METADATA_ONLY', 'MISSING_DATA_FILE', 'MISSING_VIDEO']],
    [
      'lerobot-tiny-fixtures/invalid/v2-missing-episodes',
      ['EPISODE_COUNT_MISMATCH', 'FRAME_COUNT_MISMATCH', 'METADATA_ONLY', 'MISSING_EPISODES', 'TASKS_MISSING'],
    ],
  ])('refuses %s', async (folder, codes) => {
    const { set, episodes } = await measureFolder(folder);

    expect(errorCodes(set)).toEqual(codes);
    expect(episodes).toEqual([]);
  });
});
