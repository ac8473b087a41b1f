import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { lstat, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { HashedFile } from '@app/kernel';
import { CliErrors } from '../cli.errors.js';
import { makeFoldersFor } from '../local/safe-path.js';
import { downloadRange } from './download-range.js';
import { hashFile, hashRange } from './hash-file.js';
import type { Lanes } from './lanes.js';
import { StoreFault } from './object-request.js';
import { RangeJournal, missingPieces } from './range-journal.js';
import type { RenewableLink } from './signed-link.js';

/** Files above this are fetched by several connections at once, in pieces of this size. */
export const PIECE_BYTES = 16 << 20;

export interface Desk {
  /** Folder that receives the files, links resolved. */
  readonly root: string;
  /** Folder of unfinished files, on the same file system. */
  readonly parts: string;
  /** Connections to the store, over all files. */
  readonly lanes: Lanes;
  onReceived(bytes: number): void;
  /** Bytes of files that are there now; `moved` says whether they came over the network just now. */
  onProgress(bytes: number, moved: boolean): void;
}

export type Outcome = 'fetched' | 'kept';

/**
 * Brings one file to its place, proved: what is there and right stays, what is unfinished goes on, what is wrong is fetched anew
 * once. The file has its name only when its hash is right.
 * @throws CLI_HASH_MISMATCH, CLI_TRANSFER, CLI_UNSAFE_PATH
 */
export async function downloadFile(
  file: HashedFile,
  link: RenewableLink,
  desk: Desk,
  signal: AbortSignal,
): Promise<Outcome> {
  const target = await makeFoldersFor(desk.root, file.path);
  if (await isThere(target, file, signal)) {
    desk.onProgress(file.sizeBytes, false);
    return 'kept';
  }
  const part = join(desk.parts, partNameOf(file));
  for (let attempt = 1; ; attempt++) {
    const actual = await fetchPart(part, file, link, desk, signal);
    if (actual === file.sha256) break;
    await removePart(part);
    desk.onProgress(-file.sizeBytes, false);
    if (attempt === 2) throw CliErrors.HASH_MISMATCH({ path: file.path, expected: file.sha256, actual });
  }
  await rename(part, target);
  new RangeJournal(journalOf(part)).remove();
  return 'fetched';
}

/** Named by content and place: a part never serves another version's file, nor two equal files at once. */
function partNameOf(file: HashedFile): string {
  const place = createHash('sha256').update(file.path).digest('hex').slice(0, 16);
  return `${file.sha256}-${place}.part`;
}

const journalOf = (part: string): string => `${part}.ranges`;

async function removePart(part: string): Promise<void> {
  await rm(part, { force: true });
  new RangeJournal(journalOf(part)).remove();
}

async function isThere(path: string, file: HashedFile, signal: AbortSignal): Promise<boolean> {
  const entry = await lstat(path).catch(() => null);
  if (!entry?.isFile() || entry.size !== file.sizeBytes) return false;
  return (await hashFile(path, signal)).sha256 === file.sha256;
}

async function fetchPart(
  part: string,
  file: HashedFile,
  link: RenewableLink,
  desk: Desk,
  signal: AbortSignal,
): Promise<string> {
  // Not O_TRUNC: an unfinished part is what we go on with. O_NOFOLLOW: a link planted there must not be written through.
  const handle = await open(part, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o644);
  try {
    const target = {
      handle,
      sizeBytes: file.sizeBytes,
      link,
      onReceived: (bytes: number) => desk.onReceived(bytes),
      onWritten: (_position: number, bytes: number) => desk.onProgress(bytes, true),
    };
    if (file.sizeBytes > PIECE_BYTES)
      return await fetchInPieces(new RangeJournal(journalOf(part)), target, desk, signal);
    const { size } = await handle.stat();
    const from = size <= file.sizeBytes ? size : 0;
    if (size > file.sizeBytes) await handle.truncate(0);
    const hash = createHash('sha256');
    await hashRange(hash, handle, 0, from, signal);
    desk.onProgress(from, false);
    await desk.lanes.run(() => downloadRange({ from, to: file.sizeBytes }, { ...target, hash }, signal));
    return hash.digest('hex');
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof StoreFault) throw CliErrors.TRANSFER({ path: file.path, reason: error.message }, error);
    throw error;
  } finally {
    await handle.close();
  }
}

type PieceTarget = Omit<Parameters<typeof downloadRange>[1], 'hash'>;

/** Pieces arrive side by side; the hash follows behind them in order, from the page cache. */
async function fetchInPieces(
  journal: RangeJournal,
  target: PieceTarget,
  desk: Desk,
  signal: AbortSignal,
): Promise<string> {
  const { handle, sizeBytes } = target;
  const stop = new AbortController();
  const joint = AbortSignal.any([signal, stop.signal]);
  const done = (await handle.stat()).size === 0 ? [] : journal.read(sizeBytes);
  const pieces = missingPieces(done, sizeBytes, PIECE_BYTES);
  desk.onProgress(sizeBytes - pieces.reduce((sum, piece) => sum + piece.to - piece.from, 0), false);
  const fetched = pieces.map((piece) =>
    desk.lanes.run(async () => {
      joint.throwIfAborted();
      let reached = piece.from;
      const onWritten = (position: number, bytes: number): void => {
        reached = position;
        target.onWritten(position, bytes);
      };
      try {
        await downloadRange(piece, { ...target, onWritten }, joint);
      } finally {
        if (reached > piece.from) journal.add({ from: piece.from, to: reached });
      }
    }),
  );
  const settled = Promise.allSettled(fetched);
  try {
    const hash = createHash('sha256');
    let at = 0;
    for (const [i, piece] of pieces.entries()) {
      await fetched[i];
      await hashRange(hash, handle, at, piece.to, joint);
      at = piece.to;
    }
    await hashRange(hash, handle, at, sizeBytes, joint);
    return hash.digest('hex');
  } catch (error) {
    stop.abort(error);
    throw error;
  } finally {
    // The file is closed by the caller: no piece may still be writing then.
    await settled;
  }
}
