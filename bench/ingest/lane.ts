import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { measureDataset } from '@app/formats';
import { DiskTree } from './disk-tree.js';
import { plainStatistics } from './hyparquet-statistics.js';

/** One lane of the bench in a process of its own: `lane.ts <ours|hyparquet> <folder>`, its findings as JSON on stdout. */
export interface LaneReport {
  readonly ms: number;
  /** Processor time of all its threads, without the start of the process. */
  readonly cpuMs: number;
  readonly bytes: number;
  /** Episodes that were indexed, with their statistics. */
  readonly episodes: number;
  /** Files of which the SHA-256 is known afterwards. */
  readonly hashes: number;
  /** Codes of findings that would refuse the set. */
  readonly errors: readonly string[];
  /** Peak of resident memory of the process, from start to end. */
  readonly peakBytes: number;
}

/** Validate, hash and index: every rule of the reader, SHA-256 of every file, every episode with statistics, motion, clocks and content hash. */
async function ours(folder: string): Promise<Omit<LaneReport, 'ms' | 'cpuMs' | 'peakBytes'>> {
  const tree = await DiskTree.of(folder);
  let episodes = 0;
  let hashes = 0;
  const { findings } = await measureDataset(tree, {
    onEpisode: () => void (episodes += 1),
    onFileHash: () => void (hashes += 1),
  });
  await tree.close();
  const errors = findings.filter(({ severity }) => severity === 'error').map(({ code }) => code);
  return { bytes: tree.bytes, episodes, hashes, errors };
}

async function hyparquet(folder: string): Promise<Omit<LaneReport, 'ms' | 'cpuMs' | 'peakBytes'>> {
  const tree = await DiskTree.of(folder);
  const paths = tree.files.filter(({ path }) => path.startsWith('data/')).map(({ path }) => join(folder, path));
  const episodes = await plainStatistics(paths);
  return { bytes: tree.bytes, episodes, hashes: 0, errors: [] };
}

const [kind, folder = ''] = process.argv.slice(2);
const start = performance.now();
const cpu = process.cpuUsage();
const found = await (kind === 'ours' ? ours : hyparquet)(folder);
const ms = performance.now() - start;
const { user, system } = process.cpuUsage(cpu);
const peakKb = Number(/^VmHWM:\s+(\d+) kB$/m.exec(await readFile('/proc/self/status', 'utf8'))?.[1]);
const report: LaneReport = { ...found, ms, cpuMs: (user + system) / 1000, peakBytes: peakKb * 1024 };
process.stdout.write(JSON.stringify(report));
