import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { BalanceQueries, OrderQueries, OrderService } from '@app/billing';
import type { NewOrder, PlacedOrder } from '@app/billing';
import { VersionService } from '@app/catalog';
import { DomainError, newId } from '@app/kernel';
import { GrantGate, LicenseRequestService, OfferQueries, OfferService } from '@app/licensing';
import { ANONYMOUS, RightsMarket, refusalOf } from '../../support/rights-market.factory.js';
import type { Party, Shelf } from '../../support/rights-market.factory.js';

let market: RightsMarket;
let provider: Party;
let buyer: Party;
let stranger: Party;
let shelf: Shelf;
let orders: OrderService;

beforeAll(async () => {
  market = await RightsMarket.open();
  stranger = await market.party({ isProvider: true, isBuyer: true });
  orders = market.get(OrderService);
}, 120_000);

beforeEach(async () => {
  provider = await market.party({ isProvider: true });
  buyer = await market.party({ isBuyer: true });
  shelf = await market.shelf(provider);
});

afterAll(() => market.close());

const order = (offerId: string, more: Partial<NewOrder> = {}): NewOrder => ({
  offerId,
  idempotencyKey: newId('Request'),
  acceptTerms: true,
  ...more,
});

async function place(input: NewOrder, party = buyer): Promise<PlacedOrder> {
  const placed = await orders.placeOrder(party.ctx, input);
  if (placed instanceof DomainError) throw placed;
  return placed;
}

async function refusedAs(input: NewOrder): Promise<string> {
  const refusal = await orders.placeOrder(buyer.ctx, input);
  return refusal instanceof DomainError ? refusal.code : 'not refused';
}

async function money(
  party: Party,
  currency = 'CNY',
): Promise<{ spendableMinor: number; payableMinor: number } | undefined> {
  return (await market.get(BalanceQueries).balance(party.ctx)).find((balance) => balance.currency === currency);
}

const ordersOf = async (party: Party): Promise<number> =>
  (await market.get(OrderQueries).orders(party.ctx, { first: 100 })).items.length;

describe('an order', () => {
  it('of a free offer opens the gate and moves no money', async () => {
    const offerId = await market.offer(provider, shelf, { template: 'CC-BY-4.0' });

    const { orderId, grantId } = await place(order(offerId, { use: 'commercial_training' }));

    expect((await market.get(GrantGate).require(buyer.ctx, grantId)).versionId).toBe(shelf.versionId);
    expect(await market.get(OrderQueries).byId(buyer.ctx, orderId)).toMatchObject({
      state: 'fulfilled',
      priceMinor: 0,
      grantId,
    });
    expect(await market.rows('select 1 from ledger_entries where order_id = $1', [orderId])).toEqual([]);
  });

  it('pays the provider his part and the market its fee from the prepaid balance', async () => {
    const offerId = await market.offer(provider, shelf, { priceMinor: 19, per: 'episode' });
    await market.topUp(buyer, 10_000);

    const { orderId, grantId } = await place(order(offerId, { expectedPriceMinor: 1_900 }));

    expect(await money(buyer)).toMatchObject({ spendableMinor: 8_100 });
    expect(await money(provider)).toMatchObject({ payableMinor: 1_710 });
    const lines = await market.rows<{ kind: string; amount: number }>(
      `select a.kind, l.amount_minor as amount from ledger_entries e join ledger_lines l on l.entry_id = e.id join accounts a on a.id = l.account_id
        where e.order_id = $1 order by l.line_no`,
      [orderId],
    );
    expect(lines).toEqual([
      { kind: 'buyer_balance', amount: -1_900 },
      { kind: 'provider_payable', amount: 1_710 },
      { kind: 'market_fee', amount: 190 },
    ]);
    await expect(market.get(GrantGate).require(buyer.ctx, grantId)).resolves.toBeDefined();
    expect(await market.unbalancedEntries()).toEqual([]);
  });

  it('freezes what was ordered', async () => {
    const { orderId } = await place(order(await market.offer(provider, shelf)));

    await expect(market.rows('update orders set price_minor = 5 where id = $1', [orderId])).rejects.toThrow(
      'cannot be changed',
    );
    await expect(market.rows('delete from orders where id = $1', [orderId])).rejects.toThrow('cannot be changed');
  });

  it('is told of by one leaf, in the same transaction', async () => {
    const { orderId } = await place(order(await market.offer(provider, shelf)));
    await market.topUp(buyer, 1);
    await refusedAs(order(await market.offer(provider, shelf, { priceMinor: 2 })));

    const leaves = await market.rows<{ action: string }>('select action from audit_pending where subject_id = $1', [
      orderId,
    ]);
    const all = await market.rows<{ n: number }>(
      `select count(*) as n from audit_pending where action = 'order.fulfilled' and organization_ids @> array[$1]`,
      [buyer.organizationId],
    );

    expect(leaves).toEqual([{ action: 'order.fulfilled' }]);
    expect(all).toEqual([{ n: 1 }]);
  });
});

