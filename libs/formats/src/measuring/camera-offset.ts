/** Times of one stream as far as they were held. */
export interface HeldTimes {
  readonly timesS: Float64Array;
  /** False if there were more than are held; then nothing is known behind the last one. */
  readonly isWhole: boolean;
}

/**
 * The largest distance in time between a camera and an action or state signal, s: each sample of the slower of the two
 * to the nearest of the faster one. Taken from the slower side, because a fast signal always has rows between two
 * pictures, and those are as far from a picture as the camera is slow.
 * Null if there is no such pair.
 */
export function largestOffsetS(cameras: readonly HeldTimes[], signals: readonly HeldTimes[]): number | null {
  let worst: number | null = null;
  for (const camera of cameras) {
    for (const signal of signals) {
      const [slow, fast] = camera.timesS.length <= signal.timesS.length ? [camera, signal] : [signal, camera];
      const offset = offsetOf(slow, fast);
      if (offset !== null) worst = Math.max(worst ?? 0, offset);
    }
  }
  return worst;
}

function offsetOf(slow: HeldTimes, fast: HeldTimes): number | null {
  const nearTo = sorted(fast.timesS);
  const endS = fast.isWhole ? Number.POSITIVE_INFINITY : (nearTo.at(-1) ?? 0);
  if (nearTo.length === 0) return null;
  let worst: number | null = null;
  let at = 0;
  for (const time of sorted(slow.timesS)) {
    if (time > endS) break;
    while (at + 1 < nearTo.length && distance(nearTo, at + 1, time) <= distance(nearTo, at, time)) at += 1;
    worst = Math.max(worst ?? 0, distance(nearTo, at, time));
  }
  return worst;
}

function distance(times: Float64Array, at: number, time: number): number {
  return Math.abs((times[at] as number) - time);
}

function sorted(times: Float64Array): Float64Array {
  for (let i = 1; i < times.length; i += 1)
    if ((times[i] as number) < (times[i - 1] as number)) return Float64Array.from(times).sort();
  return times;
}
