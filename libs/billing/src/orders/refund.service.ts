import { Injectable } from '@nestjs/common';
import { Audit } from '@app/audit';
import { Database } from '@app/database';
import { validate } from '@app/kernel';
import type { RequestContext } from '@app/kernel';
import { GrantService, grantReasonSchema } from '@app/licensing';
import { z } from 'zod';
import { BillingErrors } from '../billing.errors.js';
import { refundLines } from '../ledger/entry.rules.js';
import { Ledger } from '../ledger/ledger.service.js';
import { OrderLife } from './order-life.service.js';

const refundSchema = z.object({ grantId: z.string().min(1), reason: grantReasonSchema });

/** Money back, and the right that it paid for ended, in one transaction. */
@Injectable()
export class RefundService {
  constructor(
    private readonly database: Database,
    private readonly grants: GrantService,
    private readonly life: OrderLife,
    private readonly ledger: Ledger,
    private readonly audit: Audit,
  ) {}

  /**
   * Takes back the order behind a grant: for its provider and the operator. All of it goes back, the market's fee too. A right
   * that is over already stays as it is; the same message twice is one refund.
   * @throws REQUEST_NOT_FOUND, REQUEST_FORBIDDEN, BILLING_NO_ORDER, BILLING_ORDER_STEP_REFUSED
   */
  async refundOrder(ctx: RequestContext, input: { grantId: string; reason: string }): Promise<void> {
    const { grantId, reason } = validate(refundSchema, input);
    await this.database.transaction(ctx, async (ctx) => {
      const { orderId } = await this.grants.endRefunded(ctx, grantId, reason);
      if (orderId === null) throw BillingErrors.NO_ORDER({ grantId });
      const order = await this.life.lock(ctx, orderId);
      if (order.state === 'refunded') return;
      const { organizationId: buyerOrganizationId, providerOrganizationId, priceMinor, feeMinor, currency } = order;
      if (priceMinor > 0) {
        const lines = refundLines({ buyerOrganizationId, providerOrganizationId, priceMinor, feeMinor });
        await this.ledger.post(ctx, { kind: 'refund', orderId, reference: null, currency, lines });
      }
      await this.life.step(ctx, order, 'refunded');
      await this.audit.record(ctx, {
        action: 'order.refunded',
        subject: { kind: 'order', id: orderId },
        about: {
          datasetId: order.datasetId,
          organizationIds: [buyerOrganizationId, providerOrganizationId],
          grantId,
          orderId,
        },
        facts: { offerId: order.offerId, versionId: order.versionId, termsHash: order.termsHash },
        private: { priceMinor, feeMinor, currency, reason },
      });
    });
  }
}
