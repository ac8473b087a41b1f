/** Quantiles that every feature carries. */
export const QUANTILES = [0.01, 0.1, 0.5, 0.9, 0.99] as const;

const SIGN = 0x80000000 | 0;

/**
 * Sorts a scratch of float32 values in place. Floats compare like their bits once negatives are mirrored,
 * and V8 sorts integers about twice as fast as floats, where a comparison must think of NaN and -0.
 * @param scratch int32 view on the memory of the floats
 */
export function sortFloat32(values: Float32Array, scratch: Int32Array): void {
  mirrorNegatives(scratch);
  scratch.sort();
  mirrorNegatives(scratch);
  void values;
}

function mirrorNegatives(bits: Int32Array): void {
  for (let i = 0; i < bits.length; i += 1) {
    const b = bits[i] as number;
    bits[i] = b < 0 ? (b ^ ~SIGN) : b;
  }
}

/** Quantile of sorted values by linear interpolation between the two nearest ranks, as numpy does by default. */
export function quantileOf(sorted: Float32Array | Float64Array, q: number): number {
  const at = (sorted.length - 1) * q;
  const low = Math.floor(at);
  const below = sorted[low] ?? Number.NaN;
  const above = sorted[Math.min(low + 1, sorted.length - 1)] ?? below;
  return below + (above - below) * (at - low);
}
