import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { BalanceQueries, TopUpService } from '@app/billing';
import { newId } from '@app/kernel';
import { ANONYMOUS, RightsMarket, refusalOf } from '../../support/rights-market.factory.js';
import type { Party } from '../../support/rights-market.factory.js';

let market: RightsMarket;
let admin: Party;
const account = { clearing: '', fee: '', clearingUsd: '' };

beforeAll(async () => {
  market = await RightsMarket.open();
  admin = await market.party({ isAdmin: true });
  for (const [name, kind, currency] of [
    ['clearing', 'clearing', 'CNY'],
    ['fee', 'market_fee', 'CNY'],
    ['clearingUsd', 'clearing', 'USD'],
  ] as const) {
    account[name] = newId('Account');
    await market.rows('insert into accounts (id, kind, currency, created_at) values ($1, $2, $3, now())', [
      account[name],
      kind,
      currency,
    ]);
  }
}, 120_000);

afterAll(() => market.close());

interface Line {
  readonly account: string;
  readonly amountMinor: number;
  readonly currency?: string;
}

/** Writes past every service, as the owner of the tables, each row by a statement of its own. */
async function writeByHand(
  lines: readonly Line[],
  before: readonly string[] = [],
  entryId = newId('Entry'),
): Promise<string> {
  await market.database.transaction(market.system, async (tx) => {
    for (const sql of before) await market.database.query(tx, sql);
    await market.database.query(
      tx,
      `insert into ledger_entries (id, kind, created_by, created_at) values ($1, 'top_up', 'test', now()) on conflict do nothing`,
      [entryId],
    );
    const [{ n } = { n: 0 }] = await market.database.query<{ n: number }>(
      tx,
      'select count(*) as n from ledger_lines where entry_id = $1',
      [entryId],
    );
    for (const [i, line] of lines.entries()) {
      await market.database.query(
        tx,
        'insert into ledger_lines (entry_id, line_no, account_id, amount_minor, currency) values ($1, $2, $3, $4, $5)',
        [entryId, n + i + 1, line.account, line.amountMinor, line.currency ?? 'CNY'],
      );
    }
  });
  return entryId;
}

async function post(lines: readonly Line[]): Promise<void> {
  await market.rows(
    `select ledger_post($1, 'top_up', null, null, 'test', now(), $2::text[], $3::bigint[], $4::text[])`,
    [
      newId('Entry'),
      lines.map((line) => line.account),
      lines.map((line) => line.amountMinor),
      lines.map((line) => line.currency ?? 'CNY'),
    ],
  );
}

const zero = /does not sum to zero/;

describe('the ledger, written by hand', () => {
  it('takes an entry that balances', async () => {
    await writeByHand([
      { account: account.clearing, amountMinor: -7 },
      { account: account.fee, amountMinor: 7 },
    ]);

    expect(await market.unbalancedEntries()).toEqual([]);
  });

  it('refuses at commit an entry that does not balance, has one line, or has none', async () => {
    await expect(
      writeByHand([
        { account: account.clearing, amountMinor: -7 },
        { account: account.fee, amountMinor: 6 },
      ]),
    ).rejects.toThrow(zero);
    await expect(writeByHand([{ account: account.fee, amountMinor: 6 }])).rejects.toThrow(zero);
    await expect(writeByHand([])).rejects.toThrow(zero);
  });

  it('refuses an entry that balances only across currencies, and a line in another currency than its account', async () => {
    const acrossCurrencies = [
      { account: account.clearing, amountMinor: -7 },
      { account: account.clearingUsd, amountMinor: 7, currency: 'USD' },
    ];

    await expect(writeByHand(acrossCurrencies)).rejects.toThrow(zero);
    await expect(post(acrossCurrencies)).rejects.toThrow(zero);
    await expect(
      writeByHand([
        { account: account.clearing, amountMinor: -7 },
        { account: account.clearingUsd, amountMinor: 7 },
      ]),
    ).rejects.toThrow(/foreign key/);
  });

  it('refuses to unbalance an entry later, also with the constraints made immediate', async () => {
    const balanced = [
      { account: account.clearing, amountMinor: -7 },
      { account: account.fee, amountMinor: 7 },
    ];
    const id = await writeByHand(balanced);

    await expect(writeByHand([{ account: account.fee, amountMinor: 1 }], [], id)).rejects.toThrow(zero);
    await expect(
      writeByHand([{ account: account.fee, amountMinor: 1 }], ['set constraints all immediate'], id),
    ).rejects.toThrow(zero);
  });

  it('is never edited, deleted or emptied', async () => {
    for (const table of ['ledger_entries', 'ledger_lines', 'accounts']) {
      await expect(market.rows(`delete from ${table}`)).rejects.toThrow('append-only');
      await expect(market.rows(`truncate ${table} cascade`)).rejects.toThrow('append-only');
    }
    await expect(market.rows('update ledger_lines set amount_minor = amount_minor + 1')).rejects.toThrow('append-only');
    await expect(market.rows(`update ledger_entries set kind = 'refund'`)).rejects.toThrow('append-only');
    await expect(market.rows(`update accounts set currency = 'USD'`)).rejects.toThrow('append-only');
  });

  it('sums to zero whatever is tried, and takes exactly what balances (property)', async () => {
    const line = fc.record({
      account: fc.constantFrom('clearing' as const, 'fee' as const),
      amountMinor: fc.integer({ min: -3, max: 3 }).filter((amount) => amount !== 0),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 4 }), fc.boolean(), async (drawn, isByHand) => {
        const lines = drawn.map(({ account: name, amountMinor }) => ({ account: account[name], amountMinor }));
        const isBalanced = lines.length >= 2 && lines.reduce((sum, l) => sum + l.amountMinor, 0) === 0;
        const written = await (isByHand ? writeByHand(lines) : post(lines)).then(
          () => true,
          () => false,
        );
        expect(written).toBe(isBalanced);
      }),
      { numRuns: 60 },
    );

    expect(await market.unbalancedEntries()).toEqual([]);
  });
});

