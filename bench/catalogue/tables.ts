import 'reflect-metadata';
import { createDataSource, migrate } from '@app/database';
// Whoever imports the API's module has the tables of every domain registered.
import '../../apps/api/src/api.module.js';

/** Brings an empty database to the API's tables. */
export async function makeTables(url: string): Promise<void> {
  const dataSource = await createDataSource(url, 2).initialize();
  await migrate(dataSource);
  await dataSource.destroy();
}
