import { createHash } from 'node:crypto';
import { cp, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { OpenMarket } from '../support/open-market.js';
import type { Party } from '../support/open-market.js';
import { describeWithSharedData, sharedData } from '../support/shared-data.js';

interface TreeFile {
  path: string;
  bytes: number;
  sha256: string;
}

async function treeOf(folder: string): Promise<TreeFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = await Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map(async (entry) => {
        const path = join(entry.parentPath, entry.name);
        const bytes = await readFile(path);
        return {
          path: relative(folder, path),
          bytes: bytes.length,
          sha256: createHash('sha256').update(bytes).digest('hex'),
        };
      }),
  );
  return files.filter((file) => !file.path.startsWith('.bodega/')).sort((a, b) => (a.path < b.path ? -1 : 1));
}

const readJson = async (path: string): Promise<any> => JSON.parse(await readFile(path, 'utf8')); // eslint-disable-line @typescript-eslint/no-explicit-any -- a recording's own file

/** What the recordings' own tables and PROVENANCE.md say. */
const REAL_SETS = [
  { name: 'g1-v21', folder: 'lerobot-v21-unitree-g1/subset-8ep', format: 'v2.1', episodes: 8, cameras: ['cam_high'] },
  { name: 'g1-v30', folder: 'lerobot-v30-unitree-g1/subset-4ep', format: 'v3.0', episodes: 4, cameras: ['cam_high'] },
] as const;

