import { FeatureAccumulator } from './feature-stats.js';

/** One accumulator per feature, set back for every episode: their room is large, and taking it anew for each costs more than the sums. */
export class Accumulators {
  private readonly byKey = new Map<string, FeatureAccumulator>();

  /** An empty accumulator; the one handed out for this key before must be finished. */
  of(key: string, width: number, isSingle: boolean): FeatureAccumulator {
    const held = this.byKey.get(key);
    if (held?.width === width && held.isSingle === isSingle) {
      held.reset();
      return held;
    }
    const fresh = new FeatureAccumulator(width, isSingle);
    this.byKey.set(key, fresh);
    return fresh;
  }
}
