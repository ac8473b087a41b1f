import type { MigrationInterface, QueryRunner } from 'typeorm';
import { INSERT_VERDICTS, verdictParams } from '../terms/stored-verdicts.js';
import { readTerms } from '../terms/terms.js';

const BATCH = 500;

/**
 * What grants are searched by. The verdicts of the engine stand beside the terms: which grants permit a use is then a look-up.
 * Who changes what the engine answers adds a migration that judges the stored terms again.
 */
export class GrantSearch1763700004010 implements MigrationInterface {
  name = 'GrantSearch1763700004010';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table terms_verdicts (
        terms_hash text not null references terms (hash),
        use text not null,
        verdict text not null check (verdict in ('ALLOWED', 'ALLOWED_WITH_DUTIES', 'UNDECIDED', 'FORBIDDEN')),
        is_open boolean not null,
        primary key (terms_hash, use)
      );
      create index terms_verdicts_open on terms_verdicts (use) include (terms_hash) where is_open;
      create index terms_template on terms ((terms->>'template'));

      -- Every list is newest first, so each index ends with the id: a page is read from its end and never sorted.
      create index grants_of_dataset on grants (dataset_id, id desc);
      create index grants_of_version on grants (version_id, id desc);
      create index grants_of_terms on grants (terms_hash, id desc);
      create index grants_in_state on grants (state, id desc);
      create index grants_intended on grants (intended_use, id desc) where intended_use is not null;
      create index recalled_versions on dataset_versions (id) where recalled_at is not null;
    `);
    for (let after = ''; ;) {
      const rows = (await runner.query('select hash, terms from terms where hash > $1 order by hash limit $2', [
        after,
        BATCH,
      ])) as { hash: string; terms: unknown }[];
      for (const { hash, terms } of rows) {
        await runner.query(INSERT_VERDICTS, verdictParams(hash, readTerms(terms, hash)));
        after = hash;
      }
      if (rows.length < BATCH) return;
    }
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
