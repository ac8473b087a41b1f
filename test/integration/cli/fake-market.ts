import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { commitIdOf, merkleRootOf } from '@app/kernel';

/**
 * A market and a store in one small HTTP server, scripted to fail in ways that a healthy one cannot be brought to: cut
 * connections, expired URLs, wrong bytes, hostile names. Everything else is tested against the real server.
 */
export interface StoreRequest {
  readonly path: string;
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
  /** Number of this request among those for the same path, from 0. */
  readonly nth: number;
  readonly generation: number;
}

export type Misbehaviour =
  | { readonly kind: 'cut'; readonly afterBytes: number }
  | { readonly kind: 'status'; readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  | { readonly kind: 'corrupt' }
  /** Sends so much, then nothing more, and keeps the connection. */
  | { readonly kind: 'hang'; readonly afterBytes: number };

export interface FakeFile {
  readonly path: string;
  readonly bytes: Buffer;
}

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

export interface Asked {
  readonly name: string;
  readonly variables: Record<string, unknown>;
  readonly authorization: string | undefined;
}

export class FakeMarket {
  readonly asked: Asked[] = [];
  readonly stored: StoreRequest[] = [];
  /** Body bytes handed out for each path. */
  servedBytes = 0;
  /** Bytes of parts taken, and how often each part was put. */
  readonly puts = new Map<string, number>();
  misbehave: (request: StoreRequest) => Misbehaviour | null = () => null;
  misbehaveOnPut: (key: string, nth: number) => number | null | Promise<number | null> = () => null;
  /** HTTP status with which the next GraphQL requests are refused. */
  readonly refusals: { status: number; headers: Record<string, string> }[] = [];
  /** Lets a test send other answers than the honest one. */
  doctor: (name: string, data: Record<string, unknown>) => Record<string, unknown> = (_name, data) => data;
  readonly uploadedParts = new Map<string, Map<number, Buffer>>();
  readonly partSizeBytes = 5_000_000;
  versionStatus = 'UPLOADING';
  private generation = 0;

  private constructor(
    private readonly server: Server,
    readonly files: readonly FakeFile[],
  ) {}

  static async open(files: readonly FakeFile[]): Promise<FakeMarket> {
    const server = createServer();
    const market = new FakeMarket(server, files);
    // A client that breaks off in the middle of a body is one of the things under test.
    server.on('request', (request, response) => void market.answer(request, response).catch(() => response.destroy()));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return market;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  get merkleRoot(): string {
    return merkleRootOf(
      this.files.map((file) => ({ path: file.path, sizeBytes: file.bytes.length, sha256: sha256(file.bytes) })),
    );
  }

  get totalBytes(): number {
    return this.files.reduce((sum, file) => sum + file.bytes.length, 0);
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.url);
    if (url.pathname === '/graphql') await this.answerOperation(request, response);
    else if (request.method === 'PUT') await this.takePart(request, response, url);
    else this.serveFile(request, response, url);
  }

  private async answerOperation(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { operationName: name, variables } = JSON.parse((await readBody(request)).toString()) as {
      operationName: string;
      variables: Record<string, unknown>;
    };
    this.asked.push({ name, variables, authorization: request.headers.authorization });
    const refusal = this.refusals.shift();
    if (refusal) {
      response.writeHead(refusal.status, refusal.headers).end('busy');
      return;
    }
    const data = this.doctor(name, this.dataFor(name, variables));
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ data }));
  }

  private dataFor(name: string, variables: Record<string, unknown>): Record<string, unknown> {
    switch (name) {
      case 'Grants':
        return { grants: { nodes: [this.grant()], pageInfo: { hasNextPage: false, endCursor: null } } };
      case 'Version':
        return { node: this.version() };
      case 'CreateLease':
        return { createLease: this.lease(variables['input'] as { paths?: string[]; after?: string; first: number }) };
      case 'Dataset':
        return { dataset: null };
      case 'UpdateDataset':
      case 'CreateDataset':
        return { createDataset: { dataset: { id: 'ds', slug: 'acme/cups', status: 'DRAFT' } } };
      case 'BeginUpload':
        return { beginUpload: this.begin(variables['input'] as { files: { path: string; sizeBytes: number }[] }) };
      case 'CompleteUpload':
        return { completeUpload: { files: [] } };
      case 'VersionFiles':
        return { node: { files: { nodes: this.fileNodes(), pageInfo: { hasNextPage: false, endCursor: null } } } };
      case 'IssueCertificate':
        return { issueCertificate: null };
      case 'SubmitVersion':
        this.versionStatus = 'VALIDATING';
        return { submitVersion: { version: { id: 'dv_1', label: 'v1', status: 'VALIDATING' } } };
      case 'Viewer':
        return {
          viewer: {
            user: { id: 'u', name: 'Li Lei', email: 'li@acme.example' },
            organization: { id: 'o', slug: 'acme', name: 'Acme', isProvider: true, isBuyer: true },
            scopes: ['data:read'],
          },
        };
      default:
        throw new Error(`The fake market does not know ${name}.`);
    }
  }

  private grant(): Record<string, unknown> {
    return {
      id: 'grt_1',
      state: 'active',
      stateReason: null,
      datasetSlug: 'acme/cups',
      versionId: 'dv_1',
      versionLabel: 'v1',
      commitId: commitIdOf(this.merkleRoot),
      offerId: 'off_1',
      termsHash: 'ab'.repeat(32),
      startsAt: null,
      expiresAt: null,
    };
  }

  private version(): Record<string, unknown> {
    return {
      id: 'dv_1',
      datasetSlug: 'acme/cups',
      label: 'v1',
      status: this.versionStatus,
      commitId: commitIdOf(this.merkleRoot),
      merkleRoot: this.merkleRoot,
      filesCount: this.files.length,
      sizeBytes: this.totalBytes,
      grade: 'C',
      facts: { measured: { episodes: 3 } },
      report: null,
    };
  }

  /** All of them data, so that a part of the set is what was asked for and nothing more. */
  private fileNodes(): Record<string, unknown>[] {
    return this.files.map(({ path, bytes }) => ({
      path,
      role: 'data',
      sizeBytes: bytes.length,
      sha256: sha256(bytes),
    }));
  }

  private lease({ paths, after, first }: { paths?: string[]; after?: string; first: number }): Record<string, unknown> {
    const generation = ++this.generation;
    const all = this.files.filter((file) => !paths || paths.includes(file.path));
    const start = Number(after ?? 0);
    const page = all.slice(start, start + first);
    return {
      lease: { id: `lse_${generation}`, expiresAt: new Date(Date.now() + 300_000).toISOString() },
      files: page.map((file) => ({
        path: file.path,
        sizeBytes: file.bytes.length,
        sha256: sha256(file.bytes),
        url: `${this.url}/store/${encodeURIComponent(file.path)}?g=${generation}`,
      })),
      pageInfo: { hasNextPage: start + first < all.length, endCursor: String(start + first) },
    };
  }

  private serveFile(request: IncomingMessage, response: ServerResponse, url: URL): void {
    const path = decodeURIComponent(url.pathname.slice('/store/'.length));
    const file = this.files.find((candidate) => candidate.path === path);
    if (!file) {
      response.writeHead(404).end('<Error><Code>NoSuchKey</Code></Error>');
      return;
    }
    const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '');
    const from = range ? Number(range[1]) : 0;
    const to = range ? Number(range[2]) + 1 : file.bytes.length;
    const nth = this.stored.filter((earlier) => earlier.path === path).length;
    const asked = { path, from, to, nth, generation: Number(url.searchParams.get('g')) };
    this.stored.push(asked);
    const misbehaviour = this.misbehave(asked);
    if (misbehaviour?.kind === 'status') {
      response
        .writeHead(misbehaviour.status, misbehaviour.headers ?? {})
        .end('<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>');
      return;
    }
    const body = Buffer.from(file.bytes.subarray(from, to));
    if (misbehaviour?.kind === 'corrupt' && body.length > 0) body[0] = (body[0] ?? 0) ^ 1;
    response.writeHead(range ? 206 : 200, {
      'content-length': body.length,
      ...(range && { 'content-range': `bytes ${from}-${to - 1}/${file.bytes.length}` }),
    });
    if ((misbehaviour?.kind === 'cut' || misbehaviour?.kind === 'hang') && misbehaviour.afterBytes < body.length) {
      const sent = body.subarray(0, misbehaviour.afterBytes);
      this.servedBytes += sent.length;
      // An orderly end, and only once the bytes are on their way, so that every byte counted above does arrive.
      response.write(sent, () => {
        if (misbehaviour.kind === 'cut') response.socket?.end();
      });
      return;
    }
    this.servedBytes += body.length;
    response.end(body);
  }

  private begin({ files }: { files: { path: string; sizeBytes: number }[] }): Record<string, unknown> {
    this.generation++;
    return {
      version: { id: 'dv_1', label: 'v1', status: 'UPLOADING' },
      files: files.map((file) => {
        const there = this.uploadedParts.get(file.path) ?? new Map<number, Buffer>();
        const count = Math.max(1, Math.ceil(file.sizeBytes / this.partSizeBytes));
        const numbers = Array.from({ length: count }, (_, i) => i + 1).filter((number) => !there.has(number));
        return {
          path: file.path,
          partSizeBytes: this.partSizeBytes,
          uploadId: 'up',
          isComplete: false,
          nextPart: null,
          parts: numbers.map((number) => ({
            number,
            url: `${this.url}/parts/${encodeURIComponent(file.path)}?n=${number}&g=${this.generation}`,
          })),
          uploadedParts: [...there].map(([number, bytes]) => ({
            number,
            sizeBytes: bytes.length,
            etag: `"${number}"`,
          })),
        };
      }),
    };
  }

  private async takePart(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    const path = decodeURIComponent(url.pathname.slice('/parts/'.length));
    const number = Number(url.searchParams.get('n'));
    const key = `${path}#${number}`;
    const nth = this.puts.get(key) ?? 0;
    this.puts.set(key, nth + 1);
    const status = await this.misbehaveOnPut(key, nth);
    if (status !== null) {
      request.resume();
      response.writeHead(status, { 'retry-after': '0' }).end('<Error><Code>SlowDown</Code></Error>');
      return;
    }
    const parts = this.uploadedParts.get(path) ?? new Map<number, Buffer>();
    this.uploadedParts.set(path, parts);
    parts.set(number, await readBody(request));
    response.writeHead(200, { etag: `"${number}"` }).end();
  }
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
