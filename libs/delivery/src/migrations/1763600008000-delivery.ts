import type { MigrationInterface, QueryRunner } from 'typeorm';

const LEASE_PARTITIONS = 16;

/** Leases, and which objects of the access log have been counted. */
export class Delivery1763600008000 implements MigrationInterface {
  name = 'Delivery1763600008000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table leases (
        grant_id text not null references grants (id),
        id text not null,
        organization_id text not null references organizations (id),
        provider_organization_id text not null references organizations (id),
        dataset_id text not null references datasets (id),
        version_id text not null references dataset_versions (id),
        files int not null check (files > 0),
        bytes bigint not null check (bytes >= 0),
        requested_by text not null,
        created_at timestamptz not null,
        expires_at timestamptz not null check (expires_at > created_at),
        primary key (grant_id, id)
      ) partition by hash (grant_id);
    `);
    for (let part = 0; part < LEASE_PARTITIONS; part++) {
      await runner.query(
        `create table leases_p${part} partition of leases for values with (modulus ${LEASE_PARTITIONS}, remainder ${part})`,
      );
    }
    await runner.query(`
      -- The log names leases without their grants. Ids grow with time, so the probes of one log object stay at the right edge.
      create index leases_id on leases (id);
      create index leases_organization on leases (organization_id, created_at);
      create index leases_provider on leases (provider_organization_id, created_at);
      create index leases_dataset on leases (dataset_id, created_at);

      create table log_objects (
        key text primary key,
        etag text not null,
        size_bytes bigint not null,
        lines bigint not null,
        metered_lines bigint not null,
        unexplained_lines bigint not null,
        own_lines bigint not null,
        own_bytes bigint not null,
        refused_lines bigint not null,
        other_lines bigint not null,
        malformed_lines bigint not null,
        read_at timestamptz not null
      );
    `);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
