import 'reflect-metadata';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { OrderService } from '@app/billing';
import {
  ContributorRegister,
  DatasetService,
  VersionService,
  WithdrawalQueries,
  WithdrawalService,
} from '@app/catalog';
import type { WithdrawConsent } from '@app/catalog';
import { DomainError, newId } from '@app/kernel';
import { GrantService, LicenseRequestService, NoticeQueries, NoticeService, UseCheckQueries } from '@app/licensing';
import pg from 'pg';
import { RightsMarket, refusalOf } from '../../support/rights-market.factory.js';
import type { Party } from '../../support/rights-market.factory.js';
import { film, hold, shelfOf } from './consent-shelf.js';

const REASON = 'The operator asked for it in writing, P-zhang himself.';

let market: RightsMarket;
let provider: Party;
let other: Party;
let buyer: Party;
let admin: Party;
let withdrawals: WithdrawalService;
let queries: WithdrawalQueries;
let notices: NoticeService;
let noticeQueries: NoticeQueries;

beforeAll(async () => {
  market = await RightsMarket.open();
  provider = await market.party({ isProvider: true });
  other = await market.party({ isProvider: true, isBuyer: true });
  buyer = await market.party({ isBuyer: true });
  admin = await market.party({ isAdmin: true });
  withdrawals = market.get(WithdrawalService);
  queries = market.get(WithdrawalQueries);
  notices = market.get(NoticeService);
  noticeQueries = market.get(NoticeQueries);
});

afterAll(() => market.close());

let people = 0;
const newName = (): string => `P-zhang-${++people}`;

const wish = (pseudonym: string, more: Partial<WithdrawConsent> = {}): WithdrawConsent => ({
  pseudonym,
  reason: REASON,
  idempotencyKey: newId('Request'),
  ...more,
});

const withdraw = (pseudonym: string, more: Partial<WithdrawConsent> = {}, by = provider): Promise<string> =>
  withdrawals.withdrawConsent(by.ctx, wish(pseudonym, more));

const statusOf = async (versionId: string): Promise<string> =>
  (await market.rows<{ status: string }>('select status from dataset_versions where id = $1', [versionId]))[0]
    ?.status ?? '';

const toldGrants = async (withdrawalId: string): Promise<string[]> =>
  (
    await market.rows<{ grantId: string }>(
      'select grant_id as "grantId" from withdrawal_notices where withdrawal_id = $1 order by grant_id',
      [withdrawalId],
    )
  ).map(({ grantId }) => grantId);

const leavesOf = async (action: string): Promise<string[]> =>
  (await market.rows<{ leaf: Buffer }>('select leaf from audit_pending where action = $1 order by id', [action])).map(
    ({ leaf }) => leaf.toString(),
  );

const jobsOf = async (withdrawalId: string): Promise<number> =>
  (
    await market.rows(`select 1 from graphile_worker._private_jobs j where j.payload ->> 'withdrawalId' = $1`, [
      withdrawalId,
    ])
  ).length;

