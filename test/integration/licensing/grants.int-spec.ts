import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { OrderService } from '@app/billing';
import { DatasetService } from '@app/catalog';
import { DomainError, newId } from '@app/kernel';
import { GrantGate, GrantQueries, GrantService, LicenseRequestService, UseCheckQueries } from '@app/licensing';
import { ANONYMOUS, RightsMarket, refusalOf } from '../../support/rights-market.factory.js';
import type { Party, Shelf } from '../../support/rights-market.factory.js';

let market: RightsMarket;
let provider: Party;
let buyer: Party;
let stranger: Party;
let admin: Party;
let shelf: Shelf;
let grants: GrantService;
let gate: GrantGate;
let queries: GrantQueries;
let requests: LicenseRequestService;

const reason = 'The data was passed on to a third party.';

beforeAll(async () => {
  market = await RightsMarket.open();
  provider = await market.party({ isProvider: true });
  stranger = await market.party({ isProvider: true, isBuyer: true });
  admin = await market.party({ isAdmin: true });
  grants = market.get(GrantService);
  gate = market.get(GrantGate);
  queries = market.get(GrantQueries);
  requests = market.get(LicenseRequestService);
}, 120_000);

beforeEach(async () => {
  shelf = await market.shelf(provider);
  buyer = await market.party({ isBuyer: true });
});

afterAll(() => market.close());

/** A right by the way that buyers take: a free order. */
async function take(template = 'commercial'): Promise<string> {
  const offerId = await market.offer(provider, shelf, { template });
  const placed = await market
    .get(OrderService)
    .placeOrder(buyer.ctx, { offerId, idempotencyKey: newId('Request'), acceptTerms: true });
  if (placed instanceof DomainError) throw placed;
  return placed.grantId;
}

