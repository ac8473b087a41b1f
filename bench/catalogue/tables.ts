import { DataSource } from 'typeorm';
import { Catalog1763600004000 } from '../../libs/catalog/src/migrations/1763600004000-catalog.js';
import { CatalogBrowse1763600004500 } from '../../libs/catalog/src/migrations/1763600004500-catalog-browse.js';
import { Identity1763600001000 } from '../../libs/identity/src/migrations/1763600001000-identity.js';

/** Brings an empty database to the catalogue's tables. */
export async function makeTables(url: string): Promise<void> {
  const dataSource = await new DataSource({
    type: 'postgres',
    url,
    migrations: [Identity1763600001000, Catalog1763600004000, CatalogBrowse1763600004500],
    migrationsTableName: 'schema_migrations',
  }).initialize();
  await dataSource.runMigrations({ transaction: 'each' });
  await dataSource.destroy();
}
