import { createHash, randomBytes } from 'node:crypto';
import { expect } from '@jest/globals';
import pg from 'pg';
import { createDataSource, migrate, registeredTables } from '@app/database';

/** A database of one suite, with every table of the domains that the suite imports. */
export interface TestDatabase {
  readonly url: string;
  readonly name: string;
  drop(): Promise<void>;
}

const TEMPLATE_LOCK = 0x7e57;

/** Where the Postgres of this test run is. @throws when a suite runs outside the `system` project */
export function testServerUrl(): string {
  const url = process.env['TEST_DATABASE_URL'];
  if (!url) throw new Error('TEST_DATABASE_URL is not set: run this suite in the `system` project of jest.config.mjs.');
  return url;
}

/** The server's URL with another database in it. */
export function urlOfDatabase(name: string): string {
  const url = new URL(testServerUrl());
  url.pathname = `/${name}`;
  return url.href;
}

/**
 * Makes a database for one suite by copying a template, which the first suite to need it builds with all migrations.
 * Import the modules whose tables you need before calling this. Its name carries the suite's, so that a failure can be inspected.
 */
export async function createTestDatabase(): Promise<TestDatabase> {
  const suite = (expect.getState().testPath ?? 'suite').split('/').at(-1)?.split('.')[0] ?? 'suite';
  const name = `test_${suite.replace(/[^a-z0-9]+/gi, '_').toLowerCase()}_${randomBytes(4).toString('hex')}`;
  await onServer(async (client) => {
    const template = await ensureTemplate(client);
    await client.query(`create database ${name} template ${template}`);
  });
  return {
    url: urlOfDatabase(name),
    name,
    drop: () => onServer(async (client) => void (await client.query(`drop database if exists ${name} with (force)`))),
  };
}

async function onServer<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: testServerUrl() });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Suites that import the same domains share a template; a changed migration makes another one. */
async function ensureTemplate(client: pg.Client): Promise<string> {
  const migrations = registeredTables()
    .flatMap((domain) => [...domain.migrations])
    .map((migration) => `${migration.name} ${String(migration)}`)
    .sort();
  const name = `bodega_template_${createHash('sha256').update(migrations.join('\n')).digest('hex').slice(0, 12)}`;
  await client.query('select pg_advisory_lock($1)', [TEMPLATE_LOCK]);
  try {
    if (await hasDatabase(client, name)) return name;
    // Built under another name, so that a suite killed on the way leaves no half-built template behind.
    const building = `${name}_building`;
    await client.query(`drop database if exists ${building} with (force)`);
    await client.query(`create database ${building}`);
    await runMigrations(urlOfDatabase(building));
    await client.query(`alter database ${building} rename to ${name}`);
    return name;
  } finally {
    await client.query('select pg_advisory_unlock($1)', [TEMPLATE_LOCK]);
  }
}

async function hasDatabase(client: pg.Client, name: string): Promise<boolean> {
  return (await client.query('select 1 from pg_database where datname = $1', [name])).rows.length > 0;
}

async function runMigrations(url: string): Promise<void> {
  const dataSource = await createDataSource(url, 2).initialize();
  try {
    await migrate(dataSource);
  } finally {
    await dataSource.destroy();
  }
}
