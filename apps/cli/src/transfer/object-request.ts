import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import type { IncomingMessage, RequestOptions } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { backOffMs, faultCodeOf, isTransientStatus, pause, retryAfterMs } from '@app/client';

/** A peer that says nothing for so long is taken for gone. */
const SILENCE_MS = 60_000;
/** Enough of an error document to find its code and sentence. */
const ERROR_BODY_BYTES = 16_384;

const plain = new HttpAgent({ keepAlive: true });
const secure = new HttpsAgent({ keepAlive: true });

/** Why the store did not do what was asked. */
export class StoreFault extends Error {
  constructor(
    message: string,
    /** HTTP status; null when the connection failed. */
    readonly status: number | null,
    readonly askedPauseMs: number | null,
    options?: { cause?: unknown },
  ) {
    super(message, options);
    this.name = 'StoreFault';
  }

  get isTransient(): boolean {
    return this.status === null || isTransientStatus(this.status);
  }

  /** A signed URL answers 403 from the moment that it expires; a new one may be had. */
  get isExpiredUrl(): boolean {
    return this.status === 403 || this.status === 401;
  }
}

/** Sends one request to a signed URL and answers once the headers are there. */
export async function sendToStore(
  url: string,
  options: {
    readonly method: 'GET' | 'PUT';
    readonly headers?: Readonly<Record<string, string | number>>;
    readonly body?: Readable;
  },
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const target = new URL(url);
  const isSecure = target.protocol === 'https:';
  if (!isSecure && target.protocol !== 'http:')
    throw new StoreFault(`the address has the scheme ${target.protocol}`, 400, null);
  const requestOptions: RequestOptions = {
    method: options.method,
    agent: isSecure ? secure : plain,
    headers: { 'accept-encoding': 'identity', 'user-agent': 'bodega-cli/0.1', ...options.headers },
    signal,
  };
  const request = (isSecure ? httpsRequest : httpRequest)(target, requestOptions);
  request.setTimeout(SILENCE_MS, () => request.destroy(Object.assign(new Error('silence'), { code: 'ETIMEDOUT' })));
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    request.once('response', resolve);
    request.once('error', reject);
  });
  // The request may still fail after its answer began; the reader of the answer hears of that.
  request.on('error', () => undefined);
  try {
    if (!options.body) request.end();
    else {
      // An early answer (403 before the whole body is taken) ends the sending; the answer says more than the broken pipe.
      pipeline(options.body, request).catch((error: unknown) =>
        request.destroy(error instanceof Error ? error : undefined),
      );
    }
    return await answered;
  } catch (error) {
    signal.throwIfAborted();
    throw connectionFault(error);
  }
}

export function connectionFault(error: unknown): StoreFault {
  if (error instanceof StoreFault) return error;
  const code = faultCodeOf(error);
  const reason =
    code === 'ECONNREFUSED'
      ? 'the store is not reachable'
      : code === 'ETIMEDOUT'
        ? `the store said nothing for ${SILENCE_MS / 1000} s`
        : `the connection was cut${code === null ? '' : ` (${code})`}`;
  return new StoreFault(reason, null, null, { cause: error });
}

/** Reads an answer that is a refusal to its end. */
export async function readStoreFault(response: IncomingMessage): Promise<StoreFault> {
  const status = response.statusCode ?? 0;
  let text = '';
  try {
    response.setEncoding('utf8');
    for await (const chunk of response) {
      text += String(chunk);
      if (text.length > ERROR_BODY_BYTES) break;
    }
  } catch {
    // The status alone must do: the answer broke off.
  }
  const code = /<Code>([^<]{1,100})<\/Code>/.exec(text)?.[1];
  const sentence = /<Message>([^<]{1,300})<\/Message>/.exec(text)?.[1];
  const said = [code, sentence].filter((part) => part !== undefined).join(': ');
  return new StoreFault(
    `the store answered ${status}${said === '' ? '' : ` (${said})`}`,
    status,
    retryAfterMs(response.headers['retry-after'], Date.now()),
  );
}

/** Faults in a row, with no byte gained between them, after which a transfer gives up. */
export const FAULTS_IN_A_ROW = 6;

/** Counts faults between gains; waits after each, and says when it is enough. */
export class Patience {
  private faults = 0;

  gained(): void {
    this.faults = 0;
  }

  /** Waits before the next try. @throws the fault itself when it is final or one too many */
  async after(fault: StoreFault, signal: AbortSignal): Promise<void> {
    this.faults++;
    if (!fault.isTransient || this.faults >= FAULTS_IN_A_ROW) throw fault;
    await pause(fault.askedPauseMs ?? backOffMs(this.faults - 1), signal);
  }
}
