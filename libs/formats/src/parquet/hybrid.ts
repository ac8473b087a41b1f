import { Defect } from '../defect.js';

/**
 * Parquet's mix of run-length and bit-packed runs, read in steps, so that a few bytes that stand for
 * millions of values never become millions of values in memory.
 * @see https://github.com/apache/parquet-format/blob/master/Encodings.md (RLE = 3)
 */
export class HybridReader {
  private left = 0;
  private isRun = false;
  private value = 0;
  private bits = 0;
  private have = 0;

  constructor(
    private readonly bytes: Uint8Array,
    private at: number,
    private readonly end: number,
    private readonly width: number,
  ) {
    if (width > 24) throw new Defect('PARQUET_UNSUPPORTED', `values of ${width} bits`);
    if (end > bytes.byteLength || at > end) throw new Defect('BAD_PARQUET', 'encoded levels reach behind their page');
  }

  /** Skips `count` values if they all stand in one run of `value`: the usual case of definition levels. */
  skipRun(value: number, count: number): boolean {
    if (this.left === 0 && this.width > 0) this.nextRun();
    if (this.width === 0) return value === 0;
    if (!this.isRun || this.value !== value || this.left < count) return false;
    this.left -= count;
    return true;
  }

  fill(out: Uint8Array | Uint32Array, from: number, count: number): void {
    if (this.width === 0) {
      out.fill(0, from, from + count);
      return;
    }
    let at = from;
    const until = from + count;
    while (at < until) {
      if (this.left === 0) this.nextRun();
      const take = Math.min(this.left, until - at);
      if (this.isRun) out.fill(this.value, at, at + take);
      else this.unpack(out, at, take);
      at += take;
      this.left -= take;
    }
  }

  private unpack(out: Uint8Array | Uint32Array, from: number, count: number): void {
    const { bytes, width } = this;
    const mask = 2 ** width - 1;
    let { at, bits, have } = this;
    for (let i = from, until = from + count; i < until; i += 1) {
      while (have < width) {
        bits |= (bytes[at] as number) << have;
        at += 1;
        have += 8;
      }
      out[i] = bits & mask;
      bits >>>= width;
      have -= width;
    }
    this.at = at;
    this.bits = bits;
    this.have = have;
  }

  private nextRun(): void {
    for (;;) {
      let header = 0;
      let scale = 1;
      for (let i = 0; ; i += 1) {
        const byte = this.bytes[this.at];
        if (byte === undefined || this.at >= this.end || i === 5)
          throw new Defect('BAD_PARQUET', 'encoded values end early');
        this.at += 1;
        header += (byte & 127) * scale;
        if (byte < 128) break;
        scale *= 128;
      }
      const count = Math.floor(header / 2);
      if (count === 0) continue;
      if (header % 2 === 1) {
        // The last group may be cut where its values end; never read past the block.
        const room = Math.floor(((this.end - this.at) * 8) / this.width);
        this.left = Math.min(count * 8, room);
        if (this.left === 0) throw new Defect('BAD_PARQUET', 'encoded values end early');
        this.isRun = false;
        this.bits = 0;
        this.have = 0;
      } else {
        const valueBytes = (this.width + 7) >> 3;
        if (this.at + valueBytes > this.end) throw new Defect('BAD_PARQUET', 'encoded values end early');
        let value = 0;
        for (let i = 0; i < valueBytes; i += 1) value += (this.bytes[this.at + i] ?? 0) * 256 ** i;
        this.at += valueBytes;
        this.value = value;
        this.left = count;
        this.isRun = true;
      }
      return;
    }
  }
}
