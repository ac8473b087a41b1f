import { Decompress } from 'fzstd';
import { Defect, decoding } from '../defect.js';
import { ByteCursor } from './byte-cursor.js';
import type { ForwardBytes } from './forward-bytes.js';

const FRAME = 0xfd2fb528;
const SKIPPABLE = 0x184d2a5;
/** What zstd -19 asks for. A frame may ask for 2 GB, and the library moves its window at every block. */
const MAX_WINDOW_BYTES = 8 * 2 ** 20;
const MAX_ZSTD_BLOCK_BYTES = 128 * 1024;

/** Gets unpacked bytes: views of a window that is used again. */
type OnPart = (part: Uint8Array) => void;

/** Unpacks zstd frames that are in memory; more than `maxBytes` is a defect. */
export function unpackZstd(packed: Uint8Array, onPart: OnPart, maxBytes: number): void {
  const frames = unpackFrames(onPart, maxBytes);
  let at = 0;
  for (let step = frames.next(); !step.done;) {
    const end = at + step.value;
    step = frames.next(end > packed.byteLength ? null : packed.subarray(at, end));
    at = end;
  }
}

/** Unpacks zstd frames block by block: what comes out of one is handed on before the next is read. */
export async function* unpackZstdStream(packed: ForwardBytes, maxBytes: number): AsyncGenerator<Uint8Array> {
  let parts: Uint8Array[] = [];
  const frames = unpackFrames((part) => parts.push(part.slice()), maxBytes);
  for (let step = frames.next(); !step.done;) {
    step = frames.next(await packed.take(step.value));
    yield* parts;
    parts = [];
  }
}

/**
 * Walks frames and blocks, and lets the library unpack one block at a time: by itself it allocates whatever window a
 * frame asks for, and it keeps frames of under 18 bytes to itself. Yields how many bytes it wants; null ends it.
 * @see https://www.rfc-editor.org/rfc/rfc8878
 */
function* unpackFrames(onPart: OnPart, maxBytes: number): Generator<number, void, Uint8Array | null> {
  let bytes = 0;
  const count = (part: Uint8Array): void => {
    bytes += part.byteLength;
    if (bytes > maxBytes)
      throw new Defect('EXPANSION_LIMIT', 'zstd data unpacks to more than is announced or than a recording does', {
        expected: `at most ${maxBytes} bytes`,
      });
    if (part.byteLength > 0) onPart(part);
  };
  for (let magic = yield 4; magic; magic = yield 4) {
    const word = u32(magic);
    if (word >>> 4 === SKIPPABLE) {
      for (let left = u32(whole(yield 4)); left > 0; left -= Math.min(left, 65_536))
        whole(yield Math.min(left, 65_536));
      continue;
    }
    if (word !== FRAME) throw new Defect('BAD_ARCHIVE', 'zstd data do not start as a zstd frame');
    const flags = whole(yield 1);
    const rest = whole(yield headerBytes(flags[0] ?? 0));
    checkWindow(flags[0] ?? 0, rest);
    const stream = new Decompress(count);
    const feed = (packed: Uint8Array, isLast: boolean) =>
      decoding('BAD_ARCHIVE', 'zstd data', () => {
        stream.push(packed, isLast);
      });
    feed(Buffer.concat([magic, flags, rest]), false);
    for (let isLast = false; !isLast;) {
      const head = whole(yield 3);
      const block = (head[0] ?? 0) | ((head[1] ?? 0) << 8) | ((head[2] ?? 0) << 16);
      isLast = (block & 1) === 1;
      if (block >> 3 > MAX_ZSTD_BLOCK_BYTES) throw new Defect('BAD_ARCHIVE', 'a zstd block is longer than one can be');
      const body = whole(yield ((block >> 1) & 3) === 1 ? 1 : block >> 3);
      const checksum = isLast && ((flags[0] ?? 0) & 4) !== 0 ? whole(yield 4) : new Uint8Array(0);
      feed(Buffer.concat([head, body, checksum]), isLast);
    }
  }
}

/** Bytes of a frame's header behind its flags: window, dictionary, content size. */
function headerBytes(flags: number): number {
  const isSingleSegment = (flags & 0x20) !== 0;
  const sizeFlag = flags >> 6;
  const contentSize = sizeFlag === 0 ? (isSingleSegment ? 1 : 0) : 1 << sizeFlag;
  return (isSingleSegment ? 0 : 1) + ([0, 1, 2, 4][flags & 3] ?? 0) + contentSize;
}

/** In a frame of a single segment the window is all of its content. */
function checkWindow(flags: number, rest: Uint8Array): void {
  const isSingleSegment = (flags & 0x20) !== 0;
  const window = isSingleSegment
    ? rest.subarray([0, 1, 2, 4][flags & 3] ?? 0).reduceRight((size, byte) => size * 256 + byte, 0)
    : 2 ** (10 + ((rest[0] ?? 0) >> 3)) * (1 + ((rest[0] ?? 0) & 7) / 8);
  if (window > MAX_WINDOW_BYTES)
    throw new Defect(
      'EXPANSION_LIMIT',
      'zstd data ask for a larger window than is given: pack without --ultra and --long',
      {
        expected: `at most ${MAX_WINDOW_BYTES} bytes`,
        actual: `${window} bytes`,
      },
    );
}

function whole(bytes: Uint8Array | null): Uint8Array {
  if (bytes) return bytes;
  throw new Defect('TRUNCATED_FILE', 'zstd data are cut off');
}

const u32 = (bytes: Uint8Array): number => new ByteCursor(bytes, 'BAD_ARCHIVE', 'zstd data').u32();
