import { once, repeatable } from '../operation.js';

export interface CreateOfferInput {
  readonly slug: string;
  readonly template: string;
  readonly priceMinor?: number;
  readonly currency?: string;
  readonly per?: string;
}

export const CreateOffer = once<{ input: CreateOfferInput }, { createOffer: { id: string } }>(
  'CreateOffer',
  'mutation CreateOffer($input: CreateOfferInput!) { createOffer(input: $input) { id } }',
);

/** What the buyer attests of himself and of the use. */
export interface Attestation {
  readonly actor?: string;
  readonly field?: string;
  readonly territory?: string;
}

export interface Judgement {
  readonly verdict: 'ALLOWED' | 'ALLOWED_WITH_DUTIES' | 'FORBIDDEN' | 'UNDECIDED';
  readonly duties: readonly string[];
  readonly clauses: readonly { readonly id: string; readonly text: string }[];
  readonly reason: string;
}

export const CanI = repeatable<
  { use: string; offerId?: string; datasetSlug?: string; grantId?: string; context?: Attestation },
  { canI: Judgement }
>(
  'CanI',
  `query CanI($use: String!, $offerId: ID, $datasetSlug: String, $grantId: ID, $context: UseContextInput) {
    canI(use: $use, offerId: $offerId, datasetSlug: $datasetSlug, grantId: $grantId, context: $context) { verdict duties clauses { id text } reason }
  }`,
);

export interface PlaceOrderInput {
  readonly offerId: string;
  readonly use?: string;
  readonly context?: Attestation;
  readonly renewsGrantId?: string;
  readonly idempotencyKey: string;
  readonly acceptTerms: true;
  readonly expectedTermsHash?: string;
  readonly expectedPriceMinor?: number;
}

export type PlaceOrderAnswer =
  | {
      readonly __typename: 'OrderPlaced';
      readonly order: { readonly id: string };
      readonly grant: {
        readonly id: string;
        readonly state: string;
        readonly termsHash: string;
        readonly certificateUrl: string | null;
        readonly startsAt?: string | null;
      };
    }
  | { readonly __typename: string; readonly code: string; readonly message: string };

/** Repeatable because the idempotency key makes the second sending answer the first order. */
export const PlaceOrder = repeatable<{ input: PlaceOrderInput }, { placeOrder: PlaceOrderAnswer }>(
  'PlaceOrder',
  `mutation PlaceOrder($input: PlaceOrderInput!) {
    placeOrder(input: $input) {
      __typename
      ... on OrderPlaced { order { id } grant { id state termsHash certificateUrl startsAt } }
      ... on Refusal { code message }
    }
  }`,
);

export interface GrantAnswer {
  readonly id: string;
  readonly state: string;
  readonly datasetSlug: string;
  readonly versionId: string;
  readonly versionLabel: string;
  readonly commitId: string | null;
  readonly offerId: string;
  readonly stateReason: string | null;
  readonly termsHash: string;
  readonly certificateUrl: string | null;
  readonly startsAt: string | null;
  readonly expiresAt: string | null;
  /** Until when a request waits for its answer, and an approved one for its order. */
  readonly lapsesAt?: string | null;
  readonly renewsGrantId?: string | null;
}

export const Grants = repeatable<
  { first: number; after?: string; filter: { datasetSlug?: string } },
  { grants: { nodes: readonly GrantAnswer[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } } }
>(
  'Grants',
  `query Grants($first: Int, $after: String, $filter: GrantFilter) {
    grants(first: $first, after: $after, filter: $filter) {
      nodes { id state stateReason datasetSlug versionId versionLabel commitId offerId termsHash certificateUrl startsAt expiresAt lapsesAt renewsGrantId }
      pageInfo { hasNextPage endCursor }
    }
  }`,
);

/** Asks the provider, where an offer needs approval. */
export const RequestLicense = once<
  { input: { offerId: string; use?: string; context?: Attestation; renewsGrantId?: string; acceptTerms: true } },
  { requestLicense: { id: string; state: string; termsHash: string; lapsesAt?: string | null } }
>(
  'RequestLicense',
  'mutation RequestLicense($input: RequestLicenseInput!) { requestLicense(input: $input) { id state termsHash lapsesAt } }',
);

/** Repeatable because a certificate is issued once for what it states. Null where the market signs none. */
export const IssueCertificate = repeatable<
  { input: { grantId: string } },
  { issueCertificate: { readonly id: string; readonly jwt: string } | null }
>(
  'IssueCertificate',
  'mutation IssueCertificate($input: IssueCertificateInput!) { issueCertificate(input: $input) { id jwt } }',
);
