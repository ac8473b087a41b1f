import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { OrderService } from '@app/billing';
import { DomainError, newId } from '@app/kernel';
import { GrantQueries, GrantService, RightQueries } from '@app/licensing';
import type { GrantFilter } from '@app/licensing';
import { storedVerdictsOf } from '../../../libs/licensing/src/terms/stored-verdicts.js';
import { readTerms } from '../../../libs/licensing/src/terms/terms.js';
import { RightsMarket, refusalOf } from '../../support/rights-market.factory.js';
import type { Party, Shelf } from '../../support/rights-market.factory.js';

const REASON = '合同终止：the contract between us has ended.';

let market: RightsMarket;
let north: Party;
let south: Party;
let lab: Party;
let firm: Party;
let admin: Party;
let cups: Shelf;
let bolts: Shelf;
let grants: Record<'labResearch' | 'firmCommercial' | 'firmEvaluation' | 'labRevoked', string>;
let queries: GrantQueries;

async function take(buyer: Party, provider: Party, shelf: Shelf, template: string, use?: string): Promise<string> {
  const offerId = await market.offer(provider, shelf, { template });
  const placed = await market
    .get(OrderService)
    .placeOrder(buyer.ctx, { offerId, idempotencyKey: newId('Request'), acceptTerms: true, ...(use && { use }) });
  if (placed instanceof DomainError) throw placed;
  return placed.grantId;
}

beforeAll(async () => {
  market = await RightsMarket.open();
  queries = market.get(GrantQueries);
  north = await market.party({ isProvider: true });
  south = await market.party({ isProvider: true });
  lab = await market.party({ isBuyer: true });
  firm = await market.party({ isBuyer: true });
  admin = await market.party({ isAdmin: true, isBuyer: true });
  await market.rows('update organizations set name = $2 where id = $1', [
    lab.organizationId,
    '清华大学机器人实验室 100%',
  ]);
  cups = await market.shelf(north);
  bolts = await market.shelf(south);
  grants = {
    labResearch: await take(lab, north, cups, 'research', 'research_training'),
    firmCommercial: await take(firm, north, cups, 'commercial', 'commercial_training'),
    firmEvaluation: await take(firm, south, bolts, 'evaluation'),
    labRevoked: await take(lab, south, bolts, 'commercial'),
  };
  await market.get(GrantService).revokeGrant(south.ctx, { grantId: grants.labRevoked, reason: REASON });
}, 120_000);

afterAll(() => market.close());

/** Names of the grants that a search finds, oldest first. */
async function found(filter: GrantFilter, party: Party = admin): Promise<string[]> {
  const { items } = await queries.grants(party.ctx, { first: 100 }, filter);
  const names = new Map(Object.entries(grants).map(([name, id]) => [id, name]));
  return items.map((grant) => names.get(grant.id) ?? grant.id).sort();
}

