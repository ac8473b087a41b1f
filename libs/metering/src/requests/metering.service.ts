import { Injectable } from '@nestjs/common';
import { Database } from '@app/database';
import type { RequestContext } from '@app/kernel';
import { distinctRequests, outcomeOf, servedBytes } from './metered-request.rules.js';
import type { MeteredRequest, UnexplainedRequest } from './metered-request.rules.js';

/** One statement: events that are new go in, and exactly those are added to their hour. */
const RECORD_SQL = `
  with fresh as (
    insert into usage_events (request_id, at, lease_id, grant_id, dataset_id, buyer_organization_id, provider_organization_id,
      method, status, outcome, bytes_sent, object_size, served_bytes)
    select * from unnest($1::text[], $2::timestamptz[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
      $8::text[], $9::int[], $10::text[], $11::bigint[], $12::bigint[], $13::bigint[])
    on conflict (request_id, at) do nothing
    returning grant_id, at, dataset_id, buyer_organization_id, provider_organization_id, status, served_bytes
  ), rolled as (
    insert into usage_hourly as h (grant_id, hour, dataset_id, buyer_organization_id, provider_organization_id,
      requests, refused_requests, served_bytes, last_event_at)
    select grant_id, date_bin('1 hour', at, '2000-01-01Z') as hour, dataset_id, buyer_organization_id, provider_organization_id,
      count(*), count(*) filter (where status >= 400), sum(served_bytes), max(at)
    from fresh
    group by grant_id, hour, dataset_id, buyer_organization_id, provider_organization_id
    order by grant_id, hour
    on conflict (grant_id, hour) do update set
      requests = h.requests + excluded.requests,
      refused_requests = h.refused_requests + excluded.refused_requests,
      served_bytes = h.served_bytes + excluded.served_bytes,
      last_event_at = greatest(h.last_event_at, excluded.last_event_at)
  )
  select count(*) as counted from fresh`;

const RECORD_UNEXPLAINED_SQL = `
  insert into unexplained_requests (request_id, at, reason, object_key, method, status, bytes_sent, served_bytes,
    lease_id, grant_id, dataset_id, buyer_organization_id, provider_organization_id)
  select * from unnest($1::text[], $2::timestamptz[], $3::text[], $4::text[], $5::text[], $6::int[], $7::bigint[], $8::bigint[],
    $9::text[], $10::text[], $11::text[], $12::text[], $13::text[])
  on conflict (request_id, at) do nothing`;

/** Counts what the store says it served. Called by whoever reads a store's log; never by a user. */
@Injectable()
export class MeteringService {
  constructor(private readonly database: Database) {}

  /**
   * Counts requests once, however often, in whatever order and in whatever pieces they are reported: the key of an event
   * is the store's request id and time. Joins the context's transaction.
   *
   * @returns how many were new
   */
  async record(ctx: RequestContext, requests: readonly MeteredRequest[]): Promise<number> {
    const distinct = distinctRequests(requests);
    if (!distinct.length) return 0;
    const rows = await this.database.prepared<{ counted: number }>(ctx, 'metering_record', RECORD_SQL, [
      distinct.map((r) => r.requestId),
      distinct.map((r) => r.at.toISOString()),
      distinct.map((r) => r.leaseId),
      distinct.map((r) => r.grantId),
      distinct.map((r) => r.datasetId),
      distinct.map((r) => r.buyerOrganizationId),
      distinct.map((r) => r.providerOrganizationId),
      distinct.map((r) => r.method),
      distinct.map((r) => r.status),
      distinct.map((r) => outcomeOf(r)),
      distinct.map((r) => r.bytesSent),
      distinct.map((r) => r.objectSize),
      distinct.map((r) => servedBytes(r)),
    ]);
    return rows[0]?.counted ?? 0;
  }

  /**
   * Keeps requests that no right explains, once each. Joins the context's transaction.
   *
   * @returns how many were new
   */
  async recordUnexplained(ctx: RequestContext, requests: readonly UnexplainedRequest[]): Promise<number> {
    const distinct = distinctRequests(requests);
    if (!distinct.length) return 0;
    return this.database.execute(ctx, RECORD_UNEXPLAINED_SQL, [
      distinct.map((r) => r.requestId),
      distinct.map((r) => r.at.toISOString()),
      distinct.map((r) => r.reason),
      distinct.map((r) => r.objectKey),
      distinct.map((r) => r.method),
      distinct.map((r) => r.status),
      distinct.map((r) => r.bytesSent),
      distinct.map((r) => servedBytes(r)),
      distinct.map((r) => r.leaseId),
      distinct.map((r) => r.grantId),
      distinct.map((r) => r.datasetId),
      distinct.map((r) => r.buyerOrganizationId),
      distinct.map((r) => r.providerOrganizationId),
    ]);
  }
}
