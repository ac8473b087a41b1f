/** Float64 values of unknown number, held up to a bound. */
export class GrowingFloats {
  private held = new Float64Array(0);
  length = 0;

  constructor(private readonly maxLength: number) {}

  get isFull(): boolean {
    return this.length >= this.maxLength;
  }

  push(value: number): void {
    if (this.isFull) return;
    if (this.length === this.held.length) {
      const grown = new Float64Array(Math.min(this.maxLength, Math.max(64, this.length * 2)));
      grown.set(this.held);
      this.held = grown;
    }
    this.held[this.length] = value;
    this.length += 1;
  }

  /** The values that are held; not a copy. */
  view(): Float64Array {
    return this.held.subarray(0, this.length);
  }
}
