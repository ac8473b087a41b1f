import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who was told of a withdrawal of consent, and who answered. */
export class WithdrawalNotices1763700005010 implements MigrationInterface {
  name = 'WithdrawalNotices1763700005010';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table withdrawal_notices (
        id text primary key,
        withdrawal_id text not null references withdrawals (id),
        grant_id text not null references grants (id),
        organization_id text not null references organizations (id),
        channel text not null check (channel in ('market')),
        told_at timestamptz not null,
        due_at timestamptz not null check (due_at > told_at),
        seen_at timestamptz,
        acknowledged_at timestamptz,
        acknowledged_by text,
        -- When the holder says that he deleted the episodes named.
        deleted_at timestamptz,
        note text check (char_length(note) between 1 and 2000),
        unique (withdrawal_id, grant_id),
        check ((acknowledged_at is null) = (acknowledged_by is null)),
        check (deleted_at is null or acknowledged_at is not null)
      );
      create index withdrawal_notices_holder on withdrawal_notices (organization_id, id desc);
      create index withdrawal_notices_withdrawal on withdrawal_notices (withdrawal_id, id);
      create index withdrawal_notices_grant on withdrawal_notices (grant_id, id desc);
      create index grants_version on grants (version_id, id);

      -- What was told stays; what the holder answers is written once.
      create function refuse_notice_change() returns trigger language plpgsql as $$
      begin
        if tg_op = 'DELETE'
          or (to_jsonb(new) - '{seen_at,acknowledged_at,acknowledged_by,deleted_at,note}'::text[])
             <> (to_jsonb(old) - '{seen_at,acknowledged_at,acknowledged_by,deleted_at,note}'::text[])
          or (old.seen_at is not null and new.seen_at is distinct from old.seen_at)
          or (old.acknowledged_at is not null and (new.acknowledged_at, new.acknowledged_by) is distinct from (old.acknowledged_at, old.acknowledged_by))
          or (old.deleted_at is not null and new.deleted_at is distinct from old.deleted_at)
          or (old.note is not null and new.note is distinct from old.note) then
          raise exception 'notice % cannot be changed like this', old.id using errcode = 'check_violation';
        end if;
        return new;
      end $$;
      create trigger withdrawal_notices_kept before update or delete on withdrawal_notices
        for each row execute function refuse_notice_change();
      create trigger withdrawal_notices_no_truncate before truncate on withdrawal_notices
        for each statement execute function licensing_refuse_rewrite();
    `);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
