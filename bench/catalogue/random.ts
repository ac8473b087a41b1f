/** A repeatable source of chance (mulberry32), so that every run sees the same shelf and the same questions. */
export class Random {
  constructor(private state: number) {}

  /** In [0, 1). */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  }

  below(n: number): number {
    return Math.floor(this.next() * n);
  }

  /** One of the values, the first much more often than the last (its place grows as chance to the power 1.6). */
  skewed<T>(values: readonly T[]): T {
    const value = values[Math.floor(this.next() ** 1.6 * values.length)];
    if (value === undefined) throw new Error('Nothing to choose from.');
    return value;
  }

  /** Between `least` and `most` different values, skewed. */
  some<T>(values: readonly T[], least: number, most: number): T[] {
    const wanted = least + this.below(most - least + 1);
    const chosen = new Set<T>();
    for (let tries = 0; chosen.size < wanted && tries < wanted * 4; tries++) chosen.add(this.skewed(values));
    return [...chosen];
  }
}
