import { Injectable } from '@nestjs/common';
import { Database } from '@app/database';
import type { RequestContext } from '@app/kernel';
import type { UsageSelection, UsageSeriesRequest } from '@app/metering';
import type { LeasedRight } from '../access-log/explanation.rules.js';

export interface IssuedPoint {
  readonly key: string;
  readonly bytes: number;
}

const PAGE_LEASES = 1_000;

/** A lease as it was minted. */
export interface LeaseRow {
  readonly id: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly files: number;
  readonly bytes: number;
  readonly requestedBy: string;
  readonly versionId: string;
}

interface Conditions {
  readonly where: string;
  readonly params: unknown[];
}

/** What was handed out: leases by id, and how many bytes their URLs could have served. */
@Injectable()
export class LeaseQueries {
  constructor(private readonly database: Database) {}

  /** Leases by id alone, as the access log names them; unknown ids are left out. */
  async byIds(ctx: RequestContext, ids: readonly string[]): Promise<Map<string, LeasedRight>> {
    if (!ids.length) return new Map();
    const rows = await this.database.prepared<{ [K in keyof LeasedRight]: LeasedRight[K] }>(
      ctx,
      'delivery_leases_by_ids',
      `select id, grant_id as "grantId", dataset_id as "datasetId", version_id as "versionId",
         organization_id as "organizationId", provider_organization_id as "providerOrganizationId"
       from leases where id = any($1::text[])`,
      [ids],
    );
    return new Map(rows.map((row) => [row.id, row]));
  }

  /** Bytes that leases were issued for. A file that is leased twice counts twice. */
  async issuedBytes(ctx: RequestContext, selection: UsageSelection): Promise<number> {
    const { where, params } = conditions(selection);
    const rows = await this.database.query<{ bytes: number }>(
      ctx,
      `select coalesce(sum(bytes), 0)::bigint as bytes from leases as l where ${where}`,
      params,
    );
    return rows[0]?.bytes ?? 0;
  }

  /** One page of issued bytes, split and ordered as the series of served bytes is. */
  async issuedSeries(
    ctx: RequestContext,
    selection: UsageSelection,
    request: UsageSeriesRequest,
  ): Promise<IssuedPoint[]> {
    const { where, params } = conditions(selection);
    const key = groupExpression(request, params);
    const isNewestFirst = request.groupBy === 'DAY';
    params.push(request.afterKey ?? null, request.limit);
    return this.database.query<{ key: string; bytes: number }>(
      ctx,
      `select * from (select ${key} as key, sum(bytes)::bigint as bytes from leases as l where ${where} group by 1) as points
       where $${params.length - 1}::text is null or key ${isNewestFirst ? '<' : '>'} $${params.length - 1}::text
       order by key ${isNewestFirst ? 'desc' : 'asc'} limit $${params.length}`,
      params,
    );
  }

  /** Every lease of a grant in the order of their ids, page by page. For a grant that the asker was shown. */
  async *ofGrant(ctx: RequestContext, grantId: string): AsyncGenerator<readonly LeaseRow[]> {
    for (let after = ''; ;) {
      const rows: LeaseRow[] = await this.database.query<{ [K in keyof LeaseRow]: LeaseRow[K] }>(
        ctx,
        `select id, created_at as "createdAt", expires_at as "expiresAt", files, bytes, requested_by as "requestedBy",
                version_id as "versionId" from leases where grant_id = $1 and id > $2 order by id limit ${PAGE_LEASES}`,
        [grantId, after],
      );
      if (rows.length > 0) yield rows;
      if (rows.length < PAGE_LEASES) return;
      after = rows.at(-1)?.id ?? after;
    }
  }

  /** Whether the organization ever held a lease on the dataset. */
  async hasLeased(ctx: RequestContext, organizationId: string, datasetId: string): Promise<boolean> {
    const rows = await this.database.query(
      ctx,
      'select 1 from leases where dataset_id = $1 and organization_id = $2 limit 1',
      [datasetId, organizationId],
    );
    return rows.length > 0;
  }
}

function conditions(selection: UsageSelection): Conditions {
  const parts = ['true'];
  const params: unknown[] = [];
  const add = (value: unknown, sqlOf: (place: string) => string): void => {
    params.push(value);
    parts.push(sqlOf(`$${params.length}`));
  };
  if (selection.scope.kind === 'organization') {
    add(selection.scope.organizationId, (p) => `(l.organization_id = ${p} or l.provider_organization_id = ${p})`);
  }
  if (selection.grantId) add(selection.grantId, (p) => `l.grant_id = ${p}`);
  if (selection.datasetId) add(selection.datasetId, (p) => `l.dataset_id = ${p}`);
  if (selection.from) add(selection.from, (p) => `l.created_at >= ${p}`);
  if (selection.to) add(selection.to, (p) => `l.created_at < ${p}`);
  return { where: parts.join(' and '), params };
}

function groupExpression(request: UsageSeriesRequest, params: unknown[]): string {
  switch (request.groupBy) {
    case 'DAY':
      params.push(request.timeZone);
      return `to_char(l.created_at at time zone $${params.length}::text, 'YYYY-MM-DD')`;
    case 'DATASET':
      return 'l.dataset_id';
    case 'GRANT':
      return 'l.grant_id';
    case 'ORGANIZATION':
      return 'l.organization_id';
  }
}
