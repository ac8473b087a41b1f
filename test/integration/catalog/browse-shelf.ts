import { CatalogBrowse1763600004500 } from '../../../libs/catalog/src/migrations/1763600004500-catalog-browse.js';
import { Catalog1763600004000 } from '../../../libs/catalog/src/migrations/1763600004000-catalog.js';
import { Identity1763600001000 } from '../../../libs/identity/src/migrations/1763600001000-identity.js';
import { DataSource } from 'typeorm';
import { Audit, OperatorReads } from '@app/audit';
import { Settings } from '@app/config';
import { Database, Notices } from '@app/database';
import { SystemClock, newId, systemContext } from '@app/kernel';
import type { RequestContext } from '@app/kernel';
import { CatalogRevision } from '../../../libs/catalog/src/catalog-revision.js';
import { DatasetQueries } from '../../../libs/catalog/src/datasets/dataset.queries.js';
import { BrowseIndex } from '../../../libs/catalog/src/browse/browse-index.js';
import { BrowseQueries } from '../../../libs/catalog/src/browse/browse.queries.js';
import { CatalogEpoch } from '../../../libs/catalog/src/browse/catalog-epoch.js';
import { DatasetSearch } from '../../../libs/catalog/src/browse/dataset-search.js';
import { IndexRowQueries } from '../../../libs/catalog/src/browse/index-rows.queries.js';
import { TextSearchQueries } from '../../../libs/catalog/src/browse/text-search.queries.js';

/** Facts of a dataset as a test wants them; everything left out is empty. */
export interface ShelfRow {
  readonly name: string;
  readonly provider?: 'north' | 'south';
  readonly status?: 'draft' | 'listed' | 'suspended' | 'withdrawn';
  readonly titleZh?: string;
  readonly titleEn?: string;
  readonly summaryZh?: string;
  readonly summaryEn?: string;
  readonly columns?: Readonly<Record<string, readonly string[]>>;
  readonly grade?: string;
  readonly hasFreeOffer?: boolean;
  readonly minPriceCny?: number | null;
  readonly minPriceUsd?: number | null;
  readonly episodes?: number;
  readonly durationS?: number;
  readonly publishedAt?: Date;
}

export const ARRAY_COLUMNS = [
  'task_families',
  'skills',
  'scenes',
  'embodiment_classes',
  'robots',
  'end_effectors',
  'modalities',
  'collection_methods',
  'realities',
  'formats',
  'usable_for',
] as const;

/** The catalogue as one process has it. */
export interface ShelfProcess {
  readonly database: Database;
  readonly revision: CatalogRevision;
  readonly search: DatasetSearch;
  readonly epoch: CatalogEpoch;
  readonly browseIndex: BrowseIndex;
  readonly browse: BrowseQueries;
  stop(): Promise<void>;
}

const ctx = systemContext('test');

export async function openProcess(url: string): Promise<ShelfProcess> {
  const dataSource = await new DataSource({
    type: 'postgres',
    url,
    poolSize: 4,
    parseInt8: true,
    synchronize: false,
  }).initialize();
  const notices = new Notices(new Settings({ DATABASE_URL: url }));
  const database = new Database(dataSource);
  const clock = new SystemClock();
  const revision = new CatalogRevision(database);
  const epoch = new CatalogEpoch();
  const texts = new TextSearchQueries(database);
  const browseIndex = new BrowseIndex(database, notices, revision, new IndexRowQueries(database), texts, epoch);
  await browseIndex.onModuleInit();
  return {
    database,
    revision,
    search: new DatasetSearch(database),
    epoch,
    browseIndex,
    browse: new BrowseQueries(
      browseIndex,
      texts,
      new DatasetQueries(database, new OperatorReads(database, new Audit(database, clock), clock)),
    ),
    stop: async () => {
      browseIndex.onApplicationShutdown();
      await notices.onApplicationShutdown();
      await dataSource.destroy();
    },
  };
}

/** Brings an empty database to the tables of organizations and datasets. */
export async function makeTables(url: string): Promise<void> {
  const dataSource = await new DataSource({
    type: 'postgres',
    url,
    migrations: [Identity1763600001000, Catalog1763600004000, CatalogBrowse1763600004500],
    migrationsTableName: 'schema_migrations',
  }).initialize();
  await dataSource.runMigrations({ transaction: 'each' });
  await dataSource.query(
    `insert into organizations (id, slug, name, is_provider, created_at)
     values ('org_north', 'north', '北方数据中心', true, now()), ('org_south', 'south', 'South Robotics', true, now())`,
  );
  await dataSource.destroy();
}

let clock = Date.parse('2026-01-01T00:00:00Z');

/** Puts a dataset into the tables and announces it, as publishing does. */
export async function putDataset(
  process: Pick<ShelfProcess, 'database' | 'revision' | 'search'>,
  row: ShelfRow,
): Promise<string> {
  const id = newId('Dataset');
  const provider = row.provider ?? 'north';
  const columns = row.columns ?? {};
  const publishedAt = row.publishedAt ?? new Date((clock += 60_000));
  await process.database.transaction(ctx, async (ctx) => {
    await process.database.execute(
      ctx,
      `insert into datasets (id, organization_id, name, slug, status, title_zh, title_en, summary_zh, summary_en, declared, grade,
         has_free_offer, min_price_cny, min_price_usd, episodes, duration_s, published_at, created_at, updated_at, ${ARRAY_COLUMNS.join(', ')})
       values ($1, $2, $3, $4, 'draft', $5, $6, $7, $8, '{}', $9, $10, $11, $12, $13, $14, $15, $15, $15,
         ${ARRAY_COLUMNS.map((_, i) => `$${i + 16}`).join(', ')})`,
      [
        id,
        `org_${provider}`,
        row.name,
        `${provider}/${row.name}`,
        row.titleZh ?? null,
        row.titleEn ?? null,
        row.summaryZh ?? null,
        row.summaryEn ?? null,
        row.grade ?? 'U',
        row.hasFreeOffer ?? false,
        row.minPriceCny ?? null,
        row.minPriceUsd ?? null,
        row.episodes ?? 0,
        row.durationS ?? 0,
        publishedAt,
        ...ARRAY_COLUMNS.map((column) => columns[column] ?? []),
      ],
    );
    const versionId = newId('Version');
    await process.database.execute(
      ctx,
      `insert into dataset_versions (id, dataset_id, number, label, status, commit_id, created_by, created_at)
       values ($1, $2, 1, 'v1', 'published', repeat('a', 40), 'usr_test', $3)`,
      [versionId, id, publishedAt],
    );
    await process.database.execute(ctx, `update datasets set current_version_id = $2 where id = $1`, [id, versionId]);
    await process.search.reindex(ctx, id);
    await changeDataset(process, ctx, id, 'status = $2', [row.status ?? 'listed']);
  });
  return id;
}

/** Changes columns of a dataset and announces it; `$1` is its id. */
export async function changeDataset(
  process: Pick<ShelfProcess, 'database' | 'revision'>,
  ctx: RequestContext,
  id: string,
  set: string,
  values: readonly unknown[] = [],
): Promise<void> {
  await process.database.transaction(ctx, async (ctx) => {
    await process.database.execute(ctx, `update datasets set ${set} where id = $1`, [id, ...values]);
    await process.revision.touch(ctx, id);
  });
}
