import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The last checkpoint that was signed, and what the last looks at the log found. */
export class SignedLog1763700001000 implements MigrationInterface {
  name = 'SignedLog1763700001000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- One row, locked while a checkpoint is signed, so that no two are signed that contradict each other. It repeats the note,
      -- which carries a signature by a key outside the database. keys: verifier keys in use, as leaves of the log tell.
      create table audit_signed_checkpoint (
        is_only boolean primary key default true check (is_only),
        size bigint not null check (size >= 0),
        root_hash bytea not null check (length(root_hash) = 32),
        note text check ((note is null) = (size = 0)),
        keys text[] not null,
        at timestamptz not null
      );
      insert into audit_signed_checkpoint (size, root_hash, keys, at) values (0, sha256(''), '{}', now());
      create trigger never_deleted before delete on audit_signed_checkpoint for each row execute function audit_refuse();
      create trigger never_emptied before truncate on audit_signed_checkpoint for each statement execute function audit_refuse();
      create trigger never_contradicts before update on audit_signed_checkpoint for each row
        when (new.size < old.size or new.size = old.size and (new.root_hash, new.note) is distinct from (old.root_hash, old.note))
        execute function audit_refuse();

      -- What a recurring look at the log found last: one row per kind of look. No part of the log: nothing is proven by it.
      create table audit_log_checks (
        name text primary key,
        at timestamptz not null,
        size bigint not null,
        problem text
      );
    `);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
