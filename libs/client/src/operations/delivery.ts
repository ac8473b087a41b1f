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
  { input: { grantId: string; rendition?: string; paths?: readonly string[]; after?: string; first?: number } },
  { createLease: LeaseAnswer }
>(
  'CreateLease',
  `mutation CreateLease($input: CreateLeaseInput!) {
    createLease(input: $input) { lease { id expiresAt } files { path sizeBytes sha256 url } pageInfo { hasNextPage endCursor } }
  }`,
);

export interface UsagePoint {
  /** A date, or the id of a dataset, grant or organization. */
  readonly key: string;
  /** The same in words. */
  readonly label: string;
  readonly issuedBytes: number;
  readonly servedBytes: number;
  readonly requests: number;
  readonly lastEventAt: string | null;
}

export interface UsageAnswer {
  readonly issuedBytes: number;
  readonly servedBytes: number;
  readonly unexplainedBytes: number;
  readonly requests: number;
  readonly refusedRequests: number;
  readonly lastEventAt: string | null;
  readonly series: { readonly nodes: readonly UsagePoint[] };
}

export type UsageGrouping = 'DAY' | 'DATASET' | 'GRANT' | 'ORGANIZATION';

export const Usage = repeatable<
  { filter: { grantId?: string; datasetSlug?: string }; groupBy: UsageGrouping },
  { usage: UsageAnswer }
>(
  'Usage',
  `query Usage($filter: UsageFilter, $groupBy: UsageGroupBy!) {
    usage(filter: $filter, groupBy: $groupBy, first: 100) {
      issuedBytes servedBytes unexplainedBytes requests refusedRequests lastEventAt
      series { nodes { key label issuedBytes servedBytes requests lastEventAt } }
    }
  }`,
);
