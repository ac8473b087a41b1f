import type { ByteRange } from '../block-reading.js';
import { BLOCK_BYTES, readInTurn } from '../block-reading.js';
import type { ByteSource } from '../byte-source.js';
import type { PartDigest } from '../measuring/content-hash.js';
import type { Mp4Video } from './mp4.reader.js';

/** The coded frames of an mp4, addressed by their place in the order of presentation. */
export class CodedFrames {
  /** Coded frames by presentation time; null where both orders are one. */
  private readonly byTime: Uint32Array | null;

  constructor(
    private readonly source: ByteSource,
    private readonly video: Mp4Video,
  ) {
    this.byTime = orderByTime(video.ptsS);
  }

  /** Adds the packets of frames `from` to `to` (half-open) in decoding order. */
  async digest(from: number, to: number, digest: PartDigest): Promise<void> {
    await readInTurn(this.source, this.ranges(from, to), (bytes) => digest.update(bytes));
  }

  /** The bytes of the frames as few ranges: neighbours in the file are joined, up to `BLOCK_BYTES`. */
  private *ranges(from: number, to: number): Generator<ByteRange> {
    const { offsets, sizes } = this.video;
    const samples = this.byTime ? this.byTime.slice(from, to).sort() : null;
    const count = to - from;
    const sampleAt = (i: number): number => (samples ? (samples[i] as number) : from + i);
    for (let i = 0; i < count;) {
      const start = offsets[sampleAt(i)] as number;
      let end = start;
      for (; i < count; i += 1) {
        const offset = offsets[sampleAt(i)] as number;
        const size = sizes[sampleAt(i)] as number;
        if (offset !== end || (end > start && end + size - start > BLOCK_BYTES)) break;
        end += size;
      }
      for (let at = start; at < end; at += BLOCK_BYTES) yield { start: at, length: Math.min(BLOCK_BYTES, end - at) };
    }
  }
}

function orderByTime(times: Float64Array): Uint32Array | null {
  let isSorted = true;
  for (let i = 1; i < times.length && isSorted; i += 1) isSorted = (times[i] as number) >= (times[i - 1] as number);
  return isSorted ? null : Uint32Array.from(times.keys()).sort((a, b) => (times[a] as number) - (times[b] as number));
}