describe('the same key', () => {
  it('answers the same order, whenever and however often it is sent', async () => {
    const offerId = await market.offer(provider, shelf, { priceMinor: 100 });
    await market.topUp(buyer, 1_000);
    const input = order(offerId);

    const first = await place(input);
    const again = await Promise.all([place(input), place(input), place({ ...input, use: null })]);

    expect(again).toEqual([first, first, first]);
    expect(await money(buyer)).toMatchObject({ spendableMinor: 900 });
  });

  it('at the same moment is one order', async () => {
    const input = order(await market.offer(provider, shelf, { priceMinor: 100 }));
    await market.topUp(buyer, 1_000);

    const placed = await Promise.all(Array.from({ length: 8 }, () => place(input)));

    expect(new Set(placed.map((p) => p.orderId)).size).toBe(1);
    expect(await ordersOf(buyer)).toBe(1);
    expect(await money(buyer)).toMatchObject({ spendableMinor: 900 });
  });

  it('for something else is refused; another organization has keys of its own', async () => {
    const offerId = await market.offer(provider, shelf);
    const input = order(offerId);
    const { orderId } = await place(input);

    expect(await refusalOf(orders.placeOrder(buyer.ctx, { ...input, use: 'evaluate' }))).toBe(
      'BILLING_IDEMPOTENCY_MISMATCH',
    );
    expect(
      await refusalOf(orders.placeOrder(buyer.ctx, { ...input, offerId: await market.offer(provider, shelf) })),
    ).toBe('BILLING_IDEMPOTENCY_MISMATCH');
    expect((await place(input, stranger)).orderId).not.toBe(orderId);
  });

  it('stays free after a refusal, so that the buyer can top up and press again', async () => {
    const input = order(await market.offer(provider, shelf, { priceMinor: 100 }));

    const before = await refusedAs(input);
    await market.topUp(buyer, 100);

    expect(before).toBe('BILLING_BALANCE_TOO_LOW');
    await expect(place(input)).resolves.toBeDefined();
    expect(await ordersOf(buyer)).toBe(1);
  });
});

