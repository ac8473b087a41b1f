import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a right keeps from others while it lasts: a field of use to itself, or one place of a limited number. */
export class GrantHolds1763700003020 implements MigrationInterface {
  name = 'GrantHolds1763700003020';

  async up(runner: QueryRunner): Promise<void> {
    // Equality of text beside ranges in one constraint; a trusted extension, so the owner of the database may add it.
    await runner.query(`create extension if not exists btree_gist`);
    await runner.query(HOLDS);
    await runner.query(RULES);
    await runner.query(EARLIER_GRANTS);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}

const HOLDS = `
  create sequence grant_lanes as bigint;

  create table grant_holds (
    grant_id text primary key references grants (id),
    dataset_id text not null references datasets (id),
    organization_id text not null references organizations (id),
    offer_id text not null references offers (id),
    -- From start to end of the right; cut short where it is ended before its time.
    during tstzrange not null,
    -- Numbers of the fields of use that the terms open commercially; all of them is one range without end.
    fields int4multirange not null,
    is_exclusive boolean not null,
    -- A number of its own, so that two ordinary rights never meet; an exclusive one spans all numbers and meets every other.
    lane int8range not null,
    -- Which of the offer's limited number.
    place int check (place > 0),
    check (is_exclusive = (lane = '(,)'::int8range)),
    constraint grant_holds_one_exclusive
      exclude using gist (dataset_id with =, fields with &&, during with &&) where (is_exclusive),
    -- The holder's own other rights are in nobody's way.
    constraint grant_holds_exclusive_alone
      exclude using gist (dataset_id with =, lane with &&, organization_id with <>, fields with &&, during with &&),
    constraint grant_holds_one_per_place
      exclude using gist (offer_id with =, place with =, during with &&) where (place is not null)
  );
`;

const RULES = `
  create function check_grant_hold() returns trigger language plpgsql as $$
  begin
    if tg_op = 'DELETE' then
      raise exception 'the hold of grant % stays', old.grant_id using errcode = 'check_violation';
    end if;
    if tg_op = 'UPDATE' then
      if (to_jsonb(new) - 'during') <> (to_jsonb(old) - 'during') or not new.during <@ old.during then
        raise exception 'the hold of grant % can only end earlier', old.grant_id using errcode = 'check_violation';
      end if;
      return new;
    end if;
    if not exists (select from grants g join offers o on o.id = g.offer_id
        where g.id = new.grant_id and g.dataset_id = new.dataset_id and g.organization_id = new.organization_id
          and g.offer_id = new.offer_id and (new.place is null) = (o.stock is null) and coalesce(new.place <= o.stock, true)) then
      raise exception 'the hold of grant % is not what its offer gives', new.grant_id using errcode = 'check_violation';
    end if;
    return new;
  end $$;
  create trigger grant_holds_checked before insert or update or delete on grant_holds
    for each row execute function check_grant_hold();
  create trigger grant_holds_no_truncate before truncate on grant_holds
    for each statement execute function licensing_refuse_rewrite();

  -- Whoever starts a right that must keep something from others, starts it with its hold or not at all.
  create function require_grant_hold() returns trigger language plpgsql as $$
  begin
    if exists (select from offers o join terms t on t.hash = new.terms_hash
        where o.id = new.offer_id and (o.stock is not null or t.terms ->> 'exclusivity' = 'field'))
      and not exists (select from grant_holds h where h.grant_id = new.id and lower(h.during) = new.starts_at) then
      raise exception 'grant % starts without its hold', new.id using errcode = 'check_violation', constraint = 'grants_hold';
    end if;
    return null;
  end $$;
  create constraint trigger grants_hold after update of state on grants
    deferrable initially deferred for each row when (new.state = 'active' and old.state = 'approved')
    execute function require_grant_hold();
`;

/** Rights that run already hold what their terms open, as \`hold.rules.ts\` counts it; of two that meet, the older one holds. */
const EARLIER_GRANTS = `
  with numbers (code, number) as (values ('household', 1), ('hospitality', 2), ('retail', 3), ('logistics', 4), ('manufacturing', 5),
    ('construction', 6), ('agriculture', 7), ('laboratory', 8), ('healthcare', 9), ('mobility', 10), ('inspection', 11),
    ('education', 12), ('entertainment', 13), ('security', 14), ('surveillance', 15), ('law_enforcement', 16), ('weapons', 17)),
  opened as (
    select t.hash, t.terms, coalesce(t.terms -> 'dimensions' -> 'field' -> 'uses' ? u.use, false) as is_limited
      from terms t cross join unnest(array['commercial_training', 'fine_tune', 'commercialise_model_output', 'embed_in_product']) as u (use)
     where t.terms -> 'uses' -> u.use ->> 'verdict' in ('ALLOWED', 'ALLOWED_WITH_DUTIES')),
  fields as (
    select hash, terms, range_agg(case when not is_limited then '{(,)}'::int4multirange else
        case when jsonb_typeof(terms -> 'dimensions' -> 'field' -> 'allow') = 'array'
          then coalesce((select range_agg(int4range(number, number, '[]')) from numbers where terms -> 'dimensions' -> 'field' -> 'allow' ? code), '{}')
          else '{(,)}' end
        - coalesce((select range_agg(int4range(number, number, '[]')) from numbers where terms -> 'dimensions' -> 'field' -> 'deny' ? code), '{}')
      end) as held
      from opened group by hash, terms)
  insert into grant_holds (grant_id, dataset_id, organization_id, offer_id, during, fields, is_exclusive, lane)
  select g.id, g.dataset_id, g.organization_id, g.offer_id, tstzrange(g.starts_at, g.expires_at), f.held,
         f.terms ->> 'exclusivity' = 'field',
         case when f.terms ->> 'exclusivity' = 'field' then '(,)'::int8range
           else (select int8range(n, n, '[]') from nextval('grant_lanes') as n) end
    from grants g join fields f on f.hash = g.terms_hash
   where g.state in ('active', 'suspended')
   order by g.starts_at, g.id
  on conflict do nothing;
`;
