import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What registries say of the title in a dataset, as the operator recorded it: one row per event, never changed. */
export class TitleRecords1763700004030 implements MigrationInterface {
  name = 'TitleRecords1763700004030';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table title_records (
        id text primary key,
        dataset_id text not null references datasets (id),
        event text not null check (event in
          ('first', 'transfer', 'change', 'renewal', 'cancellation', 'licence', 'revocation', 'objection')),
        number text not null,
        issuer text not null,
        title_right text not null check (title_right in ('hold', 'process_use', 'operate')),
        issued_on date not null,
        expires_on date,
        file_sha256 text check (file_sha256 ~ '^[0-9a-f]{64}$'),
        note text,
        recorded_by text not null,
        recorded_at timestamptz not null,
        check (expires_on >= issued_on)
      );
      create index title_records_dataset on title_records (dataset_id, id);
      create unique index title_records_first on title_records (issuer, number) where event = 'first';
      create trigger title_records_append_only before update or delete on title_records
        for each row execute function catalog_refuse_rewrite();
      create trigger title_records_no_truncate before truncate on title_records
        for each statement execute function catalog_refuse_rewrite();
    `);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
