import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who takes part in which episodes of which version, and who withdrew consent. */
export class Consent1763700005000 implements MigrationInterface {
  name = 'Consent1763700005000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table contributors (
        id text primary key,
        organization_id text not null references organizations (id),
        -- Personal data: it never leaves its organization, and stands in no other table but what that organization declared.
        pseudonym text not null,
        created_at timestamptz not null,
        unique (organization_id, pseudonym)
      );

      create table version_contributors (
        version_id text not null references dataset_versions (id),
        contributor_id text not null references contributors (id),
        episodes int4multirange not null check (not isempty(episodes)),
        -- False where nobody said which episodes: then it is all of them.
        is_stated boolean not null,
        primary key (version_id, contributor_id)
      );
      create index version_contributors_contributor on version_contributors (contributor_id, version_id);

      create table withdrawals (
        id text primary key,
        organization_id text not null references organizations (id),
        contributor_id text not null references contributors (id),
        -- Null: every use.
        scope text[] check (cardinality(scope) > 0),
        reason text not null check (char_length(reason) between 10 and 512),
        effective_at timestamptz not null,
        idempotency_key text not null,
        recorded_by text not null,
        recorded_by_organization_id text,
        recorded_at timestamptz not null,
        unique (organization_id, idempotency_key)
      );
      create index withdrawals_contributor on withdrawals (contributor_id);
      create index withdrawals_organization on withdrawals (organization_id, id desc);

      create table withdrawal_cancellations (
        withdrawal_id text primary key references withdrawals (id),
        reason text not null check (char_length(reason) between 10 and 512),
        cancelled_by text not null,
        cancelled_at timestamptz not null
      );

      -- What a withdrawal touched when it was recorded: the list that notices, leases and answers go by.
      create table version_withdrawals (
        version_id text not null references dataset_versions (id),
        withdrawal_id text not null references withdrawals (id),
        episodes int4multirange not null check (not isempty(episodes)),
        -- Some of the episodes are in no file that is known, so no file of the version may be handed out.
        stops_all boolean not null,
        primary key (version_id, withdrawal_id)
      );
      create index version_withdrawals_withdrawal on version_withdrawals (withdrawal_id, version_id);

      create table withdrawn_files (
        version_id text not null references dataset_versions (id),
        path text not null,
        withdrawal_id text not null references withdrawals (id),
        primary key (version_id, path, withdrawal_id)
      );

      -- By content, so that another name in dataset.yaml does not bring the same recordings back.
      create table withdrawn_episodes (
        organization_id text not null references organizations (id),
        content_hash text not null,
        withdrawal_id text not null references withdrawals (id),
        primary key (organization_id, content_hash, withdrawal_id)
      );

      create function consent_refuse_rewrite() returns trigger language plpgsql as $$
      begin
        raise exception '% is append-only', tg_table_name using errcode = 'check_violation';
      end $$;
    `);
    for (const table of [
      'withdrawals',
      'withdrawal_cancellations',
      'version_withdrawals',
      'withdrawn_files',
      'withdrawn_episodes',
    ]) {
      await runner.query(`
        create trigger ${table}_append_only before update or delete on ${table}
          for each row execute function consent_refuse_rewrite();
        create trigger ${table}_no_truncate before truncate on ${table}
          for each statement execute function consent_refuse_rewrite();
      `);
    }
    await runner.query(`
      create view standing_withdrawals as
        select w.* from withdrawals w
         where not exists (select 1 from withdrawal_cancellations c where c.withdrawal_id = w.id);

      -- Checked and released versions with episodes of a contributor: those that name him, and those of the same provider
      -- that hold the same recordings under another name or none.
      create function episodes_of_contributor(contributor text)
        returns table (version_id text, episodes int4multirange, is_stated boolean)
        language sql stable as $$
          with mine as materialized (
            select v.id from contributors c join datasets d on d.organization_id = c.organization_id
              join dataset_versions v on v.dataset_id = d.id
             where c.id = contributor and v.status in ('ready', 'published', 'superseded', 'recalled')
          ), named as materialized (
            select vc.version_id, vc.episodes, vc.is_stated from version_contributors vc join mine m on m.id = vc.version_id
             where vc.contributor_id = contributor
          ), hashes as materialized (
            select distinct e.content_hash from named n cross join lateral unnest(n.episodes) as part
              join episodes e on e.version_id = n.version_id and e.idx >= lower(part) and e.idx < upper(part)
          ), copies as materialized (
            select e.version_id, range_agg(int4range(e.idx, e.idx + 1)) as episodes
              from mine m join episodes e on e.version_id = m.id join hashes h on h.content_hash = e.content_hash
             group by e.version_id
          )
          select coalesce(n.version_id, c.version_id),
                 coalesce(n.episodes, '{}'::int4multirange) + coalesce(c.episodes, '{}'::int4multirange),
                 coalesce(n.is_stated, true)
            from named n full join copies c on c.version_id = n.version_id
        $$;

      -- What was declared before this table was kept: sessions say the episodes of their operator; who is named without
      -- any is in all of them.
      create temporary table said as
        select v.id as version_id, d.organization_id, v.episodes::int as total, who.pseudonym, who.part, who.is_open
          from dataset_versions v join datasets d on d.id = v.dataset_id
          cross join lateral (
            select c ->> 'pseudonym' as pseudonym, null::int4range as part, false as is_open
              from jsonb_path_query(v.facts, '$.declared.contributors[*]') c
            union all
            select s ->> 'operator',
                   int4range(greatest((s -> 'episodes' ->> 0)::int, 0),
                             greatest(least((s -> 'episodes' ->> 1)::int + 1, v.episodes::int), (s -> 'episodes' ->> 0)::int, 0)),
                   s -> 'episodes' is null
              from jsonb_path_query(v.facts, '$.declared.sessions[*] ? (exists (@.operator))') s
            union all
            select o, null, false from jsonb_array_elements_text(
              case jsonb_typeof(v.facts -> 'declared' -> 'operators') when 'array' then v.facts -> 'declared' -> 'operators' else '[]' end) o
            union all
            select o ->> 'name', null, false from jsonb_path_query(v.facts, '$.measured.coverage.operators[*]') o
          ) who
         where v.facts is not null and v.episodes > 0 and who.pseudonym is not null
           and v.status in ('ready', 'published', 'superseded', 'recalled');
      insert into contributors (id, organization_id, pseudonym, created_at)
        select 'ctr_' || substr(encode(sha256(convert_to(gen_random_uuid()::text, 'UTF8')), 'hex'), 1, 26), organization_id, pseudonym, now()
          from (select distinct organization_id, pseudonym from said) s;
      insert into version_contributors (version_id, contributor_id, episodes, is_stated)
        select s.version_id, c.id,
               case when s.parts is null or s.is_open then int4multirange(int4range(0, s.total)) else s.parts end,
               s.parts is not null and not s.is_open
          from (select version_id, organization_id, pseudonym, total, range_agg(part) filter (where not isempty(part)) as parts,
                       bool_or(is_open) as is_open
                  from said group by 1, 2, 3, 4) s
          join contributors c on c.organization_id = s.organization_id and c.pseudonym = s.pseudonym;
      drop table said;
    `);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