describe('a top-up', () => {
  const topUp = (more: object = {}): Parameters<TopUpService['topUpBalance']>[1] => ({
    organizationSlug: 'nobody',
    amountMinor: 500,
    currency: 'CNY',
    reference: 'transfer 1',
    idempotencyKey: newId('Request'),
    ...more,
  });

  it('credits once per key, also when sent five times at once', async () => {
    const buyer = await market.party({ isBuyer: true });
    const once = topUp({ organizationSlug: buyer.slug });

    const answers = await Promise.all(
      Array.from({ length: 5 }, () => market.get(TopUpService).topUpBalance(admin.ctx, once)),
    );

    expect(answers.map((answer) => answer.spendableMinor)).toEqual([500, 500, 500, 500, 500]);
    expect(await refusalOf(market.get(TopUpService).topUpBalance(admin.ctx, { ...once, amountMinor: 501 }))).toBe(
      'BILLING_IDEMPOTENCY_MISMATCH',
    );
    expect(await market.get(BalanceQueries).balance(buyer.ctx)).toContainEqual({
      currency: 'CNY',
      spendableMinor: 500,
      payableMinor: 0,
    });
    expect(await market.unbalancedEntries()).toEqual([]);
  });

  it('is for the operator alone', async () => {
    const buyer = await market.party({ isBuyer: true });
    const credit = topUp({ organizationSlug: buyer.slug });

    expect(await refusalOf(market.get(TopUpService).topUpBalance(buyer.ctx, credit))).toBe('REQUEST_FORBIDDEN');
    expect(await refusalOf(market.get(TopUpService).topUpBalance(ANONYMOUS, credit))).toBe('REQUEST_UNAUTHENTICATED');
    expect(
      await refusalOf(
        market.get(TopUpService).topUpBalance(market.as(admin, { scopes: new Set(['data:write']) }), credit),
      ),
    ).toBe('REQUEST_FORBIDDEN');
    expect(await refusalOf(market.get(TopUpService).topUpBalance(admin.ctx, topUp()))).toBe('REQUEST_NOT_FOUND');
    for (const bad of [
      { amountMinor: 0 },
      { amountMinor: -5 },
      { amountMinor: 1.5 },
      { currency: 'EUR' },
      { idempotencyKey: 'short' },
    ]) {
      expect(
        await refusalOf(
          market.get(TopUpService).topUpBalance(admin.ctx, topUp({ organizationSlug: buyer.slug, ...bad })),
        ),
      ).toBe('REQUEST_INVALID');
    }
    expect(await refusalOf(market.get(BalanceQueries).balance(ANONYMOUS))).toBe('REQUEST_UNAUTHENTICATED');
  });
});
