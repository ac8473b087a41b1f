import { Injectable } from '@nestjs/common';
import type { RequestContext } from '@app/kernel';
import { BillingErrors } from '../billing.errors.js';
import { saleLines } from '../ledger/entry.rules.js';
import { Ledger } from '../ledger/ledger.service.js';
import { PaymentRail } from './payment-rail.port.js';
import type { Charge } from './payment-rail.port.js';

/** Pays from the buyer's prepaid balance, which never goes below zero. */
@Injectable()
export class PrepaidRail extends PaymentRail {
  constructor(private readonly ledger: Ledger) {
    super();
  }

  async charge(ctx: RequestContext, charge: Charge): Promise<void> {
    const { currency, priceMinor } = charge;
    const balanceMinor = await this.ledger.lockBalance(ctx, charge.buyerOrganizationId, currency);
    if (balanceMinor < priceMinor) {
      throw BillingErrors.BALANCE_TOO_LOW({ balanceMinor, missingMinor: priceMinor - balanceMinor, currency });
    }
    await this.ledger.post(ctx, {
      kind: 'order',
      orderId: charge.orderId,
      reference: null,
      currency,
      lines: saleLines(charge),
    });
  }
}
