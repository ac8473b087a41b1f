import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What datasets are found by when somebody types text. */
export class CatalogBrowse1763600004500 implements MigrationInterface {
  name = 'CatalogBrowse1763600004500';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table dataset_search (
        dataset_id text primary key references datasets (id) on delete cascade,
        -- A small number per document: matches travel as packed integers, four bytes each.
        document int generated always as identity unique,
        title tsvector not null,
        body tsvector not null,
        words text[] not null
      );
      -- Without fastupdate: what was just published is searched as fast as the rest.
      create index dataset_search_body on dataset_search using gin (body) with (fastupdate = off);
      create index dataset_search_title on dataset_search using gin (title) with (fastupdate = off);
    `);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
