import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AuditSequencer, LogVerification } from '@app/audit';
import { OrderService, RefundService } from '@app/billing';
import { DomainError } from '@app/kernel';
import { GrantService, LicenseRequestService } from '@app/licensing';
import fc from 'fast-check';
import { explain, whichHold } from '../../support/concurrent-model.js';
import type { Reaction } from '../../support/concurrent-model.js';
import { MovableClock, RightsMarket } from '../../support/rights-market.factory.js';
import type { Party, Shelf } from '../../support/rights-market.factory.js';

/*
 * The life of a grant, told a second time as plainly as possible, and compared with what the services and the database do when
 * messages come twice, late, and at the same moment through two processes. Every term is 30 days.
 */

type State = 'requested' | 'approved' | 'active' | 'suspended' | 'expired' | 'revoked';
const NEXT: Readonly<Record<State, readonly State[]>> = {
  requested: ['approved', 'expired', 'revoked'],
  approved: ['active', 'expired', 'revoked'],
  active: ['suspended', 'expired', 'revoked'],
  suspended: ['active', 'expired', 'revoked'],
  expired: [],
  revoked: [],
};

/** What is offered: whether it opens a field commercially, to one alone, on request, for money, to one at a time. */
const OFFERS = {
  shared: { hold: 'shared', asks: false, priced: false, stock: null },
  exclusive: { hold: 'exclusive', asks: false, priced: true, stock: null },
  exclusiveAsked: { hold: 'exclusive', asks: true, priced: false, stock: null },
  asked: { hold: null, asks: true, priced: false, stock: null },
  askedPriced: { hold: null, asks: true, priced: true, stock: null },
  last: { hold: null, asks: false, priced: false, stock: 1 },
} as const;
type OfferName = keyof typeof OFFERS;
const OFFER_NAMES = Object.keys(OFFERS) as OfferName[];
const BUYERS = [0, 1] as const;
const TERM_DAYS = 30;

const REASONS = {
  decline: 'Declined in the model.',
  revoke: 'Revoked in the model.',
  suspend: 'Suspended in the model.',
  refund: 'Refunded in the model.',
  withdraw: 'Withdrawn in the model.',
} as const;
type Stop = 'approve' | 'decline' | 'withdraw' | 'suspend' | 'resume' | 'revoke' | 'refund';

interface Asking {
  readonly kind: 'order' | 'request';
  readonly key: string;
  readonly buyer: number;
  readonly offer: OfferName;
  readonly renews: string | null;
}
interface Deciding {
  readonly kind: Stop;
  readonly grant: string;
}
type Message = Asking | Deciding;
interface Move {
  readonly from: State | null;
  readonly to: State;
  readonly by: string;
  readonly reason: string | null;
}

interface ModelGrant {
  readonly buyer: number;
  readonly offer: OfferName;
  readonly renews: string | null;
  readonly isOrdered: boolean;
  readonly isRefunded: boolean;
  readonly state: State;
  readonly start: number | null;
  readonly end: number | null;
  readonly lapses: number | null;
  readonly moves: readonly Move[];
  /** Acts that the log must hold, each once. */
  readonly leaves: readonly string[];
}

interface Model {
  readonly day: number;
  /** By the message that made it. */
  readonly grants: Readonly<Record<string, ModelGrant>>;
  /** Orders that fulfilled an approved request, by their key. */
  readonly orders: Readonly<Record<string, string>>;
}

const refusal = (model: Model, code: string): Reaction<Model> => ({ state: model, outcome: code });
const STEP_REFUSED = 'LICENSING_GRANT_STEP_REFUSED';

function now(grant: ModelGrant, day: number): State {
  const waits = grant.state === 'requested' || grant.state === 'approved';
  const runs = grant.state === 'active' || grant.state === 'suspended';
  const end = waits ? grant.lapses : runs ? grant.end : null;
  return end !== null && end <= day ? 'expired' : grant.state;
}

function moved(
  grant: ModelGrant,
  to: State,
  by: string,
  leaf: string | null,
  reason: string | null = null,
): ModelGrant {
  const move: Move = { from: grant.state, to, by, reason };
  return {
    ...grant,
    state: to,
    moves: [...grant.moves, move],
    leaves: leaf === null ? grant.leaves : [...grant.leaves, leaf],
  };
}

