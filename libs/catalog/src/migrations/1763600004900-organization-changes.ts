import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A listing shows facts of its organization, which identity owns and changes without knowing of listings. The change itself
 * moves the revision of its datasets, in its own transaction, so that no cache outlives it.
 */
export class OrganizationChanges1763600004900 implements MigrationInterface {
  name = 'OrganizationChanges1763600004900';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create function move_revision_of_organization() returns trigger language plpgsql as $$
      declare
        moved record;
      begin
        perform pg_advisory_xact_lock(hashtext('catalog_revision'));
        for moved in
          update datasets set revision = nextval('catalog_revision')
           where organization_id = new.id and status <> 'draft' returning revision, id
        loop
          perform pg_notify('catalog_revision', moved.revision || ':' || moved.id);
        end loop;
        return new;
      end $$;
      create trigger organizations_move_revision
        after update of slug, name, is_provider, is_buyer, verified_at on organizations
        for each row when (old.* is distinct from new.*) execute function move_revision_of_organization();
    `);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
