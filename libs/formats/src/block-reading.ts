import type { ByteSource } from './byte-source.js';

/** 1 MiB pieces hash fastest from a local disk, and are few enough for ranged GETs. */
export const BLOCK_BYTES = 2 ** 20;
const MAX_IDLE = 4;
const idle: Uint8Array[] = [];

/** A run of bytes of at most `BLOCK_BYTES`. */
export interface ByteRange {
  readonly start: number;
  readonly length: number;
}

/**
 * Reads ranges one after the other and shows them to `look`, reading the next while one is looked at. The memory is
 * used again and again where the source allows it: `look` must not keep the bytes.
 * The ranges must lie inside the source.
 */
export async function readInTurn(
  source: ByteSource,
  ranges: Iterable<ByteRange>,
  look: (bytes: Uint8Array) => void,
): Promise<void> {
  const blocks = source.readInto ? [takeBlock(), takeBlock()] : [];
  let turn = 0;
  let ahead: Promise<Uint8Array> | null = null;
  try {
    for (const range of ranges) {
      const next = readBlock(source, range, blocks[turn % 2]);
      next.catch(() => undefined); // awaited below; a failure of the piece before must not leave this one unhandled
      const before = ahead;
      ahead = next;
      turn += 1;
      if (before) look(await before);
    }
    if (ahead) look(await ahead);
  } finally {
    // A read that is still under way writes into its block.
    await ahead?.catch(() => undefined);
    for (const block of blocks) if (idle.length < MAX_IDLE) idle.push(block);
  }
}

async function readBlock(
  source: ByteSource,
  { start, length }: ByteRange,
  block: Uint8Array | undefined,
): Promise<Uint8Array> {
  if (block && source.readInto) {
    const target = block.subarray(0, length);
    await source.readInto(start, target);
    return target;
  }
  const bytes = await source.read(start, length);
  if (bytes.byteLength !== length)
    throw new Error(`byte source answered ${bytes.byteLength} of ${length} bytes at ${start}`);
  return bytes;
}

function takeBlock(): Uint8Array {
  return idle.pop() ?? new Uint8Array(BLOCK_BYTES);
}
