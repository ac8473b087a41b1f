import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Frozen terms, offers, grants and the history of each grant. */
export class Licensing1763600006000 implements MigrationInterface {
  name = 'Licensing1763600006000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create function licensing_refuse_rewrite() returns trigger language plpgsql as $$
      begin
        raise exception '% is append-only', tg_table_name using errcode = 'check_violation';
      end $$;

      create table terms (
        hash text primary key check (hash ~ '^[0-9a-f]{64}$'),
        terms jsonb not null,
        created_at timestamptz not null
      );
      create trigger terms_append_only before update or delete on terms
        for each row execute function licensing_refuse_rewrite();
      create trigger terms_no_truncate before truncate on terms
        for each statement execute function licensing_refuse_rewrite();

      create table offers (
        id text primary key,
        dataset_id text not null references datasets (id),
        organization_id text not null references organizations (id),
        terms_hash text not null references terms (hash),
        kind text not null check (kind in ('free', 'priced')),
        price_minor bigint not null,
        currency text not null check (currency in ('CNY', 'USD')),
        per text not null check (per in ('dataset', 'hour', 'episode')),
        needs_approval boolean not null,
        title_zh text not null,
        title_en text not null,
        status text not null check (status in ('active', 'retired')),
        created_by text not null,
        created_at timestamptz not null,
        retired_at timestamptz,
        check (case kind when 'free' then price_minor = 0 else price_minor > 0 end),
        check ((status = 'retired') = (retired_at is not null))
      );
      create index offers_dataset on offers (dataset_id, status, id);

      -- What was offered once stays what it was: an offer may only be retired.
      create function refuse_offer_change() returns trigger language plpgsql as $$
      begin
        if tg_op = 'DELETE' or old.status = 'retired' or
          (to_jsonb(new) - 'status' - 'retired_at') <> (to_jsonb(old) - 'status' - 'retired_at') then
          raise exception 'offer % can only be retired', old.id using errcode = 'check_violation';
        end if;
        return new;
      end $$;
      create trigger offers_immutable before update or delete on offers
        for each row execute function refuse_offer_change();

      create table grants (
        id text primary key,
        organization_id text not null references organizations (id),
        provider_organization_id text not null references organizations (id),
        dataset_id text not null references datasets (id),
        version_id text not null references dataset_versions (id),
        offer_id text not null references offers (id),
        order_id text unique,
        terms_hash text not null references terms (hash),
        slice jsonb not null,
        intended_use text,
        note text,
        state text not null check (state in ('requested', 'approved', 'active', 'suspended', 'expired', 'revoked')),
        state_reason text,
        starts_at timestamptz,
        expires_at timestamptz,
        created_by text not null,
        created_at timestamptz not null,
        updated_at timestamptz not null,
        check (state not in ('active', 'suspended', 'expired') or starts_at is not null),
        check (expires_at > starts_at)
      );
      create index grants_buyer on grants (organization_id, id desc);
      create index grants_provider on grants (provider_organization_id, id desc);
      create index grants_dataset on grants (dataset_id, organization_id);
      create index grants_due on grants (expires_at) where state in ('active', 'suspended') and expires_at is not null;
      create unique index grants_pending on grants (organization_id, offer_id, version_id)
        where state in ('requested', 'approved');

      -- A right's substance is frozen when it is asked for; its time when it starts; a finished right stays finished.
      create function refuse_grant_change() returns trigger language plpgsql as $$
      begin
        if tg_op = 'DELETE' or old.state in ('expired', 'revoked') or
          (new.id, new.organization_id, new.provider_organization_id, new.dataset_id, new.version_id, new.offer_id,
           new.terms_hash, new.slice, new.created_by, new.created_at) is distinct from
          (old.id, old.organization_id, old.provider_organization_id, old.dataset_id, old.version_id, old.offer_id,
           old.terms_hash, old.slice, old.created_by, old.created_at) or
          (old.state not in ('requested', 'approved') and
           (new.starts_at, new.expires_at, new.order_id) is distinct from (old.starts_at, old.expires_at, old.order_id)) then
          raise exception 'grant % cannot be changed like this', old.id using errcode = 'check_violation';
        end if;
        return new;
      end $$;
      create trigger grants_frozen before update or delete on grants
        for each row execute function refuse_grant_change();

      create table grant_events (
        grant_id text not null references grants (id),
        seq int not null,
        from_state text,
        to_state text not null,
        reason text,
        actor_kind text not null,
        actor_id text,
        actor_organization_id text,
        at timestamptz not null,
        primary key (grant_id, seq)
      );
      create trigger grant_events_append_only before update or delete on grant_events
        for each row execute function licensing_refuse_rewrite();
      create trigger grant_events_no_truncate before truncate on grant_events
        for each statement execute function licensing_refuse_rewrite();
    `);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