describeWithSharedData('a real recording goes through the market', () => {
  let market: OpenMarket;
  let provider: Party;
  let buyer: Party;

  beforeAll(async () => {
    market = await OpenMarket.open();
    provider = await market.party({ isProvider: true }, 'unitree-lab');
    buyer = await market.party({ isBuyer: true }, 'startup');
  });

  afterAll(() => market.close());

  it.each(REAL_SETS)(
    'publish → license → pull → verify, byte for byte: $name',
    async ({ name, folder, format, episodes, cameras }) => {
      const source = sharedData(folder);
      const slug = `unitree-lab/${name}`;
      const info = await readJson(join(source, 'meta/info.json'));
      const expected = await treeOf(source);
      const bytes = expected.reduce((sum, file) => sum + file.bytes, 0);

      const published = await market.cli(['publish', source, '--name', slug, '--terms', 'MIT', '--json'], provider);

      expect(published).toMatchObject({ code: 0 });
      expect(published.json).toMatchObject({ slug, version: 'v1', status: 'published' });
      expect(published.json.commit).toMatch(/^[0-9a-f]{40}$/);
      expect(published.json.facts).toMatchObject({
        format: `lerobot_${format}`,
        episodes,
        frames: info.total_frames,
        fps: info.fps,
        bytes,
        cameras: [...cameras],
      });
      expect(info.total_episodes).toBe(episodes);
      expect(published.json.facts.durationS).toBeCloseTo(info.total_frames / info.fps, 3);
      // States at 30 Hz are listable, and below what training-grade asks of teleoperation.
      const failed = published.json.findings.filter((rule: { result: string }) => rule.result === 'fail');
      expect(failed.map(({ rule }: { rule: string }) => rule)).toEqual(['ST-2']);

      const licensed = await market.cli(['license', slug, '--use', 'commercial_training', '--yes', '--json'], buyer);

      expect(licensed).toMatchObject({
        code: 0,
        json: { state: 'active', termsHash: expect.stringMatching(/^[0-9a-f]{64}$/) },
      });

      const target = join(market.folder, `pulled-${name}`);
      const pulled = await market.cli(['pull', slug, '--to', target, '--json'], buyer);

      expect(pulled).toMatchObject({
        code: 0,
        json: { slug, version: 'v1', files: expected.length, bytes, verified: true },
      });
      expect(await treeOf(target)).toEqual(expected);
      expect((await market.cli(['verify', target, '--json'], undefined)).code).toBe(0);

      const usage = await market.eventually(async () => {
        const { json } = await market.cli(['usage', '--grant', licensed.json.grantId, '--json'], buyer);
        return json.servedBytes >= bytes ? json : null;
      }, 'reading the access log');
      expect(usage).toMatchObject({ servedBytes: bytes, unexplainedBytes: 0 });
    },
  );

  it('publishes what the folder holds now, although an upload begun earlier left another file', async () => {
    const slug = 'unitree-lab/resumed';
    await market.must(
      'mutation { createDataset(input: { name: "unitree-lab/resumed" }) { dataset { id } } }',
      {},
      provider.apiKey,
    );
    await market.must(
      `mutation { beginUpload(input: { slug: "${slug}", files: [{ path: "data/gone.parquet", sizeBytes: 5 }] }) { version { id } } }`,
      {},
      provider.apiKey,
    );

    const { code, json } = await market.cli(
      ['publish', sharedData('lerobot-v30-unitree-g1/subset-4ep'), '--name', slug, '--json'],
      provider,
    );

    expect({ code, version: json.version, status: json.status }).toEqual({
      code: 0,
      version: 'v1',
      status: 'published',
    });
  });

  it('recomputes statistics that agree with those that the publisher shipped', async () => {
    const { dataset } = await market.must('{ dataset(slug: "unitree-lab/g1-v30") { currentVersion { facts } } }');
    const shipped = await readJson(sharedData('lerobot-v30-unitree-g1/subset-4ep/meta/stats.json'));
    const streams: { key: string; stats?: Record<string, number[]> }[] = dataset.currentVersion.facts.measured.streams;

    for (const key of ['action', 'observation.state']) {
      const ours = streams.find((stream) => stream.key === key)?.stats;
      for (const measure of ['min', 'max', 'mean', 'std'] as const) {
        const theirs: number[] = shipped[key][measure];
        expect(ours?.[measure]).toHaveLength(theirs.length);
        ours?.[measure]?.forEach((value, i) =>
          expect(Math.abs(value - (theirs[i] ?? NaN))).toBeLessThanOrEqual(
            1e-3 * Math.max(1, Math.abs(theirs[i] ?? 0)),
          ),
        );
      }
    }
  });

  it('pulls only the files that hold the named episodes, and says which', async () => {
    const target = join(market.folder, 'two-episodes');

    const { code, json } = await market.cli(
      ['pull', 'unitree-lab/g1-v21', '--episodes', '2-3', '--to', target, '--json'],
      buyer,
    );

    expect(code).toBe(0);
    expect(
      (await treeOf(target)).filter((file) => file.path.endsWith('.mp4')).map((file) => file.path.slice(-18)),
    ).toEqual(['episode_000002.mp4', 'episode_000003.mp4']);
    expect(json.files).toBeLessThan(20);
  });

  it('finds a changed byte, a missing file and a file too many with the network off', async () => {
    const target = join(market.folder, 'pulled-g1-v30');
    const path = join(target, 'meta/info.json');
    const original = await readFile(path);

    await writeFile(path, original.toString().replace('30', '31'));
    const changed = await market.cli(['verify', target, '--json']);
    await rm(path);
    const missing = await market.cli(['verify', target, '--json']);
    await writeFile(path, original);
    const mended = await market.cli(['verify', target, '--json']);

    expect([changed.code, missing.code, mended.code]).toEqual([1, 1, 0]);
  });

  it('does not let an outsider pull what he has not licensed', async () => {
    const outsider = await market.party({ isBuyer: true }, 'outsider');

    const pulled = await market.cli(
      ['pull', 'unitree-lab/g1-v30', '--to', join(market.folder, 'outsider'), '--json'],
      outsider,
    );

    expect(pulled.code).toBe(1);
    expect(pulled.stderr).toMatch(/license/i);
  });

  it('publishes a correction as a new version with a note, and old licensees keep the old bytes', async () => {
    const copy = join(market.folder, 'corrected');
    await cp(sharedData('lerobot-v30-unitree-g1/subset-4ep'), copy, { recursive: true });
    await writeFile(join(copy, 'README.md'), '# Corrected 更正\n');

    const { code, json } = await market.cli(
      ['publish', copy, '--name', 'unitree-lab/g1-v30', '--note', 'A README was added 增加说明', '--json'],
      provider,
    );

    expect(code).toBe(0);
    expect(json).toMatchObject({ version: 'v2', status: 'published' });
    const { dataset } = await market.must(
      '{ dataset(slug: "unitree-lab/g1-v30") { versions { nodes { label status changeNote commitId } } } }',
    );
    expect(dataset.versions.nodes).toMatchObject([
      { label: 'v2', status: 'PUBLISHED', changeNote: 'A README was added 增加说明' },
      { label: 'v1', status: 'SUPERSEDED' },
    ]);
    expect(dataset.versions.nodes[0].commitId).not.toBe(dataset.versions.nodes[1].commitId);
  });
});

