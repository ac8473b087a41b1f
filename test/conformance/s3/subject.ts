import { get, request } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { S3Client } from '@aws-sdk/client-s3';
import { it } from '@jest/globals';
import { createPresigner } from '@app/storage';
import type { Presigner, PresignRequest } from '@app/storage';

/** What a server may lack; each lack is declared with its reason and printed, never passed over. */
export type Capability =
  | 'checksum-trailers'
  | 'checksums-verified'
  | 'clock'
  | 'cors-without-configuration'
  | 'cut-connections'
  | 'downloads-end-with-their-url'
  | 'etag-with-304'
  | 'exact-bytes-of-aborted-transfers'
  | 'if-match-on-writes'
  | 'logs-refused-signatures'
  | 'part-order'
  | 'range-grammar'
  | 'read-only-keys'
  | 'restart'
  | 'standard-access-log'
  | 'strict-unsigned-headers';

/** One request as the server's own log tells it. */
export interface LoggedRequest {
  readonly requestId: string;
  /** Method and target as logged; the target may hold its query twice. */
  readonly uri: string;
  readonly status: number;
  /** Body bytes. */
  readonly bytesSent: number;
  readonly line: string;
}

/** A server under test. */
export interface Subject {
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Every request whose answer has been sent. */
  accessLog(): Promise<LoggedRequest[]>;
  stop(): Promise<void>;
  /** Stops it hard and starts it on the same data; the endpoint may change. */
  restart?(): Promise<void>;
  /** Moves its clock. */
  advanceClock?(ms: number): void;
  /** Cuts the next GET of this key after that many body bytes. */
  cutNext?(key: string, bytes: number): void;
  readonly readOnlyKey?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** What the cases of a suite work with. */
export interface Stage {
  readonly name: string;
  readonly bucket: string;
  subject(): Subject;
  client(): S3Client;
  /** A signed URL, valid for five minutes from now unless said otherwise. */
  url(key: string, options?: Partial<Omit<PresignRequest, 'key'>>): string;
  presigner(): Presigner;
  /** A case that only servers with a capability can pass; for others its absence is printed with the reason. */
  itNeeds(capability: Capability, title: string, body: () => Promise<void>): void;
  itLacks(capability: Capability, title: string, body: () => Promise<void>): void;
}

/** Makes the stage of one server. */
export function makeStage(
  name: string,
  lacks: Partial<Record<Capability, string>>,
  running: () => { subject: Subject; client: S3Client },
): Stage {
  const bucket = 'conformance';
  const presigner = (): Presigner => createPresigner(running().subject);
  return {
    name,
    bucket,
    subject: () => running().subject,
    client: () => running().client,
    presigner,
    url: (key, options = {}) =>
      presigner().presign({
        method: 'GET',
        endpoint: new URL(running().subject.endpoint),
        bucket,
        expiresS: 300,
        now: new Date(),
        ...options,
        key,
      }),
    itNeeds(capability, title, body) {
      const reason = lacks[capability];
      if (reason === undefined) it(title, body);
      else process.stdout.write(`${name} lacks ${capability} (${reason}): "${title}" does not apply\n`);
    },
    itLacks(capability, title, body) {
      if (lacks[capability] !== undefined) it(title, body);
    },
  };
}

/** The SDK, retrying nothing, adding nothing unasked. */
export function clientOf(
  subject: Subject,
  credentials: { accessKeyId: string; secretAccessKey: string } = subject,
): S3Client {
  return new S3Client({
    endpoint: subject.endpoint,
    region: subject.region,
    credentials: { accessKeyId: credentials.accessKeyId, secretAccessKey: credentials.secretAccessKey },
    forcePathStyle: true,
    maxAttempts: 1,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
}

/** An answer read to its end, however it ended. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** Whether the body was as long as promised. */
  readonly isWhole: boolean;
}

/** Sends a request exactly as told: unlike `fetch`, this neither changes the path nor forbids headers. */
export function send(
  url: string,
  options: { method?: string; headers?: Record<string, string>; body?: Buffer | string; stopAfter?: number } = {},
): Promise<RawAnswer> {
  const target = new URL(url);
  const path = url.slice(target.origin.length);
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        host: target.hostname,
        port: target.port,
        path,
        method: options.method ?? 'GET',
        headers: options.headers,
        agent: false,
      },
      (answer) => {
        const chunks: Buffer[] = [];
        let bytes = 0;
        const finish = (): void =>
          resolve({
            status: answer.statusCode ?? 0,
            headers: answer.headers,
            body: Buffer.concat(chunks),
            isWhole: answer.complete,
          });
        answer.on('data', (chunk: Buffer) => {
          chunks.push(chunk);
          bytes += chunk.length;
          if (options.stopAfter !== undefined && bytes >= options.stopAfter) outgoing.destroy();
        });
        answer.on('error', () => undefined);
        answer.on('close', finish);
      },
    );
    outgoing.on('error', (error) => {
      if (!outgoing.destroyed) reject(error);
      else if (options.stopAfter === undefined) reject(error);
    });
    outgoing.end(options.body);
  });
}

/** A GET whose reader decides when the next bytes are read. */
export class SlowReader {
  bytes = 0;

  constructor(readonly answer: IncomingMessage) {}

  get requestId(): string {
    return String(this.answer.headers['x-amz-request-id']);
  }

  /** Reads what has arrived, at least one byte. */
  async next(): Promise<void> {
    for (;;) {
      const chunk = this.answer.read() as Buffer | null;
      if (chunk) {
        this.bytes += chunk.length;
        return;
      }
      await new Promise((resolve) => this.answer.once('readable', resolve));
    }
  }

  /** Reads until the body or the connection ends. */
  rest(): Promise<void> {
    return new Promise((resolve) => {
      this.answer.on('error', () => undefined);
      this.answer.once('close', resolve);
      this.answer.on('data', (chunk: Buffer) => (this.bytes += chunk.length));
    });
  }
}

/** Sends a GET and reads its head alone. */
export function openReader(url: string): Promise<SlowReader> {
  return new Promise((resolve, reject) => {
    get(url, { agent: false }, (answer) => resolve(new SlowReader(answer))).once('error', reject);
  });
}

/** The `<Code>` of an error document. */
export function errorCode(answer: RawAnswer): string | undefined {
  return /<Code>(\w+)<\/Code>/.exec(answer.body.toString('utf8'))?.[1];
}
