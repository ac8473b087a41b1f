import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AccessFacts } from './access-log-line.js';
import { unknownLogName } from './operations.js';
import type { Operation } from './operations.js';
import type { RequestTarget } from './request-target.js';
import { S3Error } from './s3-error.js';
import { BodyMeter } from './sent-bytes.js';
import type { Authenticated } from './sigv4-verify.js';
import { toXml } from './xml.js';
import type { XmlNode } from './xml.js';

/** One host, so one host id for all lines. */
const HOST_ID = randomBytes(24).toString('base64');

/** One request and its answer, with what the access log will say of them. */
export class Exchange {
  readonly requestId = randomBytes(8).toString('hex').toUpperCase();
  readonly headers: ReadonlyMap<string, string>;
  readonly meter = new BodyMeter();
  operation: Operation | null = null;
  authenticated: Authenticated | null = null;
  /** Size of the object that the request is about. */
  objectSize: number | null = null;
  private errorCode: string | null = null;
  private answeredMs: number | null = null;
  private mustContinue: boolean;

  constructor(
    readonly request: IncomingMessage,
    readonly response: ServerResponse,
    readonly target: RequestTarget,
    /** By the store's clock. */
    readonly receivedAt: Date,
    private readonly startedMs: number,
    expectsContinue: boolean,
  ) {
    this.headers = joinHeaders(request.rawHeaders);
    this.mustContinue = expectsContinue;
    response.setHeader('x-amz-request-id', this.requestId);
    response.setHeader('x-amz-id-2', HOST_ID);
  }

  get method(): string {
    return this.request.method ?? '';
  }

  /** Name of the bucket that the path names. */
  get bucket(): string {
    return this.target.bucket ?? '';
  }

  /** The key that the path names. */
  get key(): string {
    return this.target.key ?? '';
  }

  /** The raw bytes of the request's body. A client that waits for our word is told to go on. */
  body(): AsyncIterable<Buffer> {
    if (this.mustContinue) this.response.writeContinue();
    this.mustContinue = false;
    // Leaving the loop early must not tear down the connection: the refusal still has to go out on it.
    return this.request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
  }

  /** Writes the head; the body follows through `response` and is counted by `meter`. */
  begin(status: number, headers: Readonly<Record<string, string | number>> = {}): void {
    const { response } = this;
    // It may send its body all the same, or not: only a new connection is unambiguous.
    if (this.mustContinue) response.setHeader('connection', 'close');
    response.writeHead(status, headers);
    this.answeredMs = performance.now();
    this.meter.begin(response);
  }

  sendEmpty(status: number, headers: Readonly<Record<string, string | number>> = {}): void {
    this.begin(status, status === 204 || status === 304 ? headers : { 'content-length': 0, ...headers });
    this.response.end();
  }

  sendXml(status: number, root: string, content: XmlNode, namespaced = true): void {
    const body = Buffer.from(toXml(root, content, namespaced));
    const { socket } = this.response;
    socket?.cork();
    this.begin(status, { 'content-type': 'application/xml', 'content-length': body.length });
    if (this.method === 'HEAD') {
      this.response.end();
    } else {
      this.meter.add(body.length);
      this.response.end(body);
    }
    socket?.uncork();
  }

  sendError(error: unknown): void {
    const refusal =
      error instanceof S3Error
        ? error
        : new S3Error('InternalError', 'We encountered an internal error. Please try again.');
    this.errorCode = refusal.code;
    if (this.response.headersSent || this.response.destroyed) {
      // Too late for words: a broken connection is the only honest end of a body that cannot be finished.
      this.response.destroy();
      return;
    }
    if (refusal.code === 'NotModified') return this.sendEmpty(304);
    if (refusal.code === 'InvalidRange') {
      this.response.setHeader('content-range', `bytes */${refusal.details['ActualObjectSize'] ?? '*'}`);
    }
    this.sendXml(
      refusal.status,
      'Error',
      { Code: refusal.code, Message: refusal.message, ...refusal.details, RequestId: this.requestId, HostId: HOST_ID },
      false,
    );
  }

  /** What the access log says, once the connection is done with this answer. */
  accessFacts(): AccessFacts {
    const { request, response, authenticated } = this;
    const now = performance.now();
    return {
      bucket: this.bucket,
      receivedAt: this.receivedAt,
      remoteIp: request.socket.remoteAddress ?? '-',
      requester: authenticated?.credential.accessKeyId ?? null,
      requestId: this.requestId,
      operation: this.operation?.logName ?? unknownLogName(this.method, this.target),
      key: this.target.key,
      method: this.method,
      url: request.url ?? '',
      httpVersion: request.httpVersion,
      // A client that hung up before we could answer is a request that never became whole.
      status: response.headersSent ? response.statusCode : 400,
      errorCode: this.errorCode ?? (response.headersSent ? null : 'RequestTimeout'),
      bytesSent: this.meter.sentBytes,
      objectSize: this.objectSize,
      totalMs: Math.round(now - this.startedMs),
      turnaroundMs: Math.round((this.answeredMs ?? now) - this.startedMs),
      referer: this.headers.get('referer'),
      userAgent: this.headers.get('user-agent'),
      hostId: HOST_ID,
      authType: authenticated?.type ?? null,
      hostHeader: this.headers.get('host'),
    };
  }
}

/** Lower-case names; values of repeated headers joined as the signature joins them. */
function joinHeaders(rawHeaders: readonly string[]): Map<string, string> {
  const headers = new Map<string, string>();
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] ?? '').toLowerCase();
    const value = (rawHeaders[i + 1] ?? '').trim();
    const known = headers.get(name);
    headers.set(name, known === undefined ? value : `${known},${value}`);
  }
  return headers;
}
