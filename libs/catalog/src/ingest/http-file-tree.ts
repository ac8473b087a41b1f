import { createHash } from 'node:crypto';
import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { ByteSource, FileTree } from '@app/formats';

const READ_AHEAD = 1 << 18;
const TRIES = 3;
const IDLE_MS = 60_000;
const agents = { 'http:': new HttpAgent({ keepAlive: true }), 'https:': new HttpsAgent({ keepAlive: true }) };

export interface SignedFile {
  readonly path: string;
  readonly sizeBytes: number;
  readonly url: string;
}

function send(url: string, headers: Record<string, string>): Promise<IncomingMessage> {
  const target = new URL(url);
  const isSecure = target.protocol === 'https:';
  return new Promise((resolve, reject) => {
    const request = (isSecure ? httpsRequest : httpRequest)(
      target,
      { headers, agent: isSecure ? agents['https:'] : agents['http:'], timeout: IDLE_MS },
      resolve,
    );
    request.on('timeout', () => request.destroy(new Error('The store did not answer in time.')));
    request.on('error', reject);
    request.end();
  });
}

async function bytesOf(url: string, from: number, length: number): Promise<Uint8Array> {
  const response = await send(url, { range: `bytes=${from}-${from + length - 1}` });
  if (response.statusCode !== 206 && response.statusCode !== 200) {
    response.resume();
    throw new Error(`The store answered ${response.statusCode} to a range read.`);
  }
  const bytes = new Uint8Array(length);
  let filled = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    if (filled + chunk.length > length) throw new Error('The store sent more than was asked for.');
    bytes.set(chunk, filled);
    filled += chunk.length;
  }
  if (filled !== length) throw new Error('The store sent less than was asked for.');
  return bytes;
}

async function withRetries<T>(work: () => Promise<T>): Promise<T> {
  for (let round = 1; ; round++) {
    try {
      return await work();
    } catch (error) {
      if (round === TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, 200 * round));
    }
  }
}

/** Reads one file by ranges; small neighbouring reads share one request. */
class HttpByteSource implements ByteSource {
  private window: { from: number; bytes: Uint8Array } | null = null;

  constructor(private readonly file: SignedFile) {}

  get sizeBytes(): number {
    return this.file.sizeBytes;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    const end = Math.min(offset + length, this.sizeBytes);
    if (offset < 0 || end <= offset) return new Uint8Array(0);
    const { window } = this;
    if (window && offset >= window.from && end <= window.from + window.bytes.length) {
      return window.bytes.subarray(offset - window.from, end - window.from);
    }
    const wanted = Math.min(Math.max(end - offset, READ_AHEAD), this.sizeBytes - offset);
    const bytes = await withRetries(() => bytesOf(this.file.url, offset, wanted));
    // A large read is the caller's to keep; remembering it would double the memory.
    this.window = wanted <= READ_AHEAD ? { from: offset, bytes } : null;
    return bytes.subarray(0, end - offset);
  }
}

/** A version's files in the store, read by signed URLs. */
export function httpFileTree(files: readonly SignedFile[]): FileTree {
  const byPath = new Map(files.map((file) => [file.path, file]));
  return {
    files: files.map(({ path, sizeBytes }) => ({ path, sizeBytes })),
    open: async (path) => {
      const file = byPath.get(path);
      if (!file) throw new Error(`There is no file "${path}".`);
      return new HttpByteSource(file);
    },
  };
}

/** SHA-256 of a whole file, streamed, with its true length. */
export async function hashOf(file: SignedFile): Promise<{ sha256: string; sizeBytes: number }> {
  return withRetries(async () => {
    const response = await send(file.url, {});
    if (response.statusCode !== 200) {
      response.resume();
      throw new Error(`The store answered ${response.statusCode} to a read.`);
    }
    const hash = createHash('sha256');
    let sizeBytes = 0;
    for await (const chunk of response as AsyncIterable<Buffer>) {
      hash.update(chunk);
      sizeBytes += chunk.length;
    }
    return { sha256: hash.digest('hex'), sizeBytes };
  });
}
