import type { FileHandle } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import type { ByteRange } from './conditions.js';
import type { Exchange } from './exchange.js';
import type { ObjectFiles } from './object-files.js';
import type { StoredObject } from './object-index.js';

/** Measured: 1 MiB reads give twice the speed of Node's 64 KiB streams; larger ones gain nothing more. */
const BUFFER_BYTES = 1024 * 1024;
/** Buffers kept for the next download; more readers than half of this allocate their own. */
const MAX_IDLE_BUFFERS = 32;

const idle: Buffer[] = [];

/** What may end a body before its last byte. */
export interface SendLimits {
  /** For tests of clients: after that many bytes the connection is ended although more was promised. */
  readonly cutAfter: number | undefined;
  /** When the signed URL is over: from then on nothing more of it is sent, however slowly its reader reads. */
  readonly expiresAt: Date | null;
  readonly now: () => Date;
}

/**
 * Sends a run of an object's bytes as the body of a response whose head is written.
 *
 * Two buffers take turns: while the kernel takes one, the disk fills the other. A reader that is slow, or gone, stops the
 * reads, so memory stays at two buffers for each download.
 */
export async function sendObject(
  exchange: Exchange,
  files: ObjectFiles,
  object: StoredObject,
  range: ByteRange,
  { cutAfter, expiresAt, now }: SendLimits,
): Promise<void> {
  const end = cutAfter === undefined ? range.end : Math.min(range.end, range.start + cutAfter);
  const buffers = new BufferPair(end - range.start);
  const unpin = files.pin(object);
  const { response } = exchange;
  let pending: Promise<boolean> = Promise.resolve(true);
  const isOver = (): boolean => expiresAt !== null && now() >= expiresAt;
  // A reset: an orderly close would still deliver what the kernel holds for a slow reader.
  const breakOff = (): void => void response.socket?.resetAndDestroy();
  // A reader that has stopped reading holds the loop below; what waits for him must not outlive the URL either.
  const timer = expiresAt && setTimeout(breakOff, expiresAt.getTime() - now().getTime());
  try {
    for (const piece of piecesOf(object, range.start, end)) {
      const file = await files.openBlob(piece.blob);
      try {
        let { offset } = piece;
        while (offset < piece.end) {
          const chunk = await readSome(file, buffers.next(), offset, piece.end);
          // The buffer after this one is free only when its last bytes are gone.
          if (!(await pending)) return;
          if (isOver()) return breakOff();
          offset += chunk.length;
          exchange.meter.add(chunk.length);
          pending = write(response, chunk);
        }
      } finally {
        await file.close();
      }
    }
    if (!(await pending)) return;
    if (end < range.end) response.socket?.end();
    else response.end();
  } finally {
    if (timer) clearTimeout(timer);
    // Only what the kernel has let go of may be filled for somebody else.
    await pending;
    buffers.giveBack();
    await unpin();
  }
}

interface Piece {
  readonly blob: string;
  readonly offset: number;
  readonly end: number;
}

function* piecesOf(object: StoredObject, start: number, end: number): Generator<Piece> {
  let position = 0;
  for (const { blob, size } of object.segments) {
    const from = Math.max(start - position, 0);
    const to = Math.min(end - position, size);
    if (from < to) yield { blob, offset: from, end: to };
    position += size;
  }
}

async function readSome(file: FileHandle, buffer: Buffer, offset: number, end: number): Promise<Buffer> {
  const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, end - offset), offset);
  if (bytesRead === 0) throw new Error('a blob is shorter than its record says');
  return buffer.subarray(0, bytesRead);
}

/**
 * Resolves when the kernel has taken the bytes (true) or the connection is gone (false). Between the end of a connection and
 * the news of it, Node keeps what is written for a socket that never comes, and never calls back: hence the ear for 'close'.
 */
function write(response: ServerResponse, chunk: Buffer): Promise<boolean> {
  if (response.destroyed) return Promise.resolve(false);
  return new Promise((resolve) => {
    const settle = (isTaken: boolean): void => {
      response.off('close', gone);
      resolve(isTaken);
    };
    const gone = (): void => settle(false);
    response.once('close', gone);
    response.write(chunk, (error) => settle(!error));
  });
}

/** Two buffers that take turns; small bodies get small ones. */
class BufferPair {
  private readonly buffers: [Buffer, Buffer];
  private readonly arePooled: boolean;
  private turn = 0;

  constructor(bodyBytes: number) {
    this.arePooled = bodyBytes > BUFFER_BYTES;
    const take = (): Buffer =>
      this.arePooled ? (idle.pop() ?? Buffer.allocUnsafeSlow(BUFFER_BYTES)) : Buffer.allocUnsafe(bodyBytes);
    this.buffers = [take(), take()];
  }

  next(): Buffer {
    this.turn ^= 1;
    return this.turn === 1 ? this.buffers[0] : this.buffers[1];
  }

  giveBack(): void {
    if (this.arePooled && idle.length <= MAX_IDLE_BUFFERS - 2) idle.push(...this.buffers);
  }
}
