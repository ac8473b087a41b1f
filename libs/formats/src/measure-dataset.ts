import type { FileTree } from './byte-source.js';
import { detectLerobotRoot } from './detect.js';
import type { DatasetMeasure, EpisodeFact } from './episode-model.js';
import { blankMeasure } from './episode-model.js';
import { FindingLog } from './findings.js';
import { measureLerobot } from './lerobot/lerobot.reader.js';
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
  options.signal?.throwIfAborted();
  await checkTree(tree, log);
  const root = detectLerobotRoot(tree, log);
  const files = new DatasetFiles(tree, root ?? '');
  const measure =
    root === null
      ? blankMeasure(files)
      : await measureLerobot(files, log, {
          onEpisode: (episode) => options.onEpisode(episode),
          tick: (step, done, total) => {
            options.signal?.throwIfAborted();
            options.onProgress?.({ step, done, total });
          },
        });
  return { ...measure, findings: log.toList() };
}
