import type { FileTree } from './byte-source.js';
import type { DatasetSource, FormatReader } from './dataset-source.js';
import { recognise } from './detect.js';
import type { DatasetMeasure, EpisodeFact } from './episode-model.js';
import { blankMeasure } from './episode-model.js';
import { FindingLog } from './findings.js';
import type { OnFileHash } from './hashing-tree.js';
import { HashingTree } from './hashing-tree.js';
import { measureLerobot } from './lerobot/lerobot.reader.js';
import { lerobotReader } from './lerobot/lerobot.source.js';
import type { MeasureHooks } from './measuring/measure-source.js';
import { measureSource } from './measuring/measure-source.js';
import type { VideoDigest } from './mp4/video-digest.js';
import { READERS } from './readers.js';
import { checkTree, DatasetFiles } from './tree.js';

const DEFAULT_MAX_FINDINGS = 200;

/** Where a measurement is. */
export interface MeasureProgress {
  step: string;
  done: number;
  total: number;
}

/** How a dataset is measured. */
export interface MeasureOptions {
  /** Called once per measured episode, in index order; the walk waits for it. */
  onEpisode(episode: EpisodeFact): Promise<void> | void;
  onProgress?(progress: MeasureProgress): void;
  signal?: AbortSignal;
  /** Findings that are listed one by one; more are counted per code. */
  maxFindings?: number;
  /** Called once per file of the upload; whatever can be is hashed while it is read for measuring. */
  onFileHash?: OnFileHash;
  /** How coded video goes into `contentHash`: `fast` (default), or `sha256` to prove that nothing was changed. */
  videoDigest?: VideoDigest;
}

/**
 * Recognises a dataset, walks every episode of it in bounded memory and measures what is there.
 * Bad data never throws: it becomes findings, and any finding of severity `error` means that the set cannot be listed.
 *
 * @throws only what the byte source throws (so that a job can try again), what `onEpisode` throws, and the signal's reason.
 * @example
 * const measure = await measureDataset(tree, { onEpisode: (episode) => rows.push(episode) });
 * const isListable = !measure.findings.some((finding) => finding.severity === 'error');
 */
export async function measureDataset(tree: FileTree, options: MeasureOptions): Promise<DatasetMeasure> {
  const log = new FindingLog(options.maxFindings ?? DEFAULT_MAX_FINDINGS);
  const tick = (step: string, done: number, total: number): void => {
    options.signal?.throwIfAborted();
    options.onProgress?.({ step, done, total });
  };
  options.signal?.throwIfAborted();
  const hashing = options.onFileHash ? new HashingTree(tree, options.onFileHash) : null;
  const upload = hashing ?? tree;
  const canBeRead = await checkTree(upload, log);
  const found = canBeRead ? await recognise(upload, READERS, log) : null;
  const files = new DatasetFiles(found?.tree ?? upload, found?.root ?? '');
  const hooks: MeasureHooks = {
    onEpisode: (episode) => options.onEpisode(episode),
    tick,
    ...(options.videoDigest ? { videoDigest: options.videoDigest } : {}),
  };
  const measure = found ? await measureFound(found.reader, files, log, hooks) : blankMeasure(files);
  await hashing?.finish((done, total) => tick('hashes', done, total));
  return { ...measure, findings: log.toList() };
}

/**
 * Recognises a dataset and opens it for reading episodes on demand. Call `close` at the end.
 * @returns null if nothing can be read; the findings of `log` say why.
 * @throws only what the byte source throws.
 * @example
 * const source = await openDataset(tree, new FindingLog(100));
 * for await (const episode of source?.episodes(new Set([0])) ?? []) for await (const item of episode.items()) use(item);
 */
export async function openDataset(tree: FileTree, log: FindingLog): Promise<DatasetSource | null> {
  const found = await recognise(tree, READERS, log);
  return found ? found.reader.open(new DatasetFiles(found.tree, found.root), log) : null;
}

/** LeRobot has a walk of its own, column by column and with one read per file; the others are measured as they are read. */
async function measureFound(
  reader: FormatReader,
  files: DatasetFiles,
  log: FindingLog,
  hooks: MeasureHooks,
): Promise<DatasetMeasure> {
  if (reader === lerobotReader) return measureLerobot(files, log, hooks);
  const source = await reader.open(files, log);
  if (!source) return blankMeasure(files);
  try {
    return await measureSource(source, files, log, hooks);
  } finally {
    await source.close();
  }
}
