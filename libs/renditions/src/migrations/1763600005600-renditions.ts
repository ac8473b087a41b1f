import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Standard forms of published versions, and their files. */
export class Renditions1763600005600 implements MigrationInterface {
  name = 'Renditions1763600005600';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table renditions (
        version_id text not null references dataset_versions (id),
        target text not null check (target in ('lerobot_v3.0', 'lerobot_v2.1')),
        state text not null check (state in ('queued', 'making', 'ready', 'failed')),
        commit_id text,
        merkle_root text,
        size_bytes bigint,
        files_count int,
        -- What the target does not hold, and that the rest is as it was.
        loss jsonb,
        proof jsonb,
        error text,
        requested_at timestamptz not null,
        made_at timestamptz,
        primary key (version_id, target),
        check ((state = 'ready') = (made_at is not null)),
        check (state <> 'ready' or (commit_id is not null and merkle_root is not null and size_bytes is not null
               and files_count is not null and loss is not null and proof is not null)),
        check ((state = 'failed') = (error is not null))
      );

      create table rendition_files (
        version_id text not null,
        target text not null,
        path text not null,
        size_bytes bigint not null check (size_bytes >= 0),
        sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
        media_type text not null,
        object_key text not null,
        primary key (version_id, target, path),
        foreign key (version_id, target) references renditions (version_id, target)
      );
    `);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