describe('the search for grants', () => {
  it.each<[string, () => GrantFilter, string[]]>([
    ['holder by slug', () => ({ holder: lab.slug.toUpperCase() }), ['labResearch', 'labRevoked']],
    ['holder by id', () => ({ holder: firm.organizationId }), ['firmCommercial', 'firmEvaluation']],
    ['provider', () => ({ provider: south.slug }), ['firmEvaluation', 'labRevoked']],
    ['dataset', () => ({ datasetSlug: cups.slug }), ['firmCommercial', 'labResearch']],
    ['version', () => ({ versionId: bolts.versionId }), ['firmEvaluation', 'labRevoked']],
    ['Chinese words of a name', () => ({ text: '机器人实验' }), ['labResearch', 'labRevoked']],
    ['a sign that patterns use', () => ({ text: '100%' }), ['labResearch', 'labRevoked']],
    ['a sign that would match anything', () => ({ text: '_' }), []],
    ['template', () => ({ template: 'LicenseRef-Bodega-Research-1.0' }), ['labResearch']],
    ['a use that the terms open', () => ({ use: 'COMMERCIAL_TRAINING' }), ['firmCommercial', 'labRevoked']],
    ['the use that was named', () => ({ intendedUse: 'research_training' }), ['labResearch']],
    ['state', () => ({ states: ['revoked'] }), ['labRevoked']],
    ['two facts at once', () => ({ holder: lab.slug, states: ['active'] }), ['labResearch']],
    ['recall, where there is none', () => ({ isRecalled: true }), []],
    ['nobody', () => ({ holder: 'nobody-at-all' }), []],
  ])('finds by %s', async (_name, filter, expected) => {
    expect(await found(filter())).toEqual(expected);
  });

  it('finds by the hash of the terms, and by a recalled version', async () => {
    const { termsHash } = await queries.byId(admin.ctx, grants.labResearch);
    const recalled = await market.shelf(north);
    const grantId = await take(firm, north, recalled, 'commercial');
    await market.rows(
      `update dataset_versions set status = 'recalled', recalled_at = now(), recall_reason = $2 where id = $1`,
      [recalled.versionId, REASON],
    );

    expect(await found({ termsHash })).toEqual(['labResearch']);
    expect(await found({ isRecalled: true })).toEqual([grantId]);
    expect(await found({ isRecalled: false, holder: lab.slug })).toEqual(['labResearch', 'labRevoked']);
  });

  it('finds what was open at an instant by its history, and what overlaps a period', async () => {
    const now = market.clock.now();
    const [event] = await market.rows<{ at: Date }>(
      `select at from grant_events where grant_id = $1 and to_state = 'active'`,
      [grants.labRevoked],
    );
    const began = event?.at ?? now;
    const inYears = new Date(now.getTime() + 10 * 365 * 86_400_000);

    expect(await found({ activeAt: began, provider: south.slug })).toEqual(['firmEvaluation', 'labRevoked']);
    expect(await found({ activeAt: now, provider: south.slug })).toEqual(['firmEvaluation']);
    expect(await found({ activeAt: new Date('2020-01-01') })).toEqual([]);
    expect(await found({ from: new Date('2020-01-01'), to: new Date('2020-02-01') })).toEqual([]);
    expect(await found({ from: inYears, provider: south.slug })).toEqual(['labRevoked']);
    expect(await found({ to: inYears, provider: south.slug })).toEqual(['firmEvaluation', 'labRevoked']);
  });

  it('calls a right expired from the instant on, whichever state is asked for', async () => {
    const later = await RightsMarket.open(market.url);
    try {
      later.clock.advanceDays(31);
      const asked = later.get(GrantQueries);
      const idsOf = async (states: NonNullable<GrantFilter['states']>): Promise<string[]> =>
        (await asked.grants(firm.ctx, {}, { states, provider: south.slug })).items.map((grant) => grant.id);

      expect(await idsOf(['expired'])).toEqual([grants.firmEvaluation]);
      expect(await idsOf(['active'])).toEqual([]);
      expect(await idsOf(['active', 'expired'])).toEqual([grants.firmEvaluation]);
    } finally {
      await later.close();
    }
  });

  it('shows each party its own side, whatever is asked for', async () => {
    expect(await found({ datasetSlug: cups.slug }, lab)).toEqual(['labResearch']);
    expect(await found({ holder: firm.slug }, lab)).toEqual([]);
    expect(await found({ use: 'commercial_training' }, south)).toEqual(['labRevoked']);
    expect(await found({ text: 'party' }, await market.party({ isBuyer: true }))).toEqual([]);
    expect(await refusalOf(queries.grants({ ...market.system, actor: { kind: 'anonymous' } }, {}, {}))).toBe(
      'REQUEST_UNAUTHENTICATED',
    );
  });

  it.each<GrantFilter>([
    { use: 'world_domination' },
    { states: ['gone' as never] },
    { termsHash: 'abc' },
    { from: new Date('2026-02-01'), to: new Date('2026-01-01') },
    { text: 'x'.repeat(201) },
  ])('refuses %j with what is wrong', async (filter) => {
    expect(await refusalOf(queries.grants(admin.ctx, {}, filter))).toBe('REQUEST_INVALID');
  });

  it('keeps beside all terms what the engine says of every use', async () => {
    const stored = await market.rows<{ hash: string; terms: unknown; verdicts: { use: string }[] }>(
      `select t.hash, t.terms, jsonb_agg(jsonb_build_object('use', v.use, 'verdict', v.verdict, 'isOpen', v.is_open)) as verdicts
         from terms t join terms_verdicts v on v.terms_hash = t.hash group by t.hash`,
    );

    expect(stored.length).toBeGreaterThanOrEqual(3);
    for (const { hash, terms, verdicts } of stored) {
      const byUse = (a: { use: string }, b: { use: string }): number => (a.use < b.use ? -1 : 1);
      expect(verdicts.sort(byUse)).toEqual(storedVerdictsOf(readTerms(terms, hash)).sort(byUse));
    }
  });
});

