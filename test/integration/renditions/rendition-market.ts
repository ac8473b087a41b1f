import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { INestApplicationContext } from '@nestjs/common';
import { EpisodeQueries, objectKeyOf } from '@app/catalog';
import { Database } from '@app/database';
import { startObjectStore } from '@app/embedded';
import type { RunningObjectStore } from '@app/embedded';
import type { EpisodeFact } from '@app/formats';
import { measureDataset } from '@app/formats';
import { commitIdOf, merkleRootOf, newId, systemContext } from '@app/kernel';
import { ObjectStore } from '@app/storage';
import { createTestDatabase } from '../../support/database.js';
import type { TestDatabase } from '../../support/database.js';
import type { DiskFileTree } from '../../support/file-trees.js';
import { openRenditions } from './rendition-application.js';

const KEY = { accessKeyId: 'test-access-key', secretAccessKey: 'test-secret-access-key' };

/** A database and a store with versions on the shelf. */
export class RenditionMarket {
  readonly ctx = systemContext('test');
  environment: Record<string, string>;
  application: INestApplicationContext;
  private sellers = 0;
  private folder: string;
  private testDatabase: TestDatabase;
  private storeServer: RunningObjectStore;

  static async open(): Promise<RenditionMarket> {
    const market = new RenditionMarket();
    market.folder = await mkdtemp(join(tmpdir(), 'bodega-renditions-'));
    market.testDatabase = await createTestDatabase();
    market.storeServer = await startObjectStore({
      dataDir: join(market.folder, 'store'),
      port: 0,
      region: 'us-east-1',
      credentials: [KEY],
      buckets: ['bodega', 'bodega-logs'],
      accessLog: { bucket: 'bodega-logs', prefix: '' },
      durable: false,
    });
    market.environment = {
      DATABASE_URL: market.testDatabase.url,
      S3_ENDPOINT: market.storeServer.url,
      S3_ACCESS_KEY_ID: KEY.accessKeyId,
      S3_SECRET_ACCESS_KEY: KEY.secretAccessKey,
    };
    market.application = await openRenditions(market.environment);
    return market;
  }

  async close(): Promise<void> {
    await this.application.close();
    await this.storeServer.stop();
    await this.testDatabase.drop();
    await rm(this.folder, { recursive: true, force: true });
  }

  get<T>(type: abstract new (...args: never[]) => T): T {
    return this.application.get<T>(type, { strict: false });
  }

  get database(): Database {
    return this.get(Database);
  }

  /**
   * A version that is on the shelf, measured for true. Rows of the catalogue are written as its worker leaves them; that the
   * worker does so is the catalogue's own test.
   */
  async list(
    root: string,
    tree: DiskFileTree,
    status = 'listed',
  ): Promise<{ versionId: string; organizationId: string }> {
    const organizationId = newId('Organization');
    const datasetId = newId('Dataset');
    const versionId = newId('Version');
    const name = `seller-${++this.sellers}`;
    const slug = `${name}/arm`;
    const run = (sql: string, params: unknown[]): Promise<number> => this.database.execute(this.ctx, sql, params);
    await run(
      `insert into organizations (id, slug, name, is_provider, is_buyer, is_operator, created_at) values ($1, $2, $2, true, false, false, now())`,
      [organizationId, name],
    );
    await run(
      `insert into datasets (id, organization_id, name, slug, status, declared, created_at, updated_at, published_at)
       values ($1, $2, 'arm', $3, $4, '{}', now(), now(), now())`,
      [datasetId, organizationId, slug, status],
    );
    await run(
      `insert into dataset_versions (id, dataset_id, number, label, status, created_by, created_at)
       values ($1, $2, 1, 'v1', 'uploading', 'test', now())`,
      [versionId, datasetId],
    );
    const files: { path: string; sizeBytes: number; sha256: string }[] = [];
    for (const { path, sizeBytes } of tree.files) {
      const bytes = await readFile(join(root, path));
      await this.get(ObjectStore).put(objectKeyOf({ datasetId, versionId, path }), bytes);
      files.push({ path, sizeBytes, sha256: createHash('sha256').update(bytes).digest('hex') });
    }
    await run(
      `insert into version_files (version_id, path, size_bytes, sha256, media_type, role, status, part_size)
       select $1, f.path, f."sizeBytes", f.sha256, 'application/octet-stream', 'data', 'uploaded', 0
         from jsonb_to_recordset($2::jsonb) as f (path text, "sizeBytes" bigint, sha256 text)`,
      [versionId, JSON.stringify(files)],
    );
    const episodes: EpisodeFact[] = [];
    const { findings: _, ...measured } = await measureDataset(tree, { onEpisode: (fact) => void episodes.push(fact) });
    await this.get(EpisodeQueries).add(this.ctx, versionId, episodes);
    const merkleRoot = merkleRootOf(files);
    await run(
      `update dataset_versions set status = 'published', format = $2, format_version = $3, facts = $4, episodes = $5, frames = $6,
              duration_s = $7, merkle_root = $8, commit_id = $9, files_count = $10, published_at = now(), validated_at = now()
        where id = $1`,
      [
        versionId,
        measured.format,
        measured.formatVersion,
        JSON.stringify({ measured, declared: {} }),
        measured.episodes,
        measured.frames,
        measured.durationS,
        merkleRoot,
        commitIdOf(merkleRoot),
        files.length,
      ],
    );
    await run('update datasets set current_version_id = $2 where id = $1', [datasetId, versionId]);
    return { versionId, organizationId };
  }

  /** Keys in the store below a version's renditions. */
  async objects(versionId: string): Promise<string[]> {
    const keys: string[] = [];
    for await (const { key } of this.get(ObjectStore).list('renditions/'))
      if (key.includes(`/${versionId}/`)) keys.push(key);
    return keys;
  }
}