describe('a refusal', () => {
  it('says that the offer is not what the buyer saw', async () => {
    const offerId = await market.offer(provider, shelf, { priceMinor: 100 });
    const { termsHash } = await market.get(OfferQueries).byId(buyer.ctx, offerId);

    expect(await refusedAs(order(offerId, { expectedPriceMinor: 99 }))).toBe('BILLING_OFFER_CHANGED');
    expect(await refusedAs(order(offerId, { expectedTermsHash: 'ab'.repeat(32) }))).toBe('BILLING_OFFER_CHANGED');
    await market.topUp(buyer, 100);
    await expect(
      place(order(offerId, { expectedPriceMinor: 100, expectedTermsHash: termsHash })),
    ).resolves.toBeDefined();
  });

  it('says that an offer is retired, and a dataset off the shelf', async () => {
    const offerId = await market.offer(provider, shelf);
    const kept = await market.offer(provider, shelf);
    await market.get(OfferService).retireOffer(provider.ctx, offerId);

    expect(await refusedAs(order(offerId))).toBe('LICENSING_OFFER_RETIRED');
    await market.rows(`update datasets set status = 'withdrawn' where id = $1`, [shelf.datasetId]);
    expect(await refusalOf(orders.placeOrder(buyer.ctx, order(kept)))).toBe('REQUEST_NOT_FOUND');
  });

  it('sells no version that was recalled', async () => {
    const offerId = await market.offer(provider, shelf);
    await market.get(VersionService).recallVersion(provider.ctx, shelf.versionId, 'The wrist camera is out of sync.');

    expect(await refusalOf(orders.placeOrder(buyer.ctx, order(offerId)))).toBe('LICENSING_NOT_FOR_SALE');
  });

  it.each([
    ['CC-BY-NC-4.0', 'commercial_training', 'LICENSING_TERMS_INCOMPATIBLE'],
    ['CC-BY-SA-4.0', 'embed_in_product', 'LICENSING_TERMS_INCOMPATIBLE'],
    ['evaluation', 'research_training', 'LICENSING_TERMS_INCOMPATIBLE'],
    ['CC-BY-SA-4.0', 'COMMERCIAL_TRAINING', 'not refused'],
  ])('under %s for %s: %s', async (template, use, code) => {
    expect(await refusedAs(order(await market.offer(provider, shelf, { template }), { use }))).toBe(code);
  });

  it('names what is missing, and leaves no trace', async () => {
    await market.topUp(buyer, 30);
    const refusal = await orders.placeOrder(buyer.ctx, order(await market.offer(provider, shelf, { priceMinor: 100 })));

    expect(refusal).toMatchObject({
      code: 'BILLING_BALANCE_TOO_LOW',
      details: { balanceMinor: 30, missingMinor: 70, currency: 'CNY' },
    });
    expect(await ordersOf(buyer)).toBe(0);
    expect(await market.rows('select 1 from grants where organization_id = $1', [buyer.organizationId])).toEqual([]);
  });

  it('does not take one currency for another', async () => {
    await market.topUp(buyer, 1_000, 'USD');

    expect(await refusedAs(order(await market.offer(provider, shelf, { priceMinor: 100, currency: 'CNY' })))).toBe(
      'BILLING_BALANCE_TOO_LOW',
    );
    await expect(
      place(order(await market.offer(provider, shelf, { priceMinor: 100, currency: 'USD' }))),
    ).resolves.toBeDefined();
  });

  it('lists every problem of a malformed order', async () => {
    const error = await orders
      .placeOrder(buyer.ctx, { offerId: '', idempotencyKey: 'x', acceptTerms: false, use: 'resell' })
      .catch((e: unknown) => e);

    expect(error).toMatchObject({ code: 'REQUEST_INVALID' });
    expect((error as DomainError<{ problems: { path: string }[] }>).details.problems.map((p) => p.path).sort()).toEqual(
      ['input.acceptTerms', 'input.idempotencyKey', 'input.offerId', 'input.use'],
    );
  });
});

describe('an offer that needs approval', () => {
  it('is sold only after it, in the version that was asked for, and starts that very grant', async () => {
    const offerId = await market.offer(provider, shelf, { priceMinor: 10, per: 'episode', needsApproval: true });
    await market.topUp(buyer, 5_000);
    const requests = market.get(LicenseRequestService);

    const unasked = await refusedAs(order(offerId));
    const { id: grantId } = await requests.requestLicense(buyer.ctx, { offerId, acceptTerms: true });
    const unapproved = await refusedAs(order(offerId));
    await requests.approveLicense(provider.ctx, { grantId });
    await market.release({ datasetId: shelf.datasetId, number: 2, episodes: 400 });
    const others = await orders.placeOrder(stranger.ctx, order(offerId));
    const placed = await place(order(offerId));

    expect([unasked, unapproved]).toEqual(['BILLING_APPROVAL_REQUIRED', 'BILLING_APPROVAL_REQUIRED']);
    expect(others).toMatchObject({ code: 'BILLING_APPROVAL_REQUIRED' });
    expect(placed.grantId).toBe(grantId);
    expect(await market.get(OrderQueries).byId(buyer.ctx, placed.orderId)).toMatchObject({
      priceMinor: 1_000,
      versionLabel: 'v1',
    });
    expect(await refusedAs(order(offerId))).toBe('BILLING_APPROVAL_REQUIRED');
  });
});

