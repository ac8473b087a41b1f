import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Certificates of grants, and each grant's place in the status lists. */
export class Certificates1763600009300 implements MigrationInterface {
  name = 'Certificates1763600009300';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- The bits themselves are not kept: a list is read from the state of its grants, so the two cannot differ.
      create table status_entries (
        grant_id text primary key references grants (id),
        list int not null check (list > 0),
        index int not null check (index between 0 and 131071),
        unique (list, index)
      );
      create trigger status_entries_append_only before update or delete on status_entries
        for each row execute function licensing_refuse_rewrite();
      create trigger status_entries_no_truncate before truncate on status_entries
        for each statement execute function licensing_refuse_rewrite();

      create table certificates (
        id text primary key,
        grant_id text not null references grants (id),
        -- What it states; one with the same facts is not issued again.
        claims_hash text not null check (claims_hash ~ '^[0-9a-f]{64}$'),
        kid text not null,
        jwt text not null,
        issued_at timestamptz not null
      );
      create index certificates_grant on certificates (grant_id, id desc);
      create trigger certificates_append_only before update or delete on certificates
        for each row execute function licensing_refuse_rewrite();
      create trigger certificates_no_truncate before truncate on certificates
        for each statement execute function licensing_refuse_rewrite();

      create index grants_stopped on grants (state, id) where state in ('revoked', 'suspended');
    `);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
