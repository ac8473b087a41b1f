import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { DatasetQueries } from '@app/catalog';
import { OfferIndex, OfferQueries, OfferService, UseCheckQueries, termsHashOf } from '@app/licensing';
import { ANONYMOUS, RightsMarket, refusalOf } from '../../support/rights-market.factory.js';
import type { Party, Shelf } from '../../support/rights-market.factory.js';

let market: RightsMarket;
let provider: Party;
let otherProvider: Party;
let buyer: Party;
let shelf: Shelf;
let service: OfferService;
let offers: OfferQueries;

beforeAll(async () => {
  market = await RightsMarket.open();
  provider = await market.party({ isProvider: true });
  otherProvider = await market.party({ isProvider: true, isBuyer: true });
  buyer = await market.party({ isBuyer: true });
  service = market.get(OfferService);
  offers = market.get(OfferQueries);
}, 120_000);

beforeEach(async () => {
  shelf = await market.shelf(provider, { episodes: 200, durationS: 7_201 });
});

afterAll(() => market.close());

async function listing(): Promise<
  Pick<Awaited<ReturnType<DatasetQueries['byId']>>, 'usableFor' | 'hasFreeOffer' | 'minPriceCny' | 'minPriceUsd'>
> {
  const { usableFor, hasFreeOffer, minPriceCny, minPriceUsd } = await market
    .get(DatasetQueries)
    .byId(market.system, shelf.datasetId);
  return { usableFor, hasFreeOffer, minPriceCny, minPriceUsd };
}

