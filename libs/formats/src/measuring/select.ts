/**
 * Quantile by linear interpolation between the two nearest ranks, as numpy does by default, without sorting:
 * rearranges `values` in place. There must be no NaN among them, and at least one value.
 */
export function selectQuantile(values: Float64Array, q: number): number {
  const at = (values.length - 1) * q;
  const low = Math.floor(at);
  const below = selectRank(values, low);
  if (at === low) return below;
  let above = Number.POSITIVE_INFINITY;
  for (let i = low + 1; i < values.length; i += 1) above = Math.min(above, values[i] as number);
  return below + (above - below) * (at - low);
}

/** The value of rank `k` (from 0); everything behind it is not smaller afterwards. */
function selectRank(values: Float64Array, k: number): number {
  let left = 0;
  let right = values.length - 1;
  // The pivot moves about, so that no order of the input is the worst one.
  let seed = 0x9e3779b9;
  while (left < right) {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    const pivot = values[left + (seed % (right - left + 1))] as number;
    let i = left;
    let j = right;
    while (i <= j) {
      while ((values[i] as number) < pivot) i += 1;
      while ((values[j] as number) > pivot) j -= 1;
      if (i > j) break;
      const swapped = values[i] as number;
      values[i] = values[j] as number;
      values[j] = swapped;
      i += 1;
      j -= 1;
    }
    if (k <= j) right = j;
    else if (k >= i) left = i;
    else break;
  }
  return values[k] as number;
}
