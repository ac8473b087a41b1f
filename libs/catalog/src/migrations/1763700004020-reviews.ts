import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Reviews of what unverified providers publish, and the decisions on their three heads. */
export class Reviews1763700004020 implements MigrationInterface {
  name = 'Reviews1763700004020';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create function catalog_refuse_rewrite() returns trigger language plpgsql as $$
      begin
        raise exception '% is append-only', tg_table_name using errcode = 'check_violation';
      end $$;

      create table dataset_reviews (
        id text primary key,
        dataset_id text not null references datasets (id),
        version_id text not null references dataset_versions (id),
        round int not null check (round > 0),
        opened_at timestamptz not null,
        closed_at timestamptz,
        outcome text check (outcome in ('listed', 'refused', 'replaced', 'withdrawn')),
        unique (dataset_id, round),
        check ((closed_at is null) = (outcome is null))
      );
      -- One review of a dataset at a time; the queue is read oldest first.
      create unique index dataset_reviews_open on dataset_reviews (dataset_id) where closed_at is null;
      create index dataset_reviews_queue on dataset_reviews (id) where closed_at is null;

      -- A review may be closed, once, and nothing else of it changes.
      create function refuse_review_change() returns trigger language plpgsql as $$
      begin
        if tg_op = 'DELETE' or old.closed_at is not null or
          (to_jsonb(new) - 'closed_at' - 'outcome') <> (to_jsonb(old) - 'closed_at' - 'outcome') then
          raise exception 'review % can only be closed', old.id using errcode = 'check_violation';
        end if;
        return new;
      end $$;
      create trigger dataset_reviews_kept before update or delete on dataset_reviews
        for each row execute function refuse_review_change();
      create trigger dataset_reviews_no_truncate before truncate on dataset_reviews
        for each statement execute function catalog_refuse_rewrite();

      -- Every decision on a head is kept; the last one before the review is closed counts.
      create table review_decisions (
        review_id text not null references dataset_reviews (id),
        seq int not null check (seq > 0),
        head text not null check (head in ('basic_information', 'legality', 'tradability')),
        verdict text not null check (verdict in ('pass', 'refuse')),
        ground text,
        note text,
        decided_by text not null,
        decided_at timestamptz not null,
        primary key (review_id, seq),
        check ((verdict = 'refuse') = (ground is not null))
      );
      create trigger review_decisions_append_only before update or delete on review_decisions
        for each row execute function catalog_refuse_rewrite();
      create trigger review_decisions_no_truncate before truncate on review_decisions
        for each statement execute function catalog_refuse_rewrite();

      -- What waited before there were reviews begins its first. Ids as elsewhere: a prefix and 26 characters, in order of time.
      insert into dataset_reviews (id, dataset_id, version_id, round, opened_at)
      select 'rev_' || right(d.id, 26), d.id, d.current_version_id, 1, d.updated_at from datasets d
       where d.status = 'in_review' and d.current_version_id is not null;
    `);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
