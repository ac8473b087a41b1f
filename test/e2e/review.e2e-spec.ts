import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
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

  it('waits for the operator, unseen, and is listed when he approves', async () => {
    const waiting = await market.must('{ ownDatasets { nodes { slug status } } }', {}, newcomer.apiKey);
    const unseen = await market.must(LISTING);

    await market.must(CHANGE('approveDataset', 'slug: "newcomer/sorting"'), {}, operator.apiKey);

    expect(waiting.ownDatasets.nodes).toEqual([{ slug: 'newcomer/sorting', status: 'IN_REVIEW' }]);
    expect(unseen.datasets.totalCount).toBe(0);
    expect((await market.must(LISTING)).datasets).toMatchObject({
      totalCount: 1,
      nodes: [{ organization: { verifiedAt: null } }],
    });
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
    await market.must(CHANGE('approveDataset', 'slug: "newcomer/sorting"'), {}, operator.apiKey);
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
