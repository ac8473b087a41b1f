import type { ByteSource, Mp4Samples, Rate } from '@app/formats';
import { ascii, box, u16, u32, u32List, u64, u64List } from './box-writer.js';

/** Packets of one file that are written in a row: a whole episode of one camera, or a part of it. */
export interface Piece {
  /** Opened when the bytes are wanted: pieces of hundreds of files wait for one output file. */
  open(): Promise<ByteSource>;
  /** Where each packet is in the source, in decoding order. */
  readonly offsets: Float64Array;
  readonly sizes: Uint32Array;
  /** 1 where a packet can be decoded alone. */
  readonly keys: Uint8Array;
  /** Place of each packet in order of presentation within the piece; null where both orders are one. */
  readonly ranks: Uint32Array | null;
  readonly sizeBytes: number;
}

/** What packets must share to go into one track. */
export interface TrackKind {
  readonly sampleEntry: Uint8Array;
  readonly matrix: Uint8Array;
  readonly width: number;
  readonly height: number;
}

const TICKS = 512;
const READ_BYTES = 2 ** 20;
const MAX_U32 = 2 ** 32 - 1;

/** Whether packets of both kinds may follow each other in one track. */
export function isSameKind(a: TrackKind, b: TrackKind): boolean {
  return (
    a.width === b.width &&
    a.height === b.height &&
    Buffer.compare(a.sampleEntry, b.sampleEntry) === 0 &&
    Buffer.compare(a.matrix, b.matrix) === 0
  );
}

/**
 * The packets of frames `[from, to)`, counted in order of presentation. Null where they cannot be copied: they do not start
 * at a key frame, or other frames are coded between them.
 */
export function pieceOf(mp4: Mp4Samples, open: () => Promise<ByteSource>, from: number, to: number): Piece | null {
  const order = presentationOrder(mp4.ptsS);
  let first = from;
  if (order) {
    const samples = order.subarray(from, to);
    first = samples.reduce((least, sample) => Math.min(least, sample), Number.POSITIVE_INFINITY);
    const last = samples.reduce((most, sample) => Math.max(most, sample), -1);
    if (last - first !== to - from - 1) return null;
  }
  if (to <= from || to > mp4.frames || !mp4.isKey(first)) return null;
  const count = to - from;
  const offsets = mp4.offsets.slice(first, first + count);
  const sizes = mp4.sizes.slice(first, first + count);
  const keys = Uint8Array.from({ length: count }, (_, i) => (mp4.isKey(first + i) ? 1 : 0));
  let ranks: Uint32Array | null = null;
  if (order) {
    ranks = new Uint32Array(count);
    for (let rank = 0; rank < count; rank += 1) ranks[(order[from + rank] ?? 0) - first] = rank;
  }
  return { open, offsets, sizes, keys, ranks, sizeBytes: sizes.reduce((sum, size) => sum + size, 0) };
}

/** Only the packets at these places of a piece, each of which must be a key frame. For looking at samples. */
export function keyFramesOf(piece: Piece, places: readonly number[]): Piece {
  const sizes = Uint32Array.from(places, (place) => piece.sizes[place] ?? 0);
  return {
    open: () => piece.open(),
    offsets: Float64Array.from(places, (place) => piece.offsets[place] ?? 0),
    sizes,
    keys: new Uint8Array(places.length).fill(1),
    ranks: null,
    sizeBytes: sizes.reduce((sum, size) => sum + size, 0),
  };
}

/** Coded frames by presentation time; null where both orders are one. */
export function presentationOrder(ptsS: Float64Array): Uint32Array | null {
  for (let i = 1; i < ptsS.length; i += 1) {
    if ((ptsS[i] ?? 0) < (ptsS[i - 1] ?? 0))
      return Uint32Array.from(ptsS.keys()).sort((a, b) => (ptsS[a] ?? 0) - (ptsS[b] ?? 0));
  }
  return null;
}

/**
 * An mp4 of the pieces in a row, its tables in front, frame k at exactly k/fps. Nothing is decoded; the same pieces always
 * give the same bytes.
 */
export async function* mp4Of(kind: TrackKind, fps: Rate, pieces: readonly Piece[]): AsyncGenerator<Uint8Array> {
  yield headerOf(kind, fps, pieces);
  for (const piece of pieces) {
    const source = await piece.open();
    for (const { start, length } of rangesOf(piece)) yield await readExactly(source, start, length);
  }
}

async function readExactly(source: ByteSource, offset: number, length: number): Promise<Uint8Array> {
  const bytes = await source.read(offset, length);
  if (bytes.byteLength !== length)
    throw new Error(`byte source answered ${bytes.byteLength} of ${length} bytes at ${offset}`);
  return bytes;
}

/** The bytes of a piece as few reads: packets that follow each other in the source are joined. */
function* rangesOf({ offsets, sizes }: Piece): Generator<{ start: number; length: number }> {
  for (let i = 0; i < offsets.length;) {
    const start = offsets[i] ?? 0;
    let end = start;
    for (; i < offsets.length && offsets[i] === end; i += 1) end += sizes[i] ?? 0;
    for (let at = start; at < end; at += READ_BYTES) yield { start: at, length: Math.min(READ_BYTES, end - at) };
  }
}

