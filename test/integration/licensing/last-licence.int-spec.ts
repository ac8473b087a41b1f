import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { BalanceQueries, OrderService } from '@app/billing';
import type { PlacedOrder } from '@app/billing';
import { DomainError, newId } from '@app/kernel';
import { GrantGate, GrantService, LicenseRequestService, OfferService } from '@app/licensing';
import { RightsMarket, refusalOf } from '../../support/rights-market.factory.js';
import type { Party, Shelf } from '../../support/rights-market.factory.js';

const BUYERS = 20;
const PRICE = 1_000;
const DEPOSIT = 5_000;
const reason = 'The holder passed the data on.';

let market: RightsMarket;
/** A second process over the same database. */
let second: RightsMarket;
let provider: Party;
let buyers: Party[];
let shelf: Shelf;

beforeAll(async () => {
  market = await RightsMarket.open();
  second = await RightsMarket.open(market.url);
  provider = await market.party({ isProvider: true });
  buyers = [];
  for (let i = 0; i < BUYERS; i++) {
    const buyer = await market.party({ isBuyer: true });
    await market.topUp(buyer, DEPOSIT);
    buyers.push(buyer);
  }
}, 120_000);

beforeEach(async () => {
  shelf = await market.shelf(provider);
});

afterAll(async () => {
  await second.close();
  await market.close();
});

const exclusive = { template: 'exclusive', limits: { fields: ['logistics' as const] } };

/** Every other order goes through the other process. */
async function order(buyer: Party, offerId: string, i = 0, more: object = {}): Promise<PlacedOrder | DomainError> {
  const { ctx } = buyer;
  const input = { offerId, idempotencyKey: newId('Request'), acceptTerms: true, ...more };
  return (i % 2 === 0 ? market : second).get(OrderService).placeOrder(ctx, input);
}

const allAtOnce = (offerId: string): Promise<(PlacedOrder | DomainError)[]> =>
  Promise.all(buyers.map((buyer, i) => order(buyer, offerId, i)));

async function spendable(buyer: Party): Promise<number> {
  const balances = await market.get(BalanceQueries).balance(buyer.ctx);
  return balances.find(({ currency }) => currency === 'CNY')?.spendableMinor ?? 0;
}

async function placed(buyer: Party, offerId: string, more: object = {}): Promise<PlacedOrder> {
  const result = await order(buyer, offerId, 0, more);
  if (result instanceof DomainError) throw result;
  return result;
}

async function refused(buyer: Party, offerId: string, more: object = {}): Promise<DomainError> {
  const result = await order(buyer, offerId, 0, more);
  if (result instanceof DomainError) return result;
  throw new Error('The order was not refused.');
}

