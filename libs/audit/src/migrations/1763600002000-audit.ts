import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The log, the acts that wait for their place in it, the private records beside it, and its tip.
 * What may never happen to them is refused by triggers, so that it holds for every program and person with a connection;
 * who drops a trigger to get around them is found by recomputing the log.
 */
export class Audit1763600002000 implements MigrationInterface {
  name = 'Audit1763600002000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(TABLES);
    await runner.query(APPEND_ONLY);
    await runner.query(PENDING_LEAVES_BY_THE_LOG);
    await runner.query(PARTITIONS);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}

const TABLES = `
  -- One row per act, inserted in the act's own transaction without any lock, until the sequencer gives it a place.
  create table audit_pending (
    id bigint generated always as identity primary key,
    at timestamptz not null,
    action text not null,
    subject_id text not null,
    dataset_id text,
    grant_id text,
    organization_ids text[] not null,
    leaf bytea not null check (length(leaf) between 1 and 65535)
  ) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000, autovacuum_vacuum_insert_scale_factor = 0,
          autovacuum_vacuum_insert_threshold = 100000);

  -- seq is the leaf's index in the Merkle tree, from 0 without a gap. The other columns repeat the leaf, for looking up.
  create table audit_log (
    seq bigint not null check (seq >= 0),
    act_id bigint not null,
    at timestamptz not null,
    action text not null,
    subject_id text not null,
    dataset_id text,
    grant_id text,
    organization_ids text[] not null,
    leaf bytea not null,
    leaf_hash bytea not null check (length(leaf_hash) = 32),
    chain_hash bytea not null check (length(chain_hash) = 32),
    primary key (seq)
  ) partition by range (seq);
  create index audit_log_act on audit_log (act_id);
  create index audit_log_action on audit_log (action, seq);
  create index audit_log_subject on audit_log (subject_id, seq);
  create index audit_log_dataset on audit_log (dataset_id, seq) where dataset_id is not null;
  create index audit_log_grant on audit_log (grant_id, seq) where grant_id is not null;
  create index audit_log_organizations on audit_log using gin (organization_ids);
  create index audit_log_at on audit_log using brin (at);

  -- record is text, not jsonb: its hash is over these very characters.
  create table audit_private (
    act_id bigint primary key,
    salt bytea not null check (length(salt) = 32),
    record text not null
  );

  -- Roots of the perfect subtrees of 2^height leaves for every eighth height: the rows of the tiles above level 0.
  create table audit_subtrees (
    height smallint not null check (height > 0 and height % 8 = 0),
    idx bigint not null,
    hash bytea not null check (length(hash) = 32),
    primary key (height, idx)
  );

  -- The tip of the log, changed in the transaction that appends. edge: the tree's right edge, largest subtree first.
  create table audit_checkpoint (
    is_only boolean primary key default true check (is_only),
    size bigint not null check (size >= 0),
    root_hash bytea not null check (length(root_hash) = 32),
    chain_hash bytea not null check (length(chain_hash) = 32),
    edge bytea[] not null,
    at timestamptz not null
  );
  insert into audit_checkpoint (size, root_hash, chain_hash, edge, at)
  values (0, sha256(''), decode(repeat('00', 32), 'hex'), '{}', now());
`;

const APPEND_ONLY = `
  create function audit_refuse() returns trigger language plpgsql as $$
  begin
    raise exception '% on % is refused: the audit log is append-only.', tg_op, tg_table_name using errcode = 'restrict_violation';
  end $$;

  -- Row triggers, because those of a partitioned table hold for its partitions too.
  create trigger append_only before update or delete on audit_log for each row execute function audit_refuse();
  create trigger append_only before update or delete on audit_private for each row execute function audit_refuse();
  create trigger append_only before update or delete on audit_subtrees for each row execute function audit_refuse();
  create trigger never_changed before update on audit_pending for each row execute function audit_refuse();
  create trigger never_emptied before truncate on audit_log for each statement execute function audit_refuse();
  create trigger never_emptied before truncate on audit_private for each statement execute function audit_refuse();
  create trigger never_emptied before truncate on audit_subtrees for each statement execute function audit_refuse();
  create trigger never_emptied before truncate on audit_pending for each statement execute function audit_refuse();
  create trigger never_emptied before truncate on audit_checkpoint for each statement execute function audit_refuse();
  create trigger never_deleted before delete on audit_checkpoint for each row execute function audit_refuse();
  create trigger only_grows before update on audit_checkpoint for each row when (new.size <= old.size) execute function audit_refuse();
`;

const PENDING_LEAVES_BY_THE_LOG = `
  create function audit_pending_must_be_logged() returns trigger language plpgsql as $$
  begin
    if exists (
      select from gone where not exists (select from audit_log where audit_log.act_id = gone.id and audit_log.leaf = gone.leaf)
    ) then
      raise exception 'DELETE on audit_pending is refused: an act may leave only for the audit log.' using errcode = 'restrict_violation';
    end if;
    return null;
  end $$;
  create trigger leaves_for_the_log after delete on audit_pending referencing old table as gone
    for each statement execute function audit_pending_must_be_logged();
`;

const PARTITIONS = `
  -- Partition n holds the leaves from n * 10,000,000. The sequencer makes each before its first leaf.
  create function audit_make_partition(n bigint) returns void language plpgsql as $$
  declare
    name text := 'audit_log_p' || n;
  begin
    if to_regclass(name) is not null then
      return;
    end if;
    execute format('create table %I partition of audit_log for values from (%s) to (%s)', name, n * 10000000, (n + 1) * 10000000);
    execute format('create trigger never_emptied before truncate on %I for each statement execute function audit_refuse()', name);
  end $$;
  select audit_make_partition(0);
`;