function headerOf(kind: TrackKind, fps: Rate, pieces: readonly Piece[]): Uint8Array {
  const ftyp = box('ftyp', ascii('isom'), u32(512), ascii('isomiso6mp41'));
  const payloadBytes = pieces.reduce((sum, piece) => sum + piece.sizeBytes, 0);
  const isWide = payloadBytes + 2 ** 27 > MAX_U32;
  const mdatHead = isWide
    ? concat(u32(1), ascii('mdat'), u64(payloadBytes + 16))
    : concat(u32(payloadBytes + 8), ascii('mdat'));
  // The tables have the same size wherever the packets lie.
  const moovBytes = moovOf(kind, fps, pieces, 0, isWide).byteLength;
  const first = ftyp.byteLength + moovBytes + mdatHead.byteLength;
  return concat(ftyp, moovOf(kind, fps, pieces, first, isWide), mdatHead);
}

function moovOf(kind: TrackKind, fps: Rate, pieces: readonly Piece[], first: number, isWide: boolean): Uint8Array {
  const frames = pieces.reduce((sum, piece) => sum + piece.sizes.length, 0);
  const ticks = fps.num * TICKS <= MAX_U32 && fps.den * TICKS <= MAX_U32 ? TICKS : 1;
  const timescale = fps.num * ticks;
  const duration = frames * fps.den * ticks;
  const isLong = duration > MAX_U32;
  const version = u32(isLong ? 0x01000000 : 0);
  const time = (value: number): Uint8Array => (isLong ? u64(value) : u32(value));
  const mvhd = box(
    'mvhd',
    version,
    time(0),
    time(0),
    u32(timescale),
    time(duration),
    u32(0x10000),
    u16(0x100, 0),
    u32(0, 0),
    identityMatrix(),
    u32(0, 0, 0, 0, 0, 0, 2),
  );
  const tkhd = box(
    'tkhd',
    u32((isLong ? 0x01000000 : 0) + 3),
    time(0),
    time(0),
    u32(1, 0),
    time(duration),
    u32(0, 0),
    u16(0, 0, 0, 0),
    kind.matrix,
    u32(kind.width * 0x10000, kind.height * 0x10000),
  );
  const mdhd = box('mdhd', version, time(0), time(0), u32(timescale), time(duration), u16(0x55c4, 0));
  const hdlr = box('hdlr', u32(0, 0), ascii('vide'), u32(0, 0, 0), ascii('video\0'));
  const minf = box(
    'minf',
    box('vmhd', u32(1), u16(0, 0, 0, 0)),
    box('dinf', box('dref', u32(0, 1), box('url ', u32(1)))),
    stblOf(kind, fps.den * ticks, pieces, first, isWide),
  );
  return box('moov', mvhd, box('trak', tkhd, box('mdia', mdhd, hdlr, minf)));
}

function stblOf(kind: TrackKind, step: number, pieces: readonly Piece[], first: number, isWide: boolean): Uint8Array {
  const frames = pieces.reduce((sum, piece) => sum + piece.sizes.length, 0);
  const stsz = new Uint8Array(12 + 4 * frames);
  const sizes = new DataView(stsz.buffer);
  sizes.setUint32(8, frames);
  const keys: number[] = [];
  const chunks: number[] = [];
  const runs: number[] = [];
  let offset = first;
  let at = 0;
  pieces.forEach((piece, p) => {
    chunks.push(offset);
    if (piece.sizes.length !== pieces[p - 1]?.sizes.length) runs.push(p + 1, piece.sizes.length, 1);
    for (let i = 0; i < piece.sizes.length; i += 1, at += 1) {
      sizes.setUint32(12 + 4 * at, piece.sizes[i] ?? 0);
      if (piece.keys[i]) keys.push(at + 1);
    }
    offset += piece.sizeBytes;
  });
  return box(
    'stbl',
    box('stsd', u32(0, 1), kind.sampleEntry),
    box('stts', u32(0, 1, frames, step)),
    ...(pieces.some((piece) => piece.ranks) ? [cttsOf(step, pieces, frames)] : []),
    ...(keys.length === frames ? [] : [box('stss', u32(0, keys.length), u32List(keys))]),
    box('stsc', u32(0, runs.length / 3), u32List(runs)),
    box('stsz', stsz),
    isWide ? box('co64', u32(0, chunks.length), u64List(chunks)) : box('stco', u32(0, chunks.length), u32List(chunks)),
  );
}

/** Frames that are coded out of order: signed offsets (version 1), so that the first is shown at 0 without an edit list. */
function cttsOf(step: number, pieces: readonly Piece[], frames: number): Uint8Array {
  const body = new Uint8Array(8 + 8 * frames);
  const view = new DataView(body.buffer);
  view.setUint32(0, 0x01000000);
  view.setUint32(4, frames);
  let at = 8;
  for (const { ranks, sizes } of pieces) {
    for (let i = 0; i < sizes.length; i += 1, at += 8) {
      view.setUint32(at, 1);
      view.setInt32(at + 4, ((ranks?.[i] ?? i) - i) * step);
    }
  }
  return box('ctts', body);
}

function identityMatrix(): Uint8Array {
  return u32(0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000);
}

function concat(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}