function isRenewable(model: Model, id: string, buyer: number): boolean {
  const grant = model.grants[id];
  if (!grant || grant.buyer !== buyer || grant.end === null || grant.start === null) return false;
  return ['active', 'expired'].includes(now(grant, model.day)) && grant.start <= model.day;
}

/** What stands in the way of holding from `start` on. */
function inTheWay(model: Model, id: string, offer: OfferName, buyer: number, start: number): string | null {
  const end = start + TERM_DAYS;
  const holding = Object.entries(model.grants).filter(
    ([other, g]) => other !== id && g.state !== 'revoked' && g.start !== null && g.start < end && (g.end ?? 0) > start,
  );
  const { hold, stock } = OFFERS[offer];
  const exclusives = holding.filter(([, g]) => OFFERS[g.offer].hold === 'exclusive');
  const shared = holding.filter(([, g]) => OFFERS[g.offer].hold === 'shared' && g.buyer !== buyer);
  if (hold === 'exclusive' && exclusives.length > 0) return 'LICENSING_EXCLUSIVELY_HELD';
  if (hold === 'exclusive' && shared.length > 0) return 'LICENSING_FIELD_NOT_FREE';
  if (hold === 'shared' && exclusives.some(([, g]) => g.buyer !== buyer)) return 'LICENSING_EXCLUSIVELY_HELD';
  if (stock !== null && holding.filter(([, g]) => g.offer === offer).length >= stock) return 'LICENSING_SOLD_OUT';
  return null;
}

function start(model: Model, id: string, grant: ModelGrant, by: string): ModelGrant | string {
  if (grant.renews !== null && !isRenewable(model, grant.renews, grant.buyer)) return 'LICENSING_NOT_RENEWABLE';
  const renewed = grant.renews === null ? undefined : model.grants[grant.renews];
  const from = renewed && now(renewed, model.day) === 'active' ? (renewed.end ?? model.day) : model.day;
  const refused = inTheWay(model, id, grant.offer, grant.buyer, from);
  if (refused !== null) return refused;
  return { ...moved(grant, 'active', by, 'grant.activated'), start: from, end: from + TERM_DAYS, lapses: null };
}

function begin(model: Model, message: Asking, leaf: string | null): ModelGrant | string {
  const { buyer, offer, renews } = message;
  const waiting = Object.values(model.grants).filter((g) => ['requested', 'approved'].includes(now(g, model.day)));
  if (waiting.some((g) => g.buyer === buyer && g.offer === offer)) return 'LICENSING_ALREADY_REQUESTED';
  const isRenewed = Object.values(model.grants).some(
    (g) => renews !== null && g.renews === renews && !['expired', 'revoked'].includes(now(g, model.day)),
  );
  if (isRenewed) return 'LICENSING_ALREADY_RENEWED';
  return {
    buyer,
    offer,
    renews,
    isOrdered: false,
    isRefunded: false,
    state: 'requested',
    start: null,
    end: null,
    lapses: model.day + 45,
    moves: [{ from: null, to: 'requested', by: `buyer ${buyer}`, reason: null }],
    leaves: leaf === null ? [] : [leaf],
  };
}

function isRepeat(model: Model, grant: ModelGrant, to: State, by: string, reason: string | null): boolean {
  const [last, before] = [grant.moves.at(-1), grant.moves.at(-2)];
  const state = now(grant, model.day);
  const same = (move: Move | undefined, into: State): boolean =>
    move?.to === into && move.by === by && move.reason === reason;
  if (to === 'active') return state === 'active' && last?.from === 'suspended' && same(last, 'active');
  if (state === to && same(last, to)) return true;
  return to === 'approved' && state === 'active' && same(last, 'active') && same(before, 'approved');
}

function react(model: Model, message: Message): Reaction<Model> {
  if ('grant' in message) return stop(model, message.kind, message.grant);
  if (message.kind === 'order') return order(model, message);
  if (message.renews !== null && !isRenewable(model, message.renews, message.buyer))
    return refusal(model, 'LICENSING_NOT_RENEWABLE');
  const begun = begin(model, message, 'grant.requested');
  if (typeof begun === 'string') return refusal(model, begun);
  return { state: put(model, message.key, begun), outcome: 'requested' };
}

function put(model: Model, id: string, grant: ModelGrant): Model {
  return { ...model, grants: { ...model.grants, [id]: grant } };
}

