import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Test } from '@nestjs/testing';
import type { TestingModule } from '@nestjs/testing';
import { AuditModule } from '@app/audit';
import { ConfigModule } from '@app/config';
import { Database, DatabaseModule } from '@app/database';
import {
  AccessLogReader,
  DeliveryModule,
  DeliveryWorkerModule,
  LOOK_BACK_MS,
  LeaseService,
  UsageReportQueries,
} from '@app/delivery';
import type { UsageReport, UsageRequest } from '@app/delivery';
import { startObjectStore } from '@app/embedded';
import type { RunningObjectStore } from '@app/embedded';
import { JobsModule } from '@app/jobs';
import { Clock, SCOPES, newId, systemContext } from '@app/kernel';
import type { RequestContext } from '@app/kernel';
import { GrantService, OfferQueries, OfferService } from '@app/licensing';
import { LOG_STORE, ObjectStore, StorageModule } from '@app/storage';
import { createTestDatabase } from '../../support/database.js';
import type { TestDatabase } from '../../support/database.js';

const ACCESS_KEY = { accessKeyId: 'test-access-key', secretAccessKey: 'test-secret-access-key' };
const BUCKET = 'bodega';
const LOG_BUCKET = 'bodega-logs';

/** Moves for the market and for its store at once. */
export class TestClock extends Clock {
  private shiftMs = 0;

  now(): Date {
    return new Date(Date.now() + this.shiftMs);
  }

  advance(seconds: number): void {
    this.shiftMs += seconds * 1000;
  }
}

/** An organization and a context in which its owner acts. */
export interface Party {
  readonly organizationId: string;
  readonly slug: string;
  readonly ctx: RequestContext;
}

export interface Listing {
  readonly datasetId: string;
  readonly versionId: string;
  readonly slug: string;
  readonly files: ReadonlyMap<string, Buffer>;
}

export interface Answer {
  readonly status: number;
  readonly body: Buffer;
  /** The connection broke before the promised length had arrived. */
  readonly isCut: boolean;
}

/** Real services over a real database and a real store, with parties and shelves to act on. */
export class TestMarket {
  readonly clock = new TestClock();
  readonly system = systemContext('test');
  /** Body bytes after which the store breaks the next GET; null leaves it alone. */
  cutNextAfter: number | null = null;

  private readonly agent = new http.Agent({ keepAlive: false });
  private testDatabase: TestDatabase;
  private storeServer: RunningObjectStore;
  private module: TestingModule;
  private folder: string;
  private parties = 0;

  database: Database;
  leases: LeaseService;
  reader: AccessLogReader;
  reports: UsageReportQueries;
  grants: GrantService;
  objects: ObjectStore;
  logs: ObjectStore;

  static async open(): Promise<TestMarket> {
    const market = new TestMarket();
    market.folder = await mkdtemp(join(tmpdir(), 'bodega-delivery-'));
    market.testDatabase = await createTestDatabase();
    market.storeServer = await startObjectStore({
      dataDir: join(market.folder, 'store'),
      host: '127.0.0.1',
      port: 0,
      region: 'us-east-1',
      credentials: [ACCESS_KEY],
      buckets: [BUCKET, LOG_BUCKET],
      accessLog: { bucket: LOG_BUCKET, prefix: '' },
      durable: false,
      clock: market.clock,
      faults: { cutAfter: (request) => (request.bucket === BUCKET ? market.takeCut() : undefined) },
    });
    market.module = await Test.createTestingModule({
      imports: [
        ConfigModule.forRoot({
          clock: market.clock,
          environment: {
            DATABASE_URL: market.testDatabase.url,
            S3_ENDPOINT: market.storeServer.url,
            S3_BUCKET: BUCKET,
            S3_LOG_BUCKET: LOG_BUCKET,
            S3_ACCESS_KEY_ID: ACCESS_KEY.accessKeyId,
            S3_SECRET_ACCESS_KEY: ACCESS_KEY.secretAccessKey,
          },
        }),
        DatabaseModule,
        StorageModule,
        JobsModule,
        AuditModule,
        DeliveryModule,
        DeliveryWorkerModule,
      ],
    }).compile();
    await market.module.init();
    const get = <T>(type: abstract new (...args: never[]) => T): T => market.module.get<T>(type, { strict: false });
    market.database = get(Database);
    market.leases = get(LeaseService);
    market.reader = get(AccessLogReader);
    market.reports = get(UsageReportQueries);
    market.grants = get(GrantService);
    market.objects = get(ObjectStore);
    market.logs = market.module.get<ObjectStore>(LOG_STORE, { strict: false });
    return market;
  }

