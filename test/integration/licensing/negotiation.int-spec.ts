import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { BalanceQueries, OrderQueries, OrderService, RefundService } from '@app/billing';
import type { PlacedOrder } from '@app/billing';
import { DatasetQueries, VersionService } from '@app/catalog';
import { DomainError, newId } from '@app/kernel';
import {
  AcceptanceQueries,
  GrantGate,
  GrantQueries,
  GrantService,
  LicenseRequestService,
  MixtureQueries,
  OfferQueries,
  OfferService,
  RequestChangesQueries,
  Seats,
  SeatsQueries,
  UseCheckQueries,
} from '@app/licensing';
import { ANONYMOUS, MovableClock, RightsMarket, refusalOf } from '../../support/rights-market.factory.js';
import type { Party, Shelf } from '../../support/rights-market.factory.js';

const clock = new MovableClock();
let market: RightsMarket;
let provider: Party;
let buyer: Party;
let other: Party;
let admin: Party;
let shelf: Shelf;
let offers: OfferQueries;
let requests: LicenseRequestService;
let queries: GrantQueries;

const reason = 'We do not license to this sector.';

beforeAll(async () => {
  market = await RightsMarket.open(undefined, 1_000, {}, clock);
  admin = await market.party({ isAdmin: true });
  offers = market.get(OfferQueries);
  requests = market.get(LicenseRequestService);
  queries = market.get(GrantQueries);
}, 120_000);

beforeEach(async () => {
  provider = await market.party({ isProvider: true });
  buyer = await market.party({ isBuyer: true });
  other = await market.party({ isBuyer: true, isProvider: true });
  shelf = await market.shelf(provider);
});

afterAll(() => market.close());

async function order(party: Party, offerId: string, more: object = {}): Promise<PlacedOrder | DomainError> {
  const input = { offerId, idempotencyKey: newId('Request'), acceptTerms: true, ...more };
  return market.get(OrderService).placeOrder(party.ctx, input);
}

async function placed(party: Party, offerId: string, more: object = {}): Promise<PlacedOrder> {
  const result = await order(party, offerId, more);
  if (result instanceof DomainError) throw result;
  return result;
}

const ask = (offerId: string, more: object = {}): Promise<{ id: string }> =>
  requests.requestLicense(buyer.ctx, { offerId, acceptTerms: true, ...more });

describe('a private offer', () => {
  it('is there for its buyer, the provider and the operator, and at no door for anybody else', async () => {
    const offerId = await market.offer(provider, shelf, { audience: [buyer.slug], needsApproval: true });
    const open = await market.offer(provider, shelf, { template: 'research' });
    const seen = async (ctx: Party['ctx']): Promise<string[]> =>
      (await offers.ofDataset(ctx, shelf.datasetId)).map(({ id }) => id);

    for (const { ctx } of [buyer, provider, admin]) {
      expect(await seen(ctx)).toEqual([offerId, open]);
      expect(await offers.byId(ctx, offerId)).toMatchObject({ isPrivate: true });
    }
    expect(await seen(other.ctx)).toEqual([open]);
    expect(await seen(ANONYMOUS)).toEqual([open]);
    for (const door of [
      () => offers.byId(other.ctx, offerId),
      () => offers.byId(ANONYMOUS, offerId),
      () => market.get(UseCheckQueries).canI(other.ctx, { offerId }, 'evaluate'),
      () => requests.requestLicense(other.ctx, { offerId, acceptTerms: true }),
      () => order(other, offerId),
      () => market.get(OfferService).retireOffer(other.ctx, offerId),
    ])
      expect(await refusalOf(door())).toBe('REQUEST_NOT_FOUND');
  });

  it('decides for its buyer what he may do, and for nobody else', async () => {
    await market.offer(provider, shelf, { template: 'research' });
    await market.offer(provider, shelf, { template: 'commercial', audience: [buyer.slug] });
    const verdicts = async (ctx: Party['ctx']): Promise<string[]> => [
      (await market.get(UseCheckQueries).canI(ctx, { datasetSlug: shelf.slug }, 'fine_tune')).verdict,
      (await market.get(MixtureQueries).canITogether(ctx, [shelf.slug], 'fine_tune')).verdict,
    ];

    expect(await verdicts(buyer.ctx)).toEqual(['ALLOWED', 'ALLOWED']);
    expect(await verdicts(other.ctx)).toEqual(['FORBIDDEN', 'FORBIDDEN']);
    expect(await verdicts(ANONYMOUS)).toEqual(['FORBIDDEN', 'FORBIDDEN']);
  });

  it('moves nothing that the catalogue is filtered by', async () => {
    const listing = (): Promise<object> => market.get(DatasetQueries).byId(market.system, shelf.datasetId);
    const before = await listing();

    await market.offer(provider, shelf, { audience: [buyer.slug] });
    await market.offer(provider, shelf, { audience: [buyer.slug], priceMinor: 5 });

    expect(await listing()).toMatchObject({ usableFor: [], hasFreeOffer: false, minPriceCny: null });
    expect(before).toMatchObject({ usableFor: [], hasFreeOffer: false, minPriceCny: null });
  });

  it('tells its buyer not who else it is made to, and is made to organizations that exist', async () => {
    const offerId = await market.offer(provider, shelf, { audience: [buyer.slug, other.slug.toUpperCase()] });

    expect((await offers.byId(provider.ctx, offerId)).audience).toEqual([buyer.slug, other.slug].sort());
    expect((await offers.byId(buyer.ctx, offerId)).audience).toBeNull();
    expect(await refusalOf(market.offer(provider, shelf, { audience: ['nobody-at-all'] }))).toBe('REQUEST_NOT_FOUND');
    await expect(market.rows('update offers set audience = null where id = $1', [offerId])).rejects.toThrow(
      'only be retired',
    );
  });
});

