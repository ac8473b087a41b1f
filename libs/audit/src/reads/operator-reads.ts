import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Database } from '@app/database';
import { Clock, canonicalJson, sightOf } from '@app/kernel';
import type { RequestContext } from '@app/kernel';
import { Audit } from '../leaves/audit.js';
import type { Act, ActAbout } from '../leaves/leaf.rules.js';

/** The same person reading the same thing again within this time is the same act: a page that refreshes itself is one look. */
export const SAME_READ_MS = 10 * 60_000;

/** A private thing that was read, with whom it concerns; those organizations find the read in their own log. */
export interface ReadThing {
  readonly id: string;
  readonly about: ActAbout;
}

/**
 * The one place where an operator's look at what is another organization's becomes a leaf. Queries that take the way of
 * `sightOf(ctx).seesAll` name here what they are about to show. A read that cannot be recorded is not answered.
 */
@Injectable()
export class OperatorReads {
  constructor(
    private readonly database: Database,
    private readonly audit: Audit,
    private readonly clock: Clock,
  ) {}

  /**
   * Records that these private things are shown: `<kind>.read_by_operator` for one, and one act for a page of several. A page
   * about different parties names none of them, for each would learn of the others; its ids are in the private record.
   * @param asked what the page was asked by; kept in the private record, as it may hold names
   */
  async noteThings(ctx: RequestContext, kind: string, things: readonly ReadThing[], asked: object = {}): Promise<void> {
    const [first] = things;
    if (!first || !isOperator(ctx)) return;
    if (things.length === 1) {
      const action = `${kind}.read_by_operator`;
      return this.note(ctx, { action, subject: { kind, id: first.id }, about: first.about, facts: {} });
    }
    const ids = things.map((thing) => thing.id).sort();
    const isOfOne = things.every((thing) => canonicalJson(thing.about) === canonicalJson(first.about));
    return this.note(ctx, {
      action: `${kind}s.read_by_operator`,
      subject: { kind: `${kind}s`, id: digestOf(ids) },
      ...(isOfOne && { about: first.about }),
      facts: { count: ids.length },
      private: { ids, asked },
    });
  }

  /** Records a read that is no list of things, such as a sum over many. `shown` tells it from other reads of its kind. */
  async noteView(ctx: RequestContext, view: string, shown: object, about: ActAbout = {}): Promise<void> {
    if (!isOperator(ctx)) return;
    const subject = { kind: view, id: digestOf(shown) };
    return this.note(ctx, { action: `${view}.read_by_operator`, subject, about, facts: {}, private: { shown } });
  }

  /** In a small transaction of its own, unless the read is part of an act. */
  private async note(ctx: RequestContext, act: Act): Promise<void> {
    const { actor } = ctx;
    if (actor.kind !== 'user') return;
    await this.database.transaction(ctx, async (ctx) => {
      const now = this.clock.now();
      const [before, after] = [-SAME_READ_MS, SAME_READ_MS].map((ms) => new Date(now.getTime() + ms));
      // A record from far in the future was made before the clock was set back: it hides nothing.
      const isNew = await this.database.execute(
        ctx,
        `insert into operator_reads as r (user_id, action, subject_id, recorded_at) values ($1, $2, $3, $4)
         on conflict (user_id, action, subject_id) do update set recorded_at = excluded.recorded_at
           where r.recorded_at <= $5 or r.recorded_at > $6`,
        [actor.userId, act.action, act.subject.id, now, before, after],
      );
      if (isNew > 0) await this.audit.record(ctx, act);
    });
  }

  /** Forgets when reads were last recorded, once that no longer matters. @returns how many it forgot, at most `limit` */
  async forgetOld(ctx: RequestContext, limit: number): Promise<number> {
    return this.database.execute(
      ctx,
      `delete from operator_reads where ctid = any(array(
         select ctid from operator_reads where recorded_at < $1 limit $2 for update skip locked))`,
      [new Date(this.clock.now().getTime() - SAME_READ_MS), limit],
    );
  }
}

/** The market's own work is no look of a person; others see their own alone. */
function isOperator(ctx: RequestContext): boolean {
  return ctx.actor.kind === 'user' && sightOf(ctx).seesAll;
}

function digestOf(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex');
}
