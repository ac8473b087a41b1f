import { Defect } from '../defect.js';
import type { Box } from './boxes.js';
import { findBox, needBox } from './boxes.js';

/** More frames than 18 hours at 30 a second in one file is a table bomb, not a recording. */
const MAX_SAMPLES = 2_000_000;

/** The samples (coded frames) of a track in decoding order. */
export interface SampleTable {
  readonly count: number;
  readonly sizes: Uint32Array;
  readonly offsets: Float64Array;
  /** Composition time in ticks of the track's timescale, before the edit list. */
  readonly compositionTicks: Float64Array;
  readonly lastDuration: number;
  readonly keyFrames: number;
  readonly isKey: (sample: number) => boolean;
}

/**
 * Expands an stbl box. Every count is checked against the bytes of its own box before anything is allocated.
 * @see ISO/IEC 14496-12, sections 8.6 and 8.7
 */
export function readSampleTable(view: DataView, stbl: Box, fileBytes: number): SampleTable {
  const sizes = readSizes(view, needBox(view, stbl, 'stsz'), fileBytes);
  const count = sizes.length;
  const { ticks, lastDuration } = readTimes(view, needBox(view, stbl, 'stts'), count);
  const ctts = findBox(view, stbl, 'ctts');
  if (ctts) addCompositionOffsets(view, ctts, ticks);
  const offsets = readOffsets(view, stbl, sizes);
  for (let i = 0; i < count; i += 1) {
    const end = (offsets[i] ?? 0) + (sizes[i] ?? 0);
    if (end > fileBytes) {
      throw new Defect('TRUNCATED_FILE', `frame ${i} of ${count} lies behind the end of the file`, {
        row: i,
        expected: `at least ${end} bytes`,
        actual: `${fileBytes} bytes`,
      });
    }
  }
  const stss = findBox(view, stbl, 'stss');
  const keys = stss ? readKeys(view, stss, count) : null;
  return {
    count,
    sizes,
    offsets,
    compositionTicks: ticks,
    lastDuration,
    keyFrames: keys ? keys.size : count,
    isKey: (sample) => (keys ? keys.has(sample) : true),
  };
}

function entryCount(view: DataView, box: Box, headBytes: number, entryBytes: number): number {
  const room = box.end - box.start - headBytes;
  if (room < 0) throw new Defect('VIDEO_INVALID', `mp4 box ${box.type} is too short`);
  const count = view.getUint32(box.start + headBytes - 4);
  if (count * entryBytes > room) {
    throw new Defect('VIDEO_INVALID', `mp4 box ${box.type} announces more entries than it holds`, {
      expected: `${count}`,
      actual: `${Math.floor(room / entryBytes)}`,
    });
  }
  return count;
}

function readSizes(view: DataView, box: Box, fileBytes: number): Uint32Array {
  if (box.end - box.start < 12) throw new Defect('VIDEO_INVALID', 'mp4 box stsz is too short');
  const fixed = view.getUint32(box.start + 4);
  const count = fixed ? view.getUint32(box.start + 8) : entryCount(view, box, 12, 4);
  if (count > MAX_SAMPLES || fixed * count > fileBytes) {
    throw new Defect('VIDEO_INVALID', 'mp4 announces more frames than its bytes can hold', {
      actual: `${count}`,
      expected: `at most ${MAX_SAMPLES}`,
    });
  }
  const sizes = new Uint32Array(count);
  if (fixed) return sizes.fill(fixed);
  for (let i = 0; i < count; i += 1) sizes[i] = view.getUint32(box.start + 12 + 4 * i);
  return sizes;
}

function readTimes(view: DataView, box: Box, count: number): { ticks: Float64Array; lastDuration: number } {
  const entries = entryCount(view, box, 8, 8);
  const ticks = new Float64Array(count);
  let at = 0;
  let time = 0;
  let lastDuration = 0;
  for (let e = 0; e < entries; e += 1) {
    const run = view.getUint32(box.start + 8 + 8 * e);
    const delta = view.getUint32(box.start + 12 + 8 * e);
    if (run > count - at)
      throw new Defect('VIDEO_INVALID', 'mp4 times more frames (stts) than it has (stsz)', { expected: `${count}` });
    for (let i = 0; i < run; i += 1) {
      ticks[at + i] = time;
      time += delta;
    }
    at += run;
    if (run > 0) lastDuration = delta;
  }
  if (at !== count)
    throw new Defect('VIDEO_INVALID', 'mp4 times fewer frames (stts) than it has (stsz)', {
      expected: `${count}`,
      actual: `${at}`,
    });
  return { ticks, lastDuration };
}

function addCompositionOffsets(view: DataView, box: Box, ticks: Float64Array): void {
  const entries = entryCount(view, box, 8, 8);
  let at = 0;
  for (let e = 0; e < entries; e += 1) {
    const run = view.getUint32(box.start + 8 + 8 * e);
    // Version 0 is unsigned by the book, but writers put negative offsets there too.
    const offset = view.getInt32(box.start + 12 + 8 * e);
    if (run > ticks.length - at) throw new Defect('VIDEO_INVALID', 'mp4 box ctts covers more frames than there are');
    for (let i = 0; i < run; i += 1) ticks[at + i] = (ticks[at + i] ?? 0) + offset;
    at += run;
  }
}

function readOffsets(view: DataView, stbl: Box, sizes: Uint32Array): Float64Array {
  const stco = findBox(view, stbl, 'stco');
  const chunkBox = stco ?? needBox(view, stbl, 'co64');
  const wide = stco === undefined;
  const chunks = entryCount(view, chunkBox, 8, wide ? 8 : 4);
  const stsc = needBox(view, stbl, 'stsc');
  const runs = entryCount(view, stsc, 8, 12);
  const offsets = new Float64Array(sizes.length);
  let sample = 0;
  for (let r = 0; r < runs && sample < sizes.length; r += 1) {
    const first = view.getUint32(stsc.start + 8 + 12 * r);
    const perChunk = view.getUint32(stsc.start + 12 + 12 * r);
    const next = r + 1 < runs ? view.getUint32(stsc.start + 8 + 12 * (r + 1)) : chunks + 1;
    if (first < 1 || next <= first || next > chunks + 1)
      throw new Defect('VIDEO_INVALID', 'mp4 box stsc points outside the chunks');
    for (let c = first - 1; c < next - 1 && sample < sizes.length; c += 1) {
      const at = chunkBox.start + 8 + (wide ? 8 : 4) * c;
      let offset = wide ? view.getUint32(at) * 2 ** 32 + view.getUint32(at + 4) : view.getUint32(at);
      for (let i = 0; i < perChunk && sample < sizes.length; i += 1) {
        offsets[sample] = offset;
        offset += sizes[sample] ?? 0;
        sample += 1;
      }
    }
  }
  if (sample !== sizes.length)
    throw new Defect('VIDEO_INVALID', 'mp4 chunks hold fewer frames than announced', {
      expected: `${sizes.length}`,
      actual: `${sample}`,
    });
  return offsets;
}

function readKeys(view: DataView, box: Box, count: number): Set<number> {
  const entries = entryCount(view, box, 8, 4);
  if (entries > count) throw new Defect('VIDEO_INVALID', 'mp4 has more key frames than frames');
  const keys = new Set<number>();
  for (let i = 0; i < entries; i += 1) keys.add(view.getUint32(box.start + 8 + 4 * i) - 1);
  return keys;
}
