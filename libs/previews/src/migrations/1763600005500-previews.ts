import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What may be shown of a version to those who have no licence. */
export class Previews1763600005500 implements MigrationInterface {
  name = 'Previews1763600005500';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table previews (
        version_id text not null references dataset_versions (id),
        kind text not null check (kind in ('poster', 'sheet', 'clip', 'series', 'charts')),
        -- Charts are of the whole version, series of all signals.
        episode int check (episode >= 0),
        camera text,
        -- Pictures are objects in the store, drawings are data.
        object_key text,
        data jsonb,
        media_type text not null,
        size_bytes bigint not null check (size_bytes >= 0),
        width int,
        height int,
        fps double precision,
        frames int,
        duration_s double precision,
        source_key text,
        check ((object_key is null) <> (data is null)),
        check ((kind = 'charts') = (episode is null)),
        check ((kind in ('series', 'charts')) = (camera is null)),
        unique nulls not distinct (version_id, kind, episode, camera)
      );
    `);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
