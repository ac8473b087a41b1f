import { isId } from '@app/kernel';
import type { UnexplainedReason } from '@app/metering';
import { INTERNAL_PARAMETER } from '@app/storage';
import { queryParameterOf } from './access-log.rules.js';
import type { AccessLogEntry } from './access-log.rules.js';

/** Name of the signed query parameter that ties a request to its lease. Stores ignore, and log, parameters in `x-`. */
export const LEASE_PARAMETER = 'x-bodega-lease';

/** What a lease says about the requests made under it. */
export interface LeasedRight {
  readonly id: string;
  readonly grantId: string;
  readonly datasetId: string;
  readonly versionId: string;
  readonly organizationId: string;
  readonly providerOrganizationId: string;
}

/** How one logged request is accounted for. */
export type Explanation =
  | { readonly kind: 'metered'; readonly method: 'GET' | 'HEAD'; readonly lease: LeasedRight }
  | {
      readonly kind: 'unexplained';
      readonly method: 'GET' | 'HEAD';
      readonly reason: UnexplainedReason;
      readonly key: string;
      /** As the request named it, where it looks like a lease at all. */
      readonly leaseId: string | null;
      readonly lease: LeasedRight | null;
      readonly datasetId: string;
    }
  /** Signed by header, or by URL under the market's own mark, which takes the store's secret: the market reading its own goods. */
  | { readonly kind: 'own' }
  /** Refused by the store, under no right: nothing left. */
  | { readonly kind: 'refused' }
  /** No read of a product: uploads, listings, previews, other buckets. */
  | { readonly kind: 'other' };

const READ = /^(?:REST|WEBSITE)\.(GET|HEAD)\.OBJECT$/;
/** The files of a version, and of its standard forms. */
const PRODUCT_KEY = /^(?:datasets|renditions)\/([^/]+)\/([^/]+)\//;

/**
 * The lease that a request names, whether it exists or not. Anyone can put anything there, so what has not the shape of an id
 * goes no further: a NUL, for one, would make the database refuse the whole batch.
 */
export function leaseIdOf(entry: AccessLogEntry): string | null {
  const text = leaseTextOf(entry);
  return text !== null && isId('Lease', text) ? text : null;
}

function leaseTextOf(entry: AccessLogEntry): string | null {
  return entry.target === null ? null : queryParameterOf(entry.target, LEASE_PARAMETER);
}

/** Lays one request to a right, or says why that cannot be done. Every product byte ends in exactly one account. */
export function explain(
  entry: AccessLogEntry,
  productBucket: string,
  leases: ReadonlyMap<string, LeasedRight>,
): Explanation {
  const method = READ.exec(entry.operation)?.[1];
  const product = entry.key === null ? null : PRODUCT_KEY.exec(entry.key);
  if ((method !== 'GET' && method !== 'HEAD') || entry.bucket !== productBucket || entry.key === null || !product) {
    return { kind: 'other' };
  }
  const leaseId = leaseIdOf(entry);
  const lease = (leaseId === null ? undefined : leases.get(leaseId)) ?? null;
  const [, datasetId = '', versionId = ''] = product;
  if (lease && lease.datasetId === datasetId && lease.versionId === versionId)
    return { kind: 'metered', method, lease };
  if (entry.status >= 400) return { kind: 'refused' };
  const isNamed = leaseTextOf(entry) !== null;
  if (!isNamed && (isSignedByHeader(entry) || isMarkedInternal(entry))) return { kind: 'own' };
  const reason = !isNamed ? 'NO_LEASE' : lease ? 'WRONG_OBJECT' : 'UNKNOWN_LEASE';
  return { kind: 'unexplained', method, reason, key: entry.key, leaseId, lease, datasetId };
}

/** The mark is part of what was signed: adding it to another URL breaks the signature. */
function isMarkedInternal(entry: AccessLogEntry): boolean {
  return entry.target !== null && queryParameterOf(entry.target, INTERNAL_PARAMETER) !== null;
}

function isSignedByHeader(entry: AccessLogEntry): boolean {
  if (entry.requester === null || entry.target === null) return false;
  return ['X-Amz-Signature', 'X-Amz-Algorithm', 'Signature'].every(
    (name) => queryParameterOf(entry.target ?? '', name) === null,
  );
}
