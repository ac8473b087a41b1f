/** One request for a product's bytes as the store logged it, tied to the right under which it was made. */
export interface MeteredRequest {
  /** The store's own request id: what makes counting idempotent. */
  readonly requestId: string;
  /** When the store received the request, by the store's clock; never when we read of it. */
  readonly at: Date;
  readonly leaseId: string;
  readonly grantId: string;
  readonly datasetId: string;
  readonly buyerOrganizationId: string;
  readonly providerOrganizationId: string;
  readonly method: 'GET' | 'HEAD';
  readonly status: number;
  /** Body bytes that the store says it sent, whatever it sent. */
  readonly bytesSent: number;
  /** Size of the whole object; null where the store did not say. */
  readonly objectSize: number | null;
}

/** Why bytes cannot be laid to a right. */
export const UNEXPLAINED_REASONS = ['NO_LEASE', 'UNKNOWN_LEASE', 'WRONG_OBJECT'] as const;
export type UnexplainedReason = (typeof UNEXPLAINED_REASONS)[number];

/** One request for a product's bytes that no right explains. Kept row by row: each is something to look into. */
export interface UnexplainedRequest {
  readonly requestId: string;
  readonly at: Date;
  readonly reason: UnexplainedReason;
  readonly objectKey: string;
  readonly method: 'GET' | 'HEAD';
  readonly status: number;
  readonly bytesSent: number;
  readonly leaseId: string | null;
  readonly grantId: string | null;
  readonly datasetId: string | null;
  readonly buyerOrganizationId: string | null;
  readonly providerOrganizationId: string | null;
}

/** What became of a request. `RANGED` is a 206: the log does not say which range, so whole or cut cannot be told. */
export type RequestOutcome = 'COMPLETE' | 'CUT' | 'RANGED' | 'HEAD' | 'NOT_MODIFIED' | 'REFUSED';

type Answered = Pick<MeteredRequest, 'method' | 'status' | 'bytesSent'>;

/**
 * Bytes of the product that a request took. Only bodies of 200 and 206 are the product: a HEAD has none, a 304 has none,
 * and the body of a refusal is the store's XML. A cut transfer counts what was sent, and so does every retry.
 */
export function servedBytes(request: Answered): number {
  const isProduct = request.method === 'GET' && (request.status === 200 || request.status === 206);
  return isProduct ? request.bytesSent : 0;
}

export function outcomeOf(request: Answered & Pick<MeteredRequest, 'objectSize'>): RequestOutcome {
  if (request.status === 304) return 'NOT_MODIFIED';
  if (request.status < 200 || request.status > 299) return 'REFUSED';
  if (request.method === 'HEAD') return 'HEAD';
  if (request.status === 206) return 'RANGED';
  return request.objectSize !== null && request.bytesSent < request.objectSize ? 'CUT' : 'COMPLETE';
}

/**
 * One request per (id, time), in an order that every writer shares: two writers of overlapping batches then wait for each
 * other instead of deadlocking.
 */
export function distinctRequests<R extends { readonly requestId: string; readonly at: Date }>(
  requests: readonly R[],
): R[] {
  const byKey = new Map<string, R>();
  for (const request of requests) {
    const key = `${request.requestId} ${request.at.getTime()}`;
    if (!byKey.has(key)) byKey.set(key, request);
  }
  return [...byKey.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, request]) => request);
}
