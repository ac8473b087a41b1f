import { Injectable } from '@nestjs/common';
import { Database } from '@app/database';
import { Clock, KernelErrors, requireScope, requireUser, systemContext, validate } from '@app/kernel';
import type { RequestContext } from '@app/kernel';
import { IsNull, MoreThan, Or } from 'typeorm';
import { z } from 'zod';
import { Holds } from '../holds/holds.service.js';
import { LicensingErrors } from '../licensing.errors.js';
import type { OpenSale } from '../offers/offer.queries.js';
import type { Terms } from '../terms/terms.js';
import type { Attestation } from '../terms/use-context.js';
import type { Use } from '../terms/uses.js';
import { GrantEntity } from './grant.entity.js';
import { GrantLife } from './grant-life.service.js';
import type { GrantStep } from './grant-life.service.js';
import { canBecome, expiryOf, notRenewableBecause, renewalStart, stateAt } from './grant.rules.js';

/** Why a right is stopped or a request declined: shown to its buyer. */
export const grantReasonSchema = z
  .string()
  .trim()
  .min(10, 'must be at least 10 characters')
  .max(512, 'must be at most 512 characters');

const stopSchema = z.object({ grantId: z.string().min(1), reason: grantReasonSchema });

/** A right that an order paid for. */
export interface IssuedOrder {
  readonly orderId: string;
  readonly organizationId: string;
  readonly sale: OpenSale;
  readonly intendedUse: Use | null;
  /** What the buyer attested with the order. */
  readonly attested?: Attestation;
  /** The right that the new one goes on from. */
  readonly renewsGrantId?: string | null;
  /** The approved request that the order fulfils, where the offer needs approval; locked by `approvedRequest`. */
  readonly approved: GrantEntity | null;
}

/** What a right starts with. */
export interface GrantStart {
  readonly terms: Terms;
  readonly stock: number | null;
  readonly orderId: string | null;
}

/** Grants as rights held: issued by orders, stopped by their provider or the operator. */
@Injectable()
export class GrantService {
  constructor(
    private readonly database: Database,
    private readonly life: GrantLife,
    private readonly clock: Clock,
    private readonly holds: Holds,
  ) {}

  /**
   * The organization's approved request for this offer that still waits for its order, locked, or null. Within the order's
   * transaction only.
   */
  async approvedRequest(
    ctx: RequestContext,
    organizationId: string,
    offerId: string,
    renewsGrantId: string | null = null,
  ): Promise<GrantEntity | null> {
    return this.database.repository(ctx, GrantEntity).findOne({
      where: {
        organizationId,
        offerId,
        state: 'approved',
        lapsesAt: Or(IsNull(), MoreThan(this.clock.now())),
        ...(renewsGrantId !== null && { renewsGrantId }),
      },
      order: { id: 'ASC' },
      lock: { mode: 'pessimistic_write' },
    });
  }

  /**
   * Starts a right in the transaction of the order that paid for it.
   * @throws LICENSING_EXCLUSIVELY_HELD, LICENSING_FIELD_NOT_FREE, LICENSING_SOLD_OUT, LICENSING_ALREADY_RENEWED,
   *         LICENSING_NOT_RENEWABLE
   */
  async issue(ctx: RequestContext, order: IssuedOrder): Promise<GrantEntity> {
    const { terms, stock } = order.sale.offer;
    if (order.approved) await this.life.accept(ctx, order.approved, 'order', order.attested ?? {});
    const approved = order.approved ?? (await this.beginApproved(ctx, order));
    return this.start(ctx, approved, { terms, stock, orderId: order.orderId });
  }

  /**
   * Starts an approved right; one that renews another starts when that one ends. What it keeps from others it takes in the
   * same transaction, or does not start.
   * @throws LICENSING_EXCLUSIVELY_HELD, LICENSING_FIELD_NOT_FREE, LICENSING_SOLD_OUT, LICENSING_NOT_RENEWABLE
   */
  async start(ctx: RequestContext, grant: GrantEntity, { terms, stock, orderId }: GrantStart): Promise<GrantEntity> {
    const renewed = grant.renewsGrantId === null ? null : await this.requireRenewable(ctx, grant, grant.renewsGrantId);
    const now = this.clock.now();
    const startsAt = renewed ? renewalStart(renewed, now) : now;
    const expiresAt = expiryOf(startsAt, terms.termDays);
    await this.holds.take(ctx, { ...grant, startsAt, expiresAt }, terms, stock);
    return this.life.step(ctx, grant, {
      to: 'active',
      action: 'grant.activated',
      sets: { startsAt, expiresAt, orderId },
    });
  }