describe('an offer', () => {
  it('shows its frozen terms, its price and its total for the current version to everyone', async () => {
    const id = await market.offer(provider, shelf, { priceMinor: 5_000, per: 'hour' });

    const [offer] = await offers.ofDataset(ANONYMOUS, shelf.datasetId);

    expect(offer).toMatchObject({ id, kind: 'priced', priceMinor: 5_000, totalMinor: 15_000, status: 'active' });
    expect(offer?.terms && termsHashOf(offer.terms)).toBe(offer?.termsHash);
  });

  it('moves what the catalogue filters by, and moves it back when retired', async () => {
    const commercial = await market.offer(provider, shelf, { priceMinor: 90, per: 'episode' });
    await market.offer(provider, shelf, { template: 'CC-BY-NC-4.0' });

    const before = await listing();
    await service.retireOffer(provider.ctx, commercial);
    const after = await listing();

    expect(before).toMatchObject({ hasFreeOffer: true, minPriceCny: 18_000, minPriceUsd: null });
    expect(before.usableFor).toContain('commercial_training');
    expect(after).toMatchObject({ hasFreeOffer: true, minPriceCny: null });
    expect(after.usableFor).toContain('research_training');
    expect(after.usableFor).not.toContain('commercial_training');
  });

  it('counts every one of offers made at the same moment', async () => {
    // Terms that are frozen already: making them would put the offers one after the other.
    for (const template of ['commercial', 'research'])
      await market.offer(provider, await market.shelf(provider), { template });

    for (let round = 0; round < 10; round++) {
      shelf = await market.shelf(provider);
      await Promise.all([
        market.offer(provider, shelf, { priceMinor: 700, currency: 'USD' }),
        market.offer(provider, shelf, { priceMinor: 900 }),
        market.offer(provider, shelf, { template: 'research' }),
      ]);
      expect(await listing()).toMatchObject({ hasFreeOffer: true, minPriceCny: 900, minPriceUsd: 700 });
    }
  });

  it('counts its total anew for a newer version', async () => {
    await market.offer(provider, shelf, { priceMinor: 10, per: 'episode' });
    await market.release({ datasetId: shelf.datasetId, number: 2, episodes: 1_000 });

    await market.get(OfferIndex).refresh(market.system, shelf.datasetId);

    expect((await listing()).minPriceCny).toBe(10_000);
  });

  it('cannot be changed or deleted in the database, and a retired one not revived', async () => {
    const id = await market.offer(provider, shelf, { priceMinor: 10 });
    const change = (sql: string): Promise<unknown> => market.rows(sql, [id]);

    await expect(change('update offers set price_minor = 1 where id = $1')).rejects.toThrow('can only be retired');
    await expect(change('delete from offers where id = $1')).rejects.toThrow('can only be retired');
    await service.retireOffer(provider.ctx, id);
    await expect(change(`update offers set status = 'active', retired_at = null where id = $1`)).rejects.toThrow();
    await expect(market.rows('update terms set created_at = now()')).rejects.toThrow('append-only');
    await expect(market.rows('delete from terms')).rejects.toThrow('append-only');
    expect(await refusalOf(service.retireOffer(provider.ctx, id))).toBe('LICENSING_OFFER_RETIRED');
  });

  it('is made and retired by the provider of the dataset alone', async () => {
    const id = await market.offer(provider, shelf);
    const make = { slug: shelf.slug, template: 'research' };

    expect(await refusalOf(service.createOffer(otherProvider.ctx, make))).toBe('REQUEST_NOT_FOUND');
    expect(await refusalOf(service.retireOffer(otherProvider.ctx, id))).toBe('REQUEST_NOT_FOUND');
    expect(await refusalOf(service.createOffer(buyer.ctx, make))).toBe('REQUEST_FORBIDDEN');
    expect(await refusalOf(service.createOffer(ANONYMOUS, make))).toBe('REQUEST_UNAUTHENTICATED');
    const readKey = market.as(provider, { scopes: new Set(['data:read']) });
    expect(await refusalOf(service.retireOffer(readKey, id))).toBe('REQUEST_FORBIDDEN');
  });

  it('of a draft is seen by its own organization alone', async () => {
    const id = await market.offer(provider, shelf);
    await market.rows(`update datasets set status = 'draft' where id = $1`, [shelf.datasetId]);

    expect(await refusalOf(offers.byId(buyer.ctx, id))).toBe('REQUEST_NOT_FOUND');
    expect(await refusalOf(offers.ofDataset(ANONYMOUS, shelf.datasetId))).toBe('REQUEST_NOT_FOUND');
    expect((await offers.byId(provider.ctx, id)).id).toBe(id);
  });

  it('leaves one leaf for each act, and none when the act fails', async () => {
    const leaves = async (): Promise<string[]> => {
      const rows = await market.rows<{ action: string }>(
        'select action from audit_pending where dataset_id = $1 order by id',
        [shelf.datasetId],
      );
      return rows.map((row) => row.action).filter((action) => action.startsWith('offer.'));
    };
    const id = await market.offer(provider, shelf);
    await service.retireOffer(provider.ctx, id);
    await refusalOf(service.retireOffer(provider.ctx, id));

    expect(await leaves()).toEqual(['offer.created', 'offer.retired']);
  });
});

