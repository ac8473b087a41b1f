import { Injectable } from '@nestjs/common';
import { Settings } from '@app/config';
import { Database } from '@app/database';
import { Clock, KernelErrors, newId } from '@app/kernel';
import type { RequestContext } from '@app/kernel';
import { billingSettings } from '../billing.config.js';
import { BillingErrors } from '../billing.errors.js';
import { marketFee } from '../ledger/entry.rules.js';
import type { Deal } from './deal.service.js';
import { OrderEntity } from './order.entity.js';
import { canBecome } from './order.rules.js';
import type { OrderState } from './order.rules.js';

/** The only writer of an order's state. */
@Injectable()
export class OrderLife {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly settings: Settings,
  ) {}

  /** An order, locked against every other step until the commit. @throws REQUEST_NOT_FOUND */
  async lock(ctx: RequestContext, id: string): Promise<OrderEntity> {
    const order = await this.database
      .repository(ctx, OrderEntity)
      .findOne({ where: { id }, lock: { mode: 'pessimistic_write' } });
    if (!order) throw KernelErrors.NOT_FOUND({ what: 'order', id });
    return order;
  }

  /** An order of what was agreed: price, fee, terms and version are frozen from here on. */
  async begin(ctx: RequestContext, deal: Deal, idempotencyKey: string): Promise<OrderEntity> {
    const { offer, dataset, version } = deal.sale;
    const now = this.clock.now();
    const order: OrderEntity = {
      id: newId('Order', now.getTime()),
      organizationId: deal.buyerOrganizationId,
      providerOrganizationId: offer.organizationId,
      offerId: offer.id,
      datasetId: dataset.id,
      versionId: version.id,
      termsHash: offer.termsHash,
      intendedUse: deal.use,
      priceMinor: deal.priceMinor,
      feeMinor: marketFee(deal.priceMinor, this.settings.of(billingSettings).feeBasisPoints),
      currency: offer.currency,
      state: 'placed',
      idempotencyKey,
      createdBy: ctx.actor.kind === 'user' ? ctx.actor.userId : ctx.actor.kind,
      createdAt: now,
      updatedAt: now,
    };
    await this.database.repository(ctx, OrderEntity).insert(order);
    return order;
  }

  /** @throws BILLING_ORDER_STEP_REFUSED */
  async step(ctx: RequestContext, order: OrderEntity, to: OrderState): Promise<OrderEntity> {
    if (!canBecome(order.state, to)) {
      throw BillingErrors.ORDER_STEP_REFUSED({ orderId: order.id, from: order.state, to });
    }
    const changes = { state: to, updatedAt: this.clock.now() };
    await this.database.repository(ctx, OrderEntity).update({ id: order.id }, changes);
    return { ...order, ...changes };
  }
}
