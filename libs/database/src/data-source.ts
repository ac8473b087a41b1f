import { DataSource } from 'typeorm';
import { registeredTables } from './tables.js';

/** A data source over the tables of every domain loaded so far; not yet connected. */
export function createDataSource(url: string, poolSize: number): DataSource {
  const tables = registeredTables();
  return new DataSource({
    type: 'postgres',
    url,
    entities: tables.flatMap((domain) => [...domain.entities]),
    migrations: tables.flatMap((domain) => [...domain.migrations]),
    migrationsTableName: 'schema_migrations',
    synchronize: false,
    logging: false,
    poolSize,
    extra: { keepAlive: true, connectionTimeoutMillis: 10_000 },
    poolErrorHandler: () => undefined,
    parseInt8: true,
  });
}
