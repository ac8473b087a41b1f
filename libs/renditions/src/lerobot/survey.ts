import type { DatasetSource, Rate, SignalSpec, SourceHead } from '@app/formats';
import { RenditionRefused } from '../rendition-target.js';

/** What must be known of all episodes before the first is written: LeRobot has one rate, and the same features everywhere. */
export interface Survey {
  readonly fps: Rate;
  /** Every episode says whether it succeeded, outside of its own features. */
  readonly isOutcomeKnown: boolean;
  /** Some episodes say it and some do not. */
  readonly isOutcomePartial: boolean;
  /** Signals and cameras that at least one episode lacks. */
  readonly absent: ReadonlySet<string>;
}

/**
 * Looks through a source once, without its pictures' content. Sets that are LeRobot already have one schema and one rate, and
 * are not walked.
 * @param fps the rate that somebody else knows, for sources that neither declare one nor keep times
 */
export async function surveySource(source: DatasetSource, fps: Rate | null): Promise<Survey> {
  const { head } = source;
  const declared = head.fps.value;
  if (head.format === 'lerobot' && declared)
    return { fps: declared, isOutcomeKnown: false, isOutcomePartial: false, absent: new Set() };
  const reference = referenceOf(head);
  const streams = [...head.signals.filter(isNumeric), ...head.cameras].map((stream) => stream.key);
  const absent = new Set<string>();
  const stepsS: number[] = [];
  const measured = { steps: 0, spanS: 0 };
  const outcomes = { known: 0, unknown: 0 };
  for await (const episode of source.episodes()) {
    const seen = new Set<string>();
    const times: number[] = [];
    for await (const item of episode.items()) {
      const key = item.kind === 'image' || item.kind === 'video' ? item.camera : item.key;
      if (item.kind !== 'rows' || item.rows > 0) seen.add(key);
      if (key !== reference || declared) continue;
      if (item.kind === 'rows' && item.timesS) for (const timeS of item.timesS) times.push(timeS);
      if (item.kind === 'image' && item.timeS !== null) times.push(item.timeS);
    }
    for (const key of streams) if (!seen.has(key)) absent.add(key);
    const stepS = medianStepS(times);
    if (stepS !== null) stepsS.push(stepS);
    measured.steps += Math.max(0, times.length - 1);
    measured.spanS += (times.at(-1) ?? 0) - (times[0] ?? 0);
    const outcome = episode.outcome ?? episode.outcomeAfterwards?.().outcome ?? null;
    if (outcome === null) outcomes.unknown += 1;
    else outcomes.known += 1;
  }
  const stepS = median(stepsS);
  const rate =
    declared ?? (stepS === null ? fps : toSaneRate(1 / stepS, measured.steps / measured.spanS, measured.spanS));
  if (!rate)
    throw new RenditionRefused(
      'The rate of the frames is neither in the data nor declared, and LeRobot needs one: declare frameRateHz and publish again.',
    );
  return {
    fps: rate,
    isOutcomeKnown: outcomes.known > 0 && outcomes.unknown === 0,
    isOutcomePartial: outcomes.known > 0 && outcomes.unknown > 0,
    absent,
  };
}

export function isNumeric(spec: SignalSpec): boolean {
  return spec.dtype !== 'string' && spec.dtype !== 'language';
}

/** The stream whose times are the frames of an own-clock source: the announced one, else a camera, else a signal. */
export function referenceOf(head: SourceHead): string | null {
  if (head.referenceKey !== null) return head.referenceKey;
  const streams = [...head.cameras.filter((camera) => camera.kind === 'rgb'), ...head.signals.filter(isNumeric)];
  return streams.some((stream) => stream.clock === 'frames')
    ? null
    : (streams.find((stream) => stream.clock === 'own')?.key ?? null);
}

function medianStepS(times: readonly number[]): number | null {
  return median(
    times
      .slice(1)
      .map((timeS, i) => timeS - (times[i] ?? timeS))
      .filter((stepS) => stepS > 0),
  );
}

function median(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? null;
}

/** A thousandth, which is what the broadcast rates differ by, shows over a minute through any jitter. */
const MIN_BROADCAST_SPAN_S = 60;

/**
 * A rate as people mean it: the broadcast ones exactly, whole ones within 1 %, else three decimals.
 * @param rateHz by the median step
 * @param overallHz by the whole time that was measured, `spanS`
 */
export function toSaneRate(rateHz: number, overallHz = rateHz, spanS = Number.POSITIVE_INFINITY): Rate | null {
  if (!Number.isFinite(rateHz) || rateHz <= 0) return null;
  for (const whole of spanS < MIN_BROADCAST_SPAN_S ? [] : [24, 30, 60, 120]) {
    const broadcastHz = (whole * 1000) / 1001;
    if (Math.abs(overallHz - broadcastHz) < 2e-4 * broadcastHz) return { num: whole * 1000, den: 1001 };
  }
  const whole = Math.round(rateHz);
  if (whole > 0 && Math.abs(rateHz - whole) <= 0.01 * rateHz) return { num: whole, den: 1 };
  const num = Math.max(1, Math.round(rateHz * 1000));
  const divisor = gcd(num, 1000);
  return { num: num / divisor, den: 1000 / divisor };
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}
