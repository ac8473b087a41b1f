import 'reflect-metadata';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Database } from '@app/database';
import { systemContext } from '@app/kernel';
import { parse, stringify } from 'yaml';
import { OpenMarket } from '../support/open-market.js';
import type { CliRun, Party } from '../support/open-market.js';
import { CREATE_LEASE, leaseOf, offerOn, orderOf, publishFolder, sampleFolder } from '../support/published-set.js';
import type { PublishedSet } from '../support/published-set.js';

const PSEUDONYM = '采集员-甲-7f3a';
const REASON = '采集员-甲-7f3a asked for it in a letter of 3 March.';

const WITHDRAW = `mutation($input: WithdrawConsentInput!) { withdrawConsent(input: $input) {
  id pseudonym versions episodes affectedVersions(first: 5) { nodes { label datasetSlug renditions spans(first: 10) { nodes { first last } } } } } }`;
const NOTICES = `{ notices(first: 10) { nodes { id withdrawalId grantId datasetSlug versionLabel seenAt acknowledgedAt deletedAt isOverdue
  successorLabel episodes(first: 10) { nodes { first last } } } } }`;
const LIST = `{ withdrawals(first: 5) { nodes { id pseudonym reason tally { told seen acknowledged deleted overdue }
  notices(first: 10) { nodes { organizationSlug grantId toldAt seenAt acknowledgedAt deletedAt note } } } } }`;

