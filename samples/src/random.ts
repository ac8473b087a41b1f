/** A seeded source of numbers: the same seed gives the same episodes on every machine. */
export class Random {
  private state: number;

  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  /** A generator of its own for one named part, so that adding draws to one part leaves the others unchanged. */
  static forPart(seed: number, part: string): Random {
    let hash = 0x811c9dc5 ^ seed;
    for (const char of part) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193);
    return new Random(hash);
  }

  /** Uniform in [0, 1). Mulberry32: 32 bits of state are plenty for a few thousand draws. */
  unit(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = this.state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }

  between(low: number, high: number): number {
    return low + (high - low) * this.unit();
  }

  /** One of the values. @throws RangeError on an empty list */
  pick<T>(values: readonly T[]): T {
    const value = values[Math.floor(this.unit() * values.length)];
    if (value === undefined) throw new RangeError('nothing to pick from');
    return value;
  }
}
