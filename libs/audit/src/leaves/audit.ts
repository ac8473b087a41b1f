import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Database } from '@app/database';
import { Clock } from '@app/kernel';
import type { RequestContext } from '@app/kernel';
import { SALT_BYTES, writeAct } from './leaf.rules.js';
import type { Act } from './leaf.rules.js';

/** Salts drawn from the system many at a time: one at a time costs as much as writing the leaf. */
const SALTS_AT_ONCE = 256;

/** The door for every domain that acts on rights, money or visibility. */
@Injectable()
export class Audit {
  private salts = Buffer.alloc(0);

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  /**
   * Records the act in its own transaction: both are durable, or neither. Takes no lock; the leaf gets its place in the log
   * some 50 ms after the commit. An act begun after another's commit never precedes it.
   * @returns the act's id, under which its leaf can be found
   * @throws AUDIT_LEAF_TOO_LARGE, AUDIT_PERSONAL_DATA
   */
  async record(ctx: RequestContext, act: Act): Promise<string> {
    if (!ctx.tx) throw new Error(`"${act.action}" must be recorded in the transaction of its act.`);
    const salt = this.nextSalt();
    const at = this.clock.now();
    const { leaf, bytes, privateJson } = writeAct(act, ctx.actor, ctx.requestId, at, salt);
    const [row] = await this.database.prepared<{ id: number }>(
      ctx,
      'audit.record',
      `with act as (
         insert into audit_pending (at, action, subject_id, dataset_id, grant_id, organization_ids, leaf)
         values ($1, $2, $3, $4, $5, $6, $7) returning id
       ), kept as (
         insert into audit_private (act_id, salt, record) select id, $8::bytea, $9::text from act where $9::text is not null
       )
       select id from act`,
      [
        at,
        leaf.action,
        leaf.subject.id,
        leaf.about.dataset ?? null,
        leaf.about.grant ?? null,
        leaf.about.orgs,
        bytes,
        salt,
        privateJson,
      ],
    );
    if (!row) throw new Error('The act was not recorded.');
    return String(row.id);
  }

  private nextSalt(): Buffer {
    if (this.salts.length === 0) this.salts = randomBytes(SALT_BYTES * SALTS_AT_ONCE);
    const salt = this.salts.subarray(0, SALT_BYTES);
    this.salts = this.salts.subarray(SALT_BYTES);
    return salt;
  }
}