/** Until somebody in this database waits for a lock. @returns the process id of his session */
async function someoneWaits(): Promise<number> {
  for (;;) {
    const [row] = await market.rows<{ pid: number }>(
      `select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' limit 1`,
    );
    if (row) return row.pid;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

describe('what a withdrawal touches', () => {
  it('is exactly what somebody finds who looks at every episode, for random casts', async () => {
    const names = ['A', 'B', 'C'];
    const casts = fc.dictionary(fc.constantFrom(...names), fc.uniqueArray(fc.nat(5), { minLength: 1, maxLength: 4 }));
    const version = fc.record({
      dataset: fc.nat(2),
      owner: fc.nat(1),
      cast: casts,
      recordings: fc.array(fc.nat(11), { minLength: 6, maxLength: 6 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(version, { minLength: 1, maxLength: 5 }), async (versions) => {
        const run = ++people;
        const owners = [provider, other];
        const shelves = new Map<string, { datasetId: string; next: number }>();
        const made: { id: string; owner: number; cast: Record<string, number[]>; recordings: string[] }[] = [];
        for (const { dataset, owner, cast, recordings } of versions) {
          const party = owners[owner] ?? provider;
          const key = `${owner} ${dataset}`;
          const known = shelves.get(key);
          const shelf = known ?? { ...(await market.shelf(party, { episodes: 6 })), next: 2 };
          const id = known
            ? await market.release({ datasetId: shelf.datasetId, number: shelf.next++, episodes: 6 })
            : (shelf as unknown as { versionId: string }).versionId;
          shelves.set(key, shelf);
          const named = Object.fromEntries(Object.entries(cast).map(([name, numbers]) => [`${name}-${run}`, numbers]));
          const content = recordings.map((n) => `${run} ${n}`);
          await film(market, party, id, { episodes: 6, cast: named, recordings: content });
          made.push({ id, owner, cast: named, recordings: content });
        }
        for (const [owner, party] of owners.entries()) {
          for (const name of names.map((one) => `${one}-${run}`)) {
            const mine = made.filter((one) => one.owner === owner);
            const hisContent = new Set(
              mine.flatMap(({ cast, recordings }) => (cast[name] ?? []).map((n) => recordings[n])),
            );
            const expected = mine
              .map(
                ({ id, recordings }) =>
                  [id, recordings.flatMap((content, n) => (hisContent.has(content) ? [n] : []))] as const,
              )
              .filter(([, numbers]) => numbers.length > 0)
              .sort(([a], [b]) => (a < b ? -1 : 1));
            if (hisContent.size === 0) {
              expect(await refusalOf(queries.affected(party.ctx, name, null))).toBe('REQUEST_NOT_FOUND');
              continue;
            }
            const affected = await queries.affected(party.ctx, name, null);
            const page = await queries.versions(party.ctx, { contributorId: affected.contributorId }, { first: 100 });
            const found = page.items.map(
              ({ versionId, spans }) =>
                [versionId, spans.flatMap(([a, b]) => Array.from({ length: b - a + 1 }, (_, i) => a + i))] as const,
            );

            expect(found).toEqual(expected);
            expect(affected).toMatchObject({
              versions: expected.length,
              episodes: expected.reduce((sum, [, numbers]) => sum + numbers.length, 0),
            });
          }
        }
      }),
      { numRuns: 15 },
    );
  });

  it('is paged, versions and spans alike', async () => {
    const name = newName();
    const shelf = await shelfOf(market, provider, {
      episodes: 300,
      cast: { [name]: Array.from({ length: 150 }, (_, i) => i * 2) },
    });
    const second = await market.release({ datasetId: shelf.datasetId, number: 2, episodes: 2 });
    await film(market, provider, second, { episodes: 2, cast: { [name]: [1] } });
    const { contributorId, episodes } = await queries.affected(provider.ctx, name, null);
    const by = { contributorId };

    const first = await queries.versions(provider.ctx, by, { first: 1 });
    const rest = await queries.versions(provider.ctx, by, { first: 1, after: first.cursors[0] });
    const spans = await queries.spans(provider.ctx, by, shelf.versionId, { first: 100 });
    const more = await queries.spans(provider.ctx, by, shelf.versionId, { first: 100, after: spans.cursors.at(-1) });

    expect([first, rest].map(({ items, hasNextPage }) => [items[0]?.versionId, hasNextPage])).toEqual([
      [shelf.versionId, true],
      [second, false],
    ]);
    expect(episodes).toBe(151);
    expect(first.items[0]?.spans).toHaveLength(101);
    expect([...spans.items, ...more.items]).toEqual(Array.from({ length: 150 }, (_, i) => [i * 2, i * 2]));
  });

  it('is for the contributor’s own provider and the operator alone', async () => {
    const name = newName();
    await shelfOf(market, provider, { episodes: 2, cast: { [name]: [0] } });

    expect(await refusalOf(queries.affected(other.ctx, name, null))).toBe('REQUEST_NOT_FOUND');
    expect(await refusalOf(queries.affected(other.ctx, name, provider.organizationId))).toBe('REQUEST_NOT_FOUND');
    expect(await refusalOf(queries.affected(buyer.ctx, name, null))).toBe('REQUEST_FORBIDDEN');
    expect(await refusalOf(queries.affected(admin.ctx, name, null))).toBe('REQUEST_INVALID');
    expect(await queries.affected(admin.ctx, name, provider.organizationId)).toMatchObject({ versions: 1 });
    expect(await refusalOf(withdraw(name, {}, other))).toBe('REQUEST_NOT_FOUND');
    expect(await refusalOf(withdraw(name, {}, buyer))).toBe('REQUEST_FORBIDDEN');
  });
});

describe('withdrawing consent', () => {
  it('recalls what it touches and nothing else, and says nothing of the person in public', async () => {
    const name = newName();
    const touched = await shelfOf(market, provider, { episodes: 4, cast: { [name]: [1, 2] } });
    const next = await market.release({ datasetId: touched.datasetId, number: 2, episodes: 2 });
    await film(market, provider, next, { episodes: 2, cast: { [newName()]: [0] } });
    const namesake = await shelfOf(market, other, { episodes: 4, cast: { [name]: [0] } });

    const id = await withdraw(name);

    expect(await Promise.all([touched.versionId, next, namesake.versionId].map(statusOf))).toEqual([
      'recalled',
      'published',
      'published',
    ]);
    const leaves = [...(await leavesOf('withdrawal.recorded')), ...(await leavesOf('version.recalled'))].join('\n');
    expect(leaves).toContain(id);
    expect(leaves).not.toMatch(/zhang/);
    const [version] = await market.rows<{ reason: string }>(
      'select recall_reason as reason from dataset_versions where id = $1',
      [touched.versionId],
    );
    expect(version?.reason).toMatch(/withdrew consent.*撤回同意/);
    expect(version?.reason).not.toMatch(/zhang/);
    expect(await jobsOf(id)).toBe(1);
    const own = await queries.withdrawals(provider.ctx, { first: 1 });
    expect(own.items[0]).toMatchObject({ id, pseudonym: name, reason: REASON, versions: 1, episodes: 2, scope: null });
    expect((await queries.withdrawals(admin.ctx, { first: 1 })).items[0]).toMatchObject({ id, pseudonym: null });
    expect((await queries.withdrawals(other.ctx, { first: 100 })).items).toEqual([]);
  });

  it('answers the same key with the same withdrawal, and refuses what is withdrawn already', async () => {
    const name = newName();
    await shelfOf(market, provider, { episodes: 2, cast: { [name]: [0] } });
    const asked = wish(name, { scope: ['commercial'] });

    const id = await withdrawals.withdrawConsent(provider.ctx, asked);

    expect(await withdrawals.withdrawConsent(provider.ctx, asked)).toBe(id);
    expect(await refusalOf(withdrawals.withdrawConsent(provider.ctx, { ...asked, scope: null }))).toBe(
      'CATALOG_WITHDRAWAL_KEY_REUSED',
    );
    expect(await refusalOf(withdraw(name, { scope: ['commercial'] }))).toBe('CATALOG_CONSENT_ALREADY_WITHDRAWN');
    expect(await withdraw(name)).not.toBe(id);
    expect(await refusalOf(withdraw(name, { scope: ['research'] }))).toBe('CATALOG_CONSENT_ALREADY_WITHDRAWN');
  });

  it('names every problem of what was asked', async () => {
    const asked = withdrawals.withdrawConsent(provider.ctx, {
      pseudonym: ' ',
      reason: 'short',
      scope: ['driving'],
      idempotencyKey: 'x',
    });

    await expect(asked).rejects.toMatchObject({
      code: 'REQUEST_INVALID',
      details: {
        problems: ['pseudonym', 'reason', 'scope.0', 'idempotencyKey'].map((field) =>
          expect.objectContaining({ path: `input.${field}` }),
        ),
      },
    });
    const name = newName();
    await shelfOf(market, provider, { episodes: 2, cast: { [name]: [0] } });
    const tomorrow = new Date(market.clock.now().getTime() + 86_400_000);
    expect(await refusalOf(withdraw(name, { effectiveAt: tomorrow }))).toBe('REQUEST_INVALID');
  });

  it('happens once when it is asked for twice at the same time', async () => {
    const name = newName();
    const shelf = await shelfOf(market, provider, { episodes: 2, cast: { [name]: [0] } });
    const grantId = await hold(market, buyer, shelf.offerId);

    const done = await Promise.allSettled([withdraw(name), withdraw(name), withdraw(name)]);

    const ids = done.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    const codes = done.flatMap((one) =>
      one.status === 'rejected' && one.reason instanceof DomainError ? [one.reason.code] : [],
    );
    expect(ids).toHaveLength(1);
    expect(codes).toEqual(['CATALOG_CONSENT_ALREADY_WITHDRAWN', 'CATALOG_CONSENT_ALREADY_WITHDRAWN']);
    await notices.tellHolders(market.system, ids[0] ?? '');
    expect(await toldGrants(ids[0] ?? '')).toEqual([grantId]);
  });

  it('keeps its records from everybody who would rewrite them', async () => {
    const name = newName();
    await shelfOf(market, provider, { episodes: 2, cast: { [name]: [0] } });
    const id = await withdraw(name);

    for (const [table, column] of [
      ['withdrawals', 'id'],
      ['version_withdrawals', 'withdrawal_id'],
      ['withdrawn_files', 'withdrawal_id'],
      ['withdrawn_episodes', 'withdrawal_id'],
    ]) {
      await expect(market.rows(`delete from ${table} where ${column} = $1`, [id])).rejects.toThrow(/append-only/);
      await expect(market.rows(`truncate ${table} cascade`)).rejects.toThrow(/append-only/);
    }
  });
});

describe('publishing again', () => {
  const judge = (versionId: string, declared: object, episodes: number) =>
    market.database.transaction(market.system, async (ctx) => {
      const register = market.get(ContributorRegister);
      await register.holdStill(ctx, provider.organizationId);
      return register.judge(ctx, {
        organizationId: provider.organizationId,
        versionId,
        declared,
        operatorsInData: [],
        episodes,
      });
    });

  it('is refused by name, by content under another name, and for spans outside the version', async () => {
    const name = newName();
    const recordings = ['r0', 'r1', 'r2'].map((r) => `${name} ${r}`);
    const shelf = await shelfOf(market, provider, { episodes: 3, cast: { [name]: [1] }, recordings });
    await withdraw(name);
    const next = await market.release({ datasetId: shelf.datasetId, number: 2, episodes: 3 });
    await film(market, provider, next, { episodes: 3, cast: {}, recordings: ['new', ...recordings.slice(1)] });

    const byName = await judge(next, { contributors: [{ pseudonym: name, episodes: [[2, 2]] }] }, 3);
    const renamed = await judge(next, { contributors: [{ pseudonym: 'somebody else', episodes: [[0, 2]] }] }, 3);
    const outside = await judge(next, { contributors: [{ pseudonym: 'third', episodes: [[0, 3]] }] }, 3);

    expect(byName.findings.map(({ message }) => message)).toEqual([
      'contributors[0] withdrew consent: leave out the episodes 2, and the name, and submit again.',
      'The episodes 1 are recordings for which consent was withdrawn: leave them out, and submit again.',
    ]);
    expect(renamed.findings).toEqual([
      expect.objectContaining({ code: 'CONSENT_WITHDRAWN', severity: 'error', episode: 1 }),
    ]);
    expect(outside.findings.map(({ code }) => code)).toEqual(['CONTRIBUTOR_EPISODES_WRONG', 'CONSENT_WITHDRAWN']);
    expect(JSON.stringify([byName.findings, renamed.findings])).not.toContain(name);
  });

  it('is refused for a version that waited for its release when consent was withdrawn', async () => {
    const name = newName();
    const shelf = await shelfOf(market, provider, { episodes: 2, cast: {} });
    const waiting = await market.release({ datasetId: shelf.datasetId, number: 2, episodes: 2 });
    await market.rows(`update datasets set current_version_id = $2 where id = $1`, [shelf.datasetId, shelf.versionId]);
    // A version that only waits cannot be made by a service without bytes.
    await market.rows(`alter table dataset_versions disable trigger dataset_versions_immutable`);
    await market.rows(
      `update dataset_versions set status = 'ready', facts = '{"measured":{},"declared":{}}', report = '{"isListable":true,"rules":[],"counts":{}}' where id = $1`,
      [waiting],
    );
    await market.rows(`alter table dataset_versions enable trigger dataset_versions_immutable`);
    await film(market, provider, waiting, { episodes: 2, cast: { [name]: [1] } });
    await withdraw(name);

    expect(await refusalOf(market.get(VersionService).publishVersion(provider.ctx, waiting, 'a new one'))).toBe(
      'CATALOG_CONSENT_WITHDRAWN',
    );
    expect(await statusOf(waiting)).toBe('ready');
  });

  it('of some uses narrows what is declared, now and whenever it is declared again', async () => {
    const name = newName();
    const shelf = await shelfOf(market, provider, { episodes: 2, cast: { [name]: [0] } });
    const declared = {
      contributors: [{ pseudonym: name, scope: ['research', 'commercial'] }],
      consentScope: ['research', 'commercial'],
    };
    const datasets = market.get(DatasetService);
    await datasets.updateDataset(provider.ctx, shelf.slug, { declared } as Parameters<
      DatasetService['updateDataset']
    >[2]);

    await withdraw(name, { scope: ['commercial'] });

    const narrow = { contributors: [{ pseudonym: name, scope: ['research'] }], consentScope: ['research'] };
    const stored = async () =>
      (await market.rows<{ declared: object }>('select declared from datasets where id = $1', [shelf.datasetId]))[0]
        ?.declared;
    expect(await stored()).toEqual(narrow);
    await datasets.updateDataset(provider.ctx, shelf.slug, { declared } as Parameters<
      DatasetService['updateDataset']
    >[2]);
    expect(await stored()).toEqual(narrow);
    const next = await market.release({ datasetId: shelf.datasetId, number: 2, episodes: 2 });
    await film(market, provider, next, { episodes: 2, cast: {} });
    expect(await judge(next, declared, 2)).toMatchObject({ declared: narrow, findings: [] });
  });
});

describe('telling the holders', () => {
  it('reaches everybody whose right ever started, in whatever state, once however often it runs', async () => {
    const name = newName();
    const shelf = await shelfOf(market, provider, { episodes: 4, cast: { [name]: [1, 3] } });
    const apart = await shelfOf(market, provider, { episodes: 4, cast: { [newName()]: [0] } });
    const namesake = await shelfOf(market, other, { episodes: 4, cast: { [name]: [0] } });
    const holders = await Promise.all(Array.from({ length: 4 }, () => market.party({ isBuyer: true })));
    const held: string[] = [];
    for (const holder of holders) held.push(await hold(market, holder, shelf.offerId));
    const [, suspended = '', revoked = ''] = held;
    const reason = 'as the test needs it';
    await market.get(GrantService).suspendGrant(provider.ctx, { grantId: suspended, reason });
    await market.get(GrantService).revokeGrant(provider.ctx, { grantId: revoked, reason });
    await hold(market, buyer, apart.offerId);
    await hold(market, buyer, namesake.offerId);
    const asking = await market.offer(provider, shelf, { needsApproval: true });
    const requested = await market
      .get(LicenseRequestService)
      .requestLicense(buyer.ctx, { offerId: asking, acceptTerms: true });
    const id = await withdraw(name);

    await Promise.all(Array.from({ length: 4 }, () => notices.tellHolders(market.system, id)));
    await notices.tellHolders(market.system, id);

    expect(await toldGrants(id)).toEqual([...held].sort());
    const sent = (await leavesOf('notice.sent')).filter((leaf) => leaf.includes(id));
    expect(sent).toHaveLength(4);
    expect(sent.join()).not.toMatch(/zhang/);
    expect((await noticeQueries.tallies(provider.ctx, [id])).get(id)).toEqual({
      told: 4,
      seen: 0,
      acknowledged: 0,
      deleted: 0,
      overdue: 0,
    });
    // What was only asked for cannot start any more, so there is nobody to tell.
    expect(
      await refusalOf(market.get(LicenseRequestService).approveLicense(provider.ctx, { grantId: requested.id })),
    ).toBe('LICENSING_NOT_FOR_SALE');
    const { contributorId } = await queries.affected(provider.ctx, name, null);
    const grants = await noticeQueries.affectedGrants(provider.ctx, contributorId, { first: 100 });
    expect(grants.items.map(({ grantId, state }) => [grantId, state])).toEqual(
      held
        .map((grantId) => [grantId, grantId === suspended ? 'suspended' : grantId === revoked ? 'revoked' : 'active'])
        .sort(),
    );
  });

  it('is finished by the next run when the first dies on the way', async () => {
    const name = newName();
    const shelf = await shelfOf(market, provider, { episodes: 2, cast: { [name]: [0] } });
    const held = [await hold(market, buyer, shelf.offerId), await hold(market, other, shelf.offerId)];
    const id = await withdraw(name);
    const blocker = new pg.Client({ connectionString: market.url });
    await blocker.connect();
    await blocker.query('begin');
    await blocker.query('select 1 from grants where id = $1 for update', [held[1]]);

    const dying = notices.tellHolders(market.system, id).catch((error: unknown) => error);
    await market.rows('select pg_terminate_backend($1)', [await someoneWaits()]);
    const died = await dying;
    await blocker.query('rollback');
    await blocker.end();
    expect(died).toBeInstanceOf(Error);
    expect(await toldGrants(id)).toEqual([]);

    await notices.tellHolders(market.system, id);

    expect(await toldGrants(id)).toEqual([...held].sort());
    expect((await leavesOf('notice.sent')).filter((leaf) => leaf.includes(id))).toHaveLength(2);
  });

  it('finds the buyer whose purchase committed first, and refuses the one that comes later', async () => {
    const name = newName();
    const shelf = await shelfOf(market, provider, { episodes: 2, cast: { [name]: [0] } });
    const asking = await market.offer(provider, shelf, { needsApproval: true });
    const { id: grantId } = await market
      .get(LicenseRequestService)
      .requestLicense(buyer.ctx, { offerId: asking, acceptTerms: true });
    let goOn = (): void => undefined;
    const gate = new Promise<void>((resolve) => (goOn = resolve));
    let reach = (): void => undefined;
    const reached = new Promise<void>((resolve) => (reach = resolve));
    const buying = market.database.transaction(provider.ctx, async (tx) => {
      await market.get(LicenseRequestService).approveLicense(tx, { grantId });
      reach();
      await gate;
    });
    await Promise.race([reached, buying]);

    const withdrawing = withdraw(name);
    await someoneWaits();
    expect(await statusOf(shelf.versionId)).toBe('published');
    goOn();
    await buying;
    const id = await withdrawing;

    await notices.tellHolders(market.system, id);
    expect(await toldGrants(id)).toEqual([grantId]);
    expect(await refusalOf(hold(market, other, shelf.offerId))).toBe('LICENSING_NOT_FOR_SALE');
  });

  it('misses nobody, whichever of withdrawal and purchases comes first', async () => {
    for (let round = 0; round < 6; round++) {
      const name = newName();
      const shelf = await shelfOf(market, provider, { episodes: 2, cast: { [name]: [0] } });
      const buyers = await Promise.all(Array.from({ length: 4 }, () => market.party({ isBuyer: true })));

      const [id, ...bought] = await Promise.all([
        withdraw(name),
        ...buyers.map((one) =>
          market
            .get(OrderService)
            .placeOrder(one.ctx, { offerId: shelf.offerId, idempotencyKey: newId('Request'), acceptTerms: true })
            .then((placed) => (placed instanceof DomainError ? placed.code : placed.grantId))
            .catch((error: unknown) => (error instanceof DomainError ? error.code : Promise.reject(error))),
        ),
      ]);
      await notices.tellHolders(market.system, id);

      const grants = bought.filter((one) => one.startsWith('grt_')).sort();
      expect(bought.filter((one) => !one.startsWith('grt_') && one !== 'LICENSING_NOT_FOR_SALE')).toEqual([]);
      expect(await toldGrants(id)).toEqual(grants);
    }
  });
});

describe('answering a notice', () => {
  async function notified(scope: readonly string[] | null = null) {
    const name = newName();
    const shelf = await shelfOf(market, provider, { episodes: 4, cast: { [name]: [1, 3] } });
    const grantId = await hold(market, buyer, shelf.offerId);
    const id = await withdraw(name, { scope });
    await notices.tellHolders(market.system, id);
    const [notice] = (await noticeQueries.own(buyer.ctx, { first: 1 })).items;
    if (!notice) throw new Error('The buyer was not told.');
    return { name, shelf, grantId, id, notice };
  }
  const verdict = async (grantId: string, use: string) => {
    const { verdict, reason } = await market.get(UseCheckQueries).canI(buyer.ctx, { grantId }, use);
    return { verdict, reason: reason.en };
  };

  it('says which episodes and until when, and never whose', async () => {
    const { name, notice, grantId, shelf } = await notified();

    expect(notice).toMatchObject({
      grantId,
      versionId: shelf.versionId,
      spans: [
        [1, 1],
        [3, 3],
      ],
      channel: 'market',
      seenAt: null,
      isOverdue: false,
      successorLabel: null,
    });
    expect(notice.dueAt.getTime() - notice.toldAt.getTime()).toBe(30 * 86_400_000);
    expect(JSON.stringify(notice)).not.toMatch(new RegExp(`${name}|zhang`));
    const fixed = await market.release({ datasetId: shelf.datasetId, number: 2, episodes: 2 });
    expect((await noticeQueries.ownById(buyer.ctx, notice.id)).successorVersionId).toBe(fixed);
  });

  it('is for the holder alone, written once, and seen by the provider and the operator', async () => {
    const { id, notice } = await notified();
    const deletedAt = market.clock.now();

    expect(await refusalOf(notices.acknowledgeWithdrawal(other.ctx, { noticeId: notice.id }))).toBe(
      'REQUEST_NOT_FOUND',
    );
    expect(await refusalOf(notices.acknowledgeWithdrawal(provider.ctx, { noticeId: notice.id }))).toBe(
      'REQUEST_NOT_FOUND',
    );
    expect((await noticeQueries.own(other.ctx, { first: 100 })).items.map((one) => one.id)).not.toContain(notice.id);
    await notices.markSeen(other.ctx, [notice.id]);
    expect((await noticeQueries.tallies(provider.ctx, [id])).get(id)?.seen).toBe(0);
    await notices.markSeen(buyer.ctx, [notice.id]);
    const future = new Date(deletedAt.getTime() + 86_400_000);
    expect(await refusalOf(notices.acknowledgeWithdrawal(buyer.ctx, { noticeId: notice.id, deletedAt: future }))).toBe(
      'REQUEST_INVALID',
    );

    await notices.acknowledgeWithdrawal(buyer.ctx, { noticeId: notice.id, note: '收到' });
    await Promise.all(
      [1, 2, 3].map(() => notices.acknowledgeWithdrawal(buyer.ctx, { noticeId: notice.id, deletedAt, note: 'again' })),
    );
    const first = await noticeQueries.ownById(buyer.ctx, notice.id);
    await notices.acknowledgeWithdrawal(buyer.ctx, { noticeId: notice.id, deletedAt: new Date(0) });

    expect(first).toMatchObject({ note: '收到', deletedAt, acknowledgedAt: expect.any(Date) });
    expect(await noticeQueries.ownById(buyer.ctx, notice.id)).toEqual(first);
    const listed = await noticeQueries.ofWithdrawal(provider.ctx, id, { first: 100 }, { isAcknowledged: true });
    expect(listed.items.map((one) => one.id)).toEqual([notice.id]);
    for (const action of ['notice.acknowledged', 'notice.deletion_certified'])
      expect((await leavesOf(action)).filter((leaf) => leaf.includes(notice.id))).toHaveLength(1);
    await expect(
      market.rows('update withdrawal_notices set deleted_at = now() where id = $1', [notice.id]),
    ).rejects.toThrow(/cannot be changed/);
  });

  it('is late after its time, unless the deletion is certified or the withdrawal was cancelled', async () => {
    const [a, b, c] = [await notified(), await notified(), await notified()];
    await withdrawals.cancelWithdrawal(admin.ctx, { withdrawalId: c.id, reason: 'entered for the wrong person' });
    await notices.acknowledgeWithdrawal(buyer.ctx, { noticeId: a.notice.id });
    await notices.acknowledgeWithdrawal(buyer.ctx, { noticeId: b.notice.id, deletedAt: market.clock.now() });

    market.clock.advanceDays(31);
    const overdue = await noticeQueries.own(buyer.ctx, { first: 100 }, { isOverdue: true });
    const tallies = await noticeQueries.tallies(provider.ctx, [a.id, b.id, c.id]);
    market.clock.advanceDays(-31);

    const late = overdue.items.map((one) => one.id);
    expect([a, b, c].map(({ notice }) => late.includes(notice.id))).toEqual([true, false, false]);
    expect([a, b, c].map(({ id }) => tallies.get(id)?.overdue)).toEqual([1, 0, 0]);
  });

  it('opens again what is left of the right once the deletion is certified', async () => {
    const all = await notified();
    const some = await notified(['commercial']);

    expect(await verdict(all.grantId, 'evaluate')).toEqual({
      verdict: 'FORBIDDEN',
      reason: expect.stringContaining('withdrew consent'),
    });
    expect((await verdict(some.grantId, 'commercial_training')).verdict).toBe('FORBIDDEN');
    expect((await verdict(some.grantId, 'research_training')).verdict).toMatch(/^ALLOWED/);
    await notices.acknowledgeWithdrawal(buyer.ctx, { noticeId: all.notice.id });
    expect((await verdict(all.grantId, 'evaluate')).verdict).toBe('FORBIDDEN');
    for (const { notice } of [all, some])
      await notices.acknowledgeWithdrawal(buyer.ctx, { noticeId: notice.id, deletedAt: market.clock.now() });

    expect((await verdict(all.grantId, 'evaluate')).verdict).toMatch(/^ALLOWED/);
    expect((await verdict(some.grantId, 'commercial_training')).verdict).toMatch(/^ALLOWED/);
  });
});

describe('cancelling a withdrawal', () => {
  it('is for the operator, within a day, and leaves the recall', async () => {
    const name = newName();
    const shelf = await shelfOf(market, provider, { episodes: 2, cast: { [name]: [0] } });
    const grantId = await hold(market, buyer, shelf.offerId);
    const id = await withdraw(name);
    const input = { withdrawalId: id, reason: 'entered for the wrong person' };
    expect(await refusalOf(withdrawals.cancelWithdrawal(provider.ctx, input))).toBe('REQUEST_FORBIDDEN');

    await withdrawals.cancelWithdrawal(admin.ctx, input);
    await withdrawals.cancelWithdrawal(admin.ctx, input);

    expect(await statusOf(shelf.versionId)).toBe('recalled');
    expect(await queries.stoppedFiles(market.system, shelf.versionId, ['data/episode_0.parquet'])).toBeNull();
    expect((await market.get(UseCheckQueries).canI(buyer.ctx, { grantId }, 'evaluate')).verdict).toMatch(/^ALLOWED/);
    expect(await notices.tellHolders(market.system, id)).toBe(0);
    const again = await withdraw(name);
    market.clock.advanceDays(2);
    const late = await refusalOf(withdrawals.cancelWithdrawal(admin.ctx, { ...input, withdrawalId: again }));
    market.clock.advanceDays(-2);
    expect(late).toBe('CATALOG_WITHDRAWAL_SETTLED');
  });
});
