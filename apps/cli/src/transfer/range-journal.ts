import { appendFileSync, readFileSync, rmSync } from 'node:fs';
import type { ByteRange } from './download-range.js';

/** The ranges in ascending order, with neighbours and overlaps joined. */
export function joinRanges(ranges: readonly ByteRange[]): ByteRange[] {
  const joined: ByteRange[] = [];
  for (const range of [...ranges].sort((a, b) => a.from - b.from || a.to - b.to)) {
    const last = joined.at(-1);
    if (last && range.from <= last.to) joined[joined.length - 1] = { from: last.from, to: Math.max(last.to, range.to) };
    else if (range.to > range.from) joined.push(range);
  }
  return joined;
}

/** What `[0, sizeBytes)` still lacks, in pieces of at most `pieceBytes`. */
export function missingPieces(done: readonly ByteRange[], sizeBytes: number, pieceBytes: number): ByteRange[] {
  const pieces: ByteRange[] = [];
  const lack = (from: number, to: number): void => {
    for (let at = from; at < to; at += pieceBytes) pieces.push({ from: at, to: Math.min(to, at + pieceBytes) });
  };
  let at = 0;
  for (const range of joinRanges(done)) {
    lack(at, Math.min(range.from, sizeBytes));
    at = Math.max(at, range.to);
  }
  lack(at, sizeBytes);
  return pieces;
}

/**
 * Remembers which parts of an unfinished file are there, one line for each: what a killed process wrote counts, and a torn last
 * line does not. The file's hash is checked in the end, so a wrong line costs a second download, never wrong bytes.
 */
export class RangeJournal {
  constructor(private readonly path: string) {}

  read(sizeBytes: number): ByteRange[] {
    let text: string;
    try {
      text = readFileSync(this.path, 'utf8');
    } catch {
      return [];
    }
    const ranges: ByteRange[] = [];
    for (const line of text.split('\n').slice(0, -1)) {
      const match = /^(\d{1,16}) (\d{1,16})$/.exec(line);
      const range = match && { from: Number(match[1]), to: Number(match[2]) };
      if (range && range.from < range.to && range.to <= sizeBytes) ranges.push(range);
    }
    return joinRanges(ranges);
  }

  /** Synchronous, so that lines of several ranges never mix and a stop right after loses none. */
  add(range: ByteRange): void {
    appendFileSync(this.path, `${range.from} ${range.to}\n`);
  }

  remove(): void {
    rmSync(this.path, { force: true });
  }
}