describe('an offer for a time', () => {
  it('is over at the instant that it names, and the shelf is told by the sweep', async () => {
    const offerId = await market.offer(provider, shelf, { validUntil: new Date(clock.now().getTime() + 86_400_000) });
    clock.advanceDays(1);

    const refused = await order(buyer, offerId);
    const listed = await offers.ofDataset(ANONYMOUS, shelf.datasetId);
    const swept = [
      await market.get(OfferService).retireDue(market.system),
      await market.get(OfferService).retireDue(market.system),
    ];

    expect(refused).toMatchObject({ code: 'LICENSING_OFFER_RETIRED' });
    expect(listed).toEqual([]);
    expect(swept).toEqual([1, 0]);
    expect(await market.get(DatasetQueries).byId(market.system, shelf.datasetId)).toMatchObject({
      hasFreeOffer: false,
    });
    expect(await offers.byId(buyer.ctx, offerId)).toMatchObject({ status: 'retired' });
    expect(await refusalOf(market.offer(provider, shelf, { validUntil: new Date(0) }))).toBe('REQUEST_INVALID');
  });
});

describe('a request', () => {
  it('shows the provider what has changed since: terms, limits, price, offer and version', async () => {
    const offerId = await market.offer(provider, shelf, { needsApproval: true, priceMinor: 10, per: 'episode' });
    const { id } = await ask(offerId);
    const changes = async () => (await market.get(RequestChangesQueries).of(provider.ctx, [id])).get(id);
    const before = await changes();
    clock.advanceDays(1);
    const secret = await market.offer(provider, shelf, { priceMinor: 1, audience: [other.slug] });
    const newer = await market.offer(provider, shelf, { priceMinor: 30, per: 'episode', limits: { seats: 3 } });
    await market.offer(provider, shelf, { needsApproval: true, priceMinor: 10, per: 'episode' });
    await market.get(OfferService).retireOffer(provider.ctx, offerId);
    await market.get(VersionService).recallVersion(provider.ctx, shelf.versionId, 'The wrist camera is out of sync.');
    const current = await market.release({ datasetId: shelf.datasetId, number: 2, episodes: 200 });

    const after = await changes();

    expect(before).toMatchObject({
      hasChanged: false,
      newerOffers: [],
      offerRetiredAt: null,
      versionStatus: 'published',
    });
    expect(after).toMatchObject({
      hasChanged: true,
      offerRetiredAt: expect.any(Date),
      versionStatus: 'recalled',
      recallReason: 'The wrist camera is out of sync.',
      currentVersionId: current,
      newerOffers: [
        {
          offer: { id: newer },
          uses: [],
          limits: [{ limit: 'seats', before: null, after: 3 }],
          isPriceChanged: true,
          priceBefore: { priceMinor: 10, totalMinor: 1_000 },
          priceAfter: { priceMinor: 30, totalMinor: 6_000 },
        },
      ],
    });
    expect(JSON.stringify(after)).not.toContain(secret);
  });

  it('names who accepted which terms and when: the person to his own organization and the operator alone', async () => {
    const offerId = await market.offer(provider, shelf, { template: 'research', needsApproval: true, priceMinor: 5 });
    await market.topUp(buyer, 5);
    const context = { actor: 'company', purpose: 'noncommercial' };
    const { id } = await ask(offerId, { context });
    await requests.approveLicense(provider.ctx, { grantId: id });
    clock.advanceDays(1);
    await placed(buyer, offerId);
    const of = async (party: Party) => (await market.get(AcceptanceQueries).of(party.ctx, [id])).get(id);

    const { termsHash } = await queries.byId(buyer.ctx, id);
    const userId = buyer.ctx.actor.kind === 'user' ? buyer.ctx.actor.userId : '';
    const organizationId = buyer.organizationId;

    expect(await of(buyer)).toMatchObject([
      { via: 'request', termsHash, organizationId, acceptedBy: userId, attested: context },
      { via: 'order', termsHash, organizationId, acceptedBy: userId, attested: {} },
    ]);
    expect((await of(admin))?.map(({ acceptedBy }) => acceptedBy)).toEqual([userId, userId]);
    expect((await of(provider))?.map(({ acceptedBy }) => acceptedBy)).toEqual([null, null]);
    await expect(market.rows('delete from grant_acceptances where grant_id = $1', [id])).rejects.toThrow('append-only');
    const free = await placed(buyer, await market.offer(provider, shelf));
    expect((await market.get(AcceptanceQueries).of(buyer.ctx, [free.grantId])).get(free.grantId)).toHaveLength(1);
  });

  it('lapses after 45 days without an answer, by time alone, and is written down once', async () => {
    const offerId = await market.offer(provider, shelf, { needsApproval: true });
    const { id: grantId } = await ask(offerId);
    clock.advanceDays(44);
    const waiting = (await queries.byId(buyer.ctx, grantId)).state;
    clock.advanceDays(1);

    const refused = await refusalOf(requests.approveLicense(provider.ctx, { grantId }));
    const shown = await queries.byId(buyer.ctx, grantId);
    const again = await ask(offerId);
    await market.get(GrantService).expireDue(market.system);

    expect([waiting, refused, shown.state]).toEqual(['requested', 'LICENSING_GRANT_STEP_REFUSED', 'expired']);
    expect((await queries.byId(buyer.ctx, again.id)).state).toBe('requested');
    const events = await market.rows('select to_state, actor_kind from grant_events where grant_id = $1 order by seq', [
      grantId,
    ]);
    expect(events).toEqual([
      { to_state: 'requested', actor_kind: 'user' },
      { to_state: 'expired', actor_kind: 'system' },
    ]);
  });

  it('that was approved lapses after 30 days without an order', async () => {
    const offerId = await market.offer(provider, shelf, { needsApproval: true, priceMinor: 5 });
    await market.topUp(buyer, 5);
    const { id: grantId } = await ask(offerId);
    clock.advanceDays(40);
    await requests.approveLicense(provider.ctx, { grantId });
    clock.advanceDays(30);

    expect(await order(buyer, offerId)).toMatchObject({ code: 'BILLING_APPROVAL_REQUIRED' });
    await market.get(GrantService).expireDue(market.system);
    expect(await queries.byId(buyer.ctx, grantId)).toMatchObject({ state: 'expired', startsAt: null });
  });

  it('is withdrawn by its buyer alone, before it is a right, and answered the same when asked twice', async () => {
    const offerId = await market.offer(provider, shelf, { needsApproval: true });
    const { id: grantId } = await ask(offerId);

    expect(await refusalOf(requests.withdrawRequest(other.ctx, { grantId }))).toBe('REQUEST_NOT_FOUND');
    expect(await refusalOf(requests.withdrawRequest(provider.ctx, { grantId }))).toBe('REQUEST_FORBIDDEN');
    expect(await refusalOf(requests.withdrawRequest(ANONYMOUS, { grantId }))).toBe('REQUEST_UNAUTHENTICATED');
    for (let i = 0; i < 2; i++)
      expect(await requests.withdrawRequest(buyer.ctx, { grantId })).toMatchObject({ state: 'revoked' });
    expect(await refusalOf(requests.approveLicense(provider.ctx, { grantId }))).toBe('LICENSING_GRANT_STEP_REFUSED');
    const { grantId: held } = await placed(buyer, await market.offer(provider, shelf));
    expect(await refusalOf(requests.withdrawRequest(buyer.ctx, { grantId: held }))).toBe(
      'LICENSING_GRANT_STEP_REFUSED',
    );
  });

  it('is answered the same when the provider says the same twice, and refused when he says another thing', async () => {
    const offerId = await market.offer(provider, shelf, { needsApproval: true });
    const { id: grantId } = await ask(offerId);

    for (let i = 0; i < 2; i++)
      expect(await requests.approveLicense(provider.ctx, { grantId })).toMatchObject({ state: 'active' });
    expect(await refusalOf(requests.declineLicense(provider.ctx, { grantId, reason }))).toBe(
      'LICENSING_GRANT_STEP_REFUSED',
    );
    expect(await market.rows('select 1 from grant_events where grant_id = $1', [grantId])).toHaveLength(3);
  });
});

