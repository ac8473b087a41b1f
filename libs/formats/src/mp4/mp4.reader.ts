import type { ByteSource } from '../byte-source.js';
import { readRange } from '../byte-source.js';
import { Defect, decoding } from '../defect.js';
import type { Box } from './boxes.js';
import { boxesIn, findBox, fourCc, needBox } from './boxes.js';
import { readVideoCoding } from './codecs.js';
import { readSampleTable } from './sample-table.js';

/** 2 million frames need about 40 MB of tables. */
const MAX_MOOV_BYTES = 64 * 2 ** 20;
/** The moov box of ten minutes of video, and little enough to be read for a header's sake. */
const WINDOW_BYTES = 64 * 1024;
const MAX_TOP_BOXES = 4096;
const TOP_BOXES = new Set([
  'ftyp',
  'styp',
  'moov',
  'mdat',
  'free',
  'skip',
  'wide',
  'uuid',
  'moof',
  'mfra',
  'sidx',
  'pdin',
  'meta',
  'udta',
  'emsg',
  'prft',
]);

/** What an mp4 file's tables say of its first video track; nothing is decoded. */
export interface Mp4Video {
  readonly codec: string;
  readonly pixFmt: string | null;
  readonly width: number;
  readonly height: number;
  readonly timescale: number;
  readonly frames: number;
  readonly keyFrames: number;
  /** Frames a second, from the span of the presentation times. */
  readonly fps: number;
  readonly durationS: number;
  /** Presentation time of each coded frame in decoding order, in seconds, edit list applied. */
  readonly ptsS: Float64Array;
  /** The presentation times in rising order. */
  readonly sortedPtsS: Float64Array;
  readonly offsets: Float64Array;
  readonly sizes: Uint32Array;
  readonly isKey: (sample: number) => boolean;
}

/**
 * Reads the facts of an mp4 by walking its boxes: a few small reads, then the moov box.
 * A file cut anywhere, a table that points outside, a count without bytes are all answered at once.
 * @see ISO/IEC 14496-12
 */
export async function readMp4(source: ByteSource): Promise<Mp4Video> {
  const near = windowed(source);
  const moov = await findMoov(near);
  const bytes = await readRange(near, moov.start, moov.end - moov.start, 'the moov box');
  return decoding('VIDEO_INVALID', 'mp4', () => readMoov(bytes, source.sizeBytes));
}

/** The source with what follows a read at hand: headers stand close together, and the moov box mostly at the end of the file. */
function windowed(source: ByteSource): ByteSource {
  let start = 0;
  let held: Uint8Array = new Uint8Array(0);
  return {
    sizeBytes: source.sizeBytes,
    read: async (offset, length) => {
      if (offset < start || offset + length > start + held.byteLength) {
        const more = await source.read(offset, Math.max(length, Math.min(WINDOW_BYTES, source.sizeBytes - offset)));
        [start, held] = [offset, more];
      }
      return held.subarray(offset - start, offset - start + length);
    },
  };
}

async function findMoov(source: ByteSource): Promise<Box> {
  if (source.sizeBytes < 16) throw new Defect('TRUNCATED_FILE', `an mp4 of ${source.sizeBytes} bytes holds nothing`);
  let at = 0;
  let moov: Box | undefined;
  let fragmented = false;
  for (let seen = 0; at < source.sizeBytes; seen += 1) {
    if (seen === MAX_TOP_BOXES)
      throw new Defect('VIDEO_UNSUPPORTED', `mp4 has more than ${MAX_TOP_BOXES} top-level boxes`);
    if (source.sizeBytes - at < 8) throw new Defect('TRUNCATED_FILE', 'mp4 ends inside a box header');
    const head = await readRange(source, at, Math.min(16, source.sizeBytes - at), 'a box header');
    const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
    const type = fourCc(view, 4);
    if (!TOP_BOXES.has(type)) {
      throw seen === 0
        ? new Defect('BAD_MAGIC', 'not an mp4 file: it does not start with a known box', {
            expected: 'ftyp',
            actual: type,
          })
        : new Defect('VIDEO_INVALID', `unknown box ${type} at byte ${at}`);
    }
    let size = view.getUint32(0);
    let header = 8;
    if (size === 1) {
      if (head.byteLength < 16) throw new Defect('TRUNCATED_FILE', 'mp4 ends inside a box header');
      size = view.getUint32(8) * 2 ** 32 + view.getUint32(12);
      header = 16;
    } else if (size === 0) {
      size = source.sizeBytes - at;
    }
    if (size < header) throw new Defect('VIDEO_INVALID', `box ${type} at byte ${at} is smaller than its header`);
    if (at + size > source.sizeBytes) {
      throw new Defect('TRUNCATED_FILE', `box ${type} reaches behind the end of the file`, {
        expected: `${at + size} bytes`,
        actual: `${source.sizeBytes} bytes`,
      });
    }
    if (type === 'moof') fragmented = true;
    if (type === 'moov' && !moov) moov = { type, start: at + header, end: at + size };
    at += size;
  }
  if (!moov) throw new Defect('TRUNCATED_FILE', 'mp4 has no moov box: the recorder did not finish the file');
  if (fragmented) throw new Defect('VIDEO_UNSUPPORTED', 'fragmented mp4 (moof boxes); re-mux it into one moov');
  if (moov.end - moov.start > MAX_MOOV_BYTES) {
    throw new Defect('VIDEO_UNSUPPORTED', 'the moov box is too large', {
      actual: `${moov.end - moov.start} bytes`,
      expected: `at most ${MAX_MOOV_BYTES} bytes`,
    });
  }
  return moov;
}

