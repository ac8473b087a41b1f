import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AuditSequencer, LogVerification } from '@app/audit';
import { OrderService } from '@app/billing';
import { DatasetQueries } from '@app/catalog';
import { DomainError } from '@app/kernel';
import { OfferQueries, OfferService } from '@app/licensing';
import fc from 'fast-check';
import { explain, whichHold } from '../../support/concurrent-model.js';
import type { Reaction } from '../../support/concurrent-model.js';
import { ANONYMOUS, MovableClock, RightsMarket } from '../../support/rights-market.factory.js';
import type { Party, Shelf } from '../../support/rights-market.factory.js';

/* The life of offers, public and private, for ever and for a time, against a model; and what each asker and the catalogue see of it. */

interface Wish {
  /** Whom it is made to; null is everybody. */
  readonly to: number | null;
  readonly isPriced: boolean;
  readonly days: number | null;
}
type Message =
  | ({ readonly kind: 'create'; readonly key: string } & Wish)
  | { readonly kind: 'retire'; readonly offer: string }
  | { readonly kind: 'order'; readonly offer: string; readonly buyer: number; readonly key: string };

interface ModelOffer extends Wish {
  readonly until: number | null;
  readonly isRetired: boolean;
}
interface Model {
  readonly day: number;
  readonly offers: Readonly<Record<string, ModelOffer>>;
  readonly orders: readonly string[];
}

const isActive = (offer: ModelOffer, day: number): boolean =>
  !offer.isRetired && (offer.until === null || offer.until > day);

function react(model: Model, message: Message): Reaction<Model> {
  if (message.kind === 'create') {
    const { key, to, isPriced, days } = message;
    const offer = { to, isPriced, days, until: days === null ? null : model.day + days, isRetired: false };
    return { state: { ...model, offers: { ...model.offers, [key]: offer } }, outcome: 'created' };
  }
  const offer = model.offers[message.offer];
  if (!offer) throw new Error(`The model has no offer ${message.offer}.`);
  if (message.kind === 'order') {
    if (model.orders.includes(message.key)) return { state: model, outcome: 'ordered' };
    if (offer.to !== null && offer.to !== message.buyer) return { state: model, outcome: 'REQUEST_NOT_FOUND' };
    if (!isActive(offer, model.day)) return { state: model, outcome: 'LICENSING_OFFER_RETIRED' };
    return { state: { ...model, orders: [...model.orders, message.key] }, outcome: 'ordered' };
  }
  if (!isActive(offer, model.day)) return { state: model, outcome: 'LICENSING_OFFER_RETIRED' };
  const retired = { ...model.offers, [message.offer]: { ...offer, isRetired: true } };
  return { state: { ...model, offers: retired }, outcome: 'retired' };
}

const PRICE = 40;

class Real {
  readonly ids: Record<string, string> = {};
  private sent = 0;

  constructor(
    readonly doors: readonly RightsMarket[],
    readonly clock: MovableClock,
    readonly provider: Party,
    readonly buyers: readonly Party[],
    readonly shelf: Shelf,
  ) {}

  async send(message: Message): Promise<string> {
    const door = this.doors[this.sent++ % this.doors.length];
    if (!door) throw new Error('There is no door.');
    try {
      if (message.kind === 'create') {
        const { to, isPriced, days } = message;
        this.ids[message.key] = await door.offer(this.provider, this.shelf, {
          template: 'research',
          ...(to !== null && { audience: [this.buyers[to]?.slug ?? ''] }),
          ...(isPriced && { priceMinor: PRICE }),
          ...(days !== null && { validUntil: new Date(this.clock.now().getTime() + days * 86_400_000) }),
        });
        return 'created';
      }
      const offerId = this.ids[message.offer] ?? '';
      if (message.kind === 'retire') {
        await door.get(OfferService).retireOffer(this.provider.ctx, offerId);
        return 'retired';
      }
      const ctx = this.buyers[message.buyer]?.ctx ?? ANONYMOUS;
      const idempotencyKey = `model-${this.shelf.datasetId}-${message.key}`;
      const placed = await door.get(OrderService).placeOrder(ctx, { offerId, idempotencyKey, acceptTerms: true });
      return placed instanceof DomainError ? placed.code : 'ordered';
    } catch (error) {
      if (error instanceof DomainError) return error.code;
      throw error;
    }
  }

  async sweep(times: number): Promise<void> {
    await Promise.all(this.doors.slice(0, times).map((door) => door.get(OfferService).retireDue(door.system)));
  }
}

interface Run {
  /** More than one where the answers so far leave open what came first. */
  models: readonly Model[];
  readonly late: Message[];
  made: number;
}
type Draft =
  | ({ readonly kind: 'create' } & Wish)
  | { readonly kind: 'retire'; readonly pick: number }
  | { readonly kind: 'order'; readonly pick: number; readonly buyer: number };
type Command = fc.AsyncCommand<Run, Real>;

function write(run: Run, draft: Draft): Message | null {
  const key = `m${run.made++}`;
  if (draft.kind === 'create') return { ...draft, key };
  const offers = Object.keys(run.models[0]?.offers ?? {});
  const offer = offers[draft.pick % Math.max(1, offers.length)];
  if (offer === undefined) return null;
  return draft.kind === 'retire' ? { kind: 'retire', offer } : { kind: 'order', offer, buyer: draft.buyer, key };
}

async function deliver(run: Run, real: Real, messages: readonly Message[]): Promise<void> {
  const outcomes = await Promise.all(messages.map((message) => real.send(message)));
  run.models = explain(run.models, messages, outcomes, react);
  run.models = await whichHold(run.models, (model) => expectSeen(model, real));
}

