import type { ByteSource } from '../byte-source.js';
import { readRange } from '../byte-source.js';
import { Defect } from '../defect.js';

const BLOCK_BYTES = 1 << 20;

/** One line of a file, with where it is. */
export interface Line {
  /** Counted from 0. */
  readonly row: number;
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** Lines of a text file, read in blocks; a line longer than `maxLineBytes` is a defect. Empty lines are left out. */
export async function* readLines(source: ByteSource, maxLineBytes: number): AsyncGenerator<Line> {
  let pending = new Uint8Array(0);
  let offset = 0;
  let row = 0;
  for (let at = 0; at < source.sizeBytes;) {
    const block = await readRange(source, at, Math.min(BLOCK_BYTES, source.sizeBytes - at), 'the file');
    at += block.byteLength;
    const joined = new Uint8Array(pending.byteLength + block.byteLength);
    joined.set(pending);
    joined.set(block, pending.byteLength);
    let start = 0;
    for (let end = joined.indexOf(10, start); end >= 0; end = joined.indexOf(10, start)) {
      const line = joined.subarray(start, end);
      checkLength(line.byteLength, maxLineBytes, row);
      if (!isBlank(line)) yield { row, offset: offset + start, bytes: line };
      row += 1;
      start = end + 1;
    }
    pending = joined.slice(start);
    offset += start;
    checkLength(pending.byteLength, maxLineBytes, row);
  }
  if (!isBlank(pending)) yield { row, offset, bytes: pending };
}

function checkLength(bytes: number, max: number, row: number): void {
  if (bytes > max)
    throw new Defect('METADATA_INVALID', `line ${row + 1} is too long`, { row, expected: `at most ${max} bytes` });
}

function isBlank(line: Uint8Array): boolean {
  return line.every((byte) => byte === 32 || byte === 13 || byte === 9);
}
