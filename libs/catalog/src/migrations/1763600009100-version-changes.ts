import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What else is measured of an episode, and what differs between two versions of a dataset. */
export class VersionChanges1763600009100 implements MigrationInterface {
  name = 'VersionChanges1763600009100';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table episodes add column measures jsonb not null default '{}';

      -- Content decides: the same hash is the same recording, wherever it stands now. Of what is left on both sides, the same
      -- name in the source is a recording that was changed.
      create function compare_episodes(from_version text, to_version text)
        returns table (kind text, from_idx int, to_idx int, source_key text, from_frames int, to_frames int)
        language sql stable as $$
          with a as materialized (
            select idx, source_key, content_hash, frames,
                   row_number() over (partition by content_hash order by idx) as nth
              from episodes where version_id = from_version
          ), b as materialized (
            select idx, source_key, content_hash, frames,
                   row_number() over (partition by content_hash order by idx) as nth
              from episodes where version_id = to_version
          ), matched as materialized (
            select a.idx as a_idx, b.idx as b_idx, a.frames as a_frames, b.frames as b_frames,
                   a.source_key as a_key, b.source_key as b_key
              from a full join b using (content_hash, nth)
          ), gone as (
            select a_idx, a_key, a_frames from matched where b_idx is null
          ), come as (
            select b_idx, b_key, b_frames from matched where a_idx is null
          )
          select case when a_idx = b_idx then 'unchanged' else 'renumbered' end, a_idx, b_idx, b_key, a_frames, b_frames
            from matched where a_idx is not null and b_idx is not null
          union all
          select case when b_idx is null then 'removed' when a_idx is null then 'added' else 'changed' end,
                 a_idx, b_idx, coalesce(b_key, a_key), a_frames, b_frames
            from gone full join come on gone.a_key = come.b_key
        $$;

      create table version_changes (
        to_id text primary key references dataset_versions (id),
        from_id text not null references dataset_versions (id),
        added int not null,
        removed int not null,
        changed int not null,
        renumbered int not null,
        unchanged int not null
      );
      -- Only what differs is kept; renumbered episodes are counted, for their content is the same.
      create table version_change_episodes (
        to_id text not null references version_changes (to_id) on delete cascade,
        position int not null,
        kind text not null check (kind in ('added', 'removed', 'changed')),
        from_idx int,
        to_idx int,
        source_key text not null,
        from_frames int,
        to_frames int,
        primary key (to_id, position)
      );
      create index version_change_episodes_kind on version_change_episodes (to_id, kind, position);
    `);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
