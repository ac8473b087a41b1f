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
        body tsvector not null
      );
      -- Apart, because a broad search reads most pages of the table above: every byte there is time.
      create table dataset_search_words (
        dataset_id text primary key references datasets (id) on delete cascade,
        words text[] not null
      );
      -- Without fastupdate: what was just published is searched as fast as the rest.
      create index dataset_search_body on dataset_search using gin (body) with (fastupdate = off);
      create index dataset_search_title on dataset_search using gin (title) with (fastupdate = off);

      -- A scan of the table unpacks every tsvector, ten times as slow as the index even where most documents match; the
      -- planner does not count the unpacking, so it is told.
      create function match_dataset_search(query tsquery, out documents bytea, out titled bytea)
        language sql stable set enable_seqscan = off set jit = off as $$
          select (select string_agg(int4send(document), '') from dataset_search where body @@ query),
                 (select string_agg(int4send(document), '') from dataset_search where title @@ query)
        $$;
      create function has_dataset_search(query tsquery) returns boolean
        language sql stable set enable_seqscan = off set jit = off as $$
          select exists (select from dataset_search where body @@ query)
        $$;
    `);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
