import { Injectable } from '@nestjs/common';
import { Audit, AuditQueries, readLeaf } from '@app/audit';
import { Database } from '@app/database';
import { UsageReportQueries } from '@app/delivery';
import { newId, requireUser, sightOf } from '@app/kernel';
import type { RequestContext } from '@app/kernel';
import { GrantQueries } from '@app/licensing';
import { BYTE_ORDER_MARK, csvLine } from './csv.rules.js';
import type { Cell } from './csv.rules.js';
import { auditFilterOf, grantFilterOf, usageExportOf } from './export.rules.js';
import type { ExportFormat } from './export.rules.js';

type Row = Readonly<Record<string, Cell>>;

const GRANT_COLUMNS = [
  ...['id', 'organizationId', 'providerOrganizationId', 'datasetId', 'datasetSlug', 'versionId', 'versionLabel'],
  ...['commitId', 'offerId', 'orderId', 'termsHash', 'intendedUse', 'note', 'state', 'stateReason', 'startsAt'],
  ...['expiresAt', 'createdAt', 'recalledAt', 'recallReason'],
];
const LEAF_COLUMNS = [
  ...['seq', 'at', 'action', 'actorKind', 'actorOrganizationId', 'subjectKind', 'subjectId', 'datasetId', 'grantId'],
  ...['leafHash', 'chainHash', 'leaf'],
];
const USAGE_COLUMNS = ['key', 'label', 'issuedBytes', 'servedBytes', 'requests', 'refusedRequests', 'lastEventAt'];
const LEAVES_PER_PAGE = 100;

/**
 * What the queries find, as files of any length: page after page, so that memory does not grow, and a client that leaves stops
 * the reading. The scope is that of the queries. An operator's export is an act, on record before its first line.
 */
@Injectable()
export class ExportService {
  constructor(
    private readonly grantQueries: GrantQueries,
    private readonly auditQueries: AuditQueries,
    private readonly usageReports: UsageReportQueries,
    private readonly database: Database,
    private readonly audit: Audit,
  ) {}

  async *grants(ctx: RequestContext, format: ExportFormat, query: unknown): AsyncGenerator<string> {
    const filter = grantFilterOf(query);
    await this.record(ctx, 'grants.exported', format, filter);
    yield* lines(format, GRANT_COLUMNS, this.grantQueries.allGrants(ctx, filter));
  }

  async *auditLog(ctx: RequestContext, format: ExportFormat, query: unknown): AsyncGenerator<string> {
    const filter = auditFilterOf(query);
    await this.record(ctx, 'audit_log.exported', format, filter);
    yield* lines(format, LEAF_COLUMNS, this.leaves(ctx, filter));
  }

  async *usage(ctx: RequestContext, format: ExportFormat, query: unknown): AsyncGenerator<string> {
    const request = usageExportOf(query);
    await this.record(ctx, 'usage.exported', format, request);
    yield* lines(format, USAGE_COLUMNS, this.usageReports.allPoints(ctx, request));
  }

  private async *leaves(ctx: RequestContext, filter: ReturnType<typeof auditFilterOf>): AsyncGenerator<Row[]> {
    for (let after: string | null = null; ;) {
      const page = await this.auditQueries.auditLog(ctx, { first: LEAVES_PER_PAGE, after }, filter);
      if (page.items.length > 0) yield page.items.map(toLeafRow);
      if (!page.hasNextPage) return;
      after = page.cursors.at(-1) ?? null;
    }
  }

  private async record(ctx: RequestContext, action: string, format: ExportFormat, asked: object): Promise<void> {
    requireUser(ctx);
    if (!sightOf(ctx).seesAll) return;
    const subject = { kind: 'export', id: newId('Request') };
    await this.database.transaction(ctx, (ctx) =>
      this.audit.record(ctx, { action, subject, facts: { format }, private: { asked } }),
    );
  }
}

/** A file's text, some rows at a time; a column that a row does not know stays empty. */
async function* lines(
  format: ExportFormat,
  columns: readonly string[],
  pages: AsyncIterable<readonly object[]>,
): AsyncGenerator<string> {
  // With the first rows, not before them: what refuses them must be able to refuse the whole.
  let head = format === 'csv' ? BYTE_ORDER_MARK + csvLine(columns) : '';
  for await (const page of pages) {
    const rows = page as readonly Row[];
    const text = rows
      .map((row) => {
        const cells = columns.map((column) => row[column] ?? null);
        if (format === 'csv') return csvLine(cells);
        return `${JSON.stringify(Object.fromEntries(columns.map((column, i) => [column, cells[i]])))}\n`;
      })
      .join('');
    yield head + text;
    head = '';
  }
  if (head !== '') yield head;
}

function toLeafRow(row: Awaited<ReturnType<AuditQueries['auditLog']>>['items'][number]): Row {
  const leaf = readLeaf(row.leaf);
  return {
    seq: row.seq,
    at: row.at,
    action: leaf.action,
    actorKind: leaf.actor.kind,
    actorOrganizationId: leaf.actor.org ?? null,
    subjectKind: leaf.subject.kind,
    subjectId: leaf.subject.id,
    datasetId: leaf.about.dataset ?? null,
    grantId: leaf.about.grant ?? null,
    leafHash: row.leafHash.toString('hex'),
    chainHash: row.chainHash.toString('hex'),
    leaf: row.leaf.toString('utf8'),
  };
}
