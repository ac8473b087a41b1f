import { Injectable } from '@nestjs/common';
import { Database } from '@app/database';
import { Clock, KernelErrors, requireScope, requireUser, systemContext, validate } from '@app/kernel';
import type { RequestContext } from '@app/kernel';
import { z } from 'zod';
import { LicensingErrors } from '../licensing.errors.js';
import type { OpenSale } from '../offers/offer.queries.js';
import type { Use } from '../terms/uses.js';
import { GrantEntity } from './grant.entity.js';
import { GrantLife } from './grant-life.service.js';
import type { GrantStep } from './grant-life.service.js';
import { expiryOf } from './grant.rules.js';

const stopSchema = z.object({
  grantId: z.string().min(1),
  reason: z.string().trim().min(10, 'must be at least 10 characters').max(512, 'must be at most 512 characters'),
});

/** A right that an order paid for. */
export interface IssuedOrder {
  readonly orderId: string;
  readonly organizationId: string;
  readonly sale: OpenSale;
  readonly intendedUse: Use | null;
  /** The approved request that the order fulfils, where the offer needs approval; locked by `approvedRequest`. */
  readonly approved: GrantEntity | null;
}

/** Grants as rights held: issued by orders, stopped by their provider or the operator. */
@Injectable()
export class GrantService {
  constructor(
    private readonly database: Database,
    private readonly life: GrantLife,
    private readonly clock: Clock,
  ) {}

  /** The organization's approved request for this offer, locked, or null. Within the order's transaction only. */
  async approvedRequest(ctx: RequestContext, organizationId: string, offerId: string): Promise<GrantEntity | null> {
    return this.database.repository(ctx, GrantEntity).findOne({
      where: { organizationId, offerId, state: 'approved' },
      order: { id: 'ASC' },
      lock: { mode: 'pessimistic_write' },
    });
  }

  /** Starts a right in the transaction of the order that paid for it. */
  async issue(ctx: RequestContext, order: IssuedOrder): Promise<GrantEntity> {
    const approved = order.approved ?? (await this.beginApproved(ctx, order));
    return this.start(ctx, approved, order.sale.offer.terms.termDays, order.orderId);
  }

  /** Starts an approved right that nothing is owed for. */
  async start(
    ctx: RequestContext,
    grant: GrantEntity,
    termDays: number | null,
    orderId: string | null,
  ): Promise<GrantEntity> {
    const startsAt = this.clock.now();
    return this.life.step(ctx, grant, {
      to: 'active',
      action: 'grant.activated',
      sets: { startsAt, expiresAt: expiryOf(startsAt, termDays), orderId },
    });
  }

  /** Ends a right for good: nothing is minted under it from the commit on. @throws REQUEST_NOT_FOUND, LICENSING_GRANT_STEP_REFUSED */
  async revokeGrant(ctx: RequestContext, input: { grantId: string; reason: string }): Promise<GrantEntity> {
    const { grantId, reason } = validate(stopSchema, input);
    return this.stop(ctx, grantId, { to: 'revoked', action: 'grant.revoked', reason });
  }

  /** Holds a right until it is resumed. @throws REQUEST_NOT_FOUND, LICENSING_GRANT_STEP_REFUSED */
  async suspendGrant(ctx: RequestContext, input: { grantId: string; reason: string }): Promise<GrantEntity> {
    const { grantId, reason } = validate(stopSchema, input);
    return this.stop(ctx, grantId, { to: 'suspended', action: 'grant.suspended', reason });
  }

  /** Lets a suspended right go on; its end does not move. @throws REQUEST_NOT_FOUND, LICENSING_GRANT_STEP_REFUSED */
  async resumeGrant(ctx: RequestContext, input: { grantId: string }): Promise<GrantEntity> {
    return this.stop(ctx, input.grantId, { to: 'active', action: 'grant.resumed' }, 'suspended');
  }

  /** Marks rights whose time is over; access ended by time before. @returns how many it marked, at most `limit` */
  async expireDue(ctx: RequestContext, limit = 500): Promise<number> {
    return this.database.transaction({ ...systemContext('licensing.expire_grants'), tx: ctx.tx }, async (ctx) => {
      const due = await this.database.query<{ id: string }>(
        ctx,
        `select id from grants where state in ('active', 'suspended') and expires_at <= $1
          order by id limit $2 for update skip locked`,
        [this.clock.now(), limit],
      );
      for (const { id } of due) {
        await this.life.step(ctx, await this.life.lock(ctx, id), { to: 'expired', action: 'grant.expired' });
      }
      return due.length;
    });
  }

  private async beginApproved(ctx: RequestContext, order: IssuedOrder): Promise<GrantEntity> {
    const { sale, organizationId, intendedUse } = order;
    const requested = await this.life.begin(ctx, { sale, organizationId, intendedUse, note: null, action: null });
    return this.life.step(ctx, requested, { to: 'approved', action: null });
  }

  private async stop(
    ctx: RequestContext,
    grantId: string,
    step: GrantStep,
    from?: GrantEntity['state'],
  ): Promise<GrantEntity> {
    return this.database.transaction(ctx, async (ctx) => {
      const grant = await this.life.lock(ctx, grantId);
      requireMayStop(ctx, grant);
      // Only a held right is resumed; an approved request becomes active by an order alone.
      if (from !== undefined && grant.state !== from) {
        throw LicensingErrors.GRANT_STEP_REFUSED({ grantId, from: grant.state, to: step.to });
      }
      return this.life.step(ctx, grant, step);
    });
  }
}

/** The provider of the grant and the operator stop it; its buyer sees it but may not; for others it does not exist. */
export function requireMayStop(ctx: RequestContext, grant: GrantEntity): void {
  if (ctx.actor.kind === 'system') return;
  const user = requireUser(ctx);
  if (user.isAdmin && user.scopes.has('admin')) return;
  if (grant.providerOrganizationId === user.organizationId) return requireScope(user, 'data:write');
  if (grant.organizationId === user.organizationId) {
    throw KernelErrors.FORBIDDEN({ reason: 'Only the provider of a grant, or the operator, decides about it.' });
  }
  throw KernelErrors.NOT_FOUND({ what: 'grant', id: grant.id });
}
