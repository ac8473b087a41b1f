/** What an mp4's own tables say about its one video track. */
export interface Mp4Timing {
  readonly timescale: number;
  /** Presentation time of each frame in ticks of the timescale, in file order. */
  readonly times: readonly number[];
  /** Frame numbers, from 0, that can be decoded alone. */
  readonly keyFrames: readonly number[];
  readonly width: number;
  readonly height: number;
  readonly codec: string;
}

function* boxes(bytes: Buffer): Generator<{ type: string; body: Buffer }> {
  for (let at = 0; at + 8 <= bytes.length;) {
    const size = bytes.readUInt32BE(at);
    if (size < 8 || at + size > bytes.length) throw new RangeError(`box at ${at} does not fit`);
    yield { type: bytes.toString('latin1', at + 4, at + 8), body: bytes.subarray(at + 8, at + size) };
    at += size;
  }
}

function find(bytes: Buffer, ...path: string[]): Buffer | undefined {
  let here: Buffer | undefined = bytes;
  for (const type of path) {
    if (!here) return undefined;
    here = [...boxes(here)].find((b) => b.type === type)?.body;
  }
  return here;
}

function need(bytes: Buffer, ...path: string[]): Buffer {
  const found = find(bytes, ...path);
  if (!found) throw new RangeError(`no ${path.join('/')}`);
  return found;
}

/**
 * Reads the tables of a small single-track mp4 without decoding; used to check what the encoder wrote.
 * @see ISO/IEC 14496-12, boxes mdhd, elst, stts, ctts, stss, stsd
 */
export function readMp4Timing(file: Buffer): Mp4Timing {
  const trak = need(file, 'moov', 'trak');
  const mdhd = need(trak, 'mdia', 'mdhd');
  const stbl = need(trak, 'mdia', 'minf', 'stbl');
  if (find(stbl, 'ctts')) throw new RangeError('frames are reordered (ctts)');
  const edit = find(trak, 'edts', 'elst');
  if (edit && (edit.readUInt32BE(4) !== 1 || edit.readInt32BE(12) !== 0))
    throw new RangeError('the edit list shifts time');
  const stts = need(stbl, 'stts');
  const times: number[] = [];
  let now = 0;
  for (let i = 0; i < stts.readUInt32BE(4); i++) {
    const count = stts.readUInt32BE(8 + 8 * i);
    const ticks = stts.readUInt32BE(12 + 8 * i);
    for (let k = 0; k < count; k++, now += ticks) times.push(now);
  }
  const samples = need(stbl, 'stsz').readUInt32BE(8);
  if (samples !== times.length) throw new RangeError(`${samples} sizes but ${times.length} times`);
  const stss = find(stbl, 'stss');
  const keyFrames = stss
    ? Array.from({ length: stss.readUInt32BE(4) }, (_, i) => stss.readUInt32BE(8 + 4 * i) - 1)
    : times.map((_, i) => i);
  const entry = need(stbl, 'stsd').subarray(8);
  return {
    timescale: mdhd.readUInt32BE(12),
    times,
    keyFrames,
    codec: entry.toString('latin1', 4, 8),
    width: entry.readUInt16BE(32),
    height: entry.readUInt16BE(34),
  };
}