describe('withdrawal of consent, from the pseudonym to the last holder', () => {
  let market: OpenMarket;
  let centre: Party;
  let namesake: Party;
  let startup: Party;
  let lab: Party;
  let former: Party;
  let admin: Party;
  let touched: PublishedSet;
  let apart: PublishedSet;
  let elsewhere: PublishedSet;
  const grants: Record<string, string> = {};
  let withdrawalId = '';

  type Contributor = { pseudonym: string; episodes?: [number, number][] };

  /** A sample set whose dataset.yaml names contributors. */
  async function declaring(name: 'grasping' | 'sorting' | 'placement', contributors: readonly Contributor[]) {
    const folder = sampleFolder(name);
    const yaml = parse(await readFile(join(folder, 'dataset.yaml'), 'utf8')) as Record<string, unknown>;
    const meta = join(market.folder, `${name}-${Math.random().toString(36).slice(2)}.yaml`);
    await writeFile(meta, stringify({ ...yaml, contributors }));
    return { folder, meta };
  }

  async function publish(
    party: Party,
    as: string,
    name: 'grasping' | 'sorting' | 'placement',
    contributors: readonly Contributor[],
    ...more: string[]
  ): Promise<PublishedSet> {
    const { folder, meta } = await declaring(name, contributors);
    return publishFolder(market, party, { folder, name: as, extra: ['--meta', meta, ...more] });
  }

  async function tryPublish(
    slug: string,
    name: 'grasping' | 'sorting' | 'placement',
    contributors: readonly Contributor[],
  ): Promise<CliRun> {
    const { folder, meta } = await declaring(name, contributors);
    return market.cli(['publish', folder, '--name', slug, '--meta', meta, '--note', 'without him', '--json'], centre);
  }

  beforeAll(async () => {
    market = await OpenMarket.open();
    centre = await market.party({ isProvider: true }, 'centre');
    namesake = await market.party({ isProvider: true }, 'namesake');
    startup = await market.party({ isBuyer: true }, 'startup');
    lab = await market.party({ isBuyer: true }, 'lab');
    former = await market.party({ isBuyer: true }, 'former');
    admin = await market.party({ isOperator: true }, 'operator');
    touched = await publish(centre, 'touched', 'grasping', [
      {
        pseudonym: PSEUDONYM,
        episodes: [
          [2, 4],
          [7, 7],
        ],
      },
      { pseudonym: 'colleague', episodes: [[0, 1]] },
    ]);
    apart = await publish(centre, 'apart', 'sorting', [{ pseudonym: 'colleague', episodes: [[0, 9]] }]);
    elsewhere = await publish(namesake, 'elsewhere', 'grasping', [{ pseudonym: PSEUDONYM, episodes: [[0, 3]] }]);
    const offers = {
      touched: await offerOn(market, centre, touched.slug),
      apart: await offerOn(market, centre, apart.slug),
      elsewhere: await offerOn(market, namesake, elsewhere.slug),
    };
    grants['startup'] = (await orderOf(market, startup, offers.touched)).grantId;
    grants['lab'] = (await orderOf(market, lab, offers.touched)).grantId;
    grants['former'] = (await orderOf(market, former, offers.touched)).grantId;
    grants['startup apart'] = (await orderOf(market, startup, offers.apart)).grantId;
    grants['lab elsewhere'] = (await orderOf(market, lab, offers.elsewhere)).grantId;
    for (const [mutation, grantId] of [
      ['suspendGrant', grants['lab']],
      ['revokeGrant', grants['former']],
    ] as const) {
      const type = `${mutation.charAt(0).toUpperCase()}${mutation.slice(1)}Input`;
      await market.must(
        `mutation($input: ${type}!) { ${mutation}(input: $input) { state } }`,
        { input: { grantId, reason: 'for the sake of this test' } },
        centre.apiKey,
      );
    }
  }, 240_000);

  afterAll(() => market.close());

  const status = async (set: PublishedSet): Promise<string> =>
    (await market.must('query($id: ID!) { node(id: $id) { ... on Version { status } } }', { id: set.versionId })).node
      .status;

  it('finds what a contributor appears in, for its provider and the operator, and hides the pseudonym from others', async () => {
    const query = `query($pseudonym: String!, $of: ID) { affectedByWithdrawal(pseudonym: $pseudonym, organizationId: $of) {
      datasets versions episodes affectedVersions(first: 5) { nodes { versionId label status episodes isStated spans(first: 10) { nodes { first last } } } }
      affectedGrants(first: 10) { nodes { grantId organizationSlug state slice } } } }`;
    const own = await market.must(query, { pseudonym: PSEUDONYM }, centre.apiKey);
    const operators = await market.must(query, { pseudonym: PSEUDONYM, of: centre.organizationId }, admin.apiKey);

    expect(own).toEqual({
      affectedByWithdrawal: {
        datasets: 1,
        versions: 1,
        episodes: 4,
        affectedVersions: {
          nodes: [
            {
              versionId: touched.versionId,
              label: 'v1',
              status: 'PUBLISHED',
              episodes: 4,
              isStated: true,
              spans: {
                nodes: [
                  { first: 2, last: 4 },
                  { first: 7, last: 7 },
                ],
              },
            },
          ],
        },
        affectedGrants: {
          nodes: [
            { grantId: grants['startup'], organizationSlug: 'startup', state: 'active', slice: { kind: 'all' } },
            { grantId: grants['lab'], organizationSlug: 'lab', state: 'suspended', slice: { kind: 'all' } },
            { grantId: grants['former'], organizationSlug: 'former', state: 'revoked', slice: { kind: 'all' } },
          ],
        },
      },
    });
    expect(operators).toEqual(own);
    const page = `query($slug: String!) { dataset(slug: $slug) { declared versions(first: 5) { nodes { facts report conformance { __typename } } } } }`;
    for (const credential of [undefined, startup.apiKey, namesake.apiKey, admin.apiKey])
      expect(JSON.stringify(await market.must(page, { slug: touched.slug }, credential)).includes(PSEUDONYM)).toBe(
        false,
      );
    expect(JSON.stringify(await market.must(page, { slug: touched.slug }, centre.apiKey)).includes(PSEUDONYM)).toBe(
      true,
    );
    const report = await fetch(`${market.url}/datasets/${touched.slug}/versions/v1/report.json`);
    expect(await report.text()).not.toContain(PSEUDONYM);
  });

  it('recalls, tells every holder, and touches nobody else', async () => {
    const input = { pseudonym: PSEUDONYM, reason: REASON, idempotencyKey: 'the-letter-of-march' };
    const { withdrawConsent } = await market.must(WITHDRAW, { input }, centre.apiKey);
    withdrawalId = withdrawConsent.id;
    await market.eventually(async () => {
      const { withdrawals } = await market.must(LIST, {}, centre.apiKey);
      return withdrawals.nodes[0].tally.told === 3;
    }, 'telling the holders');

    expect(withdrawConsent).toMatchObject({
      pseudonym: PSEUDONYM,
      versions: 1,
      episodes: 4,
      affectedVersions: {
        nodes: [
          {
            label: 'v1',
            datasetSlug: touched.slug,
            spans: {
              nodes: [
                { first: 2, last: 4 },
                { first: 7, last: 7 },
              ],
            },
          },
        ],
      },
    });
    expect(await Promise.all([touched, apart, elsewhere].map(status))).toEqual(['RECALLED', 'PUBLISHED', 'PUBLISHED']);
    const seen = [];
    for (const party of [startup, lab, former, namesake])
      seen.push((await market.must(NOTICES, {}, party.apiKey)).notices.nodes);
    expect(seen.map((nodes) => nodes.map((node: { grantId: string }) => node.grantId))).toEqual([
      [grants['startup']],
      [grants['lab']],
      [grants['former']],
      [],
    ]);
    expect(seen[0][0]).toMatchObject({
      withdrawalId,
      versionLabel: 'v1',
      isOverdue: false,
      episodes: {
        nodes: [
          { first: 2, last: 4 },
          { first: 7, last: 7 },
        ],
      },
    });
    expect(JSON.stringify(seen).includes(PSEUDONYM)).toBe(false);
    const { grants: held } = await market.must(
      '{ grants(first: 5) { nodes { id recallReason withdrawals { withdrawalId seenAt } } } }',
      {},
      startup.apiKey,
    );
    expect(
      Object.fromEntries(
        held.nodes.map((one: { id: string; withdrawals: unknown[] }) => [one.id, one.withdrawals.length]),
      ),
    ).toEqual({
      [grants['startup'] ?? '']: 1,
      [grants['startup apart'] ?? '']: 0,
    });
    expect(JSON.stringify(held).includes(PSEUDONYM)).toBe(false);
  });

  it('hands out no file with such an episode, every other file, and whatever is not touched', async () => {
    const ask = (input: object, party = startup) => market.ask(CREATE_LEASE, { input }, party.apiKey);
    const data = 'data/chunk-000/file-000.parquet';
    for (const wish of [{}, { paths: [data] }, { ranges: [{ path: data, firstByte: 0, lastByte: 9 }] }]) {
      const { errors } = await ask({ grantId: grants['startup'], ...wish });
      expect(errors[0]).toMatchObject({
        extensions: { code: 'DELIVERY_CONSENT_WITHDRAWN' },
        message: expect.stringMatching(/License the corrected version/),
      });
      expect(JSON.stringify(errors).includes(PSEUDONYM)).toBe(false);
    }

    const { files } = await leaseOf(market, startup, grants['startup'] ?? '', { paths: ['meta/info.json'] });
    expect((await fetch(files[0]?.url ?? '')).status).toBe(200);
    expect((await leaseOf(market, startup, grants['startup apart'] ?? '')).files.length).toBeGreaterThan(3);
    expect((await leaseOf(market, lab, grants['lab elsewhere'] ?? '')).files.length).toBeGreaterThan(3);
    const sold = await market.ask(
      `mutation($input: PlaceOrderInput!) { placeOrder(input: $input) { __typename } }`,
      {
        input: {
          offerId: await offerOn(market, centre, touched.slug),
          idempotencyKey: 'too-late-for-this',
          acceptTerms: true,
        },
      },
      former.apiKey,
    );
    expect(sold.errors[0]?.extensions.code).toBe('LICENSING_NOT_FOR_SALE');
    const { canI } = await market.must(
      'query($id: ID) { canI(grantId: $id, use: "evaluate") { verdict reason } }',
      { id: grants['startup'] },
      startup.apiKey,
    );
    expect(canI).toMatchObject({ verdict: 'FORBIDDEN', reason: expect.stringContaining('withdrew consent') });
    const { version } = await market.must(
      'query($id: ID!) { version(datasetId: $id, selector: "v1") { samples { episode } } }',
      { id: touched.datasetId },
    );
    expect(version.samples).toEqual([]);
  });

  it('lists who was told and who acknowledged, which nobody else can do', async () => {
    const [notice] = (await market.must(NOTICES, {}, startup.apiKey)).notices.nodes;
    const acknowledge = (party: Party, more: object = {}) =>
      market.ask(
        'mutation($input: AcknowledgeWithdrawalInput!) { acknowledgeWithdrawal(input: $input) { id deletedAt note } }',
        { input: { noticeId: notice.id, ...more } },
        party.apiKey,
      );
    for (const party of [lab, namesake, centre, admin])
      expect((await acknowledge(party)).errors[0]?.extensions.code).toBe('REQUEST_NOT_FOUND');

    const deletedAt = new Date(Date.now() - 1_000).toISOString();
    const first = await acknowledge(startup, { deletedAt, note: '已删除' });
    const again = await acknowledge(startup, { deletedAt: new Date(0).toISOString(), note: 'twice' });

    expect(first.data.acknowledgeWithdrawal).toEqual({ id: notice.id, deletedAt, note: '已删除' });
    expect(again.data).toEqual(first.data);
    for (const [party, pseudonym] of [
      [centre, PSEUDONYM],
      [admin, null],
    ] as const) {
      const { withdrawals } = await market.must(LIST, {}, party.apiKey);
      expect(withdrawals.nodes).toMatchObject([
        { id: withdrawalId, pseudonym, tally: { told: 3, seen: 3, acknowledged: 1, deleted: 1, overdue: 0 } },
      ]);
      const bySlug = Object.fromEntries(
        withdrawals.nodes[0].notices.nodes.map((one: { organizationSlug: string; deletedAt: string | null }) => [
          one.organizationSlug,
          one.deletedAt,
        ]),
      );
      expect(bySlug).toEqual({ startup: deletedAt, lab: null, former: null });
    }
    for (const party of [startup, namesake]) {
      const { withdrawals } = await market.must(LIST, {}, party.apiKey);
      expect(withdrawals.nodes).toEqual([]);
    }
  });

  it('lets nobody publish the episodes again, under that name, another, or none; and the rest goes on as a new version', async () => {
    const [named, renamed, outside] = await Promise.all([
      tryPublish(touched.slug, 'grasping', [{ pseudonym: PSEUDONYM, episodes: [[2, 4]] }]),
      tryPublish('centre/a-copy', 'grasping', [{ pseudonym: 'somebody new' }]),
      tryPublish('centre/another', 'placement', [{ pseudonym: 'colleague', episodes: [[0, 12]] }]),
    ]);

    expect([named, renamed, outside].map(({ code }) => code)).toEqual([1, 1, 1]);
    expect([named, renamed].map(({ stdout }) => stdout.includes('CONSENT_WITHDRAWN'))).toEqual([true, true]);
    expect(outside.stdout).toContain('CONTRIBUTOR_EPISODES_WRONG');

    const corrected = await tryPublish(touched.slug, 'placement', [{ pseudonym: 'colleague', episodes: [[0, 1]] }]);
    expect([corrected.code, corrected.stderr]).toEqual([0, expect.any(String)]);
    const { notices } = await market.must(NOTICES, {}, lab.apiKey);
    expect(notices.nodes[0].successorLabel).toBe(corrected.json.version);
    const { errors } = await market.ask(CREATE_LEASE, { input: { grantId: grants['startup'] } }, startup.apiKey);
    expect(errors[0]?.message).toContain(corrected.json.version);
  }, 300_000);

  it('leaves neither the pseudonym nor the reason in any leaf', async () => {
    const rows = await market.api
      .get(Database)
      .query<{ leaf: Buffer }>(
        systemContext('test'),
        'select leaf from audit_log union all select leaf from audit_pending',
      );
    const text = rows.map(({ leaf }) => leaf.toString()).join('\n');

    for (const action of ['withdrawal.recorded', 'notice.sent', 'notice.deletion_certified'])
      expect([action, text.includes(action)]).toEqual([action, true]);
    expect([PSEUDONYM, 'letter of 3 March'].filter((secret) => text.includes(secret))).toEqual([]);
  });
});
