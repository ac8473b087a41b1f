import type { ByteSource } from '../byte-source.js';
import { readRange } from '../byte-source.js';
import { Defect, decoding } from '../defect.js';
import type { Box } from './boxes.js';
import { boxesIn, findBox, fourCc, needBox } from './boxes.js';
import type { Mp4Video } from './mp4.reader.js';
import { readMp4 } from './mp4.reader.js';

/** What a re-muxer needs of an mp4 besides its sample tables. */
export interface Mp4Samples extends Mp4Video {
  /** The sample entry (avc1, av01, …) without its bit rate box: equal bytes mean that the packets fit one track. */
  readonly sampleEntry: Uint8Array;
  /** The nine numbers that turn and scale the picture. @see ISO/IEC 14496-12, section 8.3.2 */
  readonly matrix: Uint8Array;
}

/** Size of a visual sample entry before its child boxes. @see ISO/IEC 14496-12, section 12.1.3 */
const ENTRY_HEAD_BYTES = 86;

/**
 * Reads an mp4 for copying its packets into another one.
 * @throws Defect as `readMp4` does, or if the track has several sample descriptions
 */
export async function readMp4Samples(source: ByteSource): Promise<Mp4Samples> {
  const video = await readMp4(source);
  const moov = await readMoovBytes(source);
  return decoding('VIDEO_INVALID', 'mp4', () => {
    const view = new DataView(moov.buffer, moov.byteOffset, moov.byteLength);
    const trak = videoTrack(view, { type: 'moov', start: 0, end: moov.byteLength });
    const stbl = needBox(view, needBox(view, needBox(view, trak, 'mdia'), 'minf'), 'stbl');
    return {
      ...video,
      sampleEntry: readSampleEntry(view, needBox(view, stbl, 'stsd')),
      matrix: readMatrix(view, trak),
    };
  });
}

/** `readMp4` has checked every top-level box of the file by now. */
async function readMoovBytes(source: ByteSource): Promise<Uint8Array> {
  for (let at = 0; at < source.sizeBytes;) {
    const head = await readRange(source, at, Math.min(16, source.sizeBytes - at), 'a box header');
    const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
    const short = view.getUint32(0);
    const headBytes = short === 1 ? 16 : 8;
    const size =
      short === 1
        ? view.getUint32(8) * 2 ** 32 + view.getUint32(12)
        : short === 0
          ? source.sizeBytes - at
          : view.getUint32(0);
    if (fourCc(view, 4) === 'moov') return readRange(source, at + headBytes, size - headBytes, 'the moov box');
    if (size < headBytes) break;
    at += size;
  }
  throw new Defect('TRUNCATED_FILE', 'mp4 has no moov box: the recorder did not finish the file');
}

function videoTrack(view: DataView, moov: Box): Box {
  for (const trak of boxesIn(view, moov.start, moov.end)) {
    if (trak.type !== 'trak') continue;
    const hdlr = needBox(view, needBox(view, trak, 'mdia'), 'hdlr');
    if (hdlr.end - hdlr.start >= 12 && fourCc(view, hdlr.start + 8) === 'vide') return trak;
  }
  throw new Defect('VIDEO_INVALID', 'mp4 has no video track');
}

function readSampleEntry(view: DataView, stsd: Box): Uint8Array {
  const entries = view.getUint32(stsd.start + 4);
  if (entries !== 1)
    throw new Defect('VIDEO_UNSUPPORTED', 'mp4 has several sample descriptions in its video track', {
      expected: '1',
      actual: `${entries}`,
    });
  const start = stsd.start + 8;
  const end = start + view.getUint32(start);
  if (end > stsd.end || end - start < ENTRY_HEAD_BYTES)
    throw new Defect('VIDEO_INVALID', 'mp4 has no readable sample description');
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  const parts = [bytes.subarray(start, start + ENTRY_HEAD_BYTES)];
  let at = start + ENTRY_HEAD_BYTES;
  for (const box of boxesIn(view, at, end)) {
    // btrt holds the bit rate, which differs between files of one recorder and means nothing to a decoder.
    if (box.type !== 'btrt') parts.push(bytes.subarray(at, box.end));
    at = box.end;
  }
  const entry = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let filled = 0;
  for (const part of parts) {
    entry.set(part, filled);
    filled += part.byteLength;
  }
  new DataView(entry.buffer).setUint32(0, entry.byteLength);
  return entry;
}

function readMatrix(view: DataView, trak: Box): Uint8Array {
  const tkhd = findBox(view, trak, 'tkhd');
  const at = tkhd ? tkhd.start + (view.getUint8(tkhd.start) === 1 ? 52 : 40) : 0;
  if (!tkhd || at + 36 > tkhd.end) {
    const identity = new Uint8Array(36);
    const numbers = new DataView(identity.buffer);
    numbers.setUint32(0, 0x10000);
    numbers.setUint32(16, 0x10000);
    numbers.setUint32(32, 0x40000000);
    return identity;
  }
  return new Uint8Array(view.buffer, view.byteOffset + at, 36).slice();
}