describe('who may use what until when', () => {
  const rights = () => market.get(RightQueries);

  it('lists the holders of a dataset, with the verdict on each use and the end', async () => {
    const { items } = await rights().rights(admin.ctx, {}, { datasetSlug: cups.slug });

    expect(items.map(({ holder }) => holder.id)).toEqual([firm.organizationId, lab.organizationId]);
    const [ofFirm, ofLab] = items;
    const verdictOf = (row: typeof ofFirm, use: string) => row?.uses.find((judged) => judged.use === use)?.verdict;
    expect(ofFirm?.uses).toHaveLength(12);
    expect(verdictOf(ofFirm, 'commercial_training')).toBe('ALLOWED');
    expect(verdictOf(ofLab, 'commercial_training')).toBe('FORBIDDEN');
    expect(ofLab?.grant.expiresAt).not.toBeNull();
  });

  it('lists what an organization may use, now or as of a day, by one use or all', async () => {
    const commercial = await rights().rights(admin.ctx, {}, { holder: firm.slug, use: 'commercial_training' });
    const ofLab = await rights().rights(admin.ctx, {}, { holder: lab.slug });
    const before = await rights().rights(admin.ctx, {}, { holder: lab.slug, at: new Date('2020-01-01') });

    expect(commercial.items.map(({ uses }) => uses.length)).toEqual(commercial.items.map(() => 1));
    expect(commercial.items.map(({ grant }) => grant.id)).toContain(grants.firmCommercial);
    expect(ofLab.items.map(({ grant }) => grant.id)).toEqual([grants.labResearch]);
    expect(before.items).toEqual([]);
  });

  it('narrows by what the provider declares of people, as the gate does', async () => {
    await market.rows(
      `update datasets set declared = '{"personalData": "present_with_consent", "consentScope": ["research"]}' where id = $1`,
      [cups.datasetId],
    );

    const { items } = await rights().rights(admin.ctx, {}, { datasetSlug: cups.slug, use: 'commercial_training' });

    expect(items.map(({ uses }) => uses[0]?.verdict)).toEqual(['FORBIDDEN']);
  });

  it('is for each party about its own', async () => {
    const ofLab = await rights().rights(lab.ctx, {}, { datasetSlug: cups.slug });
    const ofSouth = await rights().rights(south.ctx, {}, { datasetSlug: cups.slug });

    expect(ofLab.items.map(({ grant }) => grant.id)).toEqual([grants.labResearch]);
    expect(ofSouth.items).toEqual([]);
  });
});

describe('what an operator reads of others', () => {
  const leaves = async (): Promise<{ action: string; leaf: { about: { orgs: string[] }; facts: object } }[]> =>
    (
      await market.rows<{ action: string; leaf: Buffer }>(
        `select action, leaf from (select id, action, leaf from audit_pending union all select act_id, action, leaf from audit_log) a
          where action like '%read_by_operator' order by id`,
      )
    ).map(({ action, leaf }) => ({ action, leaf: JSON.parse(leaf.toString('utf8')) }));
  const since = async (work: () => Promise<unknown>): Promise<Awaited<ReturnType<typeof leaves>>> => {
    const before = (await leaves()).length;
    await work();
    return (await leaves()).slice(before);
  };
  const anotherAdmin = async (): Promise<Party> => market.party({ isAdmin: true, isBuyer: true });

  it('is a leaf that the parties find, once within ten minutes, and again after them', async () => {
    const operator = await anotherAdmin();
    const later = await RightsMarket.open(market.url);
    try {
      const first = await since(() => queries.byId(operator.ctx, grants.firmCommercial));
      const again = await since(() => queries.byId(operator.ctx, grants.firmCommercial));
      later.clock.advanceDays(1);
      const nextDay = await since(() => later.get(GrantQueries).byId(operator.ctx, grants.firmCommercial));

      expect(first.map(({ action }) => action)).toEqual(['grant.read_by_operator']);
      expect(first[0]?.leaf.about.orgs).toEqual(
        [operator.organizationId, firm.organizationId, north.organizationId].sort(),
      );
      expect(again).toEqual([]);
      expect(nextDay).toHaveLength(1);
    } finally {
      await later.close();
    }
  });

  it('is one leaf for a page, which names no party, and another for another page', async () => {
    const operator = await anotherAdmin();

    const page = await since(() => queries.grants(operator.ctx, { first: 3 }, { text: '清华' }));
    const same = await since(() => queries.grants(operator.ctx, { first: 3 }, { text: '清华' }));
    const other = await since(() => queries.grants(operator.ctx, { first: 3 }, { provider: north.slug }));

    expect(page.map(({ action }) => action)).toEqual(['grants.read_by_operator']);
    expect(page[0]?.leaf).toMatchObject({ about: { orgs: [operator.organizationId] }, facts: { count: 2 } });
    expect(JSON.stringify(page)).not.toContain('清华');
    expect(same).toEqual([]);
    expect(other).toHaveLength(1);
  });

  it('at the same moment twice is one leaf', async () => {
    const operator = await anotherAdmin();

    const both = await since(() => Promise.all([1, 2, 3].map(() => queries.byId(operator.ctx, grants.labResearch))));

    expect(both).toHaveLength(1);
  });

  it('is not told of what is the operator’s own, nor of the market’s own work', async () => {
    const operator = await anotherAdmin();
    const own = await take(operator, north, cups, 'commercial');

    expect(await since(() => queries.byId(operator.ctx, own))).toEqual([]);
    expect(await since(() => queries.byId(market.system, grants.labResearch))).toEqual([]);
    expect(await since(() => queries.byId(lab.ctx, grants.labResearch))).toEqual([]);
  });

  it('is refused when it cannot be recorded', async () => {
    const operator = await anotherAdmin();
    await market.rows('alter table audit_pending rename to audit_pending_away');
    try {
      await expect(queries.byId(operator.ctx, grants.labResearch)).rejects.toThrow('audit_pending');
    } finally {
      await market.rows('alter table audit_pending_away rename to audit_pending');
    }

    expect(await since(() => queries.byId(operator.ctx, grants.labResearch))).toHaveLength(1);
  });
});