describe('orders at the same moment', () => {
  it('never overdraw: of eight, exactly the three that the balance covers', async () => {
    const offerId = await market.offer(provider, shelf, { priceMinor: 100 });
    await market.topUp(buyer, 399);

    const results = await Promise.all(Array.from({ length: 8 }, () => orders.placeOrder(buyer.ctx, order(offerId))));

    expect(results.filter((result) => !(result instanceof DomainError))).toHaveLength(3);
    expect(await money(buyer)).toMatchObject({ spendableMinor: 99 });
    expect(await money(provider)).toMatchObject({ payableMinor: 270 });
    expect(await market.unbalancedEntries()).toEqual([]);
  });

  it('of many buyers, prices and top-ups leave every balance right and none below zero (property)', async () => {
    const step = fc.record({ isTopUp: fc.boolean(), amountMinor: fc.integer({ min: 1, max: 60 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 8 }), async (steps) => {
        const party = await market.party({ isBuyer: true });
        const offerIds = await Promise.all(
          steps.map(({ isTopUp, amountMinor }) =>
            isTopUp ? null : market.offer(provider, shelf, { priceMinor: amountMinor }),
          ),
        );
        const changes = await Promise.all(
          steps.map(async ({ amountMinor }, i) => {
            const offerId = offerIds[i];
            if (!offerId) return market.topUp(party, amountMinor).then(() => amountMinor);
            const placed = await orders.placeOrder(party.ctx, order(offerId));
            return placed instanceof DomainError ? 0 : -amountMinor;
          }),
        );
        const balance = (await money(party))?.spendableMinor ?? Number.NaN;
        expect(balance).toBe(changes.reduce((sum, change) => sum + change, 0));
        expect(balance).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 12 },
    );

    expect(await market.unbalancedEntries()).toEqual([]);
  });

  it('and the retiring of the offer: who comes after it gets nothing', async () => {
    const offerId = await market.offer(provider, shelf);

    const [, ...results] = await Promise.all([
      market.get(OfferService).retireOffer(provider.ctx, offerId),
      ...Array.from({ length: 4 }, () => orders.placeOrder(buyer.ctx, order(offerId))),
    ]);

    for (const result of results) {
      if (result instanceof DomainError) expect(result.code).toBe('LICENSING_OFFER_RETIRED');
    }
    expect(await refusedAs(order(offerId))).toBe('LICENSING_OFFER_RETIRED');
  });
});

describe('another organization', () => {
  it("sees no order and no balance, and buys on nobody else's money", async () => {
    const offerId = await market.offer(provider, shelf, { priceMinor: 100 });
    await market.topUp(buyer, 1_000);
    const { orderId } = await place(order(offerId));

    for (const party of [stranger, provider]) {
      expect(await refusalOf(market.get(OrderQueries).byId(party.ctx, orderId))).toBe('REQUEST_NOT_FOUND');
      const page = await market.get(OrderQueries).orders(party.ctx, { first: 100 });
      expect(page.items.map((item) => item.id)).not.toContain(orderId);
    }
    expect(await money(stranger)).toMatchObject({ spendableMinor: 0, payableMinor: 0 });
    expect(await orders.placeOrder(stranger.ctx, order(offerId))).toMatchObject({ code: 'BILLING_BALANCE_TOO_LOW' });
    expect(await refusalOf(orders.placeOrder(provider.ctx, order(offerId)))).toBe('REQUEST_FORBIDDEN');
    expect(await refusalOf(orders.placeOrder(ANONYMOUS, order(offerId)))).toBe('REQUEST_UNAUTHENTICATED');
    expect(await refusalOf(market.get(OrderQueries).orders(ANONYMOUS, {}))).toBe('REQUEST_UNAUTHENTICATED');
    expect(await money(buyer)).toMatchObject({ spendableMinor: 900 });
  });

  it('cannot order from a shelf that it may not see', async () => {
    const offerId = await market.offer(provider, shelf);
    await market.rows(`update datasets set status = 'draft' where id = $1`, [shelf.datasetId]);

    expect(await refusalOf(orders.placeOrder(buyer.ctx, order(offerId)))).toBe('REQUEST_NOT_FOUND');
    const owner = market.as(provider, { isBuyer: true });
    expect(await refusalOf(orders.placeOrder(owner, order(offerId)))).toBe('LICENSING_NOT_FOR_SALE');
  });
});