function order(model: Model, message: Asking): Reaction<Model> {
  const { key, buyer, offer, renews } = message;
  if (model.orders[key] !== undefined) return { state: model, outcome: 'ordered' };
  if (renews !== null && !isRenewable(model, renews, buyer)) return refusal(model, 'LICENSING_NOT_RENEWABLE');
  const by = `buyer ${buyer}`;
  let id = key;
  let approved: ModelGrant | string;
  if (OFFERS[offer].asks) {
    const found = Object.entries(model.grants).find(
      ([, g]) =>
        g.buyer === buyer &&
        g.offer === offer &&
        now(g, model.day) === 'approved' &&
        (renews === null || g.renews === renews),
    );
    if (!found) return refusal(model, 'BILLING_APPROVAL_REQUIRED');
    [id, approved] = found;
  } else {
    approved = begin(model, message, null);
    if (typeof approved !== 'string') approved = moved(approved, 'approved', by, null);
  }
  const active = typeof approved === 'string' ? approved : start(model, id, approved, by);
  if (typeof active === 'string') return refusal(model, active);
  const ordered = { ...active, isOrdered: true, leaves: [...active.leaves, 'order.fulfilled'] };
  return { state: { ...put(model, id, ordered), orders: { ...model.orders, [key]: id } }, outcome: 'ordered' };
}

const STEPS = {
  approve: { to: 'approved', from: ['requested'], leaf: 'grant.approved' },
  decline: { to: 'revoked', from: ['requested'], leaf: 'grant.declined' },
  withdraw: { to: 'revoked', from: ['requested', 'approved'], leaf: 'grant.withdrawn' },
  suspend: { to: 'suspended', from: ['active'], leaf: 'grant.suspended' },
  resume: { to: 'active', from: ['suspended'], leaf: 'grant.resumed' },
  revoke: { to: 'revoked', from: ['requested', 'approved', 'active', 'suspended'], leaf: 'grant.revoked' },
} as const satisfies Record<Exclude<Stop, 'refund'>, { to: State; from: readonly State[]; leaf: string }>;

function stop(model: Model, kind: Stop, id: string): Reaction<Model> {
  const grant = model.grants[id];
  if (!grant) throw new Error(`The model has no grant ${id}.`);
  const state = now(grant, model.day);
  if (kind === 'refund') {
    if (!grant.isOrdered) return refusal(model, 'BILLING_NO_ORDER');
    const ended = NEXT[state].includes('revoked') ? moved(grant, 'revoked', 'provider', null, REASONS.refund) : grant;
    if (grant.isRefunded) return { state: put(model, id, ended), outcome: 'refunded' };
    const refunded = { ...ended, isRefunded: true, leaves: [...ended.leaves, 'order.refunded'] };
    return { state: put(model, id, refunded), outcome: 'refunded' };
  }
  const { to, from, leaf } = STEPS[kind];
  const by = kind === 'withdraw' ? `buyer ${grant.buyer}` : 'provider';
  const reason = kind === 'approve' || kind === 'resume' ? null : REASONS[kind];
  if (isRepeat(model, grant, to, by, reason)) return { state: model, outcome: state };
  if (!(from as readonly State[]).includes(state)) return refusal(model, STEP_REFUSED);
  const stepped = moved(grant, to, by, leaf, reason);
  if (kind !== 'approve') return { state: put(model, id, stepped), outcome: to };
  const approved = { ...stepped, lapses: model.day + 30 };
  if (OFFERS[grant.offer].priced) return { state: put(model, id, approved), outcome: 'approved' };
  const active = start(model, id, approved, by);
  if (typeof active === 'string') return refusal(model, active);
  return { state: put(model, id, active), outcome: 'active' };
}

/** One market under test: two processes over one database and one clock. */
class Real {
  /** Ids of grants by the message that made them. */
  readonly ids: Record<string, string> = {};
  private sent = 0;

  constructor(
    private readonly doors: readonly RightsMarket[],
    readonly provider: Party,
    readonly buyers: readonly Party[],
    readonly shelf: Shelf,
    readonly offers: Readonly<Record<OfferName, string>>,
  ) {}

