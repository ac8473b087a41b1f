import type { ClockFact } from '../episode-model.js';
import { GrowingFloats } from './growing.js';
import { quantileOf } from './quantile.js';

/** Steps that are held for an exact median: 8 MB. */
const MAX_HELD_STEPS = 1_000_000;
/** A step this much longer than the median is a gap. */
const GAP = 1.5;

/** Bins of the step histogram: 1,024 to each power of two from 2^-40 s to 2^24 s, so a median off by at most 0.1 %. */
const BINS_PER_OCTAVE = 1024;
const LOWEST_OCTAVE = -40;
const BINS = 64 * BINS_PER_OCTAVE;

/**
 * Measures the times of one stream of one episode, block by block.
 *
 * - `rateHz` = (samples - 1) / (last - first)
 * - `jitterS` = population deviation of all steps
 * - `maxGapS` = the longest step; `gaps` = steps longer than 1.5 x the median of the steps that go forward
 * - `faults` = steps of zero or less, and times that are not numbers
 * - `completeness` = samples / (1 + round(span / median step)), at most 1
 *
 * Rate, jitter, longest step and faults are exact always; the median, and with it gaps and completeness, is exact up to
 * `maxHeldSteps` steps and comes from a histogram of 0.1 % wide bins beyond.
 */
export class ClockMeter {
  private readonly steps: GrowingFloats;
  private bins: Uint32Array | null = null;
  private samples = 0;
  private timed = 0;
  private first = Number.NaN;
  private last = Number.NaN;
  private origin = Number.NaN;
  private sum = 0;
  private squares = 0;
  private maxGapS = 0;
  private faults = 0;
  /** Sample at which the first fault was, or -1. */
  firstFault = -1;
  /** First sample whose time is not a finite number, or -1. */
  firstNonFinite = -1;

  constructor(private readonly maxHeldSteps = MAX_HELD_STEPS) {
    this.steps = new GrowingFloats(maxHeldSteps);
  }

  /** Adds times in seconds, in the order of the samples. */
  add(timesS: Float64Array): void {
    for (let i = 0; i < timesS.length; i += 1) this.addOne(timesS[i] as number);
  }

  /** Adds the time of one sample. */
  addOne(time: number): void {
    const sample = this.samples;
    this.samples += 1;
    if (!Number.isFinite(time)) {
      this.fault(sample);
      if (this.firstNonFinite < 0) this.firstNonFinite = sample;
      return;
    }
    this.timed += 1;
    if (this.timed === 1) this.first = time;
    else this.addStep(time - this.last, sample);
    this.last = time;
  }

  /** First and last time, s; null while there is none. */
  get span(): { firstS: number; lastS: number } | null {
    return this.timed > 0 ? { firstS: this.first, lastS: this.last } : null;
  }

  get count(): number {
    return this.samples;
  }

  /** Samples over those that the median step would give for a span of so many seconds, at most 1. */
  completenessOver(spanS: number): number {
    const medianS = this.medianStepS();
    return this.timed > 1 && spanS > 0 && medianS > 0 ? Math.min(1, this.timed / (1 + Math.round(spanS / medianS))) : 1;
  }

  finish(): ClockFact {
    const steps = this.timed - 1;
    const spanS = this.last - this.first;
    const mean = steps > 0 ? this.sum / steps : 0;
    const medianS = this.medianStepS();
    return {
      samples: this.samples,
      rateHz: steps > 0 && spanS > 0 ? steps / spanS : null,
      jitterS: steps > 0 ? Math.sqrt(Math.max(0, this.squares / steps - mean * mean)) : 0,
      maxGapS: this.maxGapS,
      gaps: medianS > 0 ? this.stepsAbove(GAP * medianS) : 0,
      faults: this.faults,
      completeness: this.completenessOver(spanS),
    };
  }

  private addStep(step: number, sample: number): void {
    // Sums around the first step: no cancellation.
    if (Number.isNaN(this.origin)) this.origin = step;
    const d = step - this.origin;
    this.sum += d;
    this.squares += d * d;
    if (step > this.maxGapS) this.maxGapS = step;
    if (!(step > 0)) {
      this.fault(sample);
      return;
    }
    if (this.bins) this.bins[binOf(step)] = (this.bins[binOf(step)] as number) + 1;
    else if (this.steps.isFull) this.startHistogram(step);
    else this.steps.push(step);
  }

  private fault(sample: number): void {
    this.faults += 1;
    if (this.firstFault < 0) this.firstFault = sample;
  }

  private startHistogram(step: number): void {
    const bins = new Uint32Array(BINS);
    for (const held of this.steps.view()) bins[binOf(held)] = (bins[binOf(held)] as number) + 1;
    bins[binOf(step)] = (bins[binOf(step)] as number) + 1;
    this.bins = bins;
  }

  private medianStepS(): number {
    if (!this.bins) return this.steps.length > 0 ? quantileOf(this.steps.view(), 0.5) : 0;
    const half = this.bins.reduce((sum, count) => sum + count, 0) / 2;
    let below = 0;
    for (let bin = 0; bin < BINS; bin += 1) {
      below += this.bins[bin] as number;
      if (below >= half) return middleOf(bin);
    }
    return 0;
  }

  private stepsAbove(limitS: number): number {
    let count = 0;
    if (this.bins) {
      for (let bin = 0; bin < BINS; bin += 1) if (middleOf(bin) > limitS) count += this.bins[bin] as number;
    } else {
      for (const step of this.steps.view()) if (step > limitS) count += 1;
    }
    return count;
  }
}

function binOf(step: number): number {
  const bin = Math.floor((Math.log2(step) - LOWEST_OCTAVE) * BINS_PER_OCTAVE);
  return Math.min(BINS - 1, Math.max(0, bin));
}

function middleOf(bin: number): number {
  return 2 ** ((bin + 0.5) / BINS_PER_OCTAVE + LOWEST_OCTAVE);
}
