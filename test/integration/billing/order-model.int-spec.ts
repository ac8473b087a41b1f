import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AuditSequencer, LogVerification } from '@app/audit';
import { BalanceQueries, OrderService, RefundService, TopUpService } from '@app/billing';
import { DomainError } from '@app/kernel';
import fc from 'fast-check';
import { explain, whichHold } from '../../support/concurrent-model.js';
import type { Reaction } from '../../support/concurrent-model.js';
import { RightsMarket } from '../../support/rights-market.factory.js';
import type { Party, Shelf } from '../../support/rights-market.factory.js';

/*
 * Orders, their money and their end, told plainly, and compared with what comes of the same messages sent twice, late and at the
 * same moment through two processes.
 */

const PRICES = [0, 30, 70] as const;
const FEE_BASIS_POINTS = 1_000;
const REASON = 'Refunded in the model.';
const feeOf = (price: number): number => Math.floor((price * FEE_BASIS_POINTS) / 10_000);

type Message =
  | { readonly kind: 'order'; readonly key: number; readonly offer: number }
  | { readonly kind: 'topUp'; readonly key: number; readonly amount: number }
  | { readonly kind: 'refund'; readonly key: number };

interface Model {
  readonly balance: number;
  readonly payable: number;
  /** By key: which offer, and whether the money went back. */
  readonly orders: Readonly<Record<number, { readonly offer: number; readonly isRefunded: boolean }>>;
  readonly topUps: Readonly<Record<number, number>>;
}

function react(model: Model, message: Message): Reaction<Model> {
  const refuse = (outcome: string): Reaction<Model> => ({ state: model, outcome });
  if (message.kind === 'topUp') {
    const known = model.topUps[message.key];
    if (known !== undefined) return refuse(known === message.amount ? 'credited' : 'BILLING_IDEMPOTENCY_MISMATCH');
    const topUps = { ...model.topUps, [message.key]: message.amount };
    return { state: { ...model, topUps, balance: model.balance + message.amount }, outcome: 'credited' };
  }
  const known = model.orders[message.key];
  if (message.kind === 'refund') {
    if (!known) return refuse('nothing');
    if (known.isRefunded) return refuse('refunded');
    const price = PRICES[known.offer] ?? 0;
    const orders = { ...model.orders, [message.key]: { ...known, isRefunded: true } };
    const payable = model.payable - price + feeOf(price);
    return { state: { ...model, orders, balance: model.balance + price, payable }, outcome: 'refunded' };
  }
  if (known) return refuse(known.offer === message.offer ? 'ordered' : 'BILLING_IDEMPOTENCY_MISMATCH');
  const price = PRICES[message.offer] ?? 0;
  if (price > model.balance) return refuse('BILLING_BALANCE_TOO_LOW');
  const orders = { ...model.orders, [message.key]: { offer: message.offer, isRefunded: false } };
  const payable = model.payable + price - feeOf(price);
  return { state: { ...model, orders, balance: model.balance - price, payable }, outcome: 'ordered' };
}

class Real {
  readonly grants: Record<number, string> = {};
  private sent = 0;

  constructor(
    private readonly doors: readonly RightsMarket[],
    readonly provider: Party,
    readonly buyer: Party,
    readonly shelf: Shelf,
    readonly offers: readonly string[],
  ) {}

  async send(message: Message): Promise<string> {
    const door = this.doors[this.sent++ % this.doors.length];
    if (!door) throw new Error('There is no door.');
    try {
      return await this.through(door, message);
    } catch (error) {
      if (error instanceof DomainError) return error.code;
      throw error;
    }
  }

  private async through(door: RightsMarket, message: Message): Promise<string> {
    const idempotencyKey = `${message.kind}-${this.shelf.datasetId}-${message.key}`;
    if (message.kind === 'topUp') {
      await door.get(TopUpService).topUpBalance(door.system, {
        organizationSlug: this.buyer.slug,
        amountMinor: message.amount,
        currency: 'CNY',
        reference: 'model',
        idempotencyKey,
      });
      return 'credited';
    }
    if (message.kind === 'refund') {
      const grantId = this.grants[message.key];
      if (grantId === undefined) return 'nothing';
      await door.get(RefundService).refundOrder(this.provider.ctx, { grantId, reason: REASON });
      return 'refunded';
    }
    const offerId = this.offers[message.offer] ?? '';
    const placed = await door
      .get(OrderService)
      .placeOrder(this.buyer.ctx, { offerId, idempotencyKey, acceptTerms: true });
    if (placed instanceof DomainError) return placed.code;
    const known = this.grants[message.key];
    if (known !== undefined && known !== placed.grantId) return 'ordered twice';
    this.grants[message.key] = placed.grantId;
    return 'ordered';
  }
}

interface Run {
  /** More than one where the answers so far leave open what came first. */
  models: readonly Model[];
  readonly late: Message[];
}
type Command = fc.AsyncCommand<Run, Real>;

