import type { MigrationInterface, QueryRunner } from 'typeorm';

/** An act still leaves only for the log, and looking for it there costs the same however long the log is. */
export class SteadySequencing1763700006000 implements MigrationInterface {
  name = 'SteadySequencing1763700006000';

  async up(runner: QueryRunner): Promise<void> {
    // Only behind the tip: whoever appends moves the tip last. A planner that is free to choose, and knows nothing of this
    // moment's batch, reads the whole log for it; so it is told to take the new leaves by their places, and not to compile that.
    await runner.query(`
      create or replace function audit_pending_must_be_logged() returns trigger language plpgsql
        set enable_seqscan = off set jit = off as $$
      declare
        tip bigint := (select size from audit_checkpoint);
      begin
        if exists (
          with new_leaves as materialized (select act_id, leaf from audit_log where seq >= tip)
          select from gone where not exists (
            select from new_leaves where new_leaves.act_id = gone.id and new_leaves.leaf = gone.leaf)
        ) then
          raise exception 'DELETE on audit_pending is refused: an act may leave only for the audit log.' using errcode = 'restrict_violation';
        end if;
        return null;
      end $$;
    `);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
