import { Injectable } from '@nestjs/common';
import { Database } from '@app/database';
import { Clock, KernelErrors, requireScope, requireUser } from '@app/kernel';
import type { RequestContext } from '@app/kernel';
import { LicensingErrors } from '../licensing.errors.js';
import { Seats } from '../seats/seats.service.js';
import { readTerms } from '../terms/terms.js';
import type { Terms } from '../terms/terms.js';
import type { GrantSlice } from './grant.entity.js';
import { closedBecause } from './grant.rules.js';
import type { GrantState } from './grant.rules.js';

/** A right that gives access at this instant. */
export interface OpenGrant {
  readonly id: string;
  /** The buyer. */
  readonly organizationId: string;
  readonly providerOrganizationId: string;
  readonly datasetId: string;
  readonly versionId: string;
  readonly slice: GrantSlice;
  readonly state: 'active';
  readonly startsAt: Date;
  readonly expiresAt: Date | null;
  readonly terms: Terms;
  readonly termsHash: string;
}

interface StoredGrant extends Omit<OpenGrant, 'state' | 'terms' | 'startsAt'> {
  readonly state: GrantState;
  readonly stateReason: string | null;
  readonly startsAt: Date | null;
  readonly terms: unknown;
  readonly datasetStatus: string;
}

const SELECT_GRANT = `
  select g.id, g.organization_id as "organizationId", g.provider_organization_id as "providerOrganizationId",
         g.dataset_id as "datasetId", g.version_id as "versionId", g.slice, g.state, g.state_reason as "stateReason",
         g.starts_at as "startsAt", g.expires_at as "expiresAt", g.terms_hash as "termsHash", t.terms, d.status as "datasetStatus"
    from grants g join terms t on t.hash = g.terms_hash join datasets d on d.id = g.dataset_id
   where g.id = $1`;

/** The gate in front of every byte. It reads the row each time: nothing about a right is ever remembered. */
@Injectable()
export class GrantGate {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly seats: Seats,
  ) {}

  /**
   * The grant, if it gives the acting organization access now; where the terms name a number of users, the acting one takes a seat. Within a transaction the row is locked `for share`, so
   * that a revocation that committed first always wins and a later one waits for the commit.
   * @throws REQUEST_NOT_FOUND for what is not the organization's own, LICENSING_GRANT_NOT_ACTIVE, LICENSING_NO_SEAT_LEFT
   */
  async require(ctx: RequestContext, grantId: string): Promise<OpenGrant> {
    const holder = holderOf(ctx);
    const [grant] = ctx.tx
      ? await this.database.prepared<StoredGrant>(ctx, 'grant_gate_locked', `${SELECT_GRANT} for share of g`, [grantId])
      : await this.database.prepared<StoredGrant>(ctx, 'grant_gate', SELECT_GRANT, [grantId]);
    if (!grant || (holder !== null && grant.organizationId !== holder)) {
      throw KernelErrors.NOT_FOUND({ what: 'grant', id: grantId });
    }
    const { stateReason, datasetStatus, terms: stored, state, startsAt, ...facts } = grant;
    const closed = closedBecause(grant, this.clock.now());
    if (closed || state !== 'active' || !startsAt) {
      throw LicensingErrors.GRANT_NOT_ACTIVE({ grantId, state: closed ?? state, reason: stateReason });
    }
    if (datasetStatus === 'suspended') {
      throw LicensingErrors.GRANT_NOT_ACTIVE({
        grantId,
        state: 'suspended',
        reason: 'the operator suspended the dataset',
      });
    }
    const terms = readTerms(stored, grant.termsHash);
    if (!terms) throw LicensingErrors.GRANT_NOT_ACTIVE({ grantId, state, reason: 'its terms do not match their hash' });
    if (terms.seats !== null && holder !== null) await this.seats.sit(ctx, grant, terms.seats);
    return { ...facts, state, startsAt, terms };
  }
}

/** The organization whose rights count, or null for the market itself, which may act for all. */
function holderOf(ctx: RequestContext): string | null {
  if (ctx.actor.kind === 'system') return null;
  const user = requireUser(ctx);
  requireScope(user, 'data:read');
  return user.organizationId;
}
