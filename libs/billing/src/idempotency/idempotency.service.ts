import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Database } from '@app/database';
import { Clock, canonicalJson } from '@app/kernel';
import type { RequestContext } from '@app/kernel';
import { z } from 'zod';
import { BillingErrors } from '../billing.errors.js';

/** Keys are made by the caller and kept for ever, as everything about money. */
export const idempotencyKeySchema = z
  .string()
  .trim()
  .regex(/^[\x21-\x7e]{8,200}$/, 'must be 8 to 200 visible ASCII characters; a random UUID is best');

/** One command under its key. */
export interface KeyedCommand {
  readonly organizationId: string;
  readonly key: string;
  readonly operation: string;
  /** What was asked for, without the key; JSON. */
  readonly body: unknown;
}

/** Makes a repeated command one: the same key answers what the first one did. */
@Injectable()
export class Idempotency {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  /**
   * Does the work once per key, in the context's transaction; its answer (ids, JSON) is kept with it. The same command
   * at the same moment waits for the other's commit and answers the same. Work that throws leaves the key free.
   * @throws BILLING_IDEMPOTENCY_MISMATCH when the key was used for something else
   */
  async once<T>(ctx: RequestContext, command: KeyedCommand, answer: z.ZodType<T>, work: () => Promise<T>): Promise<T> {
    if (!ctx.tx) throw new Error('An idempotent command needs an open transaction.');
    const { organizationId, key, operation, body } = command;
    const requestHash = createHash('sha256').update(canonicalJson(body)).digest('hex');
    const isFirst = await this.database.execute(
      ctx,
      `insert into idempotency_keys (organization_id, key, operation, request_hash, created_at) values ($1, $2, $3, $4, $5)
       on conflict (organization_id, key) do nothing`,
      [organizationId, key, operation, requestHash, this.clock.now()],
    );
    if (isFirst === 0) return answer.parse(await this.earlierAnswer(ctx, command, requestHash));
    const result = await work();
    await this.database.execute(
      ctx,
      'update idempotency_keys set response = $3 where organization_id = $1 and key = $2',
      [organizationId, key, JSON.stringify(result)],
    );
    return result;
  }

  private async earlierAnswer(ctx: RequestContext, command: KeyedCommand, requestHash: string): Promise<unknown> {
    const [row] = await this.database.query<{ operation: string; requestHash: string; response: unknown }>(
      ctx,
      `select operation, request_hash as "requestHash", response from idempotency_keys where organization_id = $1 and key = $2`,
      [command.organizationId, command.key],
    );
    if (row?.operation !== command.operation || row.requestHash !== requestHash) {
      throw BillingErrors.IDEMPOTENCY_MISMATCH({ key: command.key });
    }
    return row.response;
  }
}
