import { repeatable } from '../operation.js';

export interface LeasedFile {
  readonly path: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly url: string;
}

export interface LeaseAnswer {
  readonly lease: { readonly id: string; readonly expiresAt: string };
  readonly files: readonly LeasedFile[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

/** Repeatable: a second lease for the same files costs nothing, because only served bytes count. */
export const CreateLease = repeatable<
  { input: { grantId: string; paths?: readonly string[]; after?: string; first?: number } },
  { createLease: LeaseAnswer }
>(
  'CreateLease',
  `mutation CreateLease($input: CreateLeaseInput!) {
    createLease(input: $input) { lease { id expiresAt } files { path sizeBytes sha256 url } pageInfo { hasNextPage endCursor } }
  }`,
);

export interface UsageAnswer {
  readonly issuedBytes: number;
  readonly servedBytes: number;
  readonly unexplainedBytes: number;
  readonly requests: number;
  readonly lastEventAt: string | null;
}

export const Usage = repeatable<{ filter: { grantId?: string; datasetSlug?: string } }, { usage: UsageAnswer }>(
  'Usage',
  'query Usage($filter: UsageFilter) { usage(filter: $filter) { issuedBytes servedBytes unexplainedBytes requests lastEventAt } }',
);
