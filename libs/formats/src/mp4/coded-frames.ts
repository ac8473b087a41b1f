import type { ByteSource } from '../byte-source.js';
import { readRange } from '../byte-source.js';
import type { PartDigest } from '../measuring/content-hash.js';
import type { Mp4Video } from './mp4.reader.js';

/** 1 MiB pieces hash fastest from a local disk, and are few enough for ranged GETs. */
const READ_BYTES = 2 ** 20;

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

  /** Adds the packets of frames `from` to `to` (half-open) in decoding order. The next piece is read while one is digested. */
  async digest(from: number, to: number, digest: PartDigest): Promise<void> {
    let ahead: Promise<Uint8Array> | null = null;
    for (const { start, length } of this.ranges(from, to)) {
      const next = readRange(this.source, start, length, 'a video frame');
      next.catch(() => undefined); // awaited below; a failure of the piece before must not leave this one unhandled
      if (ahead) digest.update(await ahead);
      ahead = next;
    }
    if (ahead) digest.update(await ahead);
  }

  /** The bytes of the frames as few ranges: neighbours in the file are joined, up to `READ_BYTES`. */
  private *ranges(from: number, to: number): Generator<{ start: number; length: number }> {
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
        if (offset !== end || (end > start && end + size - start > READ_BYTES)) break;
        end += size;
      }
      for (let at = start; at < end; at += READ_BYTES) yield { start: at, length: Math.min(READ_BYTES, end - at) };
    }
  }
}

function orderByTime(times: Float64Array): Uint32Array | null {
  let isSorted = true;
  for (let i = 1; i < times.length && isSorted; i += 1) isSorted = (times[i] as number) >= (times[i - 1] as number);
  return isSorted ? null : Uint32Array.from(times.keys()).sort((a, b) => (times[a] as number) - (times[b] as number));
}