  async close(): Promise<void> {
    this.agent.destroy();
    await this.module.close();
    await this.storeServer.stop();
    await this.testDatabase.drop();
    await rm(this.folder, { recursive: true, force: true });
  }

  async party(kind: { isProvider?: boolean; isBuyer?: boolean; isAdmin?: boolean }): Promise<Party> {
    const slug = `party-${++this.parties}`;
    const organizationId = newId('Organization');
    const userId = newId('User');
    await this.database.query(
      this.system,
      `insert into organizations (id, slug, name, is_provider, is_buyer, is_operator, created_at) values ($1, $2, $2, $3, $4, $5, now())`,
      [organizationId, slug, kind.isProvider ?? false, kind.isBuyer ?? false, kind.isAdmin ?? false],
    );
    const ctx: RequestContext = {
      requestId: newId('Request'),
      actor: {
        kind: 'user',
        userId,
        organizationId,
        organizationSlug: slug,
        role: 'owner',
        isProvider: kind.isProvider ?? false,
        isBuyer: kind.isBuyer ?? false,
        isAdmin: kind.isAdmin ?? false,
        credential: 'session',
        credentialId: newId('Session'),
        scopes: new Set(kind.isAdmin ? SCOPES : SCOPES.filter((scope) => scope !== 'admin')),
      },
    };
    return { organizationId, slug, ctx };
  }

  /**
   * A listed dataset with files of any content. Rows of the catalogue are written as its worker leaves them; that the worker
   * does so is the catalogue's own test, with real recordings.
   */
  async list(provider: Party, name: string, files: Readonly<Record<string, Buffer>>): Promise<Listing> {
    const datasetId = newId('Dataset');
    const versionId = newId('Version');
    const slug = `${provider.slug}/${name}`;
    const entries = Object.entries(files);
    await this.database.query(
      this.system,
      `insert into datasets (id, organization_id, name, slug, status, declared, created_at, updated_at, published_at)
       values ($1, $2, $3, $4, 'listed', '{}', now(), now(), now())`,
      [datasetId, provider.organizationId, name, slug],
    );
    await this.database.query(
      this.system,
      `insert into dataset_versions (id, dataset_id, number, label, status, created_by, created_at)
       values ($1, $2, 1, 'v1', 'uploading', 'test', now())`,
      [versionId, datasetId],
    );
    for (const [path, bytes] of entries) {
      await this.objects.put(`datasets/${datasetId}/${versionId}/${path}`, bytes);
    }
    await this.database.query(
      this.system,
      `insert into version_files (version_id, path, size_bytes, sha256, media_type, role, status, part_size)
       select $1, path, size, sha256, 'application/octet-stream', 'data', 'uploaded', 0
       from unnest($2::text[], $3::bigint[], $4::text[]) as f (path, size, sha256)`,
      [
        versionId,
        entries.map(([path]) => path),
        entries.map(([, bytes]) => bytes.length),
        entries.map(([, bytes]) => createHash('sha256').update(bytes).digest('hex')),
      ],
    );
    await this.database.query(
      this.system,
      `update dataset_versions set status = 'published', commit_id = $2, published_at = now() where id = $1`,
      [versionId, createHash('sha1').update(versionId).digest('hex')],
    );
    await this.database.query(this.system, 'update datasets set current_version_id = $2 where id = $1', [
      datasetId,
      versionId,
    ]);
    return { datasetId, versionId, slug, files: new Map(entries) };
  }

