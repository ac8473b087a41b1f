import { existsSync, readdirSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { DatasetMeasure, EpisodeFact, Spread } from '@app/formats';
import { measureDataset } from '@app/formats';
import { DiskFileTree } from '../../support/file-trees.js';
import { describeWithSharedData, sharedData } from '../../support/shared-data.js';
import { PROVENANCE_FACTS, SAMPLES } from './samples.js';
import type { Measured } from './samples.js';

// Generous: other work may share the machine, and no test here is about time.
jest.setTimeout(300_000);

const RECORD = 'was absent and has been recorded: review it, commit it, run again';

async function measureSample(folder: string): Promise<Measured> {
  const tree = await DiskFileTree.of(sharedData(folder));
  const episodes: EpisodeFact[] = [];
  const hashes = new Map<string, string>();
  try {
    const set = await measureDataset(tree, {
      onEpisode: (episode) => void episodes.push(episode),
      onFileHash: (path, sha256, sizeBytes) => void hashes.set(path, `${sha256} ${sizeBytes}`),
    });
    return { set, episodes, hashes };
  } finally {
    await tree.close();
  }
}

/** What a listing would say of it, short enough to be reviewed by eye. */
function factsOf({ set, episodes }: Measured): unknown {
  const { quality, coverage, streams, findings, ...facts } = set;
  return rounded({
    ...facts,
    streams: streams.map(({ stats, ...stream }) => ({
      ...stream,
      ...(stats && { min: stats.min, max: stats.max, mean: stats.mean, std: stats.std }),
    })),
    quality: Object.fromEntries(Object.entries(quality).flatMap(([name, value]) => shortly(name, value))),
    coverage,
    findings: shortFindings(findings),
    episodeFacts: episodes.map(
      ({ index, sourceKey, frames, durationS, tasks, outcome, outcomeSource, cameraOffsetS, contentHash }) => ({
        ...{ index, sourceKey, frames, durationS, tasks, outcome, outcomeSource, cameraOffsetS, contentHash },
      }),
    ),
  });
}

const isSpread = (value: unknown): value is Spread => typeof value === 'object' && value !== null && 'lowest' in value;

function shortly(name: string, value: DatasetMeasure['quality'][keyof DatasetMeasure['quality']]): [string, unknown][] {
  // The ranges are those of the streams above.
  if (name === 'ranges') return [];
  if (isSpread(value)) return [[name, { count: value.count, min: value.min, max: value.max, mean: value.mean }]];
  if (name === 'rates')
    return [[name, Object.fromEntries(Object.entries(value ?? {}).map(([key, { min, max }]) => [key, { min, max }]))]];
  return [[name, value]];
}

/** Each kind of finding once, with its first place and how often it came. */
function shortFindings(findings: DatasetMeasure['findings']): unknown[] {
  const first = new Map<string, { times: number; finding: DatasetMeasure['findings'][number] }>();
  for (const finding of findings) {
    const seen = first.get(finding.code);
    if (seen) seen.times += 1;
    else first.set(finding.code, { times: 1, finding });
  }
  return [...first.values()].map(({ times, finding }) => ({ ...finding, times }));
}

/** Numbers to nine digits, and what only rounding leaves to 0: enough to see any change, the same on every machine. */
function rounded(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_, inner: unknown) =>
      typeof inner === 'number' && !Number.isInteger(inner)
        ? Number((Math.abs(inner) < 1e-12 ? 0 : inner).toPrecision(9))
        : inner,
    ),
  );
}

async function expectGolden(folder: string, actual: unknown): Promise<void> {
  const path = fileURLToPath(new URL(`golden/${folder.replaceAll('/', '--')}.json`, import.meta.url));
  if (!existsSync(path)) {
    await mkdir(fileURLToPath(new URL('golden/', import.meta.url)), { recursive: true });
    await writeFile(path, `${JSON.stringify(actual, null, 1)}\n`);
    throw new Error(`${path} ${RECORD}`);
  }
  expect(actual).toEqual(JSON.parse(await readFile(path, 'utf8')));
}

describeWithSharedData('every sample of the real recordings', () => {
  const measured = new Map<string, Measured>();

  beforeAll(async () => {
    for (const folder of SAMPLES) measured.set(folder, await measureSample(folder));
  });

  const of = (folder: string): Measured => {
    const one = measured.get(folder);
    if (!one) throw new Error(`${folder} was not measured`);
    return one;
  };
  const provenanceOf = (sample: string): Promise<string> => readFile(sharedData(`${sample}/PROVENANCE.md`), 'utf8');
  const listed = async (sample: string): Promise<Map<string, string>> =>
    new Map(
      [...(await provenanceOf(sample)).matchAll(/^([0-9a-f]{64}) +(\d+) +(.+)$/gm)].map(
        ([, hash = '', size = '', path = '']) => [`${sample}/${path}`, `${hash} ${size}`],
      ),
    );

  it('is in the table, and has facts of its provenance to be held against', () => {
    const folders = readdirSync(sharedData(''), { withFileTypes: true }).filter((entry) => entry.isDirectory());
    const samples = [...new Set(SAMPLES.map((folder) => folder.split('/')[0]))];

    expect(samples.sort()).toEqual(folders.map(({ name }) => name).sort());
    expect([...new Set(PROVENANCE_FACTS.map(({ folder }) => folder))].sort()).toEqual([...SAMPLES].sort());
  });

  it('has every file that its provenance lists, with that hash and that size, and no other', async () => {
    const told = new Map<string, string>();
    for (const [folder, { hashes }] of measured) for (const [path, hash] of hashes) told.set(`${folder}/${path}`, hash);
    const known = new Map<string, string>();
    for (const sample of new Set(SAMPLES.map((folder) => folder.split('/')[0] ?? '')))
      for (const [path, hash] of await listed(sample)) known.set(path, hash);

    // Licences and the page itself lie beside most sets, and are no part of them.
    const isBeside = (path: string): boolean => /^[^/]+\/(LICENSE|PROVENANCE\.md)$/.test(path);
    const plain = (files: Map<string, string>): unknown => [...files].filter(([path]) => !isBeside(path)).sort();
    expect(plain(told)).toEqual(plain(known));
    expect(told.size).toBeGreaterThan(150);
  });

  it.each(SAMPLES)('%s is measured as the golden file has it', async (folder) => {
    await expectGolden(folder, factsOf(of(folder)));
  });

  describe('as its provenance says', () => {
    it.each(PROVENANCE_FACTS)('$folder: "$says"', async ({ folder, says, shows, is }) => {
      const text = (await provenanceOf(folder.split('/')[0] ?? '')).replace(/\s+/g, ' ');

      expect(text).toContain(says);
      expect(shows(of(folder))).toEqual(is);
    });
  });
});