describe('a renewal', () => {
  it('is a new right under the terms offered now, and starts when the old one ends', async () => {
    const { grantId } = await placed(buyer, await market.offer(provider, shelf, { template: 'evaluation' }));
    const old = await queries.byId(buyer.ctx, grantId);
    const renewed = await placed(buyer, await market.offer(provider, shelf, { template: 'research' }), {
      renewsGrantId: grantId,
    });

    const next = await queries.byId(buyer.ctx, renewed.grantId);
    const early = await refusalOf(market.get(GrantGate).require(buyer.ctx, next.id));
    const mayI = await market.get(UseCheckQueries).canI(buyer.ctx, { grantId: next.id }, 'evaluate');
    clock.advanceDays(30);

    expect(next).toMatchObject({ renewsGrantId: grantId, state: 'active', startsAt: old.expiresAt });
    expect(next.termsHash).not.toBe(old.termsHash);
    expect(early).toBe('LICENSING_GRANT_NOT_ACTIVE');
    expect(mayI.verdict).toBe('FORBIDDEN');
    expect(await refusalOf(market.get(GrantGate).require(buyer.ctx, grantId))).toBe('LICENSING_GRANT_NOT_ACTIVE');
    await expect(market.get(GrantGate).require(buyer.ctx, next.id)).resolves.toMatchObject({ id: next.id });
    expect((await queries.byId(buyer.ctx, grantId)).expiresAt).toEqual(old.expiresAt);
  });

  it('starts at once after the end, happens once, and goes through approval where the offer needs it', async () => {
    const { grantId } = await placed(buyer, await market.offer(provider, shelf, { template: 'evaluation' }));
    clock.advanceDays(31);
    const offerId = await market.offer(provider, shelf, { template: 'evaluation', needsApproval: true });
    const { id } = await ask(offerId, { renewsGrantId: grantId });
    const twice = await refusalOf(order(buyer, await market.offer(provider, shelf), { renewsGrantId: grantId }));

    await requests.approveLicense(provider.ctx, { grantId: id });

    expect(twice).toBe('LICENSING_ALREADY_RENEWED');
    await expect(market.get(GrantGate).require(buyer.ctx, id)).resolves.toBeDefined();
  });

  it('is refused for what has no end, was revoked, is on other data, or is somebody else’s', async () => {
    const offerId = await market.offer(provider, shelf, { template: 'evaluation' });
    const endless = await placed(buyer, await market.offer(provider, shelf));
    const revoked = await placed(buyer, offerId);
    await market.get(GrantService).revokeGrant(provider.ctx, { grantId: revoked.grantId, reason });
    const theirs = await placed(other, offerId);
    const elsewhere = await placed(
      buyer,
      await market.offer(provider, await market.shelf(provider), { template: 'evaluation' }),
    );
    const renewing = (grantId: string): Promise<string> => refusalOf(order(buyer, offerId, { renewsGrantId: grantId }));

    for (const { grantId } of [endless, revoked, elsewhere])
      expect(await renewing(grantId)).toBe('LICENSING_NOT_RENEWABLE');
    expect(await renewing(theirs.grantId)).toBe('REQUEST_NOT_FOUND');
  });
});

