import { Injectable } from '@nestjs/common';
import { Database } from '@app/database';
import { Clock, newId } from '@app/kernel';
import type { Currency, RequestContext } from '@app/kernel';
import type { AccountName, EntryLine } from './entry.rules.js';

export interface NewEntry {
  readonly kind: 'top_up' | 'order' | 'refund';
  readonly orderId: string | null;
  readonly reference: string | null;
  readonly currency: Currency;
  readonly lines: readonly EntryLine[];
}

/**
 * The only writer of the ledger. Balances are summed from lines: no running balance, so the market's busy accounts are
 * never a row that everyone waits for.
 */
@Injectable()
export class Ledger {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  /** Posts an entry with all its lines, in the act's transaction. @returns its id */
  async post(ctx: RequestContext, entry: NewEntry): Promise<string> {
    const now = this.clock.now();
    const id = newId('Entry', now.getTime());
    const accountIds: string[] = [];
    for (const { account } of entry.lines) accountIds.push(await this.accountId(ctx, account, entry.currency));
    await this.database.query(ctx, 'select ledger_post($1, $2, $3, $4, $5, $6, $7::text[], $8::bigint[], $9::text[])', [
      id,
      entry.kind,
      entry.orderId,
      entry.reference,
      ctx.actor.kind === 'user' ? ctx.actor.userId : ctx.actor.kind,
      now,
      accountIds,
      entry.lines.map((line) => line.amountMinor),
      entry.lines.map(() => entry.currency),
    ]);
    return id;
  }

  /**
   * What an organization may spend, with its account locked until the commit: of two orders at once the second waits,
   * then sees what the first left.
   */
  async lockBalance(ctx: RequestContext, organizationId: string, currency: Currency): Promise<number> {
    const id = await this.accountId(ctx, { kind: 'buyer_balance', organizationId }, currency);
    await this.database.query(ctx, 'select 1 from accounts where id = $1 for no key update', [id]);
    // A statement of its own: its snapshot is taken after the lock, so it sees every order that held the lock before.
    const [row] = await this.database.query<{ balance: number }>(
      ctx,
      'select coalesce(sum(amount_minor), 0)::bigint as balance from ledger_lines where account_id = $1',
      [id],
    );
    return row?.balance ?? 0;
  }

  private async accountId(
    ctx: RequestContext,
    { kind, organizationId }: AccountName,
    currency: Currency,
  ): Promise<string> {
    const find = async (): Promise<string | undefined> => {
      const [row] = await this.database.query<{ id: string }>(
        ctx,
        'select id from accounts where kind = $1 and organization_id is not distinct from $2 and currency = $3',
        [kind, organizationId, currency],
      );
      return row?.id;
    };
    const known = await find();
    if (known !== undefined) return known;
    await this.database.execute(
      ctx,
      `insert into accounts (id, kind, organization_id, currency, created_at) values ($1, $2, $3, $4, $5)
       on conflict (organization_id, kind, currency) do nothing`,
      [newId('Account'), kind, organizationId, currency, this.clock.now()],
    );
    const made = await find();
    if (made === undefined) throw new Error(`The account ${kind} of ${organizationId ?? 'the market'} was not made.`);
    return made;
  }
}