describe('what a provider adds to a licence', () => {
  it('is frozen with the terms: limits of a template, declarations beside a public licence', async () => {
    await market.offer(provider, shelf, { limits: { fields: ['logistics'], territory: ['CN'], seats: 3 } });
    await market.offer(provider, shelf, { template: 'CC-BY-SA-4.0', declarations: { weights_policy: 'free' } });

    const [limited, declared] = await offers.ofDataset(ANONYMOUS, shelf.datasetId);

    expect(limited?.terms).toMatchObject({ v: 2, territory: ['CN'], seats: 3, termDays: null });
    expect(declared?.terms).toMatchObject({ v: 2, dimensions: { declarations: { weights_policy: 'free' } } });
    expect(declared?.terms?.uses.release_weights_open.verdict).toBe('ALLOWED');
    expect((await listing()).usableFor).toEqual(
      expect.arrayContaining(['commercial_training', 'release_weights_open']),
    );
    const checks = market.get(UseCheckQueries);
    const ask = async (context: object): Promise<string> =>
      (await checks.canI(ANONYMOUS, { offerId: limited?.id ?? '' }, 'fine_tune', context)).verdict;
    expect(await ask({ field: 'logistics', territory: 'cn' })).toBe('ALLOWED');
    expect(await ask({ field: 'retail', territory: 'CN' })).toBe('FORBIDDEN');
    expect(await ask({ territory: 'CN' })).toBe('UNDECIDED');
  });

  it.each([
    ['a limit on a public licence', { template: 'CC-BY-4.0', limits: { territory: ['CN'] } }],
    ['a declaration that decides nothing', { template: 'CC-BY-4.0', declarations: { weights_policy: 'free' } }],
    ['an exclusive offer of no field', { template: 'exclusive' }],
  ])('is refused: %s', async (_, wish) => {
    expect(await refusalOf(market.offer(provider, shelf, wish as object))).toBe('LICENSING_TERMS_WISH_REFUSED');
  });

  it('is refused where it cannot be read: unknown fields of use, countries and declarations', async () => {
    for (const wish of [
      { limits: { fields: ['everything'] } },
      { limits: { territory: ['China'] } },
      { template: 'CC-BY-SA-4.0', declarations: { weights_policy: 'maybe' } },
      { template: 'CC-BY-SA-4.0', declarations: { other: 'x' } },
    ] as object[])
      expect(await refusalOf(market.offer(provider, shelf, wish))).toBe('REQUEST_INVALID');
  });

  it('never makes a field exclusive beside a public licence, even a retired one, nor the other way round', async () => {
    const exclusive: object = { template: 'exclusive', limits: { fields: ['household'] }, priceMinor: 1_000 };
    const open = await market.offer(provider, shelf, { template: 'CC-BY-4.0' });
    await service.retireOffer(provider.ctx, open);
    const other = await market.shelf(provider);
    await market.offer(provider, other, exclusive);

    expect(await refusalOf(market.offer(provider, shelf, exclusive))).toBe('LICENSING_EXCLUSIVITY_VOID');
    expect(await refusalOf(market.offer(provider, other, { template: 'CC0-1.0' }))).toBe('LICENSING_EXCLUSIVITY_VOID');
  });
});

describe('canI', () => {
  const use = 'commercial_training';

  it('answers for a dataset by its most open active offer', async () => {
    const checks = market.get(UseCheckQueries);
    await market.offer(provider, shelf, { template: 'research' });
    const commercial = await market.offer(provider, shelf, { priceMinor: 1 });

    const open = await checks.canI(ANONYMOUS, { datasetSlug: shelf.slug }, 'COMMERCIAL_TRAINING');
    await service.retireOffer(provider.ctx, commercial);
    const closed = await checks.canI(ANONYMOUS, { datasetSlug: shelf.slug }, use);

    expect(open).toMatchObject({ verdict: 'ALLOWED', offerId: commercial });
    expect(closed.verdict).toBe('FORBIDDEN');
    expect((await checks.canI(ANONYMOUS, { offerId: commercial }, use)).verdict).toBe('UNDECIDED');
  });

  it('is undecided where nothing is offered or the use is unknown, and asks for exactly one subject', async () => {
    const checks = market.get(UseCheckQueries);

    expect((await checks.canI(ANONYMOUS, { datasetSlug: shelf.slug }, use)).verdict).toBe('UNDECIDED');
    const offerId = await market.offer(provider, shelf);
    expect((await checks.canI(ANONYMOUS, { offerId }, 'resell')).verdict).toBe('UNDECIDED');
    expect(await refusalOf(checks.canI(ANONYMOUS, {}, use))).toBe('REQUEST_INVALID');
    expect(await refusalOf(checks.canI(ANONYMOUS, { offerId, datasetSlug: shelf.slug }, use))).toBe('REQUEST_INVALID');
    expect(await refusalOf(checks.canI(ANONYMOUS, { offerId }, use, { purpose: 'any' }))).toBe('REQUEST_INVALID');
  });
});
