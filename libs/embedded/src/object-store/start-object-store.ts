import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { EmbeddedErrors } from '../embedded.errors.js';
import { isErrno } from '../process-lock.js';
import { accessLogLine } from './access-log-line.js';
import { AccessLog } from './access-log.js';
import type { AccessLogOptions } from './access-log.js';
import {
  bucketLocation,
  bucketVersioning,
  createBucket,
  deleteBucket,
  deleteObjects,
  headBucket,
  listBuckets,
  listObjects,
  listObjectsV2,
} from './bucket-handlers.js';
import { allowOrigins, answerPreflight } from './cors.js';
import { Exchange } from './exchange.js';
import { abortUpload, completeUpload, createUpload, listParts, listUploads, uploadPart } from './multipart-handlers.js';
import { ObjectFiles } from './object-files.js';
import { copyObject, deleteObject, putObject, readObject } from './object-handlers.js';
import type { Faults } from './object-handlers.js';
import { operationOf } from './operations.js';
import type { OperationName } from './operations.js';
import { parseTarget } from './request-target.js';
import { S3Error } from './s3-error.js';
import { watchConnection } from './sent-bytes.js';
import { authenticate } from './sigv4-verify.js';
import type { StoreCredential } from './sigv4-verify.js';

/** How to run the embedded object store. */
export interface ObjectStoreServerOptions {
  readonly dataDir: string;
  /** 0: a free one. */
  readonly port: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  readonly region: string;
  readonly credentials: readonly StoreCredential[];
  /** Made when missing. */
  readonly buckets: readonly string[];
  readonly accessLog?: AccessLogOptions;
  /** Signed URLs die at this age even if they were signed for longer. */
  readonly maxSignatureAgeS?: number;
  /** `false` gives up safety against power loss (not against kills) for speed: for tests only. */
  readonly durable?: boolean;
  readonly clock?: { now(): Date };
  readonly log?: (line: string) => void;
  /** For tests of clients only. */
  readonly faults?: Faults;
}

/** A running embedded object store. */
export interface RunningObjectStore {
  readonly url: string;
  readonly port: number;
  /** Delivers the access log of every request that has ended. */
  deliverAccessLog(): Promise<void>;
  /** Ends running transfers after a grace of a few seconds, delivers the access log, closes the files. */
  stop(): Promise<void>;
}

const STOP_GRACE_MS = 3_000;
/** A connection on which nothing moves for this long is dropped. */
const IDLE_MS = 120_000;
const KEEP_ALIVE_MS = 65_000;

/**
 * Starts an S3 server that verifies every signature and keeps its objects in files.
 *
 * @throws EMBEDDED_IN_USE, EMBEDDED_PORT_TAKEN, EMBEDDED_JOURNAL_DAMAGED
 */
export async function startObjectStore(options: ObjectStoreServerOptions): Promise<RunningObjectStore> {
  const { dataDir, durable = true, clock = { now: () => new Date() }, log: report = () => undefined } = options;
  const host = options.host ?? '127.0.0.1';
  const files = await ObjectFiles.open(dataDir, { durable, now: () => clock.now().getTime() });
  try {
    const wanted = [...options.buckets, ...(options.accessLog ? [options.accessLog.bucket] : [])];
    for (const bucket of wanted) if (!files.hasBucket(bucket)) await files.createBucket(bucket);
    const accessLog = options.accessLog
      ? await AccessLog.open(join(dataDir, 'access-log'), files, options.accessLog, { now: () => clock.now(), report })
      : null;
    const app = new ObjectStoreApp(files, accessLog, { ...options, now: () => clock.now(), report });
    const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS, requestTimeout: 0 });
    server.setTimeout(IDLE_MS);
    server.on('connection', watchConnection);
    server.on('request', (request, response) => void app.serve(request, response, false));
    server.on(
      'checkContinue',
      (request: IncomingMessage, response: ServerResponse) => void app.serve(request, response, true),
    );
    try {
      await listen(server, options.port, host);
    } catch (error) {
      await accessLog?.close();
      throw error;
    }
    const { port } = server.address() as AddressInfo;
    return {
      url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
      port,
      deliverAccessLog: async () => accessLog?.deliver(),
      stop: async () => {
        await close(server);
        await app.settled();
        await accessLog?.close();
        await files.close();
      },
    };
  } catch (error) {
    await files.close();
    throw error;
  }
}

interface AppOptions extends Omit<ObjectStoreServerOptions, 'log'> {
  readonly now: () => Date;
  readonly report: (line: string) => void;
}

/** Takes a request from its bytes to its line in the log. */
class ObjectStoreApp {
  private readonly credentials: ReadonlyMap<string, StoreCredential>;
  private readonly running = new Set<Promise<void>>();

  constructor(
    private readonly files: ObjectFiles,
    private readonly accessLog: AccessLog | null,
    private readonly options: AppOptions,
  ) {
    this.credentials = new Map(options.credentials.map((credential) => [credential.accessKeyId, credential]));
  }

