import type { Rate } from '@app/formats';

/** The regular frames of one episode, laid over the times of its reference stream. */
export interface FrameGrid {
  readonly frames: number;
  /** Moment that each frame stands for, s from the episode's first time. */
  readonly timesS: Float64Array;
}

/** Which sample each frame takes, and what that costs. */
export interface SamplePick {
  readonly picks: Uint32Array;
  /** Longest time between a frame and the sample that it takes, s. */
  readonly worstAgeS: number;
  /** Samples that no frame takes. */
  readonly dropped: number;
  /** Frames that take the sample of the frame before. */
  readonly repeated: number;
}

/** Frames that are due where the reference has none keep their place on the grid. */
const HALF = 0.5;

/**
 * Frame k stands at t0 + k/fps. Where the reference has a sample within half a frame of that, the frame stands for the moment
 * of this sample: the jitter of a camera's clock must not make its pictures repeat and vanish. A reference that is faster than
 * the frames has no jitter to forgive: its frames stand where they are due.
 */
export function frameGrid(referenceS: ArrayLike<number>, fps: Rate): FrameGrid {
  const count = referenceS.length;
  const frames = frameCount(referenceS, fps);
  const stepS = fps.den / fps.num;
  const firstS = referenceS[0] ?? 0;
  const isFaster = count > 1 + 1.25 * frames;
  const timesS = new Float64Array(frames);
  for (let k = 0, at = 0; k < frames; k += 1) {
    const dueS = firstS + k * stepS;
    timesS[k] = dueS;
    if (isFaster) continue;
    while (at + 1 < count && Math.abs((referenceS[at + 1] ?? 0) - dueS) <= Math.abs((referenceS[at] ?? 0) - dueS))
      at += 1;
    const nearestS = referenceS[at] ?? dueS;
    if (Math.abs(nearestS - dueS) < HALF * stepS) timesS[k] = nearestS;
  }
  return { frames, timesS };
}

/** Frames from the first to the last sample of a reference, without laying them: a clock that jumped may ask for years. */
export function frameCount(referenceS: ArrayLike<number>, fps: Rate): number {
  const firstS = referenceS[0];
  const lastS = referenceS[referenceS.length - 1];
  if (firstS === undefined || lastS === undefined) return 0;
  return Math.round((Math.max(0, lastS - firstS) * fps.num) / fps.den) + 1;
}

/** The latest sample at or before each frame; the first one for frames before it. Times rise. */
export function pickLatest(samplesS: ArrayLike<number>, grid: FrameGrid): SamplePick {
  const picks = new Uint32Array(grid.frames);
  let worstAgeS = 0;
  let repeated = 0;
  let used = 0;
  for (let k = 0, at = 0, before = -1; k < grid.frames; k += 1) {
    const dueS = grid.timesS[k] ?? 0;
    while (at + 1 < samplesS.length && (samplesS[at + 1] ?? 0) <= dueS) at += 1;
    picks[k] = at;
    worstAgeS = Math.max(worstAgeS, Math.abs(dueS - (samplesS[at] ?? dueS)));
    if (at === before) repeated += 1;
    else used += 1;
    before = at;
  }
  return { picks, worstAgeS, dropped: samplesS.length - used, repeated };
}

/** The first frame at or after a sample of the reference: where a span that starts there begins. */
export function frameAt(referenceS: ArrayLike<number>, sample: number, grid: FrameGrid): number {
  const timeS = referenceS[sample];
  if (timeS === undefined) return grid.frames;
  let low = 0;
  let high = grid.frames;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((grid.timesS[middle] ?? 0) < timeS) low = middle + 1;
    else high = middle;
  }
  return low;
}
