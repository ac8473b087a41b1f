import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Usage events by month, their hourly roll-up, and the requests that no right explains. */
export class Metering1763600005000 implements MigrationInterface {
  name = 'Metering1763600005000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table usage_events (
        request_id text not null,
        at timestamptz not null,
        lease_id text not null,
        grant_id text not null,
        dataset_id text not null,
        buyer_organization_id text not null,
        provider_organization_id text not null,
        method text not null check (method in ('GET', 'HEAD')),
        status int not null,
        outcome text not null,
        bytes_sent bigint not null check (bytes_sent >= 0),
        object_size bigint,
        served_bytes bigint not null check (served_bytes >= 0),
        primary key (request_id, at)
      ) partition by range (at);
      create index usage_events_grant on usage_events (grant_id, at);
      create table usage_events_default partition of usage_events default;

      create table usage_hourly (
        grant_id text not null,
        hour timestamptz not null,
        dataset_id text not null,
        buyer_organization_id text not null,
        provider_organization_id text not null,
        requests bigint not null,
        refused_requests bigint not null,
        served_bytes bigint not null,
        last_event_at timestamptz not null,
        primary key (grant_id, hour)
      );
      create index usage_hourly_buyer on usage_hourly (buyer_organization_id, hour);
      create index usage_hourly_provider on usage_hourly (provider_organization_id, hour);
      create index usage_hourly_dataset on usage_hourly (dataset_id, hour);

      create table unexplained_requests (
        request_id text not null,
        at timestamptz not null,
        reason text not null check (reason in ('NO_LEASE', 'UNKNOWN_LEASE', 'WRONG_OBJECT')),
        object_key text not null,
        method text not null check (method in ('GET', 'HEAD')),
        status int not null,
        bytes_sent bigint not null check (bytes_sent >= 0),
        served_bytes bigint not null check (served_bytes >= 0),
        lease_id text,
        grant_id text,
        dataset_id text,
        buyer_organization_id text,
        provider_organization_id text,
        primary key (request_id, at)
      );
      create index unexplained_requests_dataset on unexplained_requests (dataset_id, at);
      create index unexplained_requests_at on unexplained_requests (at);

      -- Makes the partition of one month (UTC). Events that already fell into the default partition move along.
      create function ensure_usage_month(wanted date) returns boolean language plpgsql as $$
      declare
        first timestamptz := date_trunc('month', wanted::timestamp) at time zone 'UTC';
        next timestamptz := (date_trunc('month', wanted::timestamp) + interval '1 month') at time zone 'UTC';
        part text := 'usage_events_' || to_char(wanted, 'YYYYMM');
      begin
        if to_regclass(part) is not null then return false; end if;
        lock table usage_events_default in access exclusive mode;
        execute format('create table %I (like usage_events including defaults including constraints)', part);
        execute format('with moved as (delete from usage_events_default where at >= $1 and at < $2 returning *)
                        insert into %I select * from moved', part) using first, next;
        execute format('alter table usage_events attach partition %I for values from (%L) to (%L)', part, first, next);
        return true;
      end $$;
      select ensure_usage_month((date_trunc('month', now() at time zone 'UTC') + make_interval(months => m))::date)
      from generate_series(-1, 3) m;
    `);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
