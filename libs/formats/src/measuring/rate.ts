import type { Rate } from '../episode-model.js';

/** Rates that cameras run at with the divisor 1.001 of NTSC. */
const NTSC_BASES = [24, 30, 48, 60, 120];
/** A measured rate this close to a whole one, or to one of NTSC, is taken for it. */
const TOLERANCE = 5e-4;
/** Beyond this no stream of pictures or postures runs; it is a fault of the times. */
const MAX_RATE_HZ = 1e6;

/**
 * A measured rate as a fraction: a whole number or k x 1000/1001 if one is within 0.05 %, else to a thousandth.
 * Null for what is no rate.
 */
export function toRate(rateHz: number): Rate | null {
  if (!(rateHz >= 5e-4 && rateHz <= MAX_RATE_HZ)) return null;
  const whole = Math.round(rateHz);
  const candidates = [{ num: whole, den: 1 }, ...NTSC_BASES.map((base) => ({ num: base * 1000, den: 1001 }))].filter(
    ({ num, den }) => num > 0 && Math.abs((rateHz * den) / num - 1) <= TOLERANCE,
  );
  const off = ({ num, den }: Rate): number => Math.abs(num / den - rateHz);
  const [best] = candidates.sort((a, b) => off(a) - off(b));
  if (best) return best;
  const num = Math.round(rateHz * 1000);
  const divisor = gcd(num, 1000);
  return { num: num / divisor, den: 1000 / divisor };
}

export function toHz({ num, den }: Rate): number {
  return num / den;
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}