describe('seats', () => {
  const colleague = (role: 'owner' | 'member' = 'member'): Party => ({
    ...buyer,
    ctx: market.as(buyer, { userId: newId('User'), role }),
  });
  const idOf = ({ ctx }: Party): string => (ctx.actor.kind === 'user' ? ctx.actor.userId : '');
  const enter = (grantId: string, { ctx }: Party): Promise<unknown> => market.get(GrantGate).require(ctx, grantId);

  it('are taken by the first who come, twenty at the same moment, and the others are told so', async () => {
    const { grantId } = await placed(buyer, await market.offer(provider, shelf, { limits: { seats: 3 } }));
    const users = Array.from({ length: 20 }, () => colleague());

    const results = await Promise.allSettled(users.map((user) => enter(grantId, user)));

    const [inside, outside] = [true, false].map((isIn) =>
      users.filter((_, i) => (results[i]?.status === 'fulfilled') === isIn),
    );
    expect(inside).toHaveLength(3);
    for (const user of inside ?? []) await expect(enter(grantId, user)).resolves.toBeDefined();
    for (const user of outside ?? []) expect(await refusalOf(enter(grantId, user))).toBe('LICENSING_NO_SEAT_LEFT');
    const seats = (await market.get(SeatsQueries).of(buyer.ctx, [grantId])).get(grantId);
    expect(seats).toMatchObject({ total: 3, taken: 3 });
    expect(seats?.users?.map(({ userId }) => userId).sort()).toEqual((inside ?? []).map(idOf).sort());
    expect((await market.get(SeatsQueries).of(provider.ctx, [grantId])).get(grantId)).toEqual({
      total: 3,
      taken: 3,
      users: null,
    });
  });

  it('are released by an owner or their own user, and then free for another', async () => {
    const { grantId } = await placed(buyer, await market.offer(provider, shelf, { limits: { seats: 1 } }));
    const [first, second] = [colleague(), colleague()];
    const seats = market.get(Seats);
    await enter(grantId, first);

    expect(await refusalOf(seats.releaseSeat(second.ctx, { grantId, userId: idOf(first) }))).toBe('REQUEST_FORBIDDEN');
    expect(await refusalOf(seats.releaseSeat(other.ctx, { grantId, userId: idOf(first) }))).toBe('REQUEST_NOT_FOUND');
    await seats.releaseSeat(buyer.ctx, { grantId, userId: idOf(first) });
    await seats.releaseSeat(buyer.ctx, { grantId, userId: idOf(first) });

    await expect(enter(grantId, second)).resolves.toBeDefined();
    expect(await refusalOf(enter(grantId, first))).toBe('LICENSING_NO_SEAT_LEFT');
    await expect(
      market.rows('insert into grant_seats (grant_id, seat, user_id, named_at) values ($1, 2, $2, now())', [
        grantId,
        'usr',
      ]),
    ).rejects.toThrow('has no seat 2');
    await expect(market.rows('delete from grant_seats where grant_id = $1', [grantId])).rejects.toThrow(
      'only be released',
    );
  });

  it('are no matter where the terms name no number', async () => {
    const { grantId } = await placed(buyer, await market.offer(provider, shelf));

    await enter(grantId, buyer);

    expect((await market.get(SeatsQueries).of(buyer.ctx, [grantId])).get(grantId)).toBeUndefined();
    expect(await market.rows('select 1 from grant_seats where grant_id = $1', [grantId])).toEqual([]);
  });
});

