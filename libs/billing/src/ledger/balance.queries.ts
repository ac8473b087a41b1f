import { Injectable } from '@nestjs/common';
import { Database } from '@app/database';
import { CURRENCIES, requireUser } from '@app/kernel';
import type { Currency, RequestContext } from '@app/kernel';

/** What an organization may spend and what it is owed, in one currency. */
export interface BalanceRow {
  readonly currency: Currency;
  readonly spendableMinor: number;
  readonly payableMinor: number;
}

/** An organization's own money. */
@Injectable()
export class BalanceQueries {
  constructor(private readonly database: Database) {}

  /** The acting organization's own balances, one per currency. */
  async balance(ctx: RequestContext): Promise<BalanceRow[]> {
    return this.ofOrganization(ctx, requireUser(ctx).organizationId);
  }

  /** Balances of an organization, for services that decided before that the asker may see them. */
  async ofOrganization(ctx: RequestContext, organizationId: string): Promise<BalanceRow[]> {
    const rows = await this.database.query<BalanceRow>(
      ctx,
      `select a.currency,
              coalesce(sum(l.amount_minor) filter (where a.kind = 'buyer_balance'), 0)::bigint as "spendableMinor",
              coalesce(sum(l.amount_minor) filter (where a.kind = 'provider_payable'), 0)::bigint as "payableMinor"
         from accounts a left join ledger_lines l on l.account_id = a.id
        where a.organization_id = $1 group by a.currency`,
      [organizationId],
    );
    return CURRENCIES.map(
      (currency) => rows.find((row) => row.currency === currency) ?? { currency, spendableMinor: 0, payableMinor: 0 },
    );
  }
}
