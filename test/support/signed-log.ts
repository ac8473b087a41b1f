import { generateKeyPairSync } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import type { INestApplicationContext } from '@nestjs/common';
import {
  Audit,
  AuditModule,
  AuditQueries,
  AuditSequencer,
  LogPublishingModule,
  DailyVerification,
  LogProofs,
  LogPublisher,
} from '@app/audit';
import { Database } from '@app/database';
import { startObjectStore } from '@app/embedded';
import type { RunningObjectStore } from '@app/embedded';
import { JobsModule } from '@app/jobs';
import { systemContext } from '@app/kernel';
import type { Clock } from '@app/kernel';
import { ObjectStore } from '@app/storage';
import { openApplication } from './application.js';
import { createTestDatabase } from './database.js';
import type { TestDatabase } from './database.js';

const KEY = { accessKeyId: 'test-access-key', secretAccessKey: 'test-secret-access-key' };
const ctx = systemContext('test');

export const PUBLIC_URL = 'https://market.example';
export const ORIGIN = 'market.example/log';

/** The log over a database and a store of its own, signed with a key of its own; the test itself says when it is sequenced and published. */
export class SignedLog {
  folder: string;
  keyFolder: string;
  testDatabase: TestDatabase;
  store: RunningObjectStore;
  application: INestApplicationContext;
  private isStoreUp = false;

  static async open(): Promise<SignedLog> {
    const log = new SignedLog();
    log.folder = await mkdtemp(join(tmpdir(), 'bodega-log-'));
    log.keyFolder = join(log.folder, 'keys');
    await mkdir(log.keyFolder);
    await log.addKey('2026-01.pem');
    log.testDatabase = await createTestDatabase();
    await log.startStore(0);
    await log.restart();
    return log;
  }

  get environment(): Record<string, string> {
    return {
      PUBLIC_URL,
      LOG_KEY_FILE: this.keyFolder,
      S3_ENDPOINT: this.store.url,
      S3_ACCESS_KEY_ID: KEY.accessKeyId,
      S3_SECRET_ACCESS_KEY: KEY.secretAccessKey,
    };
  }

  /** Puts a new key into the folder; returns the public half as PEM. */
  async addKey(name: string): Promise<string> {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    await writeFile(join(this.keyFolder, name), privateKey.export({ type: 'pkcs8', format: 'pem' }));
    return publicKey.export({ type: 'spki', format: 'pem' }).toString();
  }

  /** The services again, over the database, the store and the keys as they are now. */
  async restart(
    options: { databaseUrl?: string; environment?: Record<string, string>; clock?: Clock } = {},
  ): Promise<void> {
    await this.application?.close();
    this.application = await openApplication({
      databaseUrl: options.databaseUrl ?? this.testDatabase.url,
      modules: [AuditModule, LogPublishingModule, JobsModule],
      environment: { ...this.environment, ...options.environment },
      ...(options.clock && { clock: options.clock }),
    });
  }

  get database(): Database {
    return this.application.get(Database);
  }

  get publisher(): LogPublisher {
    return this.application.get(LogPublisher, { strict: false });
  }

  get proofs(): LogProofs {
    return this.application.get(LogProofs);
  }

  get queries(): AuditQueries {
    return this.application.get(AuditQueries);
  }

  get daily(): DailyVerification {
    return this.application.get(DailyVerification, { strict: false });
  }

  get objects(): ObjectStore {
    return this.application.get(ObjectStore, { strict: false });
  }

  get vkey(): string {
    return this.proofs.vkeys[0] ?? '';
  }

  /** Records acts, numbered from `from`, in one transaction, and gives them their places. */
  async act(count: number, from = 0, about: { grantId?: string } = {}): Promise<void> {
    const audit = this.application.get(Audit);
    await this.database.transaction(ctx, async (ctx) => {
      for (let n = from; n < from + count; n++) {
        await audit.record(ctx, {
          action: 'dataset.listed',
          subject: { kind: 'dataset', id: 'ds_1' },
          about,
          facts: { n },
          ...(n % 7 === 0 && { private: { n } }),
        });
      }
    });
    await this.sequence();
  }

  async sequence(): Promise<void> {
    await this.application.get(AuditSequencer).sequenceAll(ctx);
  }

  async publish(): Promise<void> {
    await this.publisher.publishAll(ctx);
  }

  /** The signed note of now. */
  async note(): Promise<string> {
    return (await this.proofs.signedCheckpoint(ctx))?.note ?? '';
  }

  /** Every leaf, in order. */
  async leaves(): Promise<Buffer[]> {
    const rows = await this.database.query<{ leaf: Buffer }>(ctx, 'select leaf from audit_log order by seq');
    return rows.map((row) => row.leaf);
  }

  /** As somebody who owns the database and switches the triggers off. */
  async tamper(...statements: string[]): Promise<void> {
    await this.database.transaction(ctx, async (ctx) => {
      await this.database.query(ctx, 'set local session_replication_role = replica');
      for (const statement of statements) expect(await this.database.execute(ctx, statement)).toBeGreaterThan(0);
    });
  }

  /** Every object of the log in the store, by its path below the log's address. */
  async published(): Promise<Map<string, Buffer>> {
    const objects = new Map<string, Buffer>();
    for await (const { key } of this.objects.list('log/')) {
      const chunks: Buffer[] = [];
      for await (const chunk of await this.objects.get(key)) chunks.push(chunk as Buffer);
      objects.set(key.slice('log/'.length), Buffer.concat(chunks));
    }
    return objects;
  }

  async stopStore(): Promise<void> {
    if (this.isStoreUp) await this.store.stop();
    this.isStoreUp = false;
  }

  async startStore(port: number): Promise<void> {
    this.store = await startObjectStore({
      dataDir: join(this.folder, 'store'),
      port,
      region: 'us-east-1',
      credentials: [KEY],
      buckets: ['bodega', 'bodega-logs'],
      durable: false,
    });
    this.isStoreUp = true;
  }

  async close(): Promise<void> {
    await this.application.close();
    await this.stopStore();
    await this.testDatabase.drop();
    await rm(this.folder, { recursive: true, force: true });
  }
}