/** Each faulty set with what its PROVENANCE.md says is wrong. */
const FAULTY = [
  { folder: 'lerobot-v30-unitree-g1-drift/subset-4ep', codes: ['TIMESTAMP_TOLERANCE', 'TASKS_INDEX_MISSING'] },
  { folder: 'lerobot-malformed-franka/dataset', codes: ['INFO_FIELD_MISSING', 'MISPLACED_FILE'] },
  { folder: 'lerobot-tiny-fixtures/invalid/v2-missing-episodes', codes: ['MISSING_EPISODES'] },
  { folder: 'lerobot-v21-unitree-g1/original', codes: ['MISSING_VIDEO'] },
  { folder: 'lerobot-v30-so101-meta-only', codes: ['METADATA_ONLY'] },
] as const;

describeWithSharedData('a faulty recording is refused', () => {
  let market: OpenMarket;
  let provider: Party;

  beforeAll(async () => {
    market = await OpenMarket.open();
    provider = await market.party({ isProvider: true }, 'careless');
  });

  afterAll(() => market.close());

  it.each(FAULTY)('$folder with $codes', async ({ folder, codes }) => {
    const slug = `careless/${folder.split('/')[0]}-${folder.split('/').at(-1)}`;

    const { code, json, stderr } = await market.cli(
      ['publish', sharedData(folder), '--name', slug, '--terms', 'MIT', '--json'],
      provider,
    );

    expect(code).toBe(1);
    expect(stderr).not.toBe('');
    const errors: { code: string; severity: string; message: string; path?: string }[] = json.defects.filter(
      (d: { severity: string }) => d.severity === 'error',
    );
    for (const wanted of codes) expect(errors.map((defect) => defect.code)).toContain(wanted);
    for (const defect of errors) expect(defect.message.length).toBeGreaterThan(20);
    const { ownDatasets } = await market.must(
      '{ ownDatasets(first: 50) { nodes { slug status versions(first: 1) { nodes { id status } } } } }',
      {},
      provider.apiKey,
    );
    const own = ownDatasets.nodes.find((node: { slug: string }) => node.slug === slug);
    expect(own).toMatchObject({ status: 'DRAFT', versions: { nodes: [{ status: 'REJECTED' }] } });
    const forced = await market.ask(
      'mutation($id: ID!) { publishVersion(input: { versionId: $id }) { version { id } } }',
      { id: own.versions.nodes[0].id },
      provider.apiKey,
    );
    expect(forced.errors[0]?.extensions).toMatchObject({ code: 'CATALOG_NOT_LISTABLE' });
    expect(
      (await market.ask('query($s: String!) { dataset(slug: $s) { id } }', { s: slug })).errors[0]?.extensions.kind,
    ).toBe('NOT_FOUND');
  });

  it('names nothing else in the drifting set', async () => {
    const folder = join(market.folder, 'again');
    await mkdir(folder);
    await cp(sharedData('lerobot-v30-unitree-g1-drift/subset-4ep'), folder, { recursive: true });

    const { json } = await market.cli(
      ['publish', folder, '--name', 'careless/drift-again', '--terms', 'MIT', '--json'],
      provider,
    );

    const codes = new Set(
      json.defects.filter((d: { severity: string }) => d.severity === 'error').map((d: { code: string }) => d.code),
    );
    expect(codes).toEqual(new Set(['TIMESTAMP_TOLERANCE', 'TASKS_INDEX_MISSING']));
  });
});
