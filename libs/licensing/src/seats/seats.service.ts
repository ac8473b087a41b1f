import { Injectable } from '@nestjs/common';
import { Audit } from '@app/audit';
import { Database } from '@app/database';
import { Clock, KernelErrors, requireBuyer, validate } from '@app/kernel';
import type { RequestContext } from '@app/kernel';
import { z } from 'zod';
import { LicensingErrors } from '../licensing.errors.js';

/** A right whose terms name a number of users. */
export interface SeatedGrant {
  readonly id: string;
  readonly organizationId: string;
  readonly providerOrganizationId: string;
  readonly datasetId: string;
}

const releaseSchema = z.object({ grantId: z.string().min(1), userId: z.string().min(1) });

/** Rounds beyond one per seat: more rivals than this that come and go in between are a defect, not a race. */
const SPARE_ROUNDS = 100;

/**
 * Named users: whoever of the holder first takes bytes under the right has a seat from then on, until it is released.
 * Two unique indexes decide who sits where; no check before the insert is needed for that.
 */
@Injectable()
export class Seats {
  constructor(
    private readonly database: Database,
    private readonly audit: Audit,
    private readonly clock: Clock,
  ) {}

  /** Gives the acting user his seat, if he has none yet. @throws LICENSING_NO_SEAT_LEFT */
  async sit(ctx: RequestContext, grant: SeatedGrant, seats: number): Promise<void> {
    if (ctx.actor.kind !== 'user') return;
    const { userId } = ctx.actor;
    for (let round = 0; round < seats + SPARE_ROUNDS; round++) {
      const sitting = await this.database.query(
        ctx,
        'select from grant_seats where grant_id = $1 and user_id = $2 and released_at is null',
        [grant.id, userId],
      );
      if (sitting.length > 0) return;
      const [free] = await this.database.query<{ seat: number }>(
        ctx,
        `select s.seat from (
           select 1 as seat union all
           select seat + 1 from grant_seats where grant_id = $1 and released_at is null and seat < $2) s
          where not exists (select from grant_seats t where t.grant_id = $1 and t.released_at is null and t.seat = s.seat)
          order by s.seat limit 1`,
        [grant.id, seats],
      );
      if (!free) throw LicensingErrors.NO_SEAT_LEFT({ grantId: grant.id, seats });
      if (await this.take(ctx, grant, free.seat, userId)) return;
    }
    throw new Error(`Grant ${grant.id} has a free seat that nobody can take.`);
  }

  /**
   * Frees a seat: an owner of the holding organization any, a member his own. Whoever it was can take another while one is free.
   * @throws REQUEST_NOT_FOUND, REQUEST_FORBIDDEN
   */
  async releaseSeat(ctx: RequestContext, input: { grantId: string; userId: string }): Promise<void> {
    const buyer = requireBuyer(ctx);
    const { grantId, userId } = validate(releaseSchema, input);
    await this.database.transaction(ctx, async (ctx) => {
      const [grant] = await this.database.query<SeatedGrant & Record<string, unknown>>(
        ctx,
        `select id, organization_id as "organizationId", provider_organization_id as "providerOrganizationId", dataset_id as "datasetId"
           from grants where id = $1 and organization_id = $2`,
        [grantId, buyer.organizationId],
      );
      if (!grant) throw KernelErrors.NOT_FOUND({ what: 'grant', id: grantId });
      if (buyer.role !== 'owner' && userId !== buyer.userId)
        throw KernelErrors.FORBIDDEN({
          reason: 'Only an owner of the organization releases the seat of somebody else.',
        });
      const released = await this.database.execute(
        ctx,
        `update grant_seats set released_at = greatest(named_at, $3), released_by = $4
          where grant_id = $1 and user_id = $2 and released_at is null`,
        [grantId, userId, this.clock.now(), buyer.userId],
      );
      // Released already: the same message twice is one release.
      if (released > 0) await this.record(ctx, 'seat.released', grant, userId);
    });
  }

  private async take(ctx: RequestContext, grant: SeatedGrant, seat: number, userId: string): Promise<boolean> {
    return this.database.transaction(ctx, async (ctx) => {
      const taken = await this.database.execute(
        ctx,
        'insert into grant_seats (grant_id, seat, user_id, named_at) values ($1, $2, $3, $4) on conflict do nothing',
        [grant.id, seat, userId, this.clock.now()],
      );
      if (taken > 0) await this.record(ctx, 'seat.taken', grant, userId);
      return taken > 0;
    });
  }

  private async record(ctx: RequestContext, action: string, grant: SeatedGrant, userId: string): Promise<void> {
    await this.audit.record(ctx, {
      action,
      subject: { kind: 'grant', id: grant.id },
      about: {
        datasetId: grant.datasetId,
        organizationIds: [grant.organizationId, grant.providerOrganizationId],
        grantId: grant.id,
      },
      facts: {},
      private: { userId },
    });
  }
}
