import { createHmac, hash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { NestFactory } from '@nestjs/core';
import { Module } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { AuditModule } from '@app/audit';
import { ConfigModule } from '@app/config';
import { Database, DatabaseModule, migrate } from '@app/database';
import { DeliveryModule, LEASE_PAGE_CAP, LeaseService } from '@app/delivery';
import { startPostgres } from '@app/embedded';
import { JobsModule } from '@app/jobs';
import { SCOPES, newId, systemContext } from '@app/kernel';
import type { RequestContext } from '@app/kernel';
import { GrantService, OfferQueries, OfferService } from '@app/licensing';
import { StorageModule, createPresigner } from '@app/storage';
import { atLeastTimes, median } from './bench-row.js';
import type { BenchRow } from './bench-row.js';

const FILES = 10_000;
const ROUNDS = 7;
const ENDPOINT = 'http://127.0.0.1:9000';
const CREDENTIALS = {
  region: 'us-east-1',
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
};

const pathOf = (i: number): string =>
  `data/chunk-${String(Math.floor(i / 1000)).padStart(3, '0')}/episode_${String(i).padStart(6, '0')}.parquet`;

/** Median milliseconds of two pieces of work, done in turn in every round after one round to warm up. */
async function inTurn(ours: () => unknown, reference: () => unknown): Promise<{ oursMs: number; referenceMs: number }> {
  const times: { ours: number[]; reference: number[] } = { ours: [], reference: [] };
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [name, work] of [
      ['ours', ours],
      ['reference', reference],
    ] as const) {
      const start = performance.now();
      await work();
      if (round > 0) times[name].push(performance.now() - start);
    }
  }
  return { oursMs: median(times.ours), referenceMs: median(times.reference) };
}

/** Both in URLs per second: the ratio is how many times as fast as the reference we are. */
function rowOf(work: string, reach: number, times: { oursMs: number; referenceMs: number }): BenchRow {
  const perSecond = (ms: number): number => (FILES / ms) * 1000;
  return atLeastTimes(work, '/s', perSecond(times.oursMs), perSecond(times.referenceMs), reach);
}

/**
 * The signing itself: 10,000 different keys under one lease, from key to finished URL, against 10,000 HMAC-SHA256 calls over
 * strings to sign of the same length with the same 32-byte key. The reference neither builds nor hashes a canonical request.
 */
async function signingAlone(): Promise<BenchRow> {
  const keys = Array.from({ length: FILES }, (_, i) => `datasets/${newId('Dataset')}/${newId('Version')}/${pathOf(i)}`);
  const stringsToSign = keys.map(
    (key) => `AWS4-HMAC-SHA256\n20261120T100000Z\n20261120/us-east-1/s3/aws4_request\n${hash('sha256', key, 'hex')}`,
  );
  const hmacKey = createHmac('sha256', 'a').update('key').digest();
  const presigner = createPresigner(CREDENTIALS);
  const lease = newId('Lease');
  let sink = 0;
  const times = await inTurn(
    () => {
      const batch = presigner.prepare({
        method: 'GET',
        endpoint: new URL(ENDPOINT),
        bucket: 'bodega',
        expiresS: 300,
        now: new Date(),
        query: { 'x-bodega-lease': lease, 'response-content-disposition': 'attachment' },
      });
      for (const key of keys) sink += batch.sign(key).length;
    },
    () => {
      for (const text of stringsToSign) sink += createHmac('sha256', hmacKey).update(text).digest('hex').length;
    },
  );
  if (sink === 0) throw new Error('Nothing was signed.');
  return rowOf(`sign ${FILES} URLs, against as many bare HMAC-SHA256 calls`, 0.5, times);
}

/**
 * End to end: a manifest of 10,000 files through the service, page by page, with the gate, the rows of the files from PostgreSQL,
 * lease rows and audit leaves in durable transactions, against the AWS presigner making 10,000 URLs from keys in memory.
 */
