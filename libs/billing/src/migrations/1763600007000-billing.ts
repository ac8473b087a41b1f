import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The double-entry ledger, orders, and the keys that make repeated commands one. */
export class Billing1763600007000 implements MigrationInterface {
  name = 'Billing1763600007000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(ORDERS);
    await runner.query(LEDGER);
    await runner.query(LEDGER_RULES);
    await runner.query(IDEMPOTENCY);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}

const ORDERS = `
  create table orders (
    id text primary key,
    organization_id text not null references organizations (id),
    provider_organization_id text not null references organizations (id),
    offer_id text not null references offers (id),
    dataset_id text not null references datasets (id),
    version_id text not null references dataset_versions (id),
    terms_hash text not null references terms (hash),
    intended_use text,
    price_minor bigint not null check (price_minor >= 0),
    fee_minor bigint not null check (fee_minor between 0 and price_minor),
    currency text not null check (currency in ('CNY', 'USD')),
    state text not null check (state in ('placed', 'paid', 'fulfilled', 'refunded', 'cancelled')),
    idempotency_key text not null,
    created_by text not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    unique (organization_id, idempotency_key)
  );
  create index orders_buyer on orders (organization_id, id desc);
  alter table grants add foreign key (order_id) references orders (id);

  -- What was ordered, under which terms and for how much, never changes; only the order's state goes on.
  create function refuse_order_change() returns trigger language plpgsql as $$
  begin
    if tg_op = 'DELETE' or old.state in ('refunded', 'cancelled') or
      (to_jsonb(new) - 'state' - 'updated_at') <> (to_jsonb(old) - 'state' - 'updated_at') then
      raise exception 'order % cannot be changed like this', old.id using errcode = 'check_violation';
    end if;
    return new;
  end $$;
  create trigger orders_frozen before update or delete on orders
    for each row execute function refuse_order_change();
`;

const LEDGER = `
  create table accounts (
    id text primary key,
    organization_id text references organizations (id),
    kind text not null check (kind in ('buyer_balance', 'provider_payable', 'market_fee', 'clearing')),
    currency text not null check (currency in ('CNY', 'USD')),
    created_at timestamptz not null,
    unique nulls not distinct (organization_id, kind, currency),
    unique (id, currency),
    check ((organization_id is null) = (kind in ('market_fee', 'clearing')))
  );

  create table ledger_entries (
    id text primary key,
    kind text not null check (kind in ('top_up', 'order', 'refund')),
    order_id text references orders (id),
    reference text,
    created_by text not null,
    created_at timestamptz not null,
    check ((kind = 'top_up') = (order_id is null))
  );
  create unique index ledger_entries_order on ledger_entries (order_id, kind) where order_id is not null;

  create table ledger_lines (
    entry_id text not null references ledger_entries (id),
    line_no smallint not null check (line_no > 0),
    account_id text not null,
    amount_minor bigint not null check (amount_minor <> 0),
    currency text not null,
    primary key (entry_id, line_no),
    -- Makes the line's currency the account's own.
    foreign key (account_id, currency) references accounts (id, currency)
  );
  create index ledger_lines_account on ledger_lines (account_id) include (amount_minor);
`;

const LEDGER_RULES = `
  -- The proof: whoever wrote them and however, the lines of an entry sum to zero per currency when the transaction commits.
  create function ledger_refuse_unbalanced(checked text) returns void language plpgsql as $$
  begin
    if (select coalesce(sum(lines), 0) < 2 or bool_or(total <> 0)
          from (select count(*) as lines, sum(amount_minor) as total from ledger_lines where entry_id = checked group by currency) by_currency) then
      raise exception 'ledger entry % does not sum to zero', checked using errcode = 'check_violation', constraint = 'ledger_balanced';
    end if;
  end $$;
  create function ledger_check_entry() returns trigger language plpgsql as $$
  begin
    perform ledger_refuse_unbalanced(new.id);
    return null;
  end $$;
  create function ledger_check_line() returns trigger language plpgsql as $$
  begin
    perform ledger_refuse_unbalanced(new.entry_id);
    return null;
  end $$;
  create constraint trigger ledger_entries_balanced after insert on ledger_entries
    deferrable initially deferred for each row execute function ledger_check_entry();
  create constraint trigger ledger_lines_balanced after insert on ledger_lines
    deferrable initially deferred for each row execute function ledger_check_line();

  create function ledger_refuse_rewrite() returns trigger language plpgsql as $$
  begin
    raise exception '% is append-only', tg_table_name using errcode = 'check_violation';
  end $$;
  create trigger accounts_fixed before update or delete on accounts
    for each row execute function ledger_refuse_rewrite();
  create trigger accounts_no_truncate before truncate on accounts
    for each statement execute function ledger_refuse_rewrite();
  create trigger ledger_entries_append_only before update or delete on ledger_entries
    for each row execute function ledger_refuse_rewrite();
  create trigger ledger_entries_no_truncate before truncate on ledger_entries
    for each statement execute function ledger_refuse_rewrite();
  create trigger ledger_lines_append_only before update or delete on ledger_lines
    for each row execute function ledger_refuse_rewrite();
  create trigger ledger_lines_no_truncate before truncate on ledger_lines
    for each statement execute function ledger_refuse_rewrite();

  -- The one way in: checks first, then writes the entry with all its lines in one statement.
  create function ledger_post(
    entry_id text, entry_kind text, entry_order_id text, entry_reference text, entry_created_by text, entry_at timestamptz,
    account_ids text[], amounts bigint[], currencies text[]
  ) returns void language plpgsql as $$
  begin
    if cardinality(account_ids) < 2 or cardinality(account_ids) <> cardinality(amounts) or cardinality(amounts) <> cardinality(currencies)
      or exists (select 1 from unnest(amounts, currencies) as line (amount, currency) group by currency having sum(amount) <> 0) then
      raise exception 'ledger entry % does not sum to zero', entry_id using errcode = 'check_violation', constraint = 'ledger_balanced';
    end if;
    with entry as (
      insert into ledger_entries (id, kind, order_id, reference, created_by, created_at)
      values (entry_id, entry_kind, entry_order_id, entry_reference, entry_created_by, entry_at)
      returning id
    )
    insert into ledger_lines (entry_id, line_no, account_id, amount_minor, currency)
    select entry.id, line.place, line.account_id, line.amount, line.currency
      from entry, unnest(account_ids, amounts, currencies) with ordinality as line (account_id, amount, currency, place);
  end $$;
`;

const IDEMPOTENCY = `
  create table idempotency_keys (
    organization_id text not null references organizations (id),
    key text not null check (length(key) between 8 and 200),
    operation text not null,
    request_hash text not null check (request_hash ~ '^[0-9a-f]{64}$'),
    response jsonb,
    created_at timestamptz not null,
    primary key (organization_id, key)
  );
`;