/** Each asker sees what is active and meant for him, at once. */
async function expectSeen(model: Model, real: Real): Promise<void> {
  const [market] = real.doors;
  if (!market) return;
  for (const [i, ctx] of [...real.buyers.map((buyer) => buyer.ctx), ANONYMOUS].entries()) {
    const seen = await market.get(OfferQueries).ofDataset(ctx, real.shelf.datasetId);
    const meant = Object.entries(model.offers).filter(
      ([, offer]) => isActive(offer, model.day) && (offer.to === null || offer.to === i),
    );
    expect(seen.map(({ id }) => id).sort()).toEqual(meant.map(([key]) => real.ids[key]).sort());
  }
}

/** The catalogue is filtered by public offers alone, once the sweep has told it what time took away. */
async function expectListed(model: Model, real: Real): Promise<void> {
  const [market] = real.doors;
  if (!market) return;
  await real.sweep(2);
  const open = Object.values(model.offers).filter((offer) => offer.to === null && isActive(offer, model.day));
  expect(await market.get(DatasetQueries).byId(market.system, real.shelf.datasetId)).toMatchObject({
    hasFreeOffer: open.some((offer) => !offer.isPriced),
    minPriceCny: open.some((offer) => offer.isPriced) ? PRICE : null,
  });
  const rows = await market.rows<{ id: string; status: string; leaves: string[] }>(
    `select o.id, o.status, array(select a.action from audit_pending a where a.subject_id = o.id order by 1) as leaves
       from offers o where o.dataset_id = $1`,
    [real.shelf.datasetId],
  );
  const stored = new Map(rows.map((row) => [row.id, row]));
  expect(rows).toHaveLength(Object.keys(model.offers).length);
  for (const [key, offer] of Object.entries(model.offers)) {
    const active = isActive(offer, model.day);
    expect(stored.get(real.ids[key] ?? '')).toMatchObject({
      status: active ? 'active' : 'retired',
      leaves: active ? ['offer.created'] : ['offer.created', 'offer.retired'],
    });
  }
}

const send = (drafts: readonly Draft[], isDoubled: boolean): Command => ({
  check: () => true,
  async run(run, real) {
    const messages = drafts.flatMap((draft) => write(run, draft) ?? []);
    const last = messages.at(-1);
    // An offer has no key: made twice it is two offers, so only the others are doubled.
    await deliver(run, real, last && isDoubled && last.kind !== 'create' ? [...messages, last] : messages);
  },
  toString: () => `send(${JSON.stringify(drafts)}${isDoubled ? ', the last twice' : ''})`,
});
const post = (draft: Draft): Command => ({
  check: () => true,
  async run(run) {
    const message = write(run, draft);
    if (message && message.kind !== 'create') run.late.push(message, message);
  },
  toString: () => `post(${JSON.stringify(draft)})`,
});
const arrive: Command = {
  check: (run) => run.late.length > 0,
  async run(run, real) {
    for (const message of run.late.splice(0).reverse()) await deliver(run, real, [message]);
  },
  toString: () => 'arrive',
};
const pass = (days: number): Command => ({
  check: () => true,
  async run(run, real) {
    real.clock.advanceDays(days);
    run.models = run.models.map((model) => ({ ...model, day: model.day + days }));
    run.models = await whichHold(run.models, (model) => expectSeen(model, real));
  },
  toString: () => `pass(${days} days)`,
});
const sweep = (times: number): Command => ({
  check: () => true,
  run: (_, real) => real.sweep(times),
  toString: () => `sweep(${times} at once)`,
});

describe('the life of an offer', () => {
  const clock = new MovableClock();
  let doors: RightsMarket[];

  beforeAll(async () => {
    clock.stop();
    const first = await RightsMarket.open(undefined, 1_000, {}, clock);
    doors = [first, await RightsMarket.open(first.url, 1_000, {}, clock)];
  }, 120_000);

  afterAll(async () => {
    for (const door of [...doors].reverse()) await door.close();
  });

  const buyer = fc.nat({ max: 1 });
  const pick = fc.nat({ max: 10 });
  const draft: fc.Arbitrary<Draft> = fc.oneof(
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant('create' as const),
        to: fc.option(buyer, { freq: 2, nil: null }),
        isPriced: fc.boolean(),
        days: fc.option(fc.constantFrom(1, 10), { freq: 2, nil: null }),
      }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('retire' as const), pick }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('order' as const), pick, buyer }) },
  );
  const batch = fc
    .tuple(fc.array(draft, { minLength: 1, maxLength: 3 }), fc.boolean())
    .map(([d, twice]) => send(d, twice));
  const commands = fc.commands(
    [
      batch,
      batch,
      batch,
      batch,
      draft.map(post),
      fc.constant(arrive),
      fc.constantFrom(1, 10).map(pass),
      fc.constantFrom(1, 2).map(sweep),
    ],
    { maxCommands: 16, size: 'max' },
  );

  it('is the life of the model, for everyone who looks', async () => {
    const [market] = doors;
    if (!market) throw new Error('There is no market.');
    await fc.assert(
      fc.asyncProperty(commands, async (commands) => {
        const provider = await market.party({ isProvider: true });
        const buyers = [await market.party({ isBuyer: true }), await market.party({ isBuyer: true })];
        for (const one of buyers) await market.topUp(one, 100_000);
        const real = new Real(doors, clock, provider, buyers, await market.shelf(provider));
        const run: Run = { models: [{ day: 0, offers: {}, orders: [] }], late: [], made: 0 };
        await fc.asyncModelRun(() => ({ model: run, real }), commands);
        await whichHold(run.models, (model) => expectListed(model, real));
      }),
      { numRuns: 16 },
    );
    await market.get(AuditSequencer).sequenceAll(market.system);
    expect(await market.get(LogVerification).verifyLog(market.system)).toMatchObject({ isIntact: true });
  }, 120_000);
});
