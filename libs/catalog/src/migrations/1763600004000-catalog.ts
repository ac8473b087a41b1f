import type { MigrationInterface, QueryRunner } from 'typeorm';

const EPISODE_PARTITIONS = 32;

/** Datasets, versions, files, episodes, and the revision that every visible change moves. */
export class Catalog1763600004000 implements MigrationInterface {
  name = 'Catalog1763600004000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create sequence catalog_revision;
      create table datasets (
        id text primary key,
        organization_id text not null references organizations (id),
        name text not null check (name ~ '^[a-zA-Z0-9]([a-zA-Z0-9._-]{0,94}[a-zA-Z0-9])?$'),
        slug text not null,
        status text not null check (status in ('draft', 'in_review', 'listed', 'suspended', 'withdrawn')),
        status_reason text,
        title_zh text,
        title_en text,
        summary_zh text,
        summary_en text,
        declared jsonb not null,
        task_families text[] not null default '{}',
        skills text[] not null default '{}',
        scenes text[] not null default '{}',
        embodiment_classes text[] not null default '{}',
        robots text[] not null default '{}',
        end_effectors text[] not null default '{}',
        modalities text[] not null default '{}',
        collection_methods text[] not null default '{}',
        realities text[] not null default '{}',
        formats text[] not null default '{}',
        grade text not null default 'U' check (grade in ('A', 'B', 'C', 'U')),
        usable_for text[] not null default '{}',
        has_free_offer boolean not null default false,
        min_price_cny bigint,
        min_price_usd bigint,
        current_version_id text,
        episodes bigint not null default 0,
        frames bigint not null default 0,
        duration_s double precision not null default 0,
        size_bytes bigint not null default 0,
        fps double precision,
        published_at timestamptz,
        created_at timestamptz not null,
        updated_at timestamptz not null,
        revision bigint not null default nextval('catalog_revision')
      );
      create unique index datasets_slug on datasets (lower(slug));
      create index datasets_organization on datasets (organization_id, id);
      create index datasets_revision on datasets (revision);
      create index datasets_listed on datasets (published_at desc, id desc) where status = 'listed';

      create table dataset_versions (
        id text primary key,
        dataset_id text not null references datasets (id),
        number int not null,
        label text not null,
        status text not null check (status in
          ('uploading', 'validating', 'rejected', 'ready', 'published', 'superseded', 'recalled')),
        format text,
        format_version text,
        commit_id text,
        merkle_root text,
        facts jsonb,
        report jsonb,
        grade text not null default 'U' check (grade in ('A', 'B', 'C', 'U')),
        change_note text,
        files_count int not null default 0,
        size_bytes bigint not null default 0,
        episodes bigint not null default 0,
        frames bigint not null default 0,
        duration_s double precision not null default 0,
        recall_reason text,
        created_by text not null,
        created_at timestamptz not null,
        submitted_at timestamptz,
        validated_at timestamptz,
        published_at timestamptz,
        recalled_at timestamptz,
        unique (dataset_id, number),
        check (status not in ('published', 'superseded', 'recalled') or commit_id is not null)
      );
      create unique index dataset_versions_open on dataset_versions (dataset_id) where status in ('uploading', 'validating');
      create index dataset_versions_commit on dataset_versions (dataset_id, commit_id);
      alter table datasets add foreign key (current_version_id) references dataset_versions (id);

      create table version_files (
        version_id text not null references dataset_versions (id),
        path text not null,
        size_bytes bigint not null check (size_bytes >= 0),
        sha256 text check (sha256 ~ '^[0-9a-f]{64}$'),
        media_type text not null,
        role text not null check (role in ('data', 'video', 'meta', 'other')),
        status text not null check (status in ('pending', 'uploaded')),
        upload_id text,
        part_size bigint not null,
        primary key (version_id, path)
      );

      create table episodes (
        version_id text not null,
        idx int not null,
        source_key text not null,
        frames int not null,
        duration_s double precision not null,
        tasks text[] not null,
        outcome text check (outcome in ('success', 'failure')),
        content_hash text not null,
        stats jsonb not null,
        files jsonb not null,
        primary key (version_id, idx)
      ) partition by hash (version_id);
    `);
    for (let part = 0; part < EPISODE_PARTITIONS; part++) {
      await runner.query(
        `create table episodes_p${part} partition of episodes for values with (modulus ${EPISODE_PARTITIONS}, remainder ${part})`,
      );
    }
    await runner.query(`
      create index episodes_filter on episodes (version_id, outcome, duration_s) include (idx);

      -- A released version's facts and files never change; only its life may go on (superseded, recalled).
      create function refuse_released_version_change() returns trigger language plpgsql as $$
      begin
        if old.status in ('published', 'superseded', 'recalled') and (
          new.commit_id is distinct from old.commit_id or new.merkle_root is distinct from old.merkle_root or
          new.facts is distinct from old.facts or new.report is distinct from old.report or
          new.status in ('uploading', 'validating', 'rejected', 'ready')
        ) then
          raise exception 'version % is released and cannot change', old.id using errcode = 'check_violation';
        end if;
        return new;
      end $$;
      create trigger dataset_versions_immutable before update on dataset_versions
        for each row execute function refuse_released_version_change();

      create function refuse_released_file_change() returns trigger language plpgsql as $$
      begin
        if exists (select 1 from dataset_versions v where v.id = coalesce(old.version_id, new.version_id)
                   and v.status in ('published', 'superseded', 'recalled')) then
          raise exception 'files of a released version cannot change' using errcode = 'check_violation';
        end if;
        return coalesce(new, old);
      end $$;
      create trigger version_files_immutable before insert or update or delete on version_files
        for each row execute function refuse_released_file_change();
    `);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
