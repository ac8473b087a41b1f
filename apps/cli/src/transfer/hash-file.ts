import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';

/** Measured: SHA-256 in Node is fastest when fed 1 MiB at a time. */
const READ_BYTES = 1 << 20;

/** Feeds `[from, to)` of a file to a hash, in order. @returns how many bytes there were */
export async function hashRange(
  hash: Hash,
  handle: FileHandle,
  from: number,
  to: number,
  signal: AbortSignal,
): Promise<number> {
  const buffer = Buffer.allocUnsafe(Math.min(READ_BYTES, Math.max(1, to - from)));
  let at = from;
  while (at < to) {
    signal.throwIfAborted();
    const { bytesRead } = await handle.read(buffer, 0, Math.min(buffer.length, to - at), at);
    if (bytesRead === 0) break;
    hash.update(buffer.subarray(0, bytesRead));
    at += bytesRead;
  }
  return at - from;
}

/** SHA-256 and size of a file's bytes as they are on disk. */
export async function hashFile(path: string, signal: AbortSignal): Promise<{ sha256: string; sizeBytes: number }> {
  const handle = await open(path, 'r');
  try {
    const hash = createHash('sha256');
    const sizeBytes = await hashRange(hash, handle, 0, Number.MAX_SAFE_INTEGER, signal);
    return { sha256: hash.digest('hex'), sizeBytes };
  } finally {
    await handle.close();
  }
}
