import type { Rate } from '@app/formats';

/** No camera is slower or faster; broken tables claim anything. */
const MIN_FPS = 0.1;
const MAX_FPS = 1_000;
const TELEVISION = [24, 30, 60, 120];

/** The fraction that a measured rate stands for: 29.97 is 30000/1001, 14.998 of jittering times is 15. */
export function toRate(measuredFps: number): Rate {
  if (!Number.isFinite(measuredFps) || measuredFps <= 0) return { num: 30, den: 1 };
  const fps = Math.min(MAX_FPS, Math.max(MIN_FPS, measuredFps));
  for (const whole of TELEVISION) {
    if (Math.abs(fps / ((whole * 1000) / 1001) - 1) < 1e-4) return { num: whole * 1000, den: 1001 };
  }
  const rounded = Math.round(fps);
  if (rounded > 0 && Math.abs(fps / rounded - 1) < 1e-3) return { num: rounded, den: 1 };
  return { num: Math.max(1, Math.round(fps * 1000)), den: 1000 };
}

/** Frames between two key frames, so that none is further than half a second from the last. */
export function keyFrameDistance({ num, den }: Rate): number {
  return Math.max(1, Math.floor(num / den / 2));
}
