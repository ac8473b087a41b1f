import { Injectable } from '@nestjs/common';
import { Audit } from '@app/audit';
import { Database } from '@app/database';
import { DomainError, requireBuyer, validate } from '@app/kernel';
import type { RequestContext } from '@app/kernel';
import { GrantService, USES, attestationSchema } from '@app/licensing';
import { z } from 'zod';
import { Idempotency, idempotencyKeySchema } from '../idempotency/idempotency.service.js';
import { DealService } from './deal.service.js';
import type { Deal } from './deal.service.js';
import { OrderLife } from './order-life.service.js';
import { PaymentRail } from './payment-rail.port.js';

const placeOrderSchema = z.object({
  offerId: z.string().min(1),
  expectedTermsHash: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 in lower-case hex')
    .nullish(),
  expectedPriceMinor: z.number().int().min(0).nullish(),
  use: z.string().trim().toLowerCase().pipe(z.enum(USES, 'is not a use of the vocabulary')).nullish(),
  context: attestationSchema,
  renewsGrantId: z.string().min(1).nullish(),
  idempotencyKey: idempotencyKeySchema,
  acceptTerms: z.literal(true, 'the terms must be accepted'),
});

/** As callers send it; validated here. */
export interface NewOrder {
  readonly offerId: string;
  readonly expectedTermsHash?: string | null;
  readonly expectedPriceMinor?: number | null;
  readonly use?: string | null;
  /** What the buyer attests of himself and of the use. */
  readonly context?: object | null;
  /** The right that the new one shall go on from. */
  readonly renewsGrantId?: string | null;
  readonly idempotencyKey: string;
  readonly acceptTerms: boolean;
}

const placedSchema = z.object({ orderId: z.string(), grantId: z.string() });

/** Ids of what an order made. */
export type PlacedOrder = z.infer<typeof placedSchema>;

/** Refusals that the buyer acts on: the page branches on them, so they are answers and not errors. */
const REFUSALS = new Set([
  'LICENSING_OFFER_RETIRED',
  'BILLING_OFFER_CHANGED',
  'LICENSING_TERMS_INCOMPATIBLE',
  'BILLING_APPROVAL_REQUIRED',
  'BILLING_BALANCE_TOO_LOW',
  'LICENSING_EXCLUSIVELY_HELD',
  'LICENSING_FIELD_NOT_FREE',
  'LICENSING_SOLD_OUT',
]);

/** Orders: the one way from an offer to a paid right. */
@Injectable()
export class OrderService {
  constructor(
    private readonly database: Database,
    private readonly keys: Idempotency,
    private readonly deals: DealService,
    private readonly life: OrderLife,
    private readonly rail: PaymentRail,
    private readonly grants: GrantService,
    private readonly audit: Audit,
  ) {}

  /**
   * Takes an offer: freezes its terms, pays, and starts the grant, all in one transaction of its own. The same key
   * answers the same order; a refusal changes nothing and leaves the key free.
   * @returns the order and grant, or the refusal that the buyer can act on
   * @throws REQUEST_NOT_FOUND, LICENSING_NOT_FOR_SALE, LICENSING_NOT_RENEWABLE, LICENSING_ALREADY_RENEWED,
   *         BILLING_IDEMPOTENCY_MISMATCH
   */
  async placeOrder(ctx: RequestContext, input: NewOrder): Promise<PlacedOrder | DomainError> {
    const { organizationId } = requireBuyer(ctx);
    const { idempotencyKey: key, acceptTerms: _accepted, ...given } = validate(placeOrderSchema, input);
    const body = {
      offerId: given.offerId,
      use: given.use ?? null,
      expectedTermsHash: given.expectedTermsHash ?? null,
      expectedPriceMinor: given.expectedPriceMinor ?? null,
    };
    const context = given.context ?? {};
    const attested = Object.keys(context).length > 0 ? { context } : {};
    const renewsGrantId = given.renewsGrantId ?? null;
    const renewed = renewsGrantId === null ? {} : { renewsGrantId };
    const command = { organizationId, key, operation: 'placeOrder', body: { ...body, ...attested, ...renewed } };
    try {
      return await this.database.transaction({ ...ctx, tx: undefined }, (ctx) =>
        this.keys.once(ctx, command, placedSchema, async () =>
          this.close(
            ctx,
            await this.deals.agree(ctx, { buyerOrganizationId: organizationId, ...body, context, renewsGrantId }),
            key,
          ),
        ),
      );
    } catch (error) {
      if (error instanceof DomainError && REFUSALS.has(error.code)) return error;
      throw error;
    }
  }

  /** Order, payment, right: the three that stand or fall together. */
  private async close(ctx: RequestContext, deal: Deal, idempotencyKey: string): Promise<PlacedOrder> {
    const { buyerOrganizationId, sale, approved, use, context, renewsGrantId, priceMinor } = deal;
    const placed = await this.life.begin(ctx, deal, idempotencyKey);
    const { id: orderId, providerOrganizationId, feeMinor, currency } = placed;
    if (priceMinor > 0) {
      await this.rail.charge(ctx, {
        orderId,
        buyerOrganizationId,
        providerOrganizationId,
        priceMinor,
        feeMinor,
        currency,
      });
    }
    const paid = await this.life.step(ctx, placed, 'paid');
    const grant = await this.grants.issue(ctx, {
      orderId,
      organizationId: buyerOrganizationId,
      sale,
      intendedUse: use,
      attested: context,
      renewsGrantId,
      approved,
    });
    await this.life.step(ctx, paid, 'fulfilled');
    await this.audit.record(ctx, {
      action: 'order.fulfilled',
      subject: { kind: 'order', id: orderId },
      about: {
        datasetId: placed.datasetId,
        organizationIds: [buyerOrganizationId, providerOrganizationId],
        grantId: grant.id,
        orderId,
      },
      facts: {
        offerId: placed.offerId,
        versionId: placed.versionId,
        termsHash: placed.termsHash,
        use,
      },
      private: { priceMinor, feeMinor, currency, ...(Object.keys(context).length > 0 && { attested: context }) },
    });
    return { orderId, grantId: grant.id };
  }
}
