import { Injectable } from '@nestjs/common';
import { Database } from '@app/database';
import { decodeCursor, encodeCursor, pageSize, requireUser, sightOf, toPage, validate } from '@app/kernel';
import type { Page, PageRequest, RequestContext } from '@app/kernel';
import { z } from 'zod';

/** What of the log is asked for; absent = any. */
export interface AuditLogFilter {
  readonly action?: string | null;
  readonly subjectId?: string | null;
  readonly datasetId?: string | null;
  readonly grantId?: string | null;
  readonly organizationId?: string | null;
  /** Acts at or after this moment. */
  readonly from?: Date | null;
  /** Acts before this moment. */
  readonly to?: Date | null;
}

/** A leaf with its place and its proof. */
export interface LogRow {
  readonly seq: number;
  readonly at: Date;
  readonly leaf: Buffer;
  readonly leafHash: Buffer;
  readonly chainHash: Buffer;
}

/** The tip of the log. */
export interface CheckpointRow {
  /** Leaves in the log. */
  readonly size: number;
  /** RFC 6962 root over them. */
  readonly rootHash: Buffer;
  /** Hash of the chain over them. */
  readonly chainHash: Buffer;
  /** When the last leaf was appended. */
  readonly at: Date;
}

const text = z.string().min(1).max(200).nullish();
const filterSchema = z.object({
  action: text,
  subjectId: text,
  datasetId: text,
  grantId: text,
  organizationId: text,
  from: z.date().nullish(),
  to: z.date().nullish(),
});

@Injectable()
export class AuditQueries {
  constructor(private readonly database: Database) {}

  /** The log, newest leaf first: all of it for an operator, else the leaves that name the actor's organization. @throws REQUEST_UNAUTHENTICATED */
  async auditLog(ctx: RequestContext, page: PageRequest, filter: AuditLogFilter = {}): Promise<Page<LogRow>> {
    const size = pageSize(page);
    const { action, subjectId, datasetId, grantId, organizationId, from, to } = validate(
      filterSchema,
      filter,
      'filter',
    );
    const params: unknown[] = [];
    const conditions: string[] = [];
    const add = (condition: (param: string) => string, value: unknown): void => {
      if (value === null || value === undefined) return;
      params.push(value);
      conditions.push(condition(`$${params.length}`));
    };
    add((p) => `organization_ids @> array[${p}::text]`, visibleOrganization(ctx));
    add((p) => `organization_ids @> array[${p}::text]`, organizationId);
    add((p) => `action = ${p}`, action);
    add((p) => `subject_id = ${p}`, subjectId);
    add((p) => `dataset_id = ${p}`, datasetId);
    add((p) => `grant_id = ${p}`, grantId);
    add((p) => `at >= ${p}`, from);
    add((p) => `at < ${p}`, to);
    add((p) => `seq < ${p}`, page.after ? seqOf(page.after) : null);
    const rows = await this.database.query<LogRow & Record<string, unknown>>(
      ctx,
      `select seq, at, leaf, leaf_hash as "leafHash", chain_hash as "chainHash" from audit_log
       ${conditions.length ? `where ${conditions.join(' and ')}` : ''} order by seq desc limit ${size + 1}`,
      params,
    );
    return toPage(rows, size, (row) => encodeCursor([row.seq]));
  }

  /** The tip of the log, for anyone. Covers sequenced leaves only. */
  async checkpoint(ctx: RequestContext): Promise<CheckpointRow> {
    const [row] = await this.database.query<CheckpointRow & Record<string, unknown>>(
      ctx,
      'select size, root_hash as "rootHash", chain_hash as "chainHash", at from audit_checkpoint',
    );
    if (!row) throw new Error('The log has lost its tip.');
    return row;
  }
}

/** Null for who may see every leaf. The log is published, so an operator who reads it reads nothing private. */
function visibleOrganization(ctx: RequestContext): string | null {
  if (ctx.actor.kind === 'system') return null;
  const { organizationId } = requireUser(ctx);
  return sightOf(ctx).seesAll ? null : organizationId;
}

function seqOf(cursor: string): number {
  const [seq] = decodeCursor(cursor, 1);
  return validate(z.number().int().min(0), seq, 'after');
}