async function deliver(run: Run, real: Real, messages: readonly Message[]): Promise<void> {
  // A refund speaks of an order that its sender was told of; one that is still under way is nobody's to refund.
  const sent = messages.filter((m) => m.kind !== 'refund' || real.grants[m.key] !== undefined);
  const outcomes = await Promise.all(sent.map((message) => real.send(message)));
  run.models = explain(run.models, sent, outcomes, react);
}

const send = (messages: readonly Message[], isDoubled: boolean): Command => ({
  check: () => true,
  run: (run, real) => deliver(run, real, isDoubled ? [...messages, ...messages.slice(-1)] : messages),
  toString: () => `send(${JSON.stringify(messages)}${isDoubled ? ', the last twice' : ''})`,
});
const post = (message: Message): Command => ({
  check: () => true,
  async run(run) {
    run.late.push(message, message);
  },
  toString: () => `post(${JSON.stringify(message)})`,
});
const arrive: Command = {
  check: (run) => run.late.length > 0,
  async run(run, real) {
    for (const message of run.late.splice(0).reverse()) await deliver(run, real, [message]);
  },
  toString: () => 'arrive',
};

describe('the life of an order', () => {
  let doors: RightsMarket[];

  beforeAll(async () => {
    const first = await RightsMarket.open(undefined, FEE_BASIS_POINTS);
    doors = [first, await RightsMarket.open(first.url, FEE_BASIS_POINTS)];
  }, 120_000);

  afterAll(async () => {
    for (const door of [...doors].reverse()) await door.close();
  });

  async function settle(): Promise<Real> {
    const [market] = doors;
    if (!market) throw new Error('There is no market.');
    const provider = await market.party({ isProvider: true });
    const buyer = await market.party({ isBuyer: true });
    const shelf = await market.shelf(provider);
    const offers = [];
    for (const price of PRICES)
      offers.push(await market.offer(provider, shelf, price > 0 ? { priceMinor: price } : { template: 'research' }));
    return new Real(doors, provider, buyer, shelf, offers);
  }

  // Few keys, so that they are used again: for the same, and for something else.
  const key = fc.nat({ max: 4 });
  const message: fc.Arbitrary<Message> = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({ kind: fc.constant('order' as const), key, offer: fc.nat({ max: PRICES.length - 1 }) }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('topUp' as const), key, amount: fc.constantFrom(50, 100) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('refund' as const), key }) },
  );
  const batch = fc
    .tuple(fc.array(message, { minLength: 1, maxLength: 3 }), fc.boolean())
    .map(([m, twice]) => send(m, twice));
  const commands = fc.commands([batch, batch, batch, message.map(post), fc.constant(arrive)], {
    maxCommands: 20,
    size: 'max',
  });

  it('is the life of the model, to the last unit of money', async () => {
    await fc.assert(
      fc.asyncProperty(commands, async (commands) => {
        const real = await settle();
        const run: Run = { models: [{ balance: 0, payable: 0, orders: {}, topUps: {} }], late: [] };
        await fc.asyncModelRun(() => ({ model: run, real }), commands);
        await whichHold(run.models, (model) => expectSameBooks(model, real));
      }),
      { numRuns: 24 },
    );

    const [market] = doors;
    if (!market) return;
    expect(await market.unbalancedEntries()).toEqual([]);
    await market.get(AuditSequencer).sequenceAll(market.system);
    expect(await market.get(LogVerification).verifyLog(market.system)).toMatchObject({ isIntact: true });
  }, 120_000);

  async function expectSameBooks(model: Model, real: Real): Promise<void> {
    const [market] = doors;
    if (!market) return;
    const balances = market.get(BalanceQueries);
    const [mine] = await balances.balance(real.buyer.ctx);
    const [theirs] = await balances.balance(real.provider.ctx);
    expect([mine?.spendableMinor, theirs?.payableMinor]).toEqual([model.balance, model.payable]);
    const rows = await market.rows<{ id: string; state: string; grant: string; entries: string[]; leaves: string[] }>(
      `select o.state, g.id, g.state as grant,
              array(select e.kind from ledger_entries e where e.order_id = o.id order by 1) as entries,
              array(select a.action from audit_pending a where a.subject_id = o.id order by 1) as leaves
         from orders o join grants g on g.order_id = o.id where o.organization_id = $1`,
      [real.buyer.organizationId],
    );
    const stored = new Map(rows.map((row) => [row.id, row]));
    expect(rows).toHaveLength(Object.keys(model.orders).length);
    for (const [key, { offer, isRefunded }] of Object.entries(model.orders)) {
      const isPaid = (PRICES[offer] ?? 0) > 0;
      expect(stored.get(real.grants[Number(key)] ?? '')).toMatchObject({
        state: isRefunded ? 'refunded' : 'fulfilled',
        grant: isRefunded ? 'revoked' : 'active',
        entries: isPaid ? ['order', ...(isRefunded ? ['refund'] : [])] : [],
        leaves: ['order.fulfilled', ...(isRefunded ? ['order.refunded'] : [])],
      });
    }
  }
});
