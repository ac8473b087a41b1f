import type { EpisodeFact, FeatureStats, QualityFacts, StreamRole } from '../episode-model.js';
import { DuplicateTally } from './duplicate-tally.js';
import { SpreadTally } from './spread-tally.js';

/** More streams than any robot has; the rest is left out of what is listed by stream. */
const MAX_STREAMS = 1_000;
/** Roles whose values have a range worth telling. */
const RANGED: ReadonlySet<StreamRole> = new Set(['action', 'state', 'reward', 'other']);

/** A stream as far as its quality can be judged by it. */
export interface JudgedStream {
  readonly key: string;
  readonly role: StreamRole;
  readonly names: readonly string[];
}

/** What was measured of an episode and is not among its facts. */
export interface EpisodeExtras {
  /** |frames of a camera - rows|, worst camera; null without cameras. */
  readonly videoRowGap: number | null;
  /** Where this is worse than its clocks say: a camera that covers only a part of the episode. */
  readonly completeness?: number | null;
}

/** Sums up the quality of a set, episode by episode, in memory that does not grow with their number. */
export class QualityTally {
  private readonly spreads = {
    durationS: new SpreadTally(),
    rateRatio: new SpreadTally(),
    jitterS: new SpreadTally(),
    clockFaults: new SpreadTally(),
    completeness: new SpreadTally(),
    cameraOffsetS: new SpreadTally(),
    videoRowGap: new SpreadTally(),
    idleShare: new SpreadTally(),
    jerk: new SpreadTally(),
    maxSpeed: new SpreadTally(),
    jumps: new SpreadTally(),
    paddedTail: new SpreadTally(),
  };
  private readonly rates = new Map<string, SpreadTally>();
  private readonly ranges = new Map<string, { rows: number; min: number[]; max: number[] }>();
  private readonly duplicates = new DuplicateTally();
  private readonly streams: ReadonlyMap<string, JudgedStream>;

  /**
   * @param streams signals of the set
   * @param nominalRatesHz nominal rates by stream or camera key, and `frames` for the clock of frames
   */
  constructor(
    streams: readonly JudgedStream[],
    private readonly nominalRatesHz: ReadonlyMap<string, number>,
  ) {
    this.streams = new Map(streams.map((stream) => [stream.key, stream]));
  }

  /** @returns the episode that had the same content before, if there was one. */
  add(episode: EpisodeFact, extras: EpisodeExtras): { duplicateOf: number | null } {
    const { index, clocks, motion } = episode;
    const { spreads } = this;
    spreads.durationS.add(index, episode.durationS);
    spreads.cameraOffsetS.add(index, episode.cameraOffsetS);
    spreads.videoRowGap.add(index, extras.videoRowGap);
    if (motion) {
      spreads.idleShare.add(index, motion.idleShare);
      spreads.jerk.add(index, motion.jerk);
      spreads.maxSpeed.add(index, motion.maxSpeed);
      spreads.jumps.add(index, motion.jumps);
      spreads.paddedTail.add(index, motion.paddedTail);
    }
    this.addClocks(index, clocks, extras.completeness ?? null);
    for (const [key, stats] of Object.entries(episode.stats)) this.addRange(key, stats);
    return { duplicateOf: this.duplicates.add(index, episode.contentHash) };
  }

  finish(): QualityFacts {
    const { spreads } = this;
    return {
      durationS: spreads.durationS.finish(),
      rateRatio: spreads.rateRatio.finish(),
      rates: toRecord(this.rates, (tally) => tally.finish()),
      jitterS: spreads.jitterS.finish(),
      clockFaults: spreads.clockFaults.finish(),
      completeness: spreads.completeness.finish(),
      cameraOffsetS: spreads.cameraOffsetS.finish(),
      videoRowGap: spreads.videoRowGap.finish(),
      idleShare: spreads.idleShare.finish(),
      jerk: spreads.jerk.finish(),
      maxSpeed: spreads.maxSpeed.finish(),
      jumps: spreads.jumps.finish(),
      paddedTail: spreads.paddedTail.finish(),
      ranges: toRecord(this.ranges, ({ min, max }) => ({ min, max })),
      constantChannels: toRecord(this.ranges, (range, key) => this.constantChannels(range, key)),
      duplicates: this.duplicates.finish(),
    };
  }

  private addClocks(index: number, clocks: EpisodeFact['clocks'], ownCompleteness: number | null): void {
    const { spreads } = this;
    let worstRatio: number | null = null;
    let jitterS: number | null = null;
    let faults: number | null = null;
    let completeness = ownCompleteness;
    for (const [key, clock] of Object.entries(clocks)) {
      jitterS = Math.max(jitterS ?? 0, clock.jitterS);
      faults = (faults ?? 0) + clock.faults;
      completeness = Math.min(completeness ?? 1, clock.completeness);
      if (clock.rateHz === null) continue;
      const nominal = this.nominalRatesHz.get(key);
      if (nominal) {
        const ratio = clock.rateHz / nominal;
        if (worstRatio === null || Math.abs(Math.log(ratio)) > Math.abs(Math.log(worstRatio))) worstRatio = ratio;
      }
      const rate = this.rates.get(key) ?? new SpreadTally();
      if (this.rates.size < MAX_STREAMS) this.rates.set(key, rate);
      rate.add(index, clock.rateHz);
    }
    spreads.rateRatio.add(index, worstRatio);
    spreads.jitterS.add(index, jitterS);
    spreads.clockFaults.add(index, faults);
    spreads.completeness.add(index, completeness);
  }

  private addRange(key: string, stats: FeatureStats): void {
    const role = this.streams.get(key)?.role;
    const finite = stats.count - stats.nonFinite / Math.max(1, stats.min.length);
    if (!role || !RANGED.has(role) || finite <= 0) return;
    const range = this.ranges.get(key);
    if (!range) {
      if (this.ranges.size < MAX_STREAMS)
        this.ranges.set(key, { rows: stats.count, min: [...stats.min], max: [...stats.max] });
      return;
    }
    range.rows += stats.count;
    for (let c = 0; c < range.min.length; c += 1) {
      range.min[c] = Math.min(range.min[c] as number, stats.min[c] ?? Number.POSITIVE_INFINITY);
      range.max[c] = Math.max(range.max[c] as number, stats.max[c] ?? Number.NEGATIVE_INFINITY);
    }
  }

  private constantChannels({ rows, min, max }: { rows: number; min: number[]; max: number[] }, key: string) {
    const stream = this.streams.get(key);
    if (!stream || rows < 2 || (stream.role !== 'action' && stream.role !== 'state')) return null;
    const constant = min.flatMap((value, c) => (value === max[c] ? [stream.names[c] ?? `${c}`] : []));
    return constant.length > 0 ? constant : null;
  }
}

/** By key in order; what comes out null is left out. */
function toRecord<In, Out>(map: ReadonlyMap<string, In>, convert: (value: In, key: string) => Out | null) {
  const record: Record<string, Out> = {};
  for (const [key, value] of [...map].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const converted = convert(value, key);
    if (converted !== null) record[key] = converted;
  }
  return record;
}