async function endToEnd(): Promise<BenchRow> {
  const folder = await mkdtemp(join(tmpdir(), 'bodega-bench-signing-'));
  const postgres = await startPostgres({ dataDir: join(folder, 'postgres') });
  try {
    @Module({
      imports: [
        ConfigModule.forRoot({
          environment: {
            DATABASE_URL: postgres.url,
            S3_ENDPOINT: ENDPOINT,
            S3_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
            S3_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
          },
        }),
        DatabaseModule,
        StorageModule,
        JobsModule,
        AuditModule,
        DeliveryModule,
      ],
    })
    class BenchModule {}
    const app = await NestFactory.createApplicationContext(BenchModule, { logger: ['error'] });
    try {
      await migrate(app.get(DataSource, { strict: false }));
      const get = <T>(type: abstract new (...args: never[]) => T): T => app.get<T>(type, { strict: false });
      const { buyer, grantId } = await shelf(get(Database), get(OfferService), get(OfferQueries), get(GrantService));
      const leases = get(LeaseService);
      const client = new S3Client({
        endpoint: ENDPOINT,
        forcePathStyle: true,
        region: CREDENTIALS.region,
        credentials: CREDENTIALS,
      });
      const times = await inTurn(
        async () => {
          let files = 0;
          for (let after: string | null = null; ;) {
            const page = await leases.create(buyer, { grantId, first: LEASE_PAGE_CAP, after });
            files += page.files.length;
            if (!page.hasNextPage) break;
            after = page.endCursor;
          }
          if (files !== FILES) throw new Error(`The manifest has ${files} files.`);
        },
        async () => {
          for (let i = 0; i < FILES; i++) {
            const command = new GetObjectCommand({
              Bucket: 'bodega',
              Key: pathOf(i),
              ResponseContentDisposition: 'attachment',
            });
            await getSignedUrl(client, command, { expiresIn: 300 });
          }
        },
      );
      client.destroy();
      return rowOf(`manifest of ${FILES} files with lease rows, against the AWS presigner`, 20, times);
    } finally {
      await app.close();
    }
  } finally {
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** One published version of 10,000 files, and a grant on it. */
async function shelf(
  database: Database,
  offers: OfferService,
  offerQueries: OfferQueries,
  grants: GrantService,
): Promise<{ buyer: RequestContext; grantId: string }> {
  const ctx = systemContext('bench');
  const [provider, buyerId, datasetId, versionId] = [
    newId('Organization'),
    newId('Organization'),
    newId('Dataset'),
    newId('Version'),
  ];
  for (const [id, slug] of [
    [provider, 'seller'],
    [buyerId, 'buyer'],
  ] as const) {
    await database.query(
      ctx,
      'insert into organizations (id, slug, name, is_provider, is_buyer, created_at) values ($1, $2, $2, true, true, now())',
      [id, slug],
    );
  }
  await database.query(
    ctx,
    `insert into datasets (id, organization_id, name, slug, status, declared, created_at, updated_at, published_at)
     values ($1, $2, 'bench', 'seller/bench', 'listed', '{}', now(), now(), now())`,
    [datasetId, provider],
  );
  await database.query(
    ctx,
    `insert into dataset_versions (id, dataset_id, number, label, status, created_by, created_at)
     values ($1, $2, 1, 'v1', 'uploading', 'bench', now())`,
    [versionId, datasetId],
  );
  const paths = Array.from({ length: FILES }, (_, i) => pathOf(i));
  await database.query(
    ctx,
    `insert into version_files (version_id, path, size_bytes, sha256, media_type, role, status, part_size)
     select $1, path, 1000000, encode(sha256(path::bytea), 'hex'), 'application/vnd.apache.parquet', 'data', 'uploaded', 0
     from unnest($2::text[]) as path`,
    [versionId, paths],
  );
  await database.query(
    ctx,
    `update dataset_versions set status = 'published', commit_id = repeat('a', 40), published_at = now() where id = $1`,
    [versionId],
  );
  await database.query(ctx, 'update datasets set current_version_id = $2 where id = $1', [datasetId, versionId]);
  await database.query(ctx, 'analyze');
  const offer = await offers.createOffer(ctx, { slug: 'seller/bench', template: 'CC-BY-4.0' });
  const grant = await database.transaction(ctx, async (tx) =>
    grants.issue(tx, {
      orderId: newId('Order'),
      organizationId: buyerId,
      sale: await offerQueries.openSale(tx, offer.id),
      intendedUse: null,
      approved: null,
    }),
  );
  const buyer: RequestContext = {
    requestId: newId('Request'),
    actor: {
      kind: 'user',
      userId: newId('User'),
      organizationId: buyerId,
      organizationSlug: 'buyer',
      role: 'owner',
      isProvider: true,
      isBuyer: true,
      isAdmin: false,
      credential: 'session',
      credentialId: newId('Session'),
      scopes: new Set(SCOPES),
    },
  };
  return { buyer, grantId: grant.id };
}

/** Rows of `npm run bench -- signing`. */
export async function rows(): Promise<BenchRow[]> {
  return [await signingAlone(), await endToEnd()];
}