  /** What the sender is told; each message through the other process than the one before. */
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
    const requests = door.get(LicenseRequestService);
    const grants = door.get(GrantService);
    if (!('grant' in message)) {
      const { ctx } = this.buyer(message.buyer);
      const offerId = this.offers[message.offer];
      const renewsGrantId = message.renews === null ? null : this.id(message.renews);
      if (message.kind === 'request') {
        const made = await requests.requestLicense(ctx, { offerId, renewsGrantId, acceptTerms: true });
        this.ids[message.key] = made.id;
        return made.state;
      }
      const idempotencyKey = `model-${this.shelf.datasetId}-${message.key}`;
      const placed = await door
        .get(OrderService)
        .placeOrder(ctx, { offerId, renewsGrantId, idempotencyKey, acceptTerms: true });
      if (placed instanceof DomainError) return placed.code;
      const known = Object.values(this.ids).includes(placed.grantId);
      if (!known) this.ids[message.key] = placed.grantId;
      return 'ordered';
    }
    const grantId = this.id(message.grant);
    const { ctx } = this.provider;
    switch (message.kind) {
      case 'approve':
        return (await requests.approveLicense(ctx, { grantId })).state;
      case 'decline':
        return (await requests.declineLicense(ctx, { grantId, reason: REASONS.decline })).state;
      case 'withdraw': {
        const [row] = await door.rows<{ buyer: string }>('select organization_id as buyer from grants where id = $1', [
          grantId,
        ]);
        const buyer = this.buyers.find(({ organizationId }) => organizationId === row?.buyer);
        return (await requests.withdrawRequest(buyer?.ctx ?? ctx, { grantId, reason: REASONS.withdraw })).state;
      }
      case 'suspend':
        return (await grants.suspendGrant(ctx, { grantId, reason: REASONS.suspend })).state;
      case 'resume':
        return (await grants.resumeGrant(ctx, { grantId })).state;
      case 'revoke':
        return (await grants.revokeGrant(ctx, { grantId, reason: REASONS.revoke })).state;
      case 'refund':
        await door.get(RefundService).refundOrder(ctx, { grantId, reason: REASONS.refund });
        return 'refunded';
    }
  }

  async sweep(times: number): Promise<void> {
    await Promise.all(this.doors.slice(0, times).map((door) => door.get(GrantService).expireDue(door.system)));
  }

  private buyer(i: number): Party {
    const buyer = this.buyers[i];
    if (!buyer) throw new Error(`There is no buyer ${i}.`);
    return buyer;
  }

  private id(key: string): string {
    const id = this.ids[key];
    if (id === undefined) throw new Error(`Nothing was made by ${key}.`);
    return id;
  }
}

/** The model as it goes along, and messages that were written but not sent yet. */
interface Run {
  /** More than one where the answers so far leave open what came first. */
  models: readonly Model[];
  readonly mailbox: Message[];
  made: number;
}

type Draft =
  | {
      readonly kind: 'order' | 'request';
      readonly buyer: number;
      readonly offer: OfferName;
      readonly renews: number | null;
    }
  | { readonly kind: Stop; readonly pick: number };

/** A draft becomes a message about what exists as it is written; null when it speaks of nothing. */
function write(run: Run, draft: Draft): Message | null {
  const grants = run.models[0]?.grants ?? {};
  const keys = Object.keys(grants);
  const at = (n: number): string | null => keys[n % Math.max(1, keys.length)] ?? null;
  if ('pick' in draft) {
    const grant = at(draft.pick);
    return grant === null ? null : { kind: draft.kind, grant };
  }
  const { kind, buyer, offer } = draft;
  if (kind === 'request' && !OFFERS[offer].asks) return null;
  const own = keys.filter((key) => grants[key]?.buyer === buyer);
  const renews = draft.renews === null ? null : (own[draft.renews % Math.max(1, own.length)] ?? null);
  return { kind, key: `m${run.made++}`, buyer, offer, renews };
}

/** Sends messages at the same moment and finds the order in which the model explains the answers. */
async function deliver(run: Run, real: Real, messages: readonly Message[]): Promise<void> {
  const outcomes = await Promise.all(messages.map((message) => real.send(message)));
  run.models = explain(run.models, messages, outcomes, react);
}

type Command = fc.AsyncCommand<Run, Real>;