function readMoov(bytes: Uint8Array, fileBytes: number): Mp4Video {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const moov: Box = { type: 'moov', start: 0, end: bytes.byteLength };
  const mvhd = needBox(view, moov, 'mvhd');
  const movieScale = view.getUint32(mvhd.start + (view.getUint8(mvhd.start) === 1 ? 20 : 12));
  for (const trak of boxesIn(view, moov.start, moov.end)) {
    if (trak.type !== 'trak') continue;
    const mdia = needBox(view, trak, 'mdia');
    const hdlr = needBox(view, mdia, 'hdlr');
    if (hdlr.end - hdlr.start < 12 || fourCc(view, hdlr.start + 8) !== 'vide') continue;
    return readTrack(view, trak, mdia, movieScale, fileBytes);
  }
  throw new Defect('VIDEO_INVALID', 'mp4 has no video track');
}

function readTrack(view: DataView, trak: Box, mdia: Box, movieScale: number, fileBytes: number): Mp4Video {
  const mdhd = needBox(view, mdia, 'mdhd');
  const timescale = view.getUint32(mdhd.start + (view.getUint8(mdhd.start) === 1 ? 20 : 12));
  if (timescale === 0) throw new Defect('VIDEO_INVALID', 'mp4 has timescale 0');
  const stbl = needBox(view, needBox(view, mdia, 'minf'), 'stbl');
  const coding = readVideoCoding(view, needBox(view, stbl, 'stsd'));
  if (!coding) throw new Defect('VIDEO_INVALID', 'mp4 has no readable sample description');
  const table = readSampleTable(view, stbl, fileBytes);
  if (table.count === 0) throw new Defect('VIDEO_INVALID', 'mp4 has no frame');
  const shiftS = editShiftS(view, trak, timescale, movieScale);
  const ptsS = new Float64Array(table.count);
  for (let i = 0; i < table.count; i += 1) ptsS[i] = (table.compositionTicks[i] ?? 0) / timescale + shiftS;
  const sortedPtsS = Float64Array.from(ptsS).sort();
  const first = sortedPtsS[0] ?? 0;
  const last = sortedPtsS[table.count - 1] ?? 0;
  const lastS = table.lastDuration / timescale;
  const fps = table.count > 1 && last > first ? (table.count - 1) / (last - first) : lastS > 0 ? 1 / lastS : 0;
  return {
    ...coding,
    timescale,
    frames: table.count,
    keyFrames: table.keyFrames,
    fps,
    durationS: last - first + lastS,
    ptsS,
    sortedPtsS,
    offsets: table.offsets,
    sizes: table.sizes,
    isKey: table.isKey,
  };
}

/** Seconds that the edit list adds to every composition time: an initial empty edit, then one start inside the media. */
function editShiftS(view: DataView, trak: Box, timescale: number, movieScale: number): number {
  const edts = findBox(view, trak, 'edts');
  const elst = edts && findBox(view, edts, 'elst');
  if (!elst) return 0;
  const wide = view.getUint8(elst.start) === 1;
  const entryBytes = wide ? 20 : 12;
  const count = view.getUint32(elst.start + 4);
  if (count * entryBytes > elst.end - elst.start - 8)
    throw new Defect('VIDEO_INVALID', 'mp4 edit list announces more entries than it holds');
  let shiftS = 0;
  let started = false;
  for (let e = 0; e < count; e += 1) {
    const at = elst.start + 8 + entryBytes * e;
    const durationTicks = wide ? view.getUint32(at) * 2 ** 32 + view.getUint32(at + 4) : view.getUint32(at);
    const mediaTicks = wide ? Number(view.getBigInt64(at + 8)) : view.getInt32(at + 4);
    if (mediaTicks === -1 && !started) {
      if (movieScale === 0) throw new Defect('VIDEO_INVALID', 'mp4 has movie timescale 0');
      shiftS += durationTicks / movieScale;
    } else if (!started) {
      shiftS -= mediaTicks / timescale;
      started = true;
    } else {
      throw new Defect('VIDEO_UNSUPPORTED', 'mp4 edit list cuts the video into several parts');
    }
  }
  return shiftS;
}
