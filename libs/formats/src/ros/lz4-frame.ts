import { Defect } from '../defect.js';
import type { FindingCode } from '../findings.js';
import { ByteCursor } from './byte-cursor.js';

const MAGIC = 0x184d2204;

/**
 * Unpacks one LZ4 frame of known size. Our own because the WebAssembly build keeps one context for the life of the
 * process: after a single broken chunk it refuses every good one.
 * @see https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md and lz4_Block_format.md
 */
export function unpackLz4(packed: Uint8Array, unpackedBytes: number, code: FindingCode): Uint8Array {
  const cursor = new ByteCursor(packed, code, 'an LZ4 frame');
  if (cursor.u32() !== MAGIC) throw new Defect(code, 'a chunk is said to be LZ4 but does not start as an LZ4 frame');
  const flags = cursor.u8();
  cursor.u8();
  if (flags >> 6 !== 1 || (flags & 1) !== 0) throw new Defect(code, 'an LZ4 frame is of an unknown version');
  // Content size where announced, then the checksum of the header.
  cursor.take((flags & 8 ? 8 : 0) + 1);
  const out = new Uint8Array(unpackedBytes);
  let end = 0;
  for (let word = cursor.u32(); word !== 0; word = cursor.u32()) {
    const block = cursor.take(word & 0x7fffffff);
    if (word >>> 31 === 1) {
      if (block.byteLength > out.byteLength - end) throw overflow(code, unpackedBytes);
      out.set(block, end);
      end += block.byteLength;
    } else end = unpackBlock(block, out, end, code);
    if (flags & 16) cursor.u32();
  }
  return out.subarray(0, end);
}

/** Blocks may refer to what earlier blocks wrote, so all write into one buffer. Returns where the block ends. */
function unpackBlock(block: Uint8Array, out: Uint8Array, start: number, code: FindingCode): number {
  const cut = () => new Defect(code, 'an LZ4 block ends inside a sequence');
  let at = 0;
  let end = start;
  const lengthOf = (nibble: number): number => {
    let length = nibble;
    for (let byte = nibble === 15 ? 255 : 0; byte === 255;) {
      const next = block[at++];
      if (next === undefined) throw cut();
      byte = next;
      length += byte;
    }
    return length;
  };
  for (;;) {
    const token = block[at++];
    if (token === undefined) throw cut();
    const literals = lengthOf(token >> 4);
    if (literals > block.byteLength - at) throw cut();
    if (literals > out.byteLength - end) throw overflow(code, out.byteLength);
    out.set(block.subarray(at, at + literals), end);
    at += literals;
    end += literals;
    if (at === block.byteLength) return end;
    const distance = (block[at] ?? 0) | ((block[at + 1] ?? 0) << 8);
    at += 2;
    if (at > block.byteLength || distance === 0 || distance > end)
      throw new Defect(code, 'an LZ4 block refers to bytes before its start');
    const length = lengthOf(token & 15) + 4;
    if (length > out.byteLength - end) throw overflow(code, out.byteLength);
    const from = end - distance;
    if (distance >= length) out.copyWithin(end, from, from + length);
    else for (let i = 0; i < length; i += 1) out[end + i] = out[from + i] ?? 0;
    end += length;
  }
}

const overflow = (code: FindingCode, announced: number) =>
  new Defect(code, 'a chunk unpacks to more than it announces', { expected: `${announced} bytes` });