/** Up to three messages at once; the last one twice where `isDoubled`. */
const send = (drafts: readonly Draft[], isDoubled: boolean): Command => ({
  check: () => true,
  async run(run, real) {
    const messages = drafts.flatMap((draft) => write(run, draft) ?? []);
    const last = messages.at(-1);
    await deliver(run, real, last && isDoubled ? [...messages, last] : messages);
  },
  toString: () => `send(${JSON.stringify(drafts)}${isDoubled ? ', the last twice' : ''})`,
});
const post = (draft: Draft): Command => ({
  check: () => true,
  async run(run) {
    const message = write(run, draft);
    if (message) run.mailbox.push(message);
  },
  toString: () => `post(${JSON.stringify(draft)})`,
});
/** What was posted comes late, in another order, and each of it twice. */
const arrive: Command = {
  check: (run) => run.mailbox.length > 0,
  async run(run, real) {
    for (const message of run.mailbox.splice(0).reverse()) {
      await deliver(run, real, [message]);
      await deliver(run, real, [message]);
    }
  },
  toString: () => 'arrive',
};
const pass = (days: number, clock: () => MovableClock): Command => ({
  check: () => true,
  async run(run) {
    clock().advanceDays(days);
    run.models = run.models.map((model) => ({ ...model, day: model.day + days }));
  },
  toString: () => `pass(${days} days)`,
});
const sweep = (times: number): Command => ({
  check: () => true,
  run: (_, real) => real.sweep(times),
  toString: () => `sweep(${times} at once)`,
});