  /** A free right to the listing's current version. */
  async grant(provider: Party, listing: Listing, buyer: Party): Promise<string> {
    const offers = this.module.get<OfferService>(OfferService, { strict: false });
    const queries = this.module.get<OfferQueries>(OfferQueries, { strict: false });
    const offer = await offers.createOffer(provider.ctx, { slug: listing.slug, template: 'CC-BY-4.0' });
    return this.database.transaction(this.system, async (tx) => {
      const sale = await queries.openSale(tx, offer.id);
      const grant = await this.grants.issue(tx, {
        orderId: newId('Order'),
        organizationId: buyer.organizationId,
        sale,
        intendedUse: null,
        approved: null,
      });
      return grant.id;
    });
  }

  /** A request as a client on the wire makes it, with the bytes that really arrived. */
  request(url: string, options: { method?: string; range?: string; hangUpAfter?: number } = {}): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = [];
      let received = 0;
      const request = http.request(
        url,
        { method: options.method ?? 'GET', agent: this.agent, headers: options.range ? { range: options.range } : {} },
        (response) => {
          const finish = (isCut: boolean): void =>
            resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks), isCut });
          response.on('data', (chunk: Buffer) => {
            chunks.push(chunk);
            received += chunk.length;
            if (options.hangUpAfter !== undefined && received >= options.hangUpAfter) request.destroy();
          });
          response.on('end', () => finish(false));
          response.on('error', () => finish(true));
        },
      );
      request.on('error', reject);
      request.end();
    });
  }

  /** Reads the log until the store has told of as many requests as were made under leases. */
  async settle(requests: number): Promise<void> {
    const deadline = Date.now() + 20_000;
    for (;;) {
      await this.storeServer.deliverAccessLog();
      await this.reader.readNew(this.system, LOOK_BACK_MS);
      const rows = await this.database.query<{ n: number }>(
        this.system,
        'select coalesce(sum(requests), 0)::bigint as n from usage_hourly',
      );
      const counted = rows[0]?.n ?? 0;
      if (counted >= requests) return;
      if (Date.now() > deadline) throw new Error(`The log told of ${counted} requests, not of ${requests}.`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Reads the log until a line after everything before has been counted: a marker request of our own. */
  async settleAll(): Promise<void> {
    const marker = `datasets/ds_marker/dv_marker/${newId('Request')}`;
    await this.objects.put(marker, 'x');
    const before = await this.ownLines();
    await this.objects.get(marker).then((stream) => stream.resume());
    const deadline = Date.now() + 20_000;
    while ((await this.ownLines()) <= before) {
      await this.storeServer.deliverAccessLog();
      await this.reader.readNew(this.system, LOOK_BACK_MS);
      if (Date.now() > deadline) throw new Error('The log never told of the marker.');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** The process id of a database session that waits for a lock held by another; comes back once there is one. */
  async someoneWaits(): Promise<number> {
    const deadline = Date.now() + 10_000;
    for (;;) {
      const rows = await this.database.query<{ pid: number }>(
        this.system,
        `select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' limit 1`,
      );
      if (rows[0]) return rows[0].pid;
      if (Date.now() > deadline) throw new Error('Nobody waits for a lock.');
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  report(party: Party, filter: UsageRequest['filter'] = {}, more: Partial<UsageRequest> = {}): Promise<UsageReport> {
    return this.reports.report(party.ctx, { filter, groupBy: 'DAY', timeZone: 'UTC', ...more });
  }

  private async ownLines(): Promise<number> {
    const rows = await this.database.query<{ n: number }>(
      this.system,
      'select coalesce(sum(own_lines), 0)::bigint as n from log_objects',
    );
    return rows[0]?.n ?? 0;
  }

  private takeCut(): number | undefined {
    if (this.cutNextAfter === null) return undefined;
    const bytes = this.cutNextAfter;
    this.cutNextAfter = null;
    return bytes;
  }
}
