import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';

const TRIES = 3;
const RETRY_MS = 200;
const IDLE_MS = 60_000;
const agents = { 'http:': new HttpAgent({ keepAlive: true }), 'https:': new HttpsAgent({ keepAlive: true }) };

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

/** Exactly `length` bytes of what a signed URL opens. */
export async function bytesOf(url: string, from: number, length: number): Promise<Uint8Array> {
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

/** Everything that a signed URL opens, in the chunks that arrive. */
export async function* streamOf(url: string): AsyncIterable<Buffer> {
  const response = await send(url, {});
  if (response.statusCode !== 200) {
    response.resume();
    throw new Error(`The store answered ${response.statusCode} to a read.`);
  }
  yield* response as AsyncIterable<Buffer>;
}

/** Tries again what a store may refuse once. */
export async function withRetries<T>(work: () => Promise<T>): Promise<T> {
  for (let round = 1; ; round++) {
    try {
      return await work();
    } catch (error) {
      if (round === TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS * round));
    }
  }
}