describe('the life of a grant', () => {
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

  async function settle(): Promise<Real> {
    const [market] = doors;
    if (!market) throw new Error('There is no market.');
    const provider = await market.party({ isProvider: true });
    const buyers = [];
    for (const _ of BUYERS) {
      const buyer = await market.party({ isBuyer: true });
      await market.topUp(buyer, 1_000_000);
      buyers.push(buyer);
    }
    const shelf = await market.shelf(provider);
    const offers: Partial<Record<OfferName, string>> = {};
    for (const name of OFFER_NAMES) {
      const { hold, asks: needsApproval, priced, stock } = OFFERS[name];
      const template = hold === 'exclusive' ? 'exclusive' : hold === 'shared' ? 'commercial' : 'research';
      const limits = { termDays: TERM_DAYS, ...(hold === 'exclusive' && { fields: ['logistics' as const] }) };
      offers[name] = await market.offer(provider, shelf, {
        template,
        limits,
        needsApproval,
        stock,
        ...(priced && { priceMinor: 100 }),
      });
    }
    return new Real(doors, provider, buyers, shelf, offers as Record<OfferName, string>);
  }

  const asking = (kind: 'order' | 'request', offers: readonly OfferName[]): fc.Arbitrary<Draft> =>
    fc.record({
      kind: fc.constant(kind),
      buyer: fc.constantFrom(...BUYERS),
      offer: fc.constantFrom(...offers),
      renews: fc.option(fc.nat({ max: 20 }), { freq: 2, nil: null }),
    });
  const stopping: fc.Arbitrary<Draft> = fc.record({
    kind: fc.constantFrom<Stop[]>('approve', 'approve', 'decline', 'withdraw', 'suspend', 'resume', 'revoke', 'refund'),
    pick: fc.nat({ max: 20 }),
  });
  const draft = fc.oneof(
    { weight: 4, arbitrary: asking('order', ['shared', 'exclusive', 'last']) },
    { weight: 3, arbitrary: asking('request', ['exclusiveAsked', 'asked', 'askedPriced']) },
    { weight: 1, arbitrary: asking('order', ['exclusiveAsked', 'askedPriced']) },
    { weight: 6, arbitrary: stopping },
  );
  /** Both buyers want the same, or what excludes it, at the same moment. */
  const rush = fc
    .tuple(
      fc.constantFrom<OfferName[]>('exclusive', 'last'),
      fc.constantFrom<OfferName[]>('exclusive', 'shared', 'last'),
    )
    .map((offers) =>
      send(
        offers.map((offer, buyer) => ({ kind: 'order', buyer, offer, renews: null })),
        true,
      ),
    );
  const batch = fc
    .tuple(fc.array(draft, { minLength: 1, maxLength: 3 }), fc.boolean())
    .map(([drafts, isDoubled]) => send(drafts, isDoubled));
  const commands = fc.commands(
    [
      ...Array.from({ length: 6 }, () => batch),
      rush,
      draft.map(post),
      fc.constant(arrive),
      fc.constantFrom(1, 15, 30, 45).map((days) => pass(days, () => clock)),
      fc.constantFrom(1, 2).map(sweep),
    ],
    { maxCommands: 24, size: 'max' },
  );

  it('is the life of the model, whatever comes twice, late or at the same moment', async () => {
    await fc.assert(
      fc.asyncProperty(commands, async (commands) => {
        const real = await settle();
        const run: Run = { models: [{ day: 0, grants: {}, orders: {} }], mailbox: [], made: 0 };
        await fc.asyncModelRun(() => ({ model: run, real }), commands);
        await real.sweep(2);
        await whichHold(run.models, (model) => expectSameHistory(model, real));
        await expectNothingTwice(real);
      }),
      { numRuns: 24 },
    );

    const [market] = doors;
    if (!market) return;
    expect(await market.unbalancedEntries()).toEqual([]);
    await market.get(AuditSequencer).sequenceAll(market.system);
    expect(await market.get(LogVerification).verifyLog(market.system)).toMatchObject({ isIntact: true, problem: null });
  }, 120_000);

  /** States, steps and leaves in the database are those of the model, and every step is one of the table. */
  async function expectSameHistory(model: Model, real: Real): Promise<void> {
    const [market] = doors;
    if (!market) return;
    const rows = await market.rows<{ id: string; state: State; steps: string[]; leaves: string[] }>(
      `select g.id, g.state,
              array(select coalesce(e.from_state, '') || '>' || e.to_state from grant_events e where e.grant_id = g.id order by e.seq) as steps,
              array(select a.action from (select action, grant_id from audit_pending union all select action, grant_id from audit_log) a
                     where a.grant_id = g.id order by 1) as leaves
         from grants g where g.dataset_id = $1`,
      [real.shelf.datasetId],
    );
    const stored = new Map(rows.map((row) => [row.id, row]));
    expect(rows).toHaveLength(Object.keys(model.grants).length);
    expect(new Set(Object.values(real.ids)).size).toBe(Object.keys(model.grants).length);
    for (const [key, grant] of Object.entries(model.grants)) {
      const row = stored.get(real.ids[key] ?? '');
      const isOver = now(grant, model.day) === 'expired' && grant.state !== 'expired';
      const steps = grant.moves.map(({ from, to }) => `${from ?? ''}>${to}`);
      const leaves = isOver ? [...grant.leaves, grant.start === null ? 'grant.lapsed' : 'grant.expired'] : grant.leaves;
      expect({ key, ...row }).toEqual({
        key,
        id: real.ids[key],
        state: now(grant, model.day),
        steps: isOver ? [...steps, `${grant.state}>expired`] : steps,
        leaves: [...leaves].sort(),
      });
      for (const step of row?.steps ?? []) {
        const [from, to] = step.split('>') as [State | '', State];
        expect(from === '' ? to === 'requested' : NEXT[from].includes(to)).toBe(true);
      }
    }
  }

  /** Told from the grants and their events alone, not from what keeps them apart. */
  async function expectNothingTwice(real: Real): Promise<void> {
    const [market] = doors;
    if (!market) return;
    const meetings = await market.rows(
      `with held as (
         select g.id, g.offer_id, o.stock, g.organization_id, t.terms ->> 'exclusivity' = 'field' as is_exclusive, t.terms ->> 'template' as template,
                tstzrange(g.starts_at, greatest(g.starts_at, coalesce(
                  (select e.at from grant_events e where e.grant_id = g.id and e.to_state = 'revoked'), g.expires_at))) as during
           from grants g join offers o on o.id = g.offer_id join terms t on t.hash = g.terms_hash
          where g.dataset_id = $1 and g.starts_at is not null)
       select a.id, b.id from held a join held b on a.id < b.id and a.during && b.during
        where (a.is_exclusive and b.is_exclusive)
           or (a.organization_id <> b.organization_id and (a.is_exclusive or b.is_exclusive)
               and 'LicenseRef-Bodega-Commercial-1.0' in (a.template, b.template))
           or (a.offer_id = b.offer_id and a.stock = 1)`,
      [real.shelf.datasetId],
    );
    expect(meetings).toEqual([]);
  }
});
