import { cut, flipped, overwritten, placeOf } from './damage.js';
import type { HostileUpload, Upload } from './hostile-upload.js';
import { fileOf, variants, withFiles } from './hostile-upload.js';
import { plannedSet, VIDEO_V21 } from './lerobot.js';

const be32 = (...values: number[]): Buffer => {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, i) => bytes.writeUInt32BE(value, i * 4));
  return bytes;
};
const box = (type: string, ...parts: Uint8Array[]): Buffer => {
  const body = Buffer.concat(parts);
  return Buffer.concat([be32(body.length + 8), Buffer.from(type), body]);
};

/** Boxes in boxes in boxes, each said to be whole. */
function nestedBoxes(levels: number, type: string): Buffer {
  const bytes = Buffer.alloc(levels * 8);
  for (let level = 0; level < levels; level += 1) {
    bytes.writeUInt32BE((levels - level) * 8, level * 8);
    bytes.write(type, level * 8 + 4, 'latin1');
  }
  return bytes;
}

/** Four bytes of a table's box, counted from behind its type. */
const inTable = (bytes: Buffer, type: string, at: number, value: number): Buffer =>
  overwritten(bytes, placeOf(bytes, type) + 4 + at, be32(value));

const FTYP = box('ftyp', Buffer.from('isom\0\0\x02\0isomiso2', 'latin1'));
const changedVideo = (change: (bytes: Buffer) => Uint8Array): Upload => {
  const upload = plannedSet('v2.1');
  return withFiles(upload, { [VIDEO_V21]: change(fileOf(upload, VIDEO_V21)) });
};

export const videoUploads: readonly HostileUpload[] = [
  ...variants<(bytes: Buffer) => Uint8Array>(
    'mp4',
    {
      'without moov': (bytes) => cut(bytes, placeOf(bytes, 'moov') - 4),
      'cut inside ftyp': (bytes) => cut(bytes, 10),
      'cut inside mdat': (bytes) => cut(bytes, placeOf(bytes, 'mdat') + 40),
      'cut inside moov': (bytes) => cut(bytes, placeOf(bytes, 'stsz') + 20),
      'cut at the last byte': (bytes) => cut(bytes, -1),
      'of one byte': (bytes) => cut(bytes, 1),
      'of one box of 2^32-1 bytes': (bytes) => overwritten(bytes, 0, be32(0xffffffff)),
      'with a moov of 2^63 bytes': () => Buffer.concat([FTYP, be32(1), Buffer.from('moov'), be32(0x80000000, 0)]),
      'with a box of size 4': (bytes) => overwritten(bytes, placeOf(bytes, 'trak') - 4, be32(4)),
      'with 10,000 top boxes': () => Buffer.concat([FTYP, Buffer.alloc(80_000, box('free'))]),
      'with boxes 100,000 deep': () => Buffer.concat([FTYP, nestedBoxes(100_000, 'moov')]),
      'with traks 100,000 deep': () => Buffer.concat([FTYP, box('moov', nestedBoxes(100_000, 'trak'))]),
      'with flipped bits in moov': (bytes) => flipped(bytes, 2, 60, placeOf(bytes, 'moov') + 4, bytes.length),
      'with 2^32-1 sizes': (bytes) => inTable(bytes, 'stsz', 8, 0xffffffff),
      '2^32-1 times one size': (bytes) => inTable(inTable(bytes, 'stsz', 4, 1), 'stsz', 8, 0xffffffff),
      'with 2^32-1 times': (bytes) => inTable(bytes, 'stts', 4, 0xffffffff),
      'with one run of 2^32-1 frames': (bytes) => inTable(bytes, 'stts', 8, 0xffffffff),
      'with a time scale of 0': (bytes) => inTable(bytes, 'mdhd', 12, 0),
    },
    changedVideo,
    ['VIDEO_INVALID', 'VIDEO_UNSUPPORTED', 'TRUNCATED_FILE', 'TOO_LARGE', 'BAD_MAGIC'],
  ),
  {
    name: 'mp4 with a moov of 60 MB',
    isAlone: true,
    build: () =>
      changedVideo((bytes) => {
        const moov = placeOf(bytes, 'moov');
        const body = bytes.subarray(moov + 4);
        return Buffer.concat([
          bytes.subarray(0, moov - 4),
          box('moov', box('udta', Buffer.alloc(60_000_000)), box('trak', Buffer.alloc(64)), body.subarray(0, 8)),
        ]);
      }),
    expected: ['VIDEO_INVALID', 'TOO_LARGE'],
  },
  {
    name: 'mp4 with 10^6 sizes',
    build: () =>
      changedVideo((bytes) => {
        const moov = placeOf(bytes, 'moov') - 4;
        const sizes = box('stsz', be32(0, 0, 15_000_000), Buffer.alloc(60_000_000, be32(1)));
        const trak = box(
          'trak',
          box(
            'mdia',
            box('mdhd', be32(0, 0, 0, 1000, 1000, 0)),
            box('hdlr', be32(0, 0), Buffer.from('vide'), Buffer.alloc(13)),
            box('minf', box('stbl', sizes)),
          ),
        );
        return Buffer.concat([bytes.subarray(0, moov), box('moov', trak)]);
      }),
    isAlone: true,
    expected: ['VIDEO_INVALID', 'TOO_LARGE'],
  },
];