describe('twenty buyers at the same moment', () => {
  it('of the last exclusive licence: one gets it, the others are told who stands in the way, and pay nothing', async () => {
    const before = await Promise.all(buyers.map(spendable));
    const offerId = await market.offer(provider, shelf, { ...exclusive, priceMinor: PRICE });

    const results = await allAtOnce(offerId);
    const after = await Promise.all(buyers.map(spendable));

    const winners = results.flatMap((result, i) => (result instanceof DomainError ? [] : [i]));
    expect(winners).toHaveLength(1);
    for (const result of results) {
      if (result instanceof DomainError)
        expect(result).toMatchObject({
          code: 'LICENSING_EXCLUSIVELY_HELD',
          details: { fields: ['logistics'], until: expect.any(String) },
        });
    }
    expect(after).toEqual(before.map((money, i) => (winners.includes(i) ? money - PRICE : money)));
    expect(await market.rows('select 1 from grants where dataset_id = $1', [shelf.datasetId])).toHaveLength(1);
    expect(await market.rows('select 1 from orders where dataset_id = $1', [shelf.datasetId])).toHaveLength(1);
    expect(await market.unbalancedEntries()).toEqual([]);
  });

  it.each([1, 3])('of the last %i licences of a limited offer: so many get one, and no more', async (stock) => {
    const before = await Promise.all(buyers.map(spendable));
    const offerId = await market.offer(provider, shelf, { priceMinor: PRICE, stock });

    const results = await allAtOnce(offerId);
    const after = await Promise.all(buyers.map(spendable));

    const winners = results.flatMap((result, i) => (result instanceof DomainError ? [] : [i]));
    expect(winners).toHaveLength(stock);
    for (const result of results) {
      if (result instanceof DomainError)
        expect(result).toMatchObject({ code: 'LICENSING_SOLD_OUT', details: { offerId, stock } });
    }
    expect(after).toEqual(before.map((money, i) => (winners.includes(i) ? money - PRICE : money)));
  });

  it('of whom some want the field alone and some want to share it: never both kinds', async () => {
    const alone = await market.offer(provider, shelf, exclusive);
    const shared = await market.offer(provider, shelf, { template: 'commercial' });

    const results = await Promise.all(buyers.map((buyer, i) => order(buyer, i % 3 === 0 ? alone : shared, i)));

    const got = results.flatMap((result, i) => (result instanceof DomainError ? [] : [i % 3 === 0]));
    const refusals = new Set(results.flatMap((result) => (result instanceof DomainError ? [result.code] : [])));
    expect(new Set(got).size).toBe(1);
    expect(got.length).toBe(got[0] ? 1 : buyers.filter((_, i) => i % 3 !== 0).length);
    expect([...refusals]).toEqual([got[0] ? 'LICENSING_EXCLUSIVELY_HELD' : 'LICENSING_FIELD_NOT_FREE']);
  });

  it('who were all approved for it before: the first to order gets it', async () => {
    const offerId = await market.offer(provider, shelf, { ...exclusive, priceMinor: PRICE, needsApproval: true });
    const requests = market.get(LicenseRequestService);
    for (const buyer of buyers.slice(0, 6)) {
      const { id: grantId } = await requests.requestLicense(buyer.ctx, { offerId, acceptTerms: true });
      await requests.approveLicense(provider.ctx, { grantId });
    }

    const results = await Promise.all(buyers.slice(0, 6).map((buyer, i) => order(buyer, offerId, i)));

    expect(results.filter((result) => !(result instanceof DomainError))).toHaveLength(1);
    const states = await market.rows(
      'select state, count(*)::int as n from grants where dataset_id = $1 group by 1 order by 1',
      [shelf.datasetId],
    );
    expect(states).toEqual([
      { state: 'active', n: 1 },
      { state: 'approved', n: 5 },
    ]);
  });
});

describe('without its constraint', () => {
  it.each(['grant_holds_one_exclusive', 'grant_holds_one_per_place'])(
    '%s the same race has several winners: it is the constraint that decides, and this test sees it',
    async (constraint) => {
      const [definition] = await market.rows<{ definition: string }>(
        'select pg_get_constraintdef(oid) as definition from pg_constraint where conname = $1',
        [constraint],
      );
      await market.rows(`alter table grant_holds drop constraint ${constraint}`);
      try {
        const isField = constraint === 'grant_holds_one_exclusive';
        // One buyer with twenty keys: another constraint keeps the fields of different buyers apart.
        const offerId = await market.offer(provider, shelf, isField ? exclusive : { template: 'research', stock: 1 });
        const results = await Promise.all(
          buyers.map((buyer, i) => order(isField ? (buyers[0] ?? buyer) : buyer, offerId, i)),
        );

        expect(results.filter((result) => !(result instanceof DomainError)).length).toBeGreaterThan(1);
      } finally {
        await market.database.transaction(market.system, async (tx) => {
          await market.database.query(tx, 'set local session_replication_role = replica');
          await market.database.query(tx, 'delete from grant_holds where dataset_id = $1', [shelf.datasetId]);
        });
        await market.rows(`alter table grant_holds add constraint ${constraint} ${definition?.definition ?? ''}`);
      }
    },
  );
});

