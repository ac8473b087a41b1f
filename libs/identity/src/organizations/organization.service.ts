import { Injectable } from '@nestjs/common';
import { Audit } from '@app/audit';
import { Database, isDuplicate } from '@app/database';
import { Clock, KernelErrors, newId, requireAdmin, requireUser, validate } from '@app/kernel';
import type { RequestContext } from '@app/kernel';
import { IdentityErrors } from '../identity.errors.js';
import { MembershipEntity } from './membership.entity.js';
import { OrganizationEntity } from './organization.entity.js';
import { organizationSchema, reasonSchema } from './organization.rules.js';
import type { NewOrganization } from './organization.rules.js';

@Injectable()
export class OrganizationService {
  constructor(
    private readonly database: Database,
    private readonly audit: Audit,
    private readonly clock: Clock,
  ) {}

  /** A further organization for the signed-in user, who becomes its owner. @throws IDENTITY_SLUG_TAKEN */
  async createOrganization(ctx: RequestContext, input: NewOrganization): Promise<OrganizationEntity> {
    const user = requireUser(ctx);
    return this.createFor(ctx, user.userId, input);
  }

  /** The organization and its first owner; also used by sign-up and by the market's own set-up. */
  async createFor(
    ctx: RequestContext,
    userId: string,
    input: NewOrganization,
    isOperator = false,
  ): Promise<OrganizationEntity> {
    const fields = validate(organizationSchema, input);
    const now = this.clock.now();
    return this.database.transaction(ctx, async (ctx) => {
      const organization = {
        id: newId('Organization', now.getTime()),
        ...fields,
        isOperator,
        verifiedAt: isOperator ? now : null,
        createdAt: now,
      };
      try {
        await this.database.repository(ctx, OrganizationEntity).insert(organization);
      } catch (error) {
        if (isDuplicate(error)) throw IdentityErrors.SLUG_TAKEN({ slug: fields.slug }, error);
        throw error;
      }
      await this.database
        .repository(ctx, MembershipEntity)
        .insert({ organizationId: organization.id, userId, role: 'owner', createdAt: now });
      await this.audit.record(ctx, {
        action: 'organization.created',
        subject: { kind: 'organization', id: organization.id },
        about: { organizationIds: [organization.id] },
        facts: { slug: fields.slug, isProvider: fields.isProvider, isBuyer: fields.isBuyer },
      });
      return organization;
    });
  }

  /** The organization that a user owns and joined first, or null. */
  async ownedBy(ctx: RequestContext, userId: string): Promise<OrganizationEntity | null> {
    const membership = await this.database
      .repository(ctx, MembershipEntity)
      .findOne({ where: { userId, role: 'owner' }, order: { createdAt: 'ASC' } });
    return membership && this.database.repository(ctx, OrganizationEntity).findOneBy({ id: membership.organizationId });
  }

  /** The operator no longer vouches: what it publishes from now on is reviewed; what is listed stays. @throws REQUEST_INVALID */
  async unverifyOrganization(ctx: RequestContext, organizationId: string, reason: string): Promise<OrganizationEntity> {
    requireAdmin(ctx);
    const why = validate(reasonSchema, reason, 'input.reason');
    return this.database.transaction(ctx, async (ctx) => {
      const repository = this.database.repository(ctx, OrganizationEntity);
      const organization = await repository.findOneBy({ id: organizationId });
      if (!organization) throw KernelErrors.NOT_FOUND({ what: 'organization', id: organizationId });
      if (!organization.verifiedAt) return organization;
      organization.verifiedAt = null;
      await repository.save(organization);
      await this.audit.record(ctx, {
        action: 'organization.unverified',
        subject: { kind: 'organization', id: organization.id },
        about: { organizationIds: [organization.id] },
        facts: { slug: organization.slug },
        private: { reason: why },
      });
      return organization;
    });
  }

  /** The operator vouches for an organization: its listings need no review. */
  async verifyOrganization(ctx: RequestContext, organizationId: string): Promise<OrganizationEntity> {
    if (ctx.actor.kind !== 'system') requireAdmin(ctx);
    return this.database.transaction(ctx, async (ctx) => {
      const repository = this.database.repository(ctx, OrganizationEntity);
      const organization = await repository.findOneBy({ id: organizationId });
      if (!organization) throw KernelErrors.NOT_FOUND({ what: 'organization', id: organizationId });
      if (organization.verifiedAt) return organization;
      organization.verifiedAt = this.clock.now();
      await repository.save(organization);
      await this.audit.record(ctx, {
        action: 'organization.verified',
        subject: { kind: 'organization', id: organization.id },
        about: { organizationIds: [organization.id] },
        facts: { slug: organization.slug },
      });
      return organization;
    });
  }
}
