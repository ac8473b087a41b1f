import type { Spread } from '../episode-model.js';

const KEPT = 10;

/** Sums up one number per episode. */
export class SpreadTally {
  private count = 0;
  private mean = 0;
  private readonly lowest: { episode: number; value: number }[] = [];
  private readonly highest: { episode: number; value: number }[] = [];

  /** A null, and whatever is not a finite number, was not measurable and is left out. */
  add(episode: number, value: number | null): void {
    if (value === null || !Number.isFinite(value)) return;
    this.count += 1;
    this.mean += (value - this.mean) / this.count;
    insert(this.lowest, { episode, value }, (a, b) => a < b);
    insert(this.highest, { episode, value }, (a, b) => a > b);
  }

  /** Null if nothing was measurable. */
  finish(): Spread | null {
    const [lowest] = this.lowest;
    const [highest] = this.highest;
    if (!lowest || !highest) return null;
    return {
      count: this.count,
      min: lowest.value,
      max: highest.value,
      mean: this.mean,
      lowest: [...this.lowest],
      highest: [...this.highest],
    };
  }
}

/** Keeps the list sorted and short; of equal values the earlier episode stands first. */
function insert(
  list: { episode: number; value: number }[],
  entry: { episode: number; value: number },
  isBefore: (a: number, b: number) => boolean,
): void {
  let at = list.length;
  while (at > 0 && isBefore(entry.value, list[at - 1]?.value ?? entry.value)) at -= 1;
  if (at >= KEPT) return;
  list.splice(at, 0, entry);
  if (list.length > KEPT) list.pop();
}