  serve(request: IncomingMessage, response: ServerResponse, expectsContinue: boolean): Promise<void> {
    const work = this.answer(request, response, expectsContinue).catch((error: unknown) => {
      this.options.report(
        `The object store failed to answer: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      );
      response.destroy();
    });
    this.running.add(work);
    return work.finally(() => this.running.delete(work));
  }

  /** Resolves when every request has been dealt with. */
  async settled(): Promise<void> {
    await Promise.all(this.running);
  }

  private async answer(request: IncomingMessage, response: ServerResponse, expectsContinue: boolean): Promise<void> {
    const startedMs = performance.now();
    const closed = new Promise<void>((resolve) => response.once('close', resolve));
    // A broken connection is seen by 'close'; without a listener the event would end the process.
    response.on('error', () => undefined);
    allowOrigins(request, response);
    if (answerPreflight(request, response)) return;
    const exchange = this.openExchange(request, response, startedMs, expectsContinue);
    if (!exchange) return;
    try {
      await this.perform(exchange);
    } catch (error) {
      this.reportUnexpected(exchange, error);
      exchange.sendError(error);
    }
    await closed;
    const { bucket } = exchange;
    if (this.accessLog && bucket !== this.options.accessLog?.bucket && this.files.hasBucket(bucket)) {
      this.accessLog.record(accessLogLine(exchange.accessFacts()));
    }
  }

  /** Null when not even the request line made sense; that is answered here and belongs to no bucket's log. */
  private openExchange(
    request: IncomingMessage,
    response: ServerResponse,
    startedMs: number,
    expectsContinue: boolean,
  ): Exchange | null {
    const nowhere = { bucket: undefined, key: undefined, query: [], canonicalPath: '/' };
    try {
      return new Exchange(
        request,
        response,
        parseTarget(request.url ?? ''),
        this.options.now(),
        startedMs,
        expectsContinue,
      );
    } catch (error) {
      new Exchange(request, response, nowhere, this.options.now(), startedMs, expectsContinue).sendError(error);
      return null;
    }
  }

  private async perform(exchange: Exchange): Promise<void> {
    const { method, target, headers } = exchange;
    exchange.authenticated = authenticate(
      { method, target, headers },
      {
        region: this.options.region,
        credentials: this.credentials,
        now: exchange.receivedAt,
        maxSignatureAgeS: this.options.maxSignatureAgeS,
      },
    );
    exchange.operation = operationOf(method, target, headers);
    if (exchange.operation.isWrite && exchange.authenticated.credential.readOnly === true) {
      throw new S3Error('AccessDenied', 'This access key may only read.');
    }
    await this.dispatch(exchange.operation.name, exchange);
  }

  private async dispatch(name: OperationName, exchange: Exchange): Promise<void> {
    const { files } = this;
    const { region, faults = {} } = this.options;
    switch (name) {
      case 'ListBuckets':
        return listBuckets(exchange, files);
      case 'CreateBucket':
        return createBucket(exchange, files);
      case 'HeadBucket':
        return headBucket(exchange, files, region);
      case 'DeleteBucket':
        return deleteBucket(exchange, files);
      case 'GetBucketLocation':
        return bucketLocation(exchange, files, region);
      case 'GetBucketVersioning':
        return bucketVersioning(exchange, files);
      case 'ListObjects':
        return listObjects(exchange, files);
      case 'ListObjectsV2':
        return listObjectsV2(exchange, files);
      case 'DeleteObjects':
        return deleteObjects(exchange, files);
      case 'ListMultipartUploads':
        return listUploads(exchange, files);
      case 'GetObject':
      case 'HeadObject':
        return readObject(exchange, files, { faults, now: this.options.now });
      case 'PutObject':
        return putObject(exchange, files);
      case 'CopyObject':
        return copyObject(exchange, files);
      case 'DeleteObject':
        return deleteObject(exchange, files);
      case 'CreateMultipartUpload':
        return createUpload(exchange, files);
      case 'UploadPart':
        return uploadPart(exchange, files);
      case 'ListParts':
        return listParts(exchange, files);
      case 'CompleteMultipartUpload':
        return completeUpload(exchange, files);
      case 'AbortMultipartUpload':
        return abortUpload(exchange, files);
    }
  }

  private reportUnexpected(exchange: Exchange, error: unknown): void {
    const hungUp = exchange.request.destroyed && !exchange.request.complete;
    if (error instanceof S3Error || hungUp) return;
    this.options.report(
      `Request ${exchange.requestId} failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
  }
}

async function listen(server: Server, port: number, host: string): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, resolve);
    });
  } catch (error) {
    if (isErrno(error, 'EADDRINUSE')) {
      throw EmbeddedErrors.PORT_TAKEN({ what: 'the embedded object store', port, setting: 'S3_PORT' }, error);
    }
    throw error;
  }
}

async function close(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const grace = setTimeout(() => server.closeAllConnections(), STOP_GRACE_MS);
  await closed;
  clearTimeout(grace);
}