describe('what is held exclusively', () => {
  const [first, other] = [(): Party => partyAt(0), (): Party => partyAt(1)];
  const partyAt = (i: number): Party => {
    const party = buyers[i];
    if (!party) throw new Error(`no buyer ${i}`);
    return party;
  };

  it('leaves other fields, looking and research to everybody, and another dataset is another matter', async () => {
    await placed(first(), await market.offer(provider, shelf, exclusive));

    const household = await market.offer(provider, shelf, { template: 'exclusive', limits: { fields: ['household'] } });
    const elsewhere = await market.offer(provider, await market.shelf(provider), exclusive);
    for (const offerId of [
      household,
      elsewhere,
      await market.offer(provider, shelf, { template: 'evaluation' }),
      await market.offer(provider, shelf, { template: 'research' }),
      await market.offer(provider, shelf, {
        template: 'commercial',
        limits: { deniedFields: ['logistics', 'household'] },
      }),
    ])
      await expect(placed(other(), offerId)).resolves.toBeDefined();
  });

  it('is given to nobody twice, not even to its own holder, who may take other rights', async () => {
    const offerId = await market.offer(provider, shelf, exclusive);
    await placed(first(), offerId);

    expect((await refused(first(), offerId)).code).toBe('LICENSING_EXCLUSIVELY_HELD');
    await expect(placed(first(), await market.offer(provider, shelf))).resolves.toBeDefined();
    expect((await refused(other(), await market.offer(provider, shelf))).code).toBe('LICENSING_EXCLUSIVELY_HELD');
  });

  it('cannot be had where somebody else already may use the field', async () => {
    await placed(other(), await market.offer(provider, shelf));

    expect((await refused(first(), await market.offer(provider, shelf, exclusive))).code).toBe(
      'LICENSING_FIELD_NOT_FREE',
    );
    await expect(placed(other(), await market.offer(provider, shelf, exclusive))).resolves.toBeDefined();
  });

  it('stays held while it is suspended, and is free from its revocation on', async () => {
    const offerId = await market.offer(provider, shelf, exclusive);
    const { grantId } = await placed(first(), offerId);
    await market.get(GrantService).suspendGrant(provider.ctx, { grantId, reason });

    expect((await refused(other(), offerId)).code).toBe('LICENSING_EXCLUSIVELY_HELD');
    await market.get(GrantService).revokeGrant(provider.ctx, { grantId, reason });
    await expect(placed(other(), offerId)).resolves.toBeDefined();
  });

  it('is free from the instant of its end, before any sweep', async () => {
    const later = await RightsMarket.open(market.url);
    try {
      const offerId = await market.offer(provider, shelf, exclusive);
      const { grantId } = await placed(first(), offerId);
      later.clock.advanceDays(365);

      const taken = await later
        .get(OrderService)
        .placeOrder(other().ctx, { offerId, idempotencyKey: newId('Request'), acceptTerms: true });

      expect(taken).not.toBeInstanceOf(DomainError);
      expect(await market.rows('select state from grants where id = $1', [grantId])).toEqual([{ state: 'active' }]);
    } finally {
      await later.close();
    }
  });

  it('goes on in a renewal without a gap in which another could take it', async () => {
    const offerId = await market.offer(provider, shelf, exclusive);
    const { grantId } = await placed(first(), offerId);

    const renewal = await placed(first(), offerId, { renewsGrantId: grantId });
    const [old, next] = await market.rows<{ id: string; startsAt: Date; expiresAt: Date }>(
      'select id, starts_at as "startsAt", expires_at as "expiresAt" from grants where dataset_id = $1 order by starts_at',
      [shelf.datasetId],
    );

    expect(next).toMatchObject({ id: renewal.grantId, startsAt: old?.expiresAt });
    expect(await refusalOf(market.get(GrantGate).require(first().ctx, renewal.grantId))).toBe(
      'LICENSING_GRANT_NOT_ACTIVE',
    );
    expect((await refused(other(), offerId)).code).toBe('LICENSING_EXCLUSIVELY_HELD');
  });

  it('keeps public licences away, also when its offer is gone', async () => {
    const offerId = await market.offer(provider, shelf, exclusive);
    await placed(first(), offerId);
    await market.get(OfferService).retireOffer(provider.ctx, offerId);

    expect(await refusalOf(market.offer(provider, shelf, { template: 'CC-BY-4.0' }))).toBe(
      'LICENSING_EXCLUSIVITY_VOID',
    );
  });

  it('is kept by the database alone, whoever writes: no right starts without its hold, no hold grows or goes', async () => {
    const offerId = await market.offer(provider, shelf, exclusive);
    const { grantId } = await placed(first(), offerId);

    await expect(market.rows('delete from grant_holds where grant_id = $1', [grantId])).rejects.toThrow('stays');
    await expect(
      market.rows(`update grant_holds set during = tstzrange(lower(during), null) where grant_id = $1`, [grantId]),
    ).rejects.toThrow('only end earlier');
    const priced = await market.offer(provider, shelf, { ...exclusive, needsApproval: true, priceMinor: 1 });
    const { id } = await market
      .get(LicenseRequestService)
      .requestLicense(other().ctx, { offerId: priced, acceptTerms: true });
    await market.get(LicenseRequestService).approveLicense(provider.ctx, { grantId: id });
    await expect(
      market.rows(`update grants set state = 'active', starts_at = now() where id = $1`, [id]),
    ).rejects.toThrow('without its hold');
  });
});
