import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Database } from '@app/database';
import { systemContext } from '@app/kernel';
import { OpenMarket } from '../support/open-market.js';
import type { Party } from '../support/open-market.js';

const SORTING = join(fileURLToPath(new URL('../..', import.meta.url)), 'samples/sorting');
const LISTING =
  '{ datasets(filter: { providers: ["newcomer"] }) { totalCount nodes { slug organization { verifiedAt } } } }';
const PAGE = '{ dataset(slug: "newcomer/sorting") { status statusReason } }';
const CHANGE = (name: string, fields: string): string =>
  `mutation { ${name}(input: { ${fields} }) { dataset { status } } }`;

describe('a provider whom nobody has vouched for', () => {
  let market: OpenMarket;
  let newcomer: Party;
  let operator: Party;

  beforeAll(async () => {
    market = await OpenMarket.open();
    newcomer = await market.party({ isProvider: true, isUnverified: true }, 'newcomer');
    operator = await market.party({ isOperator: true }, 'operator');
    const { code } = await market.cli(
      ['publish', SORTING, '--name', 'newcomer/sorting', '--terms', 'CC-BY-4.0', '--json'],
      newcomer,
    );
    expect(code).toBe(0);
  });

  afterAll(() => market.close());

  const DECIDE = `mutation($input: DecideReviewHeadInput!) { decideReviewHead(input: $input) { heads { head decision { verdict ground groundLabelZh } } } }`;
  const QUEUE = `{ reviewQueue(first: 10) { nodes { id datasetSlug round versionLabel offers { termsHash } uses { use verdict }
    heads { head labelZh facts { code result value } decision { verdict } } } } }`;
  const REVIEWS = `{ reviews(slug: "newcomer/sorting", first: 10) { nodes { round outcome
    heads { head decision { verdict ground groundLabelZh note } decisions { verdict } } } } }`;
  const conclude = (key: string) =>
    market.ask('mutation { concludeReview(input: { slug: "newcomer/sorting" }) { outcome } }', {}, key);
  const decide = (head: string, more: Record<string, unknown> = {}) =>
    market.ask(DECIDE, { input: { slug: 'newcomer/sorting', head, verdict: 'PASS', ...more } }, operator.apiKey);

  it('waits for the operator, unseen; he sees under each head what a machine knows', async () => {
    const waiting = await market.must('{ ownDatasets { nodes { slug status } } }', {}, newcomer.apiKey);
    const unseen = await market.must(LISTING);

    const { reviewQueue } = await market.must(QUEUE, {}, operator.apiKey);

    expect(waiting.ownDatasets.nodes).toEqual([{ slug: 'newcomer/sorting', status: 'IN_REVIEW' }]);
    expect(unseen.datasets.totalCount).toBe(0);
    expect(reviewQueue.nodes).toMatchObject([
      { datasetSlug: 'newcomer/sorting', round: 1, versionLabel: 'v1', offers: [{ termsHash: expect.any(String) }] },
    ]);
    const [review] = reviewQueue.nodes;
    const factOf = (head: number, code: string) =>
      review.heads[head].facts.find((fact: { code: string }) => fact.code === code);
    expect(review.heads.map(({ labelZh }: { labelZh: string }) => labelZh)).toEqual(['基本信息', '合法性', '可交易性']);
    expect(factOf(0, 'provider_verified')).toMatchObject({ result: 'UNKNOWN' });
    expect(Number(factOf(0, 'episodes').value)).toBeGreaterThan(0);
    expect(factOf(1, 'CO-1')).toMatchObject({ result: 'GOOD' });
    expect(review.uses).toEqual(expect.arrayContaining([{ use: 'commercial_training', verdict: 'ALLOWED' }]));
  });

  it('is decided as a whole only when every head is, and a refusal needs a ground of its head and a note', async () => {
    const early = await conclude(operator.apiKey);
    const approved = await market.ask(CHANGE('approveDataset', 'slug: "newcomer/sorting"'), {}, operator.apiKey);
    const groundless = await decide('LEGALITY', { verdict: 'REFUSE', note: 'Nobody said who recorded this.' });
    const elsewhere = await decide('LEGALITY', { verdict: 'REFUSE', ground: 'no_offer', note: 'There is no offer.' });
    const silent = await decide('LEGALITY', { verdict: 'REFUSE', ground: 'unauthorised_source' });
    const byProvider = await market.ask(
      DECIDE,
      { input: { slug: 'newcomer/sorting', head: 'LEGALITY', verdict: 'PASS' } },
      newcomer.apiKey,
    );

    expect(early.errors[0]?.extensions).toMatchObject({ code: 'CATALOG_REVIEW_UNDECIDED' });
    expect(approved.errors[0]?.extensions).toMatchObject({ code: 'CATALOG_REVIEW_UNDECIDED' });
    for (const { errors } of [groundless, elsewhere, silent])
      expect(errors[0]?.extensions.code).toBe('REQUEST_INVALID');
    expect(byProvider.errors[0]?.extensions.code).toBe('REQUEST_FORBIDDEN');
  });

  it('goes back to its provider with the grounds, is mended and resubmitted, and listed once all three pass', async () => {
    await decide('BASIC_INFORMATION');
    await decide('LEGALITY');
    await decide('LEGALITY', { verdict: 'REFUSE', ground: 'unauthorised_source', note: '请补充采集场所的授权书。' });
    await decide('TRADABILITY');

    const refused = await conclude(operator.apiKey);
    const again = await conclude(operator.apiKey);
    const seen = await market.must(`${PAGE.slice(0, -1)} ${REVIEWS.slice(1)}`, {}, newcomer.apiKey);
    const resubmitted = await market.must(
      'mutation { resubmitDataset(input: { slug: "newcomer/sorting" }) { round outcome } }',
      {},
      newcomer.apiKey,
    );
    for (const head of ['BASIC_INFORMATION', 'LEGALITY', 'TRADABILITY']) await decide(head);
    const listed = await conclude(operator.apiKey);

    expect(refused.data.concludeReview).toEqual({ outcome: 'REFUSED' });
    expect(again.errors[0]?.extensions.code).toBe('CATALOG_REVIEW_NOT_OPEN');
    expect(seen.dataset).toEqual({ status: 'DRAFT', statusReason: 'legality: unauthorised_source' });
    expect(seen.reviews.nodes).toMatchObject([
      {
        round: 1,
        outcome: 'REFUSED',
        heads: [
          { decision: { verdict: 'PASS', ground: null } },
          {
            decision: {
              ground: 'unauthorised_source',
              groundLabelZh: '来源未获授权',
              note: '请补充采集场所的授权书。',
            },
            decisions: [{ verdict: 'PASS' }, { verdict: 'REFUSE' }],
          },
          { decision: { verdict: 'PASS' } },
        ],
      },
    ]);
    expect(resubmitted.resubmitDataset).toEqual({ round: 2, outcome: null });
    expect(listed.data.concludeReview).toEqual({ outcome: 'LISTED' });
    expect((await market.must(LISTING)).datasets).toMatchObject({
      totalCount: 1,
      nodes: [{ organization: { verifiedAt: null } }],
    });
  });

  it('leaves a leaf for every decision, that its provider finds, without the note', async () => {
    const { auditLog } = await market.eventually(async () => {
      const found = await market.must('{ auditLog(first: 100) { nodes { action facts leaf } } }', {}, newcomer.apiKey);
      return found.auditLog.nodes.some(({ action }: { action: string }) => action === 'dataset.approved') && found;
    }, 'the leaves of the review');
    const acts = auditLog.nodes.map(({ action }: { action: string }) => action);
    const count = (action: string): number => acts.filter((one: string) => one === action).length;

    expect([count('review.opened'), count('review.decided'), count('review.closed')]).toEqual([2, 7, 2]);
    expect(count('dataset.resubmitted')).toBe(1);
    expect(JSON.stringify(auditLog)).not.toContain('授权书');
    expect(acts).toContain('review.read_by_operator');
    for (const change of ['delete from review_decisions', `update dataset_reviews set outcome = 'listed'`]) {
      await expect(market.api.get(Database).query(systemContext('test'), change)).rejects.toThrow(
        /append-only|only be closed/,
      );
    }
  });

  it('carries registrations of its title, recorded by the operator, on its page', async () => {
    const RECORD = `mutation($input: RecordTitleInput!) { recordTitle(input: $input) { dataset { titles { number standing events { event } } } } }`;
    const titled = {
      slug: 'newcomer/sorting',
      number: '深数登2026000123',
      issuer: '深圳数据交易所',
      titleRight: 'HOLD',
    };
    const record = (event: string, more: Record<string, unknown> = {}, key = operator.apiKey) =>
      market.ask(
        RECORD,
        { input: { ...titled, event, issuedOn: '2026-01-05', expiresOn: '2099-01-04', ...more } },
        key,
      );

    const tooEarly = await record('RENEWAL');
    const first = await record('FIRST', { fileSha256: 'a'.repeat(64) });
    const twice = await record('FIRST');
    const disputed = await record('OBJECTION', { note: '另一家机构主张权属。' });
    const settled = await record('CHANGE');
    const expired = await record('RENEWAL', { expiresOn: '2026-01-06' });
    const ended = await record('REVOCATION', { note: '登记机构撤销。' });
    const after = await record('RENEWAL');
    const wrong = await record('FIRST', { number: 'x', issuedOn: '2026-02-30' });
    const byProvider = await record('FIRST', { number: 'y' }, newcomer.apiKey);

    const standing = ({ data }: Awaited<ReturnType<typeof record>>) => data.recordTitle.dataset.titles[0].standing;
    expect([first, disputed, settled, expired, ended].map(standing)).toEqual([
      'VALID',
      'DISPUTED',
      'VALID',
      'EXPIRED',
      'REVOKED',
    ]);
    for (const { errors } of [tooEarly, twice, after]) {
      expect(errors[0]?.extensions.code).toBe('CATALOG_TITLE_STEP_REFUSED');
    }
    expect(wrong.errors[0]?.extensions.code).toBe('REQUEST_INVALID');
    expect(byProvider.errors[0]?.extensions.code).toBe('REQUEST_FORBIDDEN');
    const { dataset } = await market.must(
      '{ dataset(slug: "newcomer/sorting") { titles { number issuer titleRight fileSha256 events { event note } } } }',
    );
    expect(dataset.titles).toMatchObject([
      { number: titled.number, issuer: titled.issuer, titleRight: 'HOLD', events: expect.arrayContaining([]) },
    ]);
    expect(dataset.titles[0].events).toHaveLength(5);
  });

  it('is shown as verified in the next answers, cached ones included', async () => {
    await market.must(LISTING);
    await market.must(LISTING);

    await market.must(
      'mutation($id: ID!) { verifyOrganization(input: { organizationId: $id }) { id } }',
      { id: newcomer.organizationId },
      operator.apiKey,
    );

    await market.eventually(
      async () => (await market.must(LISTING)).datasets.nodes[0].organization.verifiedAt,
      'the listing showing the verification',
      5_000,
    );
    const unverify = (reason: string) =>
      market.ask(
        'mutation($i: UnverifyOrganizationInput!) { unverifyOrganization(input: $i) { verifiedAt } }',
        { i: { organizationId: newcomer.organizationId, reason } },
        operator.apiKey,
      );
    expect((await unverify('no')).errors[0]?.extensions.code).toBe('REQUEST_INVALID');
    expect((await unverify('The licence of the company lapsed.')).data.unverifyOrganization).toEqual({
      verifiedAt: null,
    });
  });

  it('can be suspended with a reason, hidden at once, and brought back', async () => {
    const reason = 'The consent of one contributor is disputed 待核实.';
    await market.must(PAGE);
    await market.must(PAGE);

    await market.must(CHANGE('suspendDataset', `slug: "newcomer/sorting", reason: "${reason}"`), {}, operator.apiKey);

    expect((await market.ask(PAGE)).errors[0]?.extensions.kind).toBe('NOT_FOUND');
    expect((await market.must(LISTING)).datasets.totalCount).toBe(0);
    expect((await market.must(PAGE, {}, newcomer.apiKey)).dataset).toEqual({
      status: 'SUSPENDED',
      statusReason: reason,
    });
    const escape = await market.ask(
      CHANGE('withdrawDataset', 'slug: "newcomer/sorting", reason: "To be published again at once."'),
      {},
      newcomer.apiKey,
    );
    expect(escape.errors[0]?.extensions.code).toBe('CATALOG_TRANSITION_REFUSED');
    const unreasoned = await market.ask(
      CHANGE('resumeDataset', 'slug: "newcomer/sorting", reason: "ok"'),
      {},
      operator.apiKey,
    );
    expect(unreasoned.errors[0]?.extensions.code).toBe('REQUEST_INVALID');
    const resume = CHANGE('resumeDataset', 'slug: "newcomer/sorting", reason: "The contributor confirmed in writing."');
    await market.must(resume, {}, operator.apiKey);
    expect((await market.ask(resume, {}, operator.apiKey)).errors[0]?.extensions.code).toBe(
      'CATALOG_TRANSITION_REFUSED',
    );
    expect((await market.must(PAGE)).dataset).toEqual({ status: 'LISTED', statusReason: null });
  });

  it('may take his dataset off the shelf himself, and only with a reason that says something', async () => {
    const short = await market.ask(
      CHANGE('withdrawDataset', 'slug: "newcomer/sorting", reason: "no"'),
      {},
      newcomer.apiKey,
    );

    await market.must(
      CHANGE('withdrawDataset', 'slug: "newcomer/sorting", reason: "Replaced by a better recording."'),
      {},
      newcomer.apiKey,
    );

    expect(short.errors[0]).toMatchObject({ extensions: { code: 'REQUEST_INVALID' } });
    expect((await market.ask(PAGE)).errors[0]?.extensions.kind).toBe('NOT_FOUND');
  });
});
