/** Hashes that are remembered; a larger set is compared by the catalogue. */
const MAX_REMEMBERED = 500_000;
const MAX_PAIRS = 100;

/** Finds episodes with the same content by their hash. */
export class DuplicateTally {
  private readonly firsts = new Map<string, number>();
  private count = 0;
  private readonly pairs: [number, number][] = [];

  /** The first episode that had this content, or null. */
  add(episode: number, contentHash: string): number | null {
    const key = contentHash.slice(0, 24);
    const first = this.firsts.get(key);
    if (first === undefined) {
      if (this.firsts.size < MAX_REMEMBERED) this.firsts.set(key, episode);
      return null;
    }
    this.count += 1;
    if (this.pairs.length < MAX_PAIRS) this.pairs.push([episode, first]);
    return first;
  }

  finish(): { count: number; pairs: [number, number][] } {
    return { count: this.count, pairs: [...this.pairs] };
  }
}
