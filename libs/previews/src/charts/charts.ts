import type { DatasetMeasure, FeatureStats, Spread } from '@app/formats';
import type { Histogram } from './histogram.js';

const MAX_ROWS = 20;
const MAX_CHANNELS = 128;

/** How often something occurs, the most frequent first; what is not listed is summed up in `others`. */
export interface Ranking {
  readonly rows: { readonly label: string; readonly episodes: number }[];
  readonly others: { readonly labels: number; readonly episodes: number };
}

/** Where the values of one channel lie, over the whole version. */
export interface ChannelQuantiles {
  readonly key: string;
  readonly channel: string;
  readonly role: string;
  readonly unit: string | null;
  readonly min: number;
  readonly q01: number;
  readonly q10: number;
  readonly q50: number;
  readonly q90: number;
  readonly q99: number;
  readonly max: number;
}

/** Where the values of one channel lie in the sample episodes. */
export interface ChannelHistogram extends Histogram {
  readonly key: string;
  readonly channel: string;
}

/** What a page draws of a version; every number measured. */
export interface Charts {
  readonly tasks: Ranking;
  readonly operators: Ranking;
  readonly scenes: Ranking;
  readonly outcomes: { readonly success: number; readonly failure: number; readonly unknown: number };
  readonly durationS: Spread | null;
  readonly quantiles: ChannelQuantiles[];
  readonly histograms: ChannelHistogram[];
}

/** The charts of a version, from its measure and the histograms of its sample. */
export function toCharts(measure: DatasetMeasure, histograms: readonly ChannelHistogram[]): Charts {
  const { tasks, operators, scenes, outcomes } = measure.coverage;
  return {
    tasks: toRanking(tasks.map(({ text, episodes }) => ({ label: text, episodes }))),
    operators: toRanking(operators.map(({ name, episodes }) => ({ label: name, episodes }))),
    scenes: toRanking(scenes.map(({ name, episodes }) => ({ label: name, episodes }))),
    outcomes,
    durationS: measure.quality.durationS,
    quantiles: measure.streams.flatMap(quantilesOf).slice(0, MAX_CHANNELS),
    histograms: histograms.slice(0, MAX_CHANNELS),
  };
}

function toRanking(rows: readonly { label: string; episodes: number }[]): Ranking {
  const sorted = [...rows].sort((a, b) => b.episodes - a.episodes || (a.label < b.label ? -1 : 1));
  const others = sorted.slice(MAX_ROWS);
  return {
    rows: sorted.slice(0, MAX_ROWS),
    others: { labels: others.length, episodes: others.reduce((sum, { episodes }) => sum + episodes, 0) },
  };
}

/** Name of a channel: the source's, else its number. */
export function channelName(names: readonly string[], channel: number): string {
  return names[channel] ?? String(channel);
}

function quantilesOf(stream: DatasetMeasure['streams'][number]): ChannelQuantiles[] {
  const { stats } = stream;
  if (!stats || (stream.role !== 'state' && stream.role !== 'action')) return [];
  return stats.min.map((_, channel) => ({
    key: stream.key,
    channel: channelName(stream.names, channel),
    role: stream.role,
    unit: stream.unit,
    ...(Object.fromEntries(QUANTILES.map((name) => [name, rounded(stats[name][channel] ?? 0)])) as Pick<
      ChannelQuantiles,
      (typeof QUANTILES)[number]
    >),
  }));
}

const QUANTILES = ['min', 'q01', 'q10', 'q50', 'q90', 'q99', 'max'] as const satisfies (keyof FeatureStats)[];

/** Five digits draw a line as well as seventeen, in a third of the bytes. */
export function rounded(value: number): number {
  return Number(value.toPrecision(5));
}
