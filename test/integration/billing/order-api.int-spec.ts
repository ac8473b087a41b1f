import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { newId } from '@app/kernel';
import { OpenMarket } from '../../support/open-market.js';
import type { Party } from '../../support/open-market.js';
import { RightsMarket } from '../../support/rights-market.factory.js';
import type { Shelf } from '../../support/rights-market.factory.js';

const PLACE_ORDER = `mutation ($input: PlaceOrderInput!) {
  placeOrder(input: $input) {
    __typename
    ... on OrderPlaced { order { id state priceMinor grantId } grant { id state termsHash datasetSlug } }
    ... on Refusal { code message }
    ... on OfferChanged { termsHash priceMinor }
    ... on TermsIncompatible { use verdict }
    ... on BalanceTooLow { missingMinor currency }
    ... on ApprovalRequired { offerId }
  }
}`;

let api: OpenMarket;
let shop: RightsMarket;
let provider: Party;
let buyer: Party;
let operator: Party;
let shelf: Shelf;

beforeAll(async () => {
  api = await OpenMarket.open({ withoutWorker: true });
  shop = await RightsMarket.open(api.database.url);
  provider = await api.party({ isProvider: true });
  operator = await api.party({ isOperator: true });
}, 120_000);

beforeEach(async () => {
  buyer = await api.party({ isBuyer: true });
  shelf = await shop.shelf(provider, { episodes: 50 });
});

afterAll(async () => {
  await shop.close();
  await api.close();
});

async function placeOrder(offerId: string, more: object = {}): Promise<Record<string, unknown>> {
  const input = { offerId, idempotencyKey: newId('Request'), acceptTerms: true, ...more };
  const answer = await api.ask(PLACE_ORDER, { input }, buyer.apiKey);
  expect(answer.errors).toEqual([]);
  return (answer.data as { placeOrder: Record<string, unknown> }).placeOrder;
}

describe('orders through the API', () => {
  it('go from the shelf to a grant: offers, canI, top-up, order, grants, balance', async () => {
    const made = await api.ask(
      'mutation ($input: CreateOfferInput!) { createOffer(input: $input) { id } }',
      { input: { slug: shelf.slug, template: 'commercial', priceMinor: 30, currency: 'CNY', per: 'episode' } },
      provider.apiKey,
    );
    const seen = await api.ask(
      `query ($slug: String!) { dataset(slug: $slug) { offers { id template kind totalPriceMinor termsHash terms uses { use verdict duties } } }
         canI(datasetSlug: $slug, use: "commercial_training") { verdict reason clauses { id text } } }`,
      { slug: shelf.slug },
    );
    const offer = seen.data.dataset.offers[0];
    await api.ask(
      'mutation ($input: TopUpBalanceInput!) { topUpBalance(input: $input) { spendableMinor } }',
      {
        input: {
          organizationSlug: buyer.slug,
          amountMinor: 2_000,
          currency: 'CNY',
          reference: 'transfer',
          idempotencyKey: newId('Request'),
        },
      },
      operator.apiKey,
    );
    const placed = await placeOrder(offer.id, {
      expectedPriceMinor: 1_500,
      expectedTermsHash: offer.termsHash,
      use: 'commercial_training',
    });
    const after = await api.ask(
      '{ grants { nodes { id state datasetSlug termsHash } } orders { nodes { id state } } balance { currency spendableMinor payableMinor } }',
      {},
      buyer.apiKey,
    );

    expect(made.data.createOffer.id).toBe(offer.id);
    expect(offer).toMatchObject({
      template: 'LicenseRef-Bodega-Commercial-1.0',
      kind: 'priced',
      totalPriceMinor: 1_500,
      terms: { v: 1 },
    });
    expect(seen.data.canI.verdict).toBe('ALLOWED');
    expect(placed).toMatchObject({
      __typename: 'OrderPlaced',
      order: { state: 'fulfilled', priceMinor: 1_500 },
      grant: { state: 'active', termsHash: offer.termsHash },
    });
    expect(after.data.grants.nodes).toMatchObject([{ state: 'active', datasetSlug: shelf.slug }]);
    expect(after.data.orders.nodes).toMatchObject([{ state: 'fulfilled' }]);
    expect(after.data.balance).toContainEqual({ currency: 'CNY', spendableMinor: 500, payableMinor: 0 });
  });

  it('answer every refusal as data with its own fields', async () => {
    const priced = await shop.offer(provider, shelf, { priceMinor: 100 });
    const asked = await shop.offer(provider, shelf, { template: 'research', needsApproval: true });
    const retired = await shop.offer(provider, shelf);
    await api.ask(
      'mutation ($input: RetireOfferInput!) { retireOffer(input: $input) { status } }',
      { input: { offerId: retired } },
      provider.apiKey,
    );

    expect(await placeOrder(priced)).toMatchObject({
      __typename: 'BalanceTooLow',
      code: 'BILLING_BALANCE_TOO_LOW',
      missingMinor: 100,
      currency: 'CNY',
    });
    expect(await placeOrder(priced, { expectedPriceMinor: 1 })).toMatchObject({
      __typename: 'OfferChanged',
      priceMinor: 100,
    });
    expect(await placeOrder(retired)).toMatchObject({
      __typename: 'OfferChanged',
      code: 'LICENSING_OFFER_RETIRED',
      termsHash: null,
    });
    expect(await placeOrder(asked)).toMatchObject({ __typename: 'ApprovalRequired', offerId: asked });
    expect(await placeOrder(asked, { use: 'embed_in_product' })).toMatchObject({
      __typename: 'TermsIncompatible',
      use: 'embed_in_product',
      verdict: 'FORBIDDEN',
    });
  });

  it('give nodes by id to those who may see them, and nothing to others', async () => {
    const placed = (await placeOrder(await shop.offer(provider, shelf))) as {
      order: { id: string };
      grant: { id: string };
    };
    const stranger = await api.party({ isBuyer: true });
    const node = async (id: string, credential?: string): Promise<unknown> => {
      const answer = await api.ask('query ($id: ID!) { node(id: $id) { __typename id } }', { id }, credential);
      return answer.data?.node?.__typename ?? answer.errors[0]?.extensions.code;
    };

    expect(await node(placed.grant.id, buyer.apiKey)).toBe('Grant');
    expect(await node(placed.order.id, buyer.apiKey)).toBe('Order');
    expect(await node(placed.grant.id, stranger.apiKey)).toBe('REQUEST_NOT_FOUND');
    expect(await node(placed.order.id, stranger.apiKey)).toBe('REQUEST_NOT_FOUND');
    expect(await node(placed.grant.id)).toBe('REQUEST_UNAUTHENTICATED');
  });
});
