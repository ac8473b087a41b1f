import type { NumberRows, Rate, SourceEpisode, SourceHead, TaskSpan } from '@app/formats';
import type { LossLog } from '../loss-report.js';
import { RenditionRefused } from '../rendition-target.js';
import type { EpisodeContent } from './episode-content.js';
import type { FeaturePlan, NumericFeature } from './mapping.js';
import type { FrameGrid, SamplePick } from './regular-clock.js';
import { frameAt, frameCount, frameGrid, pickLatest } from './regular-clock.js';
import { referenceOf } from './survey.js';

/** Nine frames of ten repeated is no recording any more. */
const MAX_STRETCH = 10;

/** The frames of one episode, and which sample of each own-clock stream they take. */
export interface EpisodeFrames {
  readonly frames: number;
  /** Null where the source has frames itself. */
  readonly grid: FrameGrid | null;
  readonly pickOf: (stream: string) => SamplePick | null;
  readonly tasks: readonly TaskSpan[];
}

/** Lays the frames of an episode: those of the source, or a regular grid over the times of its reference stream. */
export function layFrames(
  head: SourceHead,
  plan: FeaturePlan,
  episode: SourceEpisode,
  content: EpisodeContent,
  fps: Rate,
  log: LossLog,
): EpisodeFrames {
  const reference = referenceOf(head);
  const referenceS = reference === null ? null : timesOf(content, reference);
  if (reference === null || !referenceS) {
    const frames = countFrames(head, plan, episode, content);
    return { frames, grid: null, pickOf: () => null, tasks: episode.tasks };
  }
  const due = frameCount(referenceS, fps);
  if (!(due <= MAX_STRETCH * referenceS.length + fps.num / fps.den))
    throw new RenditionRefused(
      `Episode ${episode.index} spans ${due} frames and its ${reference} has ${referenceS.length} samples: its clock jumped.`,
    );
  const grid = frameGrid(referenceS, fps);
  const picks = new Map<string, SamplePick>();
  const streams = [...plan.numeric.flatMap((feature) => feature.parts), ...plan.cameras.map((camera) => camera.spec)];
  for (const { key } of streams) {
    const timesS = timesOf(content, key);
    if (!timesS || picks.has(key)) continue;
    const pick = pickLatest(timesS, grid);
    picks.set(key, pick);
    const worstShiftS = worstShift(timesS, pick, grid, fps);
    if (pick.dropped > 0 || pick.repeated > 0 || pick.worstAgeS > 1e-4 || worstShiftS > 1e-4)
      log.add('resampled', 'every frame takes the latest sample at its moment; frames stand at k/fps', {
        stream: key,
        episode: episode.index,
        figures: {
          worstAgeS: pick.worstAgeS,
          worstShiftS,
          samplesDropped: pick.dropped,
          framesRepeated: pick.repeated,
        },
      });
  }
  return {
    frames: grid.frames,
    grid,
    pickOf: (stream) => picks.get(stream) ?? null,
    tasks: episode.tasks.map(({ text, from, to }) => ({
      text,
      from: frameAt(referenceS, from, grid),
      to: to === null ? null : frameAt(referenceS, to, grid),
    })),
  };
}

/** Longest way from where a sample was taken to where its frame stands, s. */
function worstShift(timesS: ArrayLike<number>, pick: SamplePick, grid: FrameGrid, fps: Rate): number {
  const firstS = grid.timesS[0] ?? 0;
  let worst = 0;
  for (let k = 0; k < grid.frames; k += 1)
    worst = Math.max(worst, Math.abs((timesS[pick.picks[k] ?? 0] ?? 0) - (firstS + (k * fps.den) / fps.num)));
  return worst;
}

function timesOf(content: EpisodeContent, key: string): ArrayLike<number> | null {
  const timesS = content.signals.get(key)?.timesS ?? content.pictures.get(key)?.timesS ?? null;
  return timesS && timesS.length > 0 ? timesS : null;
}

/** On the frames clock every stream has one row per frame. */
function countFrames(head: SourceHead, plan: FeaturePlan, episode: SourceEpisode, content: EpisodeContent): number {
  const counts = new Map<string, number>();
  for (const { parts } of plan.numeric)
    for (const { key } of parts) counts.set(key, content.signals.get(key)?.rows ?? 0);
  for (const { spec } of plan.cameras) {
    const pictures = content.pictures.get(spec.key);
    if (pictures) counts.set(spec.key, pictures.count);
  }
  if (counts.size === 0) for (const [key, signal] of content.signals) counts.set(key, signal.rows);
  const [first] = counts;
  const wanted =
    (head.referenceKey === null ? undefined : counts.get(head.referenceKey)) ??
    first?.[1] ??
    episode.announcedFrames ??
    0;
  for (const [key, count] of counts) {
    if (count !== wanted)
      throw new RenditionRefused(
        `Episode ${episode.index} has ${count} rows of ${key} and ${wanted} frames: LeRobot needs one row per frame.`,
      );
  }
  return wanted;
}

/** The values of a feature, frame by frame: its parts side by side, each by its own pick. */
export function valuesOf(feature: NumericFeature, content: EpisodeContent, frames: EpisodeFrames): NumberRows {
  const width = feature.parts.reduce((sum, part) => sum + part.width, 0);
  const length = frames.frames * width;
  const whole = wholeSignal(feature, content, frames);
  if (whole?.length === length) return whole;
  const values = /^float(16|32)$/.test(feature.dtype) ? new Float32Array(length) : new Float64Array(length);
  let offset = 0;
  for (const part of feature.parts) {
    const signal = content.signals.get(part.key);
    if (!signal || signal.rows === 0)
      throw new RenditionRefused(`An episode has no rows of ${part.key}, which the others have.`);
    if (signal.values.length !== signal.rows * part.width)
      throw new RenditionRefused(`The stream ${part.key} has another width in one episode than the set announces.`);
    const picks = frames.pickOf(part.key)?.picks ?? null;
    for (let k = 0; k < frames.frames; k += 1) {
      const row = picks ? (picks[k] ?? 0) : k;
      for (let c = 0; c < part.width; c += 1)
        values[k * width + offset + c] = signal.values[row * part.width + c] ?? Number.NaN;
    }
    offset += part.width;
  }
  return values;
}

/** Signals of a feature that are stored wider than its type. */
export function narrowedParts(feature: NumericFeature, content: EpisodeContent): string[] {
  if (feature.dtype !== 'float32') return [];
  return feature.parts.flatMap(({ key }) => {
    const values = content.signals.get(key)?.values;
    return values instanceof Float64Array ? [key] : [];
  });
}

/** The values of a feature that is one signal as it is: a long episode is not held twice. */
function wholeSignal(feature: NumericFeature, content: EpisodeContent, frames: EpisodeFrames): NumberRows | null {
  const [part] = feature.parts;
  if (!part || feature.parts.length > 1 || frames.pickOf(part.key)) return null;
  const values = content.signals.get(part.key)?.values ?? null;
  return values instanceof Float32Array === /^float(16|32)$/.test(feature.dtype) ? values : null;
}
