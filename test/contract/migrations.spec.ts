import 'reflect-metadata';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { createDataSource, isMigrated, migrate, registeredTables } from '@app/database';
import { createTestDatabase } from '../support/database.js';
import type { TestDatabase } from '../support/database.js';
// Every library's tables are registered by loading the two processes.
import '../../apps/api/src/server.js';
import '../../apps/worker/src/worker.js';

interface ColumnFact {
  table: string;
  column: string;
  type: string;
  isNullable: boolean;
}

describe('the schema', () => {
  let database: TestDatabase;
  let dataSource: DataSource;

  beforeAll(async () => {
    database = await createTestDatabase();
    dataSource = await createDataSource(database.url, 4).initialize();
  });

  afterAll(async () => {
    await dataSource.destroy();
    await database.drop();
  });

  it('is complete after all migrations, which run again without effect', async () => {
    expect(await isMigrated(dataSource)).toBe(true);

    expect(await migrate(dataSource)).toEqual([]);
  });

  it('has migrations that go forward only and are named for their time', async () => {
    const names = registeredTables().flatMap(({ migrations }) => migrations.map((migration) => migration.name));

    expect(names.every((name) => /^[A-Z][A-Za-z]+\d{13}$/.test(name))).toBe(true);
    expect(new Set(names.map((name) => name.slice(-13))).size).toBe(names.length);
    for (const { migrations } of registeredTables()) {
      for (const Migration of migrations) {
        await expect((async () => new Migration().down(dataSource.createQueryRunner()))()).rejects.toThrow(
          /forward only/,
        );
      }
    }
  });

  it('has the same columns in entities and tables', async () => {
    const tables = dataSource.entityMetadatas.map((entity) => entity.tableName);
    const rows: ColumnFact[] = await dataSource.query(
      `select c.relname as "table", a.attname as "column", format_type(a.atttypid, null) as type, not a.attnotnull as "isNullable"
         from pg_attribute a join pg_class c on c.oid = a.attrelid
        where c.relname = any($1) and c.relnamespace = 'public'::regnamespace and a.attnum > 0 and not a.attisdropped`,
      [tables],
    );
    const inTables = rows.map(
      ({ table, column, type, isNullable }) => `${table}.${column} ${type}${isNullable ? ' null' : ''}`,
    );
    const inEntities = dataSource.entityMetadatas.flatMap((entity) =>
      entity.columns.map((column) => {
        const type = dataSource.driver.normalizeType(column).replace('timestamptz', 'timestamp with time zone');
        const full = type === 'timestamp with time zone' || !column.isArray ? type : `${type}[]`;
        return `${entity.tableName}.${column.databaseName} ${full}${column.isNullable ? ' null' : ''}`;
      }),
    );

    expect(inEntities.sort()).toEqual(inTables.sort());
  });

  it('leaves TypeORM no column to change', async () => {
    const { upQueries } = await dataSource.driver.createSchemaBuilder().log();
    const columnChanges = upQueries
      .map(({ query }) => query)
      .filter((query) => /(ADD|DROP|ALTER|RENAME) COLUMN|CREATE TABLE|" (ADD|DROP|ALTER) "/.test(query));

    expect(columnChanges.filter((query) => !/DROP DEFAULT|SET DEFAULT/.test(query))).toEqual([]);
  });
});