describe('a refund', () => {
  const moneyOf = async (party: Party) =>
    (await market.get(BalanceQueries).balance(party.ctx)).find((b) => b.currency === 'CNY');

  it('gives all of the price back, the fee too, and ends the right, in one act and once', async () => {
    await market.topUp(buyer, 1_000);
    const { orderId, grantId } = await placed(buyer, await market.offer(provider, shelf, { priceMinor: 777 }));
    const refunds = market.get(RefundService);

    await Promise.all([1, 2, 3].map(() => refunds.refundOrder(provider.ctx, { grantId, reason })));
    await refunds.refundOrder(admin.ctx, { grantId, reason });

    expect(await moneyOf(buyer)).toMatchObject({ spendableMinor: 1_000 });
    expect(await moneyOf(provider)).toMatchObject({ payableMinor: 0 });
    expect(await market.get(OrderQueries).byId(buyer.ctx, orderId)).toMatchObject({ state: 'refunded' });
    expect(await queries.byId(buyer.ctx, grantId)).toMatchObject({ state: 'revoked', stateReason: reason });
    expect(await refusalOf(market.get(GrantGate).require(buyer.ctx, grantId))).toBe('LICENSING_GRANT_NOT_ACTIVE');
    expect(await market.unbalancedEntries()).toEqual([]);
    expect(
      await market.rows(`select 1 from audit_pending where action = 'order.refunded' and grant_id = $1`, [grantId]),
    ).toHaveLength(1);
  });

  it('is for the provider and the operator, with a reason, and for what an order paid for', async () => {
    const { grantId } = await placed(buyer, await market.offer(provider, shelf));
    const refund = (party: Party, why = reason): Promise<string> =>
      refusalOf(market.get(RefundService).refundOrder(party.ctx, { grantId, reason: why }));

    expect(await refund(buyer)).toBe('REQUEST_FORBIDDEN');
    expect(await refund(other)).toBe('REQUEST_NOT_FOUND');
    expect(await refund(provider, 'no')).toBe('REQUEST_INVALID');
    const { id } = await ask(await market.offer(provider, shelf, { template: 'research', needsApproval: true }));
    expect(await refusalOf(market.get(RefundService).refundOrder(provider.ctx, { grantId: id, reason }))).toBe(
      'BILLING_NO_ORDER',
    );
    expect((await queries.byId(buyer.ctx, id)).state).toBe('requested');
  });
});
