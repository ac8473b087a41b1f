import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { atLeastTimes, atMost, median } from './bench-row.js';
import type { BenchRow } from './bench-row.js';
import { capacityRow } from './ingest/capacity.js';
import { DiskTree } from './ingest/disk-tree.js';
import type { LaneReport } from './ingest/lane.js';
import { readSeed, writeSet } from './ingest/sets.js';
import type { Seed, SetPlan } from './ingest/sets.js';

const run = promisify(execFile);
const LANE = fileURLToPath(new URL('ingest/lane.ts', import.meta.url));
const ROUNDS = 5;
const MB = 1e6;
const MEMORY_MB = 400;
const VIDEO_BYTES = 2e9;
const ROWS_BYTES = 200e6;
/** About 810,000 rows of 52 channels in one row group. */
const ONE_GROUP_BYTES = 270e6;
/** Files that are written for the bench; the large set is links. */
const NEEDED_BYTES = 4e9;

const note = (text: string): void => void process.stderr.write(`${text}\n`);

/**
 * Ingest of LeRobot sets in one lane of one process: validating, hashing every file and indexing every episode, against
 * tools that hash only and against plain hyparquet for the statistics; what a worker decodes and draws in a day; and the memory.
 * `--gb=N` sets the size of the large set (10).
 */
export async function rows(): Promise<BenchRow[]> {
  const folder = await mkdtemp(join(tmpdir(), 'bodega-bench-ingest-'));
  try {
    const { bavail, bsize } = await statfs(folder);
    if (bavail * bsize < NEEDED_BYTES) throw new Error(`The bench needs ${NEEDED_BYTES / MB} MB in ${tmpdir()}.`);
    const seed = await readSeed();
    note(`Sets are copies of ${seed.title}.`);
    return [
      ...(await videoRows(folder, seed)),
      await statisticsRow(folder, seed),
      await capacityRow(),
      ...(await memoryRows(folder, seed)),
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function videoRows(folder: string, seed: Seed): Promise<BenchRow[]> {
  const set = await makeSet(folder, 'video', seed, {
    withVideo: true,
    bytes: VIDEO_BYTES,
    videosAs: 'copies',
    rowGroups: 'per episode',
  });
  const times = await inTurn({
    ours: () => oursPerSecond(set),
    openssl: () => hashPerSecond(set, 'openssl', ['dgst', '-sha256']),
    coreutils: () => hashPerSecond(set, 'sha256sum', []),
  });
  const what = 'set with video: validate, hash and index';
  return [
    atLeastTimes(`${what}, against openssl dgst -sha256`, 'MB/s', times.ours, times.openssl, 0.5),
    atLeastTimes(`${what}, against sha256sum`, 'MB/s', times.ours, times.coreutils, 1.5),
  ];
}

async function statisticsRow(folder: string, seed: Seed): Promise<BenchRow> {
  const set = await makeSet(folder, 'rows', seed, {
    withVideo: false,
    bytes: ROWS_BYTES,
    videosAs: 'copies',
    rowGroups: 'per episode',
  });
  const times = await inTurn({
    ours: () => oursPerSecond(set),
    hyparquet: async () => perSecond(await lane('hyparquet', set)),
  });
  return atLeastTimes(
    'set without video: validate, hash and index, against the statistics alone by hyparquet',
    'MB/s',
    times.ours,
    times.hyparquet,
    1.5,
  );
}

async function memoryRows(folder: string, seed: Seed): Promise<BenchRow[]> {
  const gb = Number(process.argv.map((flag) => /^--gb=(\d+)$/.exec(flag)?.[1]).find(Boolean) ?? 10);
  const large = await makeSet(folder, 'large', seed, {
    withVideo: true,
    bytes: gb * 1e9,
    videosAs: 'links',
    rowGroups: 'per episode',
  });
  const oneGroup = await makeSet(folder, 'one-group', seed, {
    withVideo: false,
    bytes: ONE_GROUP_BYTES,
    videosAs: 'copies',
    rowGroups: 'one',
  });
  const rows: BenchRow[] = [];
  for (const [what, set] of [
    [`memory over a set of ${gb} GB`, large],
    ['memory over a file of one row group', oneGroup],
  ] as const) {
    const { peakBytes } = checked(await lane('ours', set));
    rows.push(atMost(what, 'MB', peakBytes / MB, MEMORY_MB));
  }
  return rows;
}

async function makeSet(folder: string, name: string, seed: Seed, plan: SetPlan): Promise<string> {
  const set = join(folder, name);
  await mkdir(set);
  await writeSet(set, seed, plan);
  note(`Wrote ${name}: ${Math.round((await DiskTree.of(set)).bytes / MB)} MB.`);
  return set;
}

/** The median of each kind of work, done in turn in every round after one round to warm up. */
async function inTurn<Name extends string>(
  works: Readonly<Record<Name, () => Promise<number>>>,
): Promise<Record<Name, number>> {
  const names = Object.keys(works) as Name[];
  const figures = new Map<Name, number[]>(names.map((name) => [name, []]));
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const name of names) {
      const figure = await works[name]();
      if (round > 0) figures.get(name)?.push(figure);
    }
  }
  return Object.fromEntries(names.map((name) => [name, median(figures.get(name) ?? [])])) as Record<Name, number>;
}

async function lane(kind: 'ours' | 'hyparquet', set: string): Promise<LaneReport> {
  const { stdout } = await run(process.execPath, ['--no-warnings', '--import=#typescript', LANE, kind, set]);
  return JSON.parse(stdout) as LaneReport;
}

const perSecond = ({ bytes, ms }: LaneReport): number => bytes / MB / (ms / 1000);

async function oursPerSecond(set: string): Promise<number> {
  return perSecond(checked(await lane('ours', set)));
}

/** A set that was refused, or not hashed in full, has not been ingested. */
function checked(report: LaneReport): LaneReport {
  if (report.errors.length > 0 || report.hashes === 0 || report.episodes === 0)
    throw new Error(`The set was not ingested: ${JSON.stringify(report)}`);
  return report;
}

/** A tool that hashes all files of the set in one process, its start included. */
async function hashPerSecond(set: string, tool: string, flags: readonly string[]): Promise<number> {
  const tree = await DiskTree.of(set);
  const start = performance.now();
  await run(tool, [...flags, ...tree.files.map(({ path }) => join(set, path))], { maxBuffer: 1 << 26 });
  return tree.bytes / MB / ((performance.now() - start) / 1000);
}
