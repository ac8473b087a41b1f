import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Offers to chosen buyers, for a time or in limited number; answers that lapse; renewals; and what was accepted by whom. */
export class Negotiation1763700003010 implements MigrationInterface {
  name = 'Negotiation1763700003010';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(OFFERS);
    await runner.query(GRANTS);
    await runner.query(ACCEPTANCES);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}

const OFFERS = `
  -- Null is everybody. In the row itself, so that the rule that an offer never changes covers it.
  alter table offers add column audience text[] check (cardinality(audience) between 1 and 50);
  alter table offers add column valid_until timestamptz;
  alter table offers add column stock int check (stock between 1 and 1000000);
  create index offers_due on offers (valid_until) where status = 'active' and valid_until is not null;
`;

const GRANTS = `
  -- Until when a request waits for the provider's answer, and an approved one for the order.
  alter table grants add column lapses_at timestamptz;
  alter table grants add column renews_grant_id text references grants (id);
  -- A request that lapsed never started.
  alter table grants drop constraint grants_check;
  alter table grants add constraint grants_started check (state not in ('active', 'suspended') or starts_at is not null);
  create index grants_lapsing on grants (lapses_at) where state in ('requested', 'approved');
  create unique index grants_renewal on grants (renews_grant_id)
    where renews_grant_id is not null and state not in ('expired', 'revoked');

  update grants set lapses_at = case state when 'requested' then created_at + interval '45 days' else updated_at + interval '30 days' end
   where state in ('requested', 'approved');

  create or replace function refuse_grant_change() returns trigger language plpgsql as $$
  begin
    if tg_op = 'DELETE' or old.state in ('expired', 'revoked') or
      (new.id, new.organization_id, new.provider_organization_id, new.dataset_id, new.version_id, new.offer_id,
       new.terms_hash, new.slice, new.created_by, new.created_at, new.renews_grant_id) is distinct from
      (old.id, old.organization_id, old.provider_organization_id, old.dataset_id, old.version_id, old.offer_id,
       old.terms_hash, old.slice, old.created_by, old.created_at, old.renews_grant_id) or
      (old.state not in ('requested', 'approved') and
       (new.starts_at, new.expires_at, new.order_id, new.lapses_at) is distinct from
       (old.starts_at, old.expires_at, old.order_id, old.lapses_at)) then
      raise exception 'grant % cannot be changed like this', old.id using errcode = 'check_violation';
    end if;
    return new;
  end $$;
`;

const ACCEPTANCES = `
  create table grant_acceptances (
    grant_id text not null references grants (id),
    via text not null check (via in ('request', 'order')),
    terms_hash text not null references terms (hash),
    organization_id text not null references organizations (id),
    accepted_by text not null,
    attested jsonb not null,
    accepted_at timestamptz not null,
    primary key (grant_id, via)
  );
  create trigger grant_acceptances_append_only before update or delete on grant_acceptances
    for each row execute function licensing_refuse_rewrite();
  create trigger grant_acceptances_no_truncate before truncate on grant_acceptances
    for each statement execute function licensing_refuse_rewrite();

  -- Nobody ever came to a right but by accepting; what was attested stands in the private records of those acts.
  insert into grant_acceptances (grant_id, via, terms_hash, organization_id, accepted_by, attested, accepted_at)
  select g.id, case when o.needs_approval then 'request' else 'order' end, g.terms_hash, g.organization_id, g.created_by, '{}', g.created_at
    from grants g join offers o on o.id = g.offer_id;
`;
