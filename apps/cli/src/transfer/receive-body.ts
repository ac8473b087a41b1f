import type { Hash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { StoreFault, connectionFault } from './object-request.js';

/** Bytes gathered before they are written: fewer trips to the disk than one for each network chunk. */
const WRITE_BYTES = 1 << 20;

export interface BodyTarget {
  readonly handle: FileHandle;
  /** Fed with every byte in order. */
  readonly hash?: Hash;
  /** Bytes taken off the wire, kept or not. */
  onReceived(bytes: number): void;
  /** Bytes safely handed to the file. */
  onWritten(position: number, bytes: number): void;
}

export interface Received {
  /** Everything before this position is in the file, and in the hash. */
  readonly position: number;
  /** Why the body ended early; null when the sender finished. */
  readonly fault: StoreFault | null;
}

async function writeAll(
  handle: FileHandle,
  chunks: readonly Buffer[],
  totalBytes: number,
  position: number,
): Promise<void> {
  const { bytesWritten } = await handle.writev(chunks, position);
  if (bytesWritten === totalBytes) return;
  const rest = Buffer.concat(chunks).subarray(bytesWritten);
  for (let done = 0; done < rest.length;) {
    const { bytesWritten: more } = await handle.write(rest, done, rest.length - done, position + bytesWritten + done);
    done += more;
  }
}

/**
 * Writes a body into its place, at most one write behind the network. Listens to events instead of iterating, because an
 * iterated stream drops what it had buffered when the connection is cut, and those bytes were served.
 * @throws whatever the file system refuses (a full disk)
 */
export function receiveBody(
  response: IncomingMessage,
  from: number,
  to: number,
  target: BodyTarget,
): Promise<Received> {
  return new Promise((resolve, reject) => {
    let writeAt = from;
    let receivedTo = from;
    let gathered: Buffer[] = [];
    let gatheredBytes = 0;
    let isWriting = false;
    let isOver = false;
    let fault: StoreFault | null = null;

    const end = (why: StoreFault | null): void => {
      if (isOver) return;
      isOver = true;
      fault = why;
      // What waited in a paused stream is lost with it, but it did cross the wire.
      if (why) target.onReceived(response.readableLength);
      step();
    };
    const step = (): void => {
      if (isWriting) return;
      if (gatheredBytes > 0 && (isOver || gatheredBytes >= WRITE_BYTES)) flush();
      else if (isOver) resolve({ position: writeAt, fault });
    };
    const flush = (): void => {
      const [chunks, bytes] = [gathered, gatheredBytes];
      gathered = [];
      gatheredBytes = 0;
      isWriting = true;
      writeAll(target.handle, chunks, bytes, writeAt).then(
        () => {
          isWriting = false;
          writeAt += bytes;
          target.onWritten(writeAt, bytes);
          if (!isOver) response.resume();
          step();
        },
        (error: unknown) => {
          response.destroy();
          reject(error instanceof Error ? error : new Error(String(error)));
        },
      );
    };

    response.on('data', (chunk: Buffer) => {
      target.onReceived(chunk.length);
      if (isOver) return;
      receivedTo += chunk.length;
      if (receivedTo > to) {
        end(new StoreFault('the store sent more bytes than it announced', 400, null));
        response.destroy();
        return;
      }
      target.hash?.update(chunk);
      gathered.push(chunk);
      gatheredBytes += chunk.length;
      if (gatheredBytes < WRITE_BYTES) return;
      if (isWriting) response.pause();
      else step();
    });
    response.once('end', () => end(response.complete ? null : new StoreFault('the connection was cut', null, null)));
    response.once('error', (error) => end(connectionFault(error)));
    response.once('close', () => end(new StoreFault('the connection was cut', null, null)));
  });
}
