import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/**
 * What libuv knows of a socket. Node offers no public figure for "taken by the kernel": `bytesWritten` counts what was
 * handed to libuv, whose queue may still hold a whole buffer of it.
 */
interface StreamHandle {
  readonly bytesWritten: number;
  readonly writeQueueSize: number;
}

const acceptedAtEnd = new WeakMap<Socket, number>();

/**
 * Remembers what the kernel had taken when a connection breaks; afterwards the figure is gone. Call it for every new
 * connection.
 */
export function watchConnection(socket: Socket): void {
  const destroy = socket.destroy.bind(socket);
  socket.destroy = (error?: Error) => {
    const accepted = acceptedByKernel(socket);
    if (accepted !== null && !acceptedAtEnd.has(socket)) acceptedAtEnd.set(socket, accepted);
    return destroy(error);
  };
}

function acceptedByKernel(socket: Socket): number | null {
  const { _handle: handle } = socket as Socket & { readonly _handle?: StreamHandle | null };
  return handle ? handle.bytesWritten - handle.writeQueueSize : null;
}

/**
 * Counts the body bytes of one response that the kernel took: exact when the response was finished, and what was really
 * on its way when the client hung up (not what we had meant to send).
 */
export class BodyMeter {
  private socket: Socket | null = null;
  private headEnd = 0;
  private bodyBytes = 0;
  private isFinished = false;

  /** Writes the head of the response, so that the body can be told apart from it. */
  begin(response: ServerResponse): void {
    response.once('finish', () => (this.isFinished = true));
    // Null for a pipelined request whose turn has not come: then only a finished response counts.
    this.socket = response.socket;
    response.flushHeaders();
    this.headEnd = this.socket?.bytesWritten ?? 0;
  }

  add(bytes: number): void {
    this.bodyBytes += bytes;
  }

  get sentBytes(): number {
    if (this.isFinished) return this.bodyBytes;
    const accepted = this.socket ? (acceptedAtEnd.get(this.socket) ?? acceptedByKernel(this.socket) ?? 0) : 0;
    return Math.max(0, Math.min(this.bodyBytes, accepted - this.headEnd));
  }
}
