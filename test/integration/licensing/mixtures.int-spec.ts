import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { OrderService } from '@app/billing';
import { DatasetService } from '@app/catalog';
import { DomainError, newId } from '@app/kernel';
import { LicenseRequestService, MixtureQueries, UseCheckQueries } from '@app/licensing';
import { ANONYMOUS, RightsMarket, refusalOf } from '../../support/rights-market.factory.js';
import type { Party, Shelf } from '../../support/rights-market.factory.js';

let market: RightsMarket;
let provider: Party;
let buyer: Party;
let mixtures: MixtureQueries;

beforeAll(async () => {
  market = await RightsMarket.open();
  provider = await market.party({ isProvider: true });
  buyer = await market.party({ isBuyer: true });
  mixtures = market.get(MixtureQueries);
}, 120_000);

afterAll(() => market.close());

async function under(...templates: string[]): Promise<Shelf> {
  const shelf = await market.shelf(provider);
  for (const template of templates) await market.offer(provider, shelf, { template });
  return shelf;
}

describe('canITogether', () => {
  it('judges each dataset by its most open offer, and says which stands in the way', async () => {
    const [open, both, closed] = [
      await under('CC-BY-4.0'),
      await under('CC-BY-NC-4.0', 'commercial'),
      await under('CC-BY-NC-4.0'),
    ];
    const slugs = [open.slug, both.slug, closed.slug];

    const all = await mixtures.canITogether(ANONYMOUS, slugs, 'COMMERCIAL_TRAINING');
    const two = await mixtures.canITogether(ANONYMOUS, [open.slug, both.slug, open.slug], 'commercial_training');

    expect(all).toMatchObject({ verdict: 'FORBIDDEN', drop: [closed.slug], proof: [{ slug: closed.slug }] });
    expect(all.members).toHaveLength(3);
    expect(two).toMatchObject({ verdict: 'ALLOWED', drop: [], ways: [] });
    expect(two.members).toHaveLength(2);
  });

  it('is undecided about what nothing is offered for, and shut for what the asker may not see', async () => {
    const [open, bare] = [await under('CC0-1.0'), await under()];
    const { slug: hidden } = await market
      .get(DatasetService)
      .createDataset(provider.ctx, { name: `${provider.slug}/hidden` });

    const answer = await mixtures.canITogether(ANONYMOUS, [open.slug, bare.slug], 'evaluate');

    expect(answer).toMatchObject({ verdict: 'UNDECIDED', drop: [bare.slug] });
    expect(await refusalOf(mixtures.canITogether(ANONYMOUS, [open.slug, hidden], 'evaluate'))).toBe(
      'REQUEST_NOT_FOUND',
    );
    expect(await refusalOf(mixtures.canITogether(buyer.ctx, [hidden], 'evaluate'))).toBe('REQUEST_NOT_FOUND');
    expect(await refusalOf(mixtures.canITogether(ANONYMOUS, [], 'evaluate'))).toBe('REQUEST_INVALID');
    expect(await refusalOf(mixtures.canITogether(ANONYMOUS, Array(51).fill(open.slug), 'evaluate'))).toBe(
      'REQUEST_INVALID',
    );
  });

  it('follows what the provider declares of people: it narrows every answer, and every order', async () => {
    const shelf = await under('CC0-1.0');
    const offerId =
      (await market.get(UseCheckQueries).canI(ANONYMOUS, { datasetSlug: shelf.slug }, 'fine_tune')).offerId ?? '';
    await market.get(DatasetService).updateDataset(provider.ctx, shelf.slug, {
      declared: { personalData: 'present_with_consent', consentScope: ['research'], faces: 'visible' },
    });

    const together = await mixtures.canITogether(ANONYMOUS, [shelf.slug], 'fine_tune');
    const order = await market.get(OrderService).placeOrder(buyer.ctx, {
      offerId,
      use: 'fine_tune',
      acceptTerms: true,
      idempotencyKey: newId('Request'),
    });

    expect(together.proof[0]?.clauses[0]?.id).toBe('compliance consent_scope');
    expect(together.verdict).toBe('FORBIDDEN');
    expect(order instanceof DomainError && order.code).toBe('LICENSING_TERMS_INCOMPATIBLE');
  });
});

describe('what a buyer attests', () => {
  it('opens an order whose terms depend on it, and is kept with the act', async () => {
    const shelf = await market.shelf(provider);
    const offerId = await market.offer(provider, shelf, { template: 'CC-BY-NC-4.0' });
    const order = (context?: object): Promise<unknown> =>
      market.get(OrderService).placeOrder(buyer.ctx, {
        offerId,
        use: 'research_training',
        context,
        acceptTerms: true,
        idempotencyKey: newId('Request'),
      });

    const silent = await order();
    const company = await order({ actor: 'company' });
    const academic = await order({ actor: 'academic' });

    for (const refused of [silent, company])
      expect(refused instanceof DomainError && refused.code).toBe('LICENSING_TERMS_INCOMPATIBLE');
    expect(silent instanceof DomainError && silent.message).toContain('stating actor');
    expect(academic).toHaveProperty('grantId');
    const [act] = await market.rows<{ record: string; leaf: string }>(
      `select convert_from(p.leaf, 'UTF8') as leaf, r.record from audit_pending p join audit_private r on r.act_id = p.id
        where p.action = 'order.fulfilled' and p.dataset_id = $1`,
      [shelf.datasetId],
    );
    expect(JSON.parse(act?.record ?? '{}')).toMatchObject({ facts: { attested: { actor: 'academic' } } });
    expect(act?.leaf).not.toContain('academic');
  });

  it('opens a request in the same way', async () => {
    const shelf = await market.shelf(provider);
    const offerId = await market.offer(provider, shelf, { template: 'CC-BY-NC-4.0', needsApproval: true });
    const requests = market.get(LicenseRequestService);
    const input = { offerId, use: 'research_training', acceptTerms: true };

    expect(await refusalOf(requests.requestLicense(buyer.ctx, input))).toBe('LICENSING_TERMS_INCOMPATIBLE');
    expect(await requests.requestLicense(buyer.ctx, { ...input, context: { actor: 'academic' } })).toMatchObject({
      intendedUse: 'research_training',
    });
  });
});
