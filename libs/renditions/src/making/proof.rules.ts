import type { DatasetMeasure, FeatureStats, Finding, StreamFact } from '@app/formats';
import type { LossReport } from '../loss-report.js';

/** What two readings of the same data have in common: before and after. */
export interface Compared<T> {
  readonly source: T;
  readonly rendition: T;
}

/** Shows that a rendition holds its source: the stored files were read back and measured like any upload. */
export interface RenditionProof {
  readonly episodes: Compared<number>;
  readonly frames: Compared<number>;
  /** Hash over the content of all episodes in order, independent of packing. @see contentRootOf */
  readonly contentRoot: Compared<string>;
  /** Every number and every coded packet is that of the source, and in its order. */
  readonly isSameContent: boolean;
  /** Minimum, maximum, mean and deviation of the streams that were not resampled; null where there are none. */
  readonly statistics: { readonly channels: number; readonly worstRelative: number } | null;
  /** Remarks of our own reader about the rendition, by code. */
  readonly findings: Readonly<Record<string, number>>;
  /** Stored files whose hash was computed again. */
  readonly filesVerified: number;
}

/** What was measured of a set, source or rendition. */
export interface MeasuredSet {
  readonly episodes: number;
  readonly frames: number;
  readonly streams: readonly StreamFact[];
  readonly contentRoot: string;
}

export interface ReadBack extends MeasuredSet {
  readonly findings: DatasetMeasure['findings'];
  readonly filesVerified: number;
  /** Paths whose stored bytes are not those that were written. */
  readonly damaged: readonly string[];
}

/** float32 keeps seven digits; the sums behind means and deviations a little less. */
const TOLERANCE = 1e-3;
const NAMES = ['min', 'max', 'mean', 'std'] as const;

/** Compares a rendition with its source. Any problem means that it must not be offered. */
export function prove(
  source: MeasuredSet,
  rendition: ReadBack,
  loss: LossReport,
): { proof: RenditionProof; problems: string[] } {
  const statistics = compareStatistics(source.streams, rendition.streams, loss);
  const isResampled = loss.losses.some((line) => line.what === 'resampled');
  const isSameContent = source.contentRoot === rendition.contentRoot;
  const problems = [
    ...rendition.damaged.map((path) => `the stored bytes of "${path}" are not those that were written`),
    ...errorsOf(rendition.findings),
    ...(source.episodes === rendition.episodes
      ? []
      : [`it has ${rendition.episodes} episodes instead of ${source.episodes}`]),
    ...(isResampled || source.frames === rendition.frames
      ? []
      : [`it has ${rendition.frames} frames instead of ${source.frames}`]),
    ...(loss.lossless && !isSameContent ? ['its content is not that of the source'] : []),
    ...(statistics && statistics.worstRelative > TOLERANCE
      ? [`its statistics are off by ${statistics.worstRelative.toExponential(2)}`]
      : []),
  ];
  return {
    proof: {
      episodes: { source: source.episodes, rendition: rendition.episodes },
      frames: { source: source.frames, rendition: rendition.frames },
      contentRoot: { source: source.contentRoot, rendition: rendition.contentRoot },
      isSameContent,
      statistics,
      findings: countByCode(rendition.findings),
      filesVerified: rendition.filesVerified,
    },
    problems,
  };
}

function errorsOf(findings: readonly Finding[]): string[] {
  return findings
    .filter((finding) => finding.severity === 'error')
    .slice(0, 3)
    .map(({ code, message }) => `${code}: ${message}`);
}

function compareStatistics(
  source: readonly StreamFact[],
  rendition: readonly StreamFact[],
  loss: LossReport,
): RenditionProof['statistics'] {
  const resampled = new Set(loss.losses.filter((line) => line.what === 'resampled').map((line) => line.stream));
  const before = new Map(source.map((stream) => [stream.key, stream.stats]));
  const after = new Map(rendition.map((stream) => [stream.key, stream.stats]));
  let channels = 0;
  let worstRelative = 0;
  for (const { from, to, channels: range } of loss.mapping) {
    const [a, b] = [before.get(from), after.get(to)];
    if (!a || !b || resampled.has(from)) continue;
    const first = range?.[0] ?? 0;
    channels += a.mean.length;
    worstRelative = Math.max(worstRelative, difference(a, b, first));
  }
  return channels === 0 ? null : { channels, worstRelative };
}

/** Largest difference relative to the size of the channel: a mean near zero has no relative error worth the name. */
function difference(a: FeatureStats, b: FeatureStats, first: number): number {
  let worst = 0;
  for (let c = 0; c < a.mean.length; c += 1) {
    const scale = Math.max(Math.abs(a.min[c] ?? 0), Math.abs(a.max[c] ?? 0), 1e-6);
    for (const name of NAMES) {
      const other = b[name][first + c];
      worst = Math.max(worst, other === undefined ? Infinity : Math.abs((a[name][c] ?? 0) - other) / scale);
    }
  }
  return worst;
}

function countByCode(findings: readonly Finding[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { code } of findings) counts[code] = (counts[code] ?? 0) + 1;
  return counts;
}
