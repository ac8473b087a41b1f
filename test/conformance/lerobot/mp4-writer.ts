/** An mp4 to be written: real boxes around packets that are noise. Nothing in the readers decodes them. */
export interface Mp4Plan {
  width: number;
  height: number;
  fourcc: string;
  timescale: number;
  /** Presentation time of each packet, in ticks, in decoding order. */
  ticks: number[];
  keyEvery: number;
  seed: number;
  /** Media time at which the edit list starts; null for no edit list. */
  editStart: number | null;
}

/** Writes ftyp, mdat, moov: as recorders do, with the tables at the end. */
export function writeMp4(plan: Mp4Plan): Uint8Array {
  const sizes = plan.ticks.map((_, i) => 40 + ((plan.seed * 31 + i * 17) % 50));
  const ftyp = box('ftyp', ascii('isom'), u32(512), ascii('isomiso2'));
  const packets = new Uint8Array(sizes.reduce((sum, size) => sum + size, 0));
  for (let i = 0, state = plan.seed + 1; i < packets.length; i += 1) {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    packets[i] = state >> 8;
  }
  const mdat = box('mdat', packets);
  const sorted = [...plan.ticks].sort((a, b) => a - b);
  const step = (sorted[1] ?? 1) - (sorted[0] ?? 0);
  const isReordered = plan.ticks.some((tick, i) => tick !== sorted[i]);
  const keys = plan.ticks.flatMap((_, i) => (i % plan.keyEvery === 0 ? [i + 1] : []));
  const entry = concat(
    u32(0, 0),
    new Uint8Array([0, 1]),
    new Uint8Array(16),
    new Uint8Array([plan.width >> 8, plan.width & 255, plan.height >> 8, plan.height & 255]),
    new Uint8Array(50),
  );
  const duration = step * plan.ticks.length;
  const stbl = box(
    'stbl',
    box('stsd', u32(0, 1), box(plan.fourcc, entry.subarray(2))),
    box('stts', u32(0, plan.ticks.length), ...sorted.map((tick, i) => u32(1, (sorted[i + 1] ?? tick + step) - tick))),
    ...(isReordered
      ? [
          box(
            'ctts',
            u32(0, plan.ticks.length),
            ...plan.ticks.map((tick, i) => u32(1, (tick - (sorted[i] ?? 0)) >>> 0)),
          ),
        ]
      : []),
    box('stsc', u32(0, 1, 1, plan.ticks.length, 1)),
    box('stsz', u32(0, 0, sizes.length), u32(...sizes)),
    box('stco', u32(0, 1, ftyp.length + 8)),
    box('stss', u32(0, keys.length), u32(...keys)),
  );
  const minf = box('minf', stbl);
  const hdlr = box('hdlr', u32(0, 0), ascii('vide'), new Uint8Array(13));
  const mdhd = box('mdhd', u32(0, 0, 0, plan.timescale, duration, 0));
  const edts = plan.editStart === null ? [] : [box('edts', box('elst', u32(0, 1, duration, plan.editStart, 0x10000)))];
  const trak = box('trak', ...edts, box('mdia', mdhd, hdlr, minf));
  return concat(ftyp, mdat, box('moov', box('mvhd', u32(0, 0, 0, plan.timescale, duration), new Uint8Array(80)), trak));
}

function box(type: string, ...parts: Uint8Array[]): Uint8Array {
  const body = concat(...parts);
  return concat(u32(body.length + 8), ascii(type), body);
}

function u32(...values: number[]): Uint8Array {
  const bytes = new Uint8Array(values.length * 4);
  const view = new DataView(bytes.buffer);
  values.forEach((value, i) => view.setUint32(4 * i, value));
  return bytes;
}

function ascii(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Joins byte arrays. */
export function concat(...parts: Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
