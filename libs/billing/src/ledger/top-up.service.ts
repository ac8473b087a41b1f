import { Injectable } from '@nestjs/common';
import { Audit } from '@app/audit';
import { Database } from '@app/database';
import { OrganizationQueries } from '@app/identity';
import { CURRENCIES, requireAdmin, validate } from '@app/kernel';
import type { RequestContext } from '@app/kernel';
import { z } from 'zod';
import { Idempotency, idempotencyKeySchema } from '../idempotency/idempotency.service.js';
import { BalanceQueries } from './balance.queries.js';
import type { BalanceRow } from './balance.queries.js';
import { topUpLines } from './entry.rules.js';
import { Ledger } from './ledger.service.js';

/** Ten thousand million in major units: above any transfer, far below what sums can hold. */
const MAX_TOP_UP_MINOR = 1_000_000_000_000;

const topUpSchema = z.object({
  organizationSlug: z.string().trim().min(1),
  amountMinor: z
    .number()
    .int('must be whole minor units')
    .min(1, 'must be positive')
    .max(MAX_TOP_UP_MINOR, 'is too large'),
  currency: z.enum(CURRENCIES),
  reference: z.string().trim().min(1, 'must name the transfer').max(200),
  idempotencyKey: idempotencyKeySchema,
});

/** As callers send it; validated here. */
export interface TopUp {
  readonly organizationSlug: string;
  readonly amountMinor: number;
  readonly currency: string;
  /** The transfer outside that brought the money. */
  readonly reference: string;
  readonly idempotencyKey: string;
}

const answerSchema = z.object({ entryId: z.string() });

/** Money that comes into the market. */
@Injectable()
export class TopUpService {
  constructor(
    private readonly database: Database,
    private readonly organizations: OrganizationQueries,
    private readonly ledger: Ledger,
    private readonly balances: BalanceQueries,
    private readonly keys: Idempotency,
    private readonly audit: Audit,
  ) {}

  /**
   * Credits money that reached the operator outside the market. Only the operator says so.
   * @returns the organization's balance in that currency
   * @throws REQUEST_FORBIDDEN, REQUEST_NOT_FOUND, BILLING_IDEMPOTENCY_MISMATCH
   */
  async topUpBalance(ctx: RequestContext, input: TopUp): Promise<BalanceRow> {
    const operator = ctx.actor.kind === 'system' ? null : requireAdmin(ctx).organizationId;
    const { idempotencyKey: key, ...topUp } = validate(topUpSchema, input);
    return this.database.transaction(ctx, async (ctx) => {
      const organization = await this.organizations.bySlug(ctx, topUp.organizationSlug);
      const command = { organizationId: operator ?? organization.id, key, operation: 'topUpBalance', body: topUp };
      await this.keys.once(ctx, command, answerSchema, async () => {
        const { amountMinor, currency, reference } = topUp;
        const lines = topUpLines(organization.id, amountMinor);
        const entryId = await this.ledger.post(ctx, { kind: 'top_up', orderId: null, reference, currency, lines });
        await this.audit.record(ctx, {
          action: 'balance.topped_up',
          subject: { kind: 'ledger_entry', id: entryId },
          about: { organizationIds: [organization.id] },
          facts: {},
          private: { amountMinor, currency, reference },
        });
        return { entryId };
      });
      const balances = await this.balances.ofOrganization(ctx, organization.id);
      return (
        balances.find((balance) => balance.currency === topUp.currency) ?? {
          currency: topUp.currency,
          spendableMinor: 0,
          payableMinor: 0,
        }
      );
    });
  }
}