describe('the gate', () => {
  it('opens for the holder with the frozen terms and version', async () => {
    const grantId = await take();

    const grant = await gate.require(buyer.ctx, grantId);

    expect(grant).toMatchObject({
      id: grantId,
      organizationId: buyer.organizationId,
      providerOrganizationId: provider.organizationId,
      datasetId: shelf.datasetId,
      versionId: shelf.versionId,
      state: 'active',
      expiresAt: null,
      terms: { template: 'LicenseRef-Bodega-Commercial-1.0' },
    });
  });

  it('does not exist for anyone else, the provider and the operator included', async () => {
    const grantId = await take();

    for (const party of [stranger, provider, admin]) {
      expect(await refusalOf(gate.require(party.ctx, grantId))).toBe('REQUEST_NOT_FOUND');
    }
    expect(await refusalOf(gate.require(ANONYMOUS, grantId))).toBe('REQUEST_UNAUTHENTICATED');
    expect(await refusalOf(gate.require(market.as(buyer, { scopes: new Set(['catalog:read']) }), grantId))).toBe(
      'REQUEST_FORBIDDEN',
    );
    expect(await refusalOf(gate.require(buyer.ctx, newId('Grant')))).toBe('REQUEST_NOT_FOUND');
  });

  it('shuts at the instant of expiry, before any sweep, and the sweep writes it down once', async () => {
    const other = await RightsMarket.open(market.url);
    try {
      const grantId = await take('evaluation');
      await expect(other.get(GrantGate).require(buyer.ctx, grantId)).resolves.toMatchObject({ state: 'active' });
      other.clock.advanceDays(30);

      const code = await refusalOf(other.get(GrantGate).require(buyer.ctx, grantId));
      const shown = await other.get(GrantQueries).byId(buyer.ctx, grantId);
      const stored = await market.rows<{ state: string }>('select state from grants where id = $1', [grantId]);
      const marked = [
        await other.get(GrantService).expireDue(market.system),
        await other.get(GrantService).expireDue(market.system),
      ];

      expect(code).toBe('LICENSING_GRANT_NOT_ACTIVE');
      expect(shown.state).toBe('expired');
      expect(stored).toEqual([{ state: 'active' }]);
      expect(marked).toEqual([1, 0]);
      expect(await market.rows('select state from grants where id = $1', [grantId])).toEqual([{ state: 'expired' }]);
    } finally {
      await other.close();
    }
  });

  it('shuts with a revocation at once, and for good', async () => {
    const grantId = await take();

    await grants.revokeGrant(provider.ctx, { grantId, reason });

    expect(await refusalOf(gate.require(buyer.ctx, grantId))).toBe('LICENSING_GRANT_NOT_ACTIVE');
    expect(await refusalOf(grants.resumeGrant(provider.ctx, { grantId }))).toBe('LICENSING_GRANT_STEP_REFUSED');
    expect(await refusalOf(grants.revokeGrant(admin.ctx, { grantId, reason }))).toBe('LICENSING_GRANT_STEP_REFUSED');
    await expect(market.rows(`update grants set state = 'active' where id = $1`, [grantId])).rejects.toThrow(
      'cannot be changed',
    );
  });

  it('shuts while a right is suspended and opens when it is resumed', async () => {
    const grantId = await take();

    await grants.suspendGrant(admin.ctx, { grantId, reason });
    const held = await refusalOf(gate.require(buyer.ctx, grantId));
    await grants.resumeGrant(admin.ctx, { grantId });

    expect(held).toBe('LICENSING_GRANT_NOT_ACTIVE');
    await expect(gate.require(buyer.ctx, grantId)).resolves.toMatchObject({ state: 'active' });
  });

  it('shuts when the operator suspends the dataset', async () => {
    const grantId = await take();

    await market.get(DatasetService).suspendDataset(admin.ctx, shelf.slug, 'A court ordered it today.');

    expect(await refusalOf(gate.require(buyer.ctx, grantId))).toBe('LICENSING_GRANT_NOT_ACTIVE');
  });

  it('shuts when the frozen terms were edited behind the rules', async () => {
    const grantId = await take('research');
    await market.database.transaction(market.system, async (tx) => {
      // Only a superuser can: triggers off, one number changed.
      await market.database.query(tx, `set local session_replication_role = replica`);
      await market.database.query(
        tx,
        `update terms set terms = jsonb_set(terms, '{termDays}', '9999') where hash = (select terms_hash from grants where id = $1)`,
        [grantId],
      );
    });

    const code = await refusalOf(gate.require(buyer.ctx, grantId));
    await market.database.transaction(market.system, async (tx) => {
      await market.database.query(tx, `set local session_replication_role = replica`);
      await market.database.query(
        tx,
        `update terms set terms = jsonb_set(terms, '{termDays}', '730') where hash = (select terms_hash from grants where id = $1)`,
        [grantId],
      );
    });

    expect(code).toBe('LICENSING_GRANT_NOT_ACTIVE');
    await expect(gate.require(buyer.ctx, grantId)).resolves.toMatchObject({ id: grantId });
  });

  it('keeps a revocation waiting for the transaction that passed it, and refuses the next one', async () => {
    const grantId = await take();
    const order: string[] = [];

    const revoked = await market.database.transaction(buyer.ctx, async (tx) => {
      await gate.require(tx, grantId);
      const revocation = grants.revokeGrant(provider.ctx, { grantId, reason }).then(() => order.push('revoked'));
      await waitForLockedSession();
      order.push('minted');
      return { revocation };
    });
    await revoked.revocation;

    expect(order).toEqual(['minted', 'revoked']);
    expect(await refusalOf(gate.require(buyer.ctx, grantId))).toBe('LICENSING_GRANT_NOT_ACTIVE');
  });

  /** Until Postgres itself says that somebody in this database waits for a lock. */
  async function waitForLockedSession(): Promise<void> {
    for (let asked = 0; asked < 5_000; asked++) {
      const [row] = await market.rows<{ waiting: number }>(
        `select count(*) as waiting from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
      );
      if (row && row.waiting > 0) return;
    }
    throw new Error('Nobody ever waited: the gate holds no lock.');
  }
});

describe('stopping a grant', () => {
  it('is for its provider and the operator, not for the buyer, and unknown to strangers', async () => {
    const grantId = await take();

    for (const act of [
      (party: Party) => grants.revokeGrant(party.ctx, { grantId, reason }),
      (party: Party) => grants.suspendGrant(party.ctx, { grantId, reason }),
      (party: Party) => grants.resumeGrant(party.ctx, { grantId }),
    ]) {
      expect(await refusalOf(act(buyer))).toBe('REQUEST_FORBIDDEN');
      expect(await refusalOf(act(stranger))).toBe('REQUEST_NOT_FOUND');
    }
    expect(await refusalOf(grants.revokeGrant(ANONYMOUS, { grantId, reason }))).toBe('REQUEST_UNAUTHENTICATED');
    expect(await refusalOf(grants.revokeGrant(market.as(provider, { scopes: new Set() }), { grantId, reason }))).toBe(
      'REQUEST_FORBIDDEN',
    );
    expect(
      await refusalOf(grants.revokeGrant(market.as(admin, { scopes: new Set(['data:read']) }), { grantId, reason })),
    ).toBe('REQUEST_NOT_FOUND');
    await expect(gate.require(buyer.ctx, grantId)).resolves.toBeDefined();
  });

  it.each(['', 'too short', 'x'.repeat(513)])('needs a reason of 10 to 512 characters, not %j', async (bad) => {
    const grantId = await take();

    expect(await refusalOf(grants.revokeGrant(provider.ctx, { grantId, reason: bad }))).toBe('REQUEST_INVALID');
  });

  it('keeps every step as an event that nobody edits', async () => {
    const grantId = await take();
    await grants.suspendGrant(provider.ctx, { grantId, reason });
    await grants.revokeGrant(admin.ctx, { grantId, reason });

    const events = await market.rows(
      'select seq, from_state, to_state, actor_organization_id from grant_events where grant_id = $1 order by seq',
      [grantId],
    );

    expect(events.map((event) => Object.values(event).join(' '))).toEqual([
      `1  requested ${buyer.organizationId}`,
      `2 requested approved ${buyer.organizationId}`,
      `3 approved active ${buyer.organizationId}`,
      `4 active suspended ${provider.organizationId}`,
      `5 suspended revoked ${admin.organizationId}`,
    ]);
    await expect(market.rows('delete from grant_events')).rejects.toThrow('append-only');
    await expect(
      market.rows(`update grants set version_id = version_id, note = 'x', organization_id = $2 where id = $1`, [
        grantId,
        stranger.organizationId,
      ]),
    ).rejects.toThrow();
  });
});

describe('requests', () => {
  const ask = (offerId: string, more: object = {}): Promise<{ id: string }> =>
    requests.requestLicense(buyer.ctx, { offerId, acceptTerms: true, ...more });

  it('give nothing until approved; a free one starts with the approval', async () => {
    const offerId = await market.offer(provider, shelf, { template: 'research', needsApproval: true });

    const { id: grantId } = await ask(offerId, { use: 'research_training', note: '我们是一所大学实验室。' });
    const before = await refusalOf(gate.require(buyer.ctx, grantId));
    await requests.approveLicense(provider.ctx, { grantId });

    expect(before).toBe('LICENSING_GRANT_NOT_ACTIVE');
    await expect(gate.require(buyer.ctx, grantId)).resolves.toMatchObject({ state: 'active' });
  });

  it('freeze version and terms when asked', async () => {
    const offerId = await market.offer(provider, shelf, { needsApproval: true });
    const { id: grantId } = await ask(offerId);
    await market.release({ datasetId: shelf.datasetId, number: 2 });

    await requests.approveLicense(provider.ctx, { grantId });

    expect((await gate.require(buyer.ctx, grantId)).versionId).toBe(shelf.versionId);
  });

  it('are decided by the provider and the operator alone, and once', async () => {
    const offerId = await market.offer(provider, shelf, { needsApproval: true });
    const { id: grantId } = await ask(offerId);

    expect(await refusalOf(requests.approveLicense(buyer.ctx, { grantId }))).toBe('REQUEST_FORBIDDEN');
    expect(await refusalOf(requests.approveLicense(stranger.ctx, { grantId }))).toBe('REQUEST_NOT_FOUND');
    expect(await refusalOf(requests.declineLicense(stranger.ctx, { grantId, reason }))).toBe('REQUEST_NOT_FOUND');
    await requests.declineLicense(provider.ctx, { grantId, reason });
    expect(await refusalOf(requests.approveLicense(provider.ctx, { grantId }))).toBe('LICENSING_GRANT_STEP_REFUSED');
    expect(await queries.byId(buyer.ctx, grantId)).toMatchObject({ state: 'revoked', stateReason: reason });
  });

  it('are refused twice, for a closed use, without accepted terms, and where no approval is needed', async () => {
    const offerId = await market.offer(provider, shelf, { template: 'research', needsApproval: true });
    await ask(offerId);

    expect(await refusalOf(ask(offerId))).toBe('LICENSING_ALREADY_REQUESTED');
    expect(await refusalOf(ask(offerId, { use: 'commercial_training' }))).toBe('LICENSING_TERMS_INCOMPATIBLE');
    expect(await refusalOf(ask(offerId, { acceptTerms: false }))).toBe('REQUEST_INVALID');
    expect(await refusalOf(ask(await market.offer(provider, shelf)))).toBe('LICENSING_APPROVAL_NOT_NEEDED');
    expect(await refusalOf(requests.requestLicense(provider.ctx, { offerId, acceptTerms: true }))).toBe(
      'REQUEST_FORBIDDEN',
    );
    expect(await refusalOf(requests.requestLicense(ANONYMOUS, { offerId, acceptTerms: true }))).toBe(
      'REQUEST_UNAUTHENTICATED',
    );
  });

  it('at the same moment make one request', async () => {
    const offerId = await market.offer(provider, shelf, { needsApproval: true });

    const results = await Promise.allSettled([ask(offerId), ask(offerId), ask(offerId)]);

    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
    for (const result of results) {
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'LICENSING_ALREADY_REQUESTED' });
    }
  });
});

describe('the list of grants', () => {
  const idsFor = async (party: Party): Promise<string[]> => {
    const page = await queries.grants(party.ctx, { first: 100 }, { datasetSlug: shelf.slug });
    return page.items.map((grant) => grant.id);
  };

  it('shows a grant to its buyer, its provider and the operator, and to nobody else', async () => {
    const grantId = await take();

    for (const party of [buyer, provider, admin]) {
      expect(await idsFor(party)).toEqual([grantId]);
      expect((await queries.byId(party.ctx, grantId)).id).toBe(grantId);
    }
    expect(await idsFor(stranger)).toEqual([]);
    expect(await refusalOf(queries.byId(stranger.ctx, grantId))).toBe('REQUEST_NOT_FOUND');
    expect(await refusalOf(queries.grants(ANONYMOUS, {}))).toBe('REQUEST_UNAUTHENTICATED');
    expect(await refusalOf(market.get(UseCheckQueries).canI(stranger.ctx, { grantId }, 'evaluate'))).toBe(
      'REQUEST_NOT_FOUND',
    );
    expect(await refusalOf(market.get(UseCheckQueries).canI(ANONYMOUS, { grantId }, 'evaluate'))).toBe(
      'REQUEST_UNAUTHENTICATED',
    );
  });

  it('comes in pages without gap or repetition, newest first, and by state', async () => {
    const made = [await take(), await take(), await take()];
    await grants.revokeGrant(provider.ctx, { grantId: made[0] ?? '', reason });

    const first = await queries.grants(buyer.ctx, { first: 2 });
    const second = await queries.grants(buyer.ctx, { first: 2, after: first.cursors[1] });
    const active = await queries.grants(buyer.ctx, {}, { states: ['active'] });

    expect([...first.items, ...second.items].map((grant) => grant.id)).toEqual(made.reverse());
    expect([first.hasNextPage, second.hasNextPage]).toEqual([true, false]);
    expect(active.items).toHaveLength(2);
  });

  it('answers canI for a grant held, and FORBIDDEN once it is over', async () => {
    const grantId = await take();
    const ask = async (): Promise<string> =>
      (await market.get(UseCheckQueries).canI(buyer.ctx, { grantId }, 'fine_tune')).verdict;

    const before = await ask();
    await grants.revokeGrant(provider.ctx, { grantId, reason });

    expect([before, await ask()]).toEqual(['ALLOWED', 'FORBIDDEN']);
  });
});
