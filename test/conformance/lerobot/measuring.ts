import type { DatasetMeasure, EpisodeFact, FileTree } from '@app/formats';
import { measureDataset } from '@app/formats';

/** Measures a tree and keeps its episodes. */
export async function measure(
  tree: FileTree,
  maxFindings?: number,
): Promise<{ set: DatasetMeasure; episodes: EpisodeFact[] }> {
  const episodes: EpisodeFact[] = [];
  const set = await measureDataset(tree, {
    onEpisode: (episode) => {
      episodes.push(episode);
    },
    ...(maxFindings === undefined ? {} : { maxFindings }),
  });
  return { set, episodes };
}

const known = new WeakMap<FileTree, ReturnType<typeof measure>>();

/** As `measure`, and once for each tree: only for files that nobody changes any more. */
export function measureOnce(tree: FileTree): ReturnType<typeof measure> {
  const measured = known.get(tree) ?? measure(tree);
  known.set(tree, measured);
  return measured;
}

/** The codes of findings of severity error, sorted, each once. */
export function errorCodes(set: DatasetMeasure): string[] {
  return codes(set, 'error');
}

/** The codes of warnings that are not said of every set. */
export function warningCodes(set: DatasetMeasure): string[] {
  return codes(set, 'warning').filter((code) => code !== 'UNITS_UNKNOWN' && code !== 'SUCCESS_UNKNOWN');
}

function codes(set: DatasetMeasure, severity: string): string[] {
  return [
    ...new Set(set.findings.filter((finding) => finding.severity === severity).map((finding) => finding.code)),
  ].sort();
}
