import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { newId } from '@app/kernel';
import type { OpenMarket, Party } from './open-market.js';

const SAMPLES = fileURLToPath(new URL('../../samples/', import.meta.url));

/** Folder of one of the committed sample sets. */
export const sampleFolder = (name: 'sorting' | 'grasping' | 'placement'): string => join(SAMPLES, name);

/** A set that went through the market's own front door. */
export interface PublishedSet {
  readonly slug: string;
  readonly datasetId: string;
  readonly versionId: string;
}

export interface Leased {
  readonly leaseId: string;
  readonly files: readonly { path: string; sizeBytes: number; sha256: string; url: string; range: string | null }[];
}

/** What `createLease` takes besides the grant. */
export interface LeaseWish {
  readonly paths?: readonly string[];
  readonly ranges?: readonly { path: string; firstByte: number; lastByte: number }[];
}

export const CREATE_LEASE = `mutation($input: CreateLeaseInput!) {
  createLease(input: $input) { lease { id bytes } files { path sizeBytes sha256 url range } }
}`;

/** Uploads, measures and lists a folder with the command line, as a provider does; `extra` are further flags. */
export async function publishFolder(
  market: OpenMarket,
  provider: Party,
  set: { readonly folder: string; readonly name: string; readonly extra?: readonly string[] },
): Promise<PublishedSet> {
  const slug = `${provider.slug}/${set.name}`;
  const run = await market.cli(['publish', set.folder, '--name', slug, ...(set.extra ?? []), '--json'], provider);
  if (run.code !== 0) throw new Error(`${slug} was not published: ${run.stderr}`);
  const { dataset } = await market.must(
    'query($slug: String!) { dataset(slug: $slug) { id versions(first: 1) { nodes { id } } } }',
    { slug },
    provider.apiKey,
  );
  return { slug, datasetId: dataset.id, versionId: dataset.versions.nodes[0].id };
}

/** Puts terms on a dataset. @returns the offer's id */
export async function offerOn(
  market: OpenMarket,
  provider: Party,
  slug: string,
  more: Record<string, unknown> = {},
): Promise<string> {
  const { createOffer } = await market.must(
    'mutation($input: CreateOfferInput!) { createOffer(input: $input) { id } }',
    { input: { slug, template: 'commercial', ...more } },
    provider.apiKey,
  );
  return createOffer.id;
}

/** Takes an offer. @throws when the market refuses the order */
export async function orderOf(
  market: OpenMarket,
  buyer: Party,
  offerId: string,
  idempotencyKey: string = newId('Request'),
): Promise<{ orderId: string; grantId: string }> {
  const { placeOrder } = await market.must(
    `mutation($input: PlaceOrderInput!) {
      placeOrder(input: $input) { __typename ... on OrderPlaced { order { id } grant { id } } ... on Refusal { code message } }
    }`,
    { input: { offerId, idempotencyKey, acceptTerms: true } },
    buyer.apiKey,
  );
  if (placeOrder.__typename !== 'OrderPlaced') throw new Error(`${placeOrder.code}: ${placeOrder.message}`);
  return { orderId: placeOrder.order.id, grantId: placeOrder.grant.id };
}

/** Signed URLs under a grant. @throws when the market refuses them */
export async function leaseOf(
  market: OpenMarket,
  buyer: Party,
  grantId: string,
  wish: LeaseWish = {},
): Promise<Leased> {
  const { createLease } = await market.must(CREATE_LEASE, { input: { grantId, ...wish } }, buyer.apiKey);
  return { leaseId: createLease.lease.id, files: createLease.files };
}