  /**
   * The right to be renewed, locked: the organization's own, on the same dataset, with an end, running or over.
   * @throws REQUEST_NOT_FOUND, LICENSING_NOT_RENEWABLE
   */
  async requireRenewable(
    ctx: RequestContext,
    renewal: Pick<GrantEntity, 'organizationId' | 'datasetId'>,
    grantId: string,
  ): Promise<GrantEntity> {
    const grant = await this.life.lock(ctx, grantId);
    if (grant.organizationId !== renewal.organizationId) throw KernelErrors.NOT_FOUND({ what: 'grant', id: grantId });
    const reason =
      grant.datasetId !== renewal.datasetId
        ? 'the offer is for another dataset'
        : notRenewableBecause(grant, this.clock.now());
    if (reason !== null) throw LicensingErrors.NOT_RENEWABLE({ grantId, reason });
    return grant;
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

  /**
   * Ends a right with the order that paid for it, whose act it is part of. What is over already stays as it is.
   * @throws REQUEST_NOT_FOUND, REQUEST_FORBIDDEN
   */
  async endRefunded(ctx: RequestContext, grantId: string, reason: string): Promise<GrantEntity> {
    const grant = await this.lockForStop(ctx, grantId);
    if (!canBecome(stateAt(grant, this.clock.now()), 'revoked')) return grant;
    return this.life.step(ctx, grant, { to: 'revoked', action: null, reason });
  }

  /**
   * Marks rights whose time is over, and requests that nobody answered or ordered in time; time alone decided before.
   * @returns how many it marked, at most `limit`
   */
  async expireDue(ctx: RequestContext, limit = 500): Promise<number> {
    return this.database.transaction({ ...systemContext('licensing.expire_grants'), tx: ctx.tx }, async (ctx) =>
      this.expire(
        ctx,
        await this.database.query<{ id: string }>(
          ctx,
          `select id from grants
            where (state in ('active', 'suspended') and expires_at <= $1) or (state in ('requested', 'approved') and lapses_at <= $1)
            order by id limit $2 for update skip locked`,
          [this.clock.now(), limit],
        ),
      ),
    );
  }

  /** Writes down that an organization's earlier requests for an offer, or renewals of a right, lapsed: they are in no new one's way. */
  async expireOwn(
    ctx: RequestContext,
    organizationId: string,
    about: { offerId: string; renewsGrantId: string | null },
  ): Promise<void> {
    const market = { ...systemContext('licensing.expire_grants'), tx: ctx.tx };
    await this.expire(
      market,
      await this.database.query<{ id: string }>(
        ctx,
        `select id from grants where organization_id = $1 and (offer_id = $2 or renews_grant_id = $3)
          and ((state in ('active', 'suspended') and expires_at <= $4) or (state in ('requested', 'approved') and lapses_at <= $4))
          order by id for update`,
        [organizationId, about.offerId, about.renewsGrantId, this.clock.now()],
      ),
    );
  }

  private async expire(ctx: RequestContext, due: readonly { id: string }[]): Promise<number> {
    for (const { id } of due) {
      const grant = await this.life.lock(ctx, id);
      const action = grant.startsAt === null ? 'grant.lapsed' : 'grant.expired';
      await this.life.step(ctx, grant, { to: 'expired', action });
    }
    return due.length;
  }

  private async beginApproved(ctx: RequestContext, order: IssuedOrder): Promise<GrantEntity> {
    const { sale, organizationId, intendedUse, attested = {}, renewsGrantId = null } = order;
    await this.expireOwn(ctx, organizationId, { offerId: sale.offer.id, renewsGrantId });
    const requested = await this.life.begin(ctx, {
      sale,
      organizationId,
      intendedUse,
      note: null,
      via: 'order',
      attested,
      renewsGrantId,
      action: null,
    });
    return this.life.step(ctx, requested, { to: 'approved', action: null });
  }

  private async lockForStop(ctx: RequestContext, grantId: string): Promise<GrantEntity> {
    const grant = await this.life.lock(ctx, grantId);
    requireMayStop(ctx, grant);
    return grant;
  }

  private async stop(
    ctx: RequestContext,
    grantId: string,
    step: GrantStep,
    from?: GrantEntity['state'],
  ): Promise<GrantEntity> {
    return this.database.transaction(ctx, async (ctx) => {
      const grant = await this.lockForStop(ctx, grantId);
      if (await this.life.isRepeated(ctx, grant, step)) return grant;
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
