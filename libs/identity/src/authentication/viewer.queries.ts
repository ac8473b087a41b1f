import { Injectable } from '@nestjs/common';
import { Database } from '@app/database';
import type { RequestContext, Scope } from '@app/kernel';
import { OrganizationQueries } from '../organizations/organization.queries.js';
import type { OrganizationRow } from '../organizations/organization.queries.js';

export interface ViewerRow {
  readonly user: { readonly id: string; readonly name: string; readonly email: string };
  readonly organization: OrganizationRow;
  readonly role: 'owner' | 'member';
  readonly scopes: Scope[];
}

@Injectable()
export class ViewerQueries {
  constructor(
    private readonly database: Database,
    private readonly organizations: OrganizationQueries,
  ) {}

  /** The signed-in user with the organization that he acts for, or null for a passer-by. */
  async viewer(ctx: RequestContext): Promise<ViewerRow | null> {
    if (ctx.actor.kind !== 'user') return null;
    const { userId, organizationId, role, scopes } = ctx.actor;
    const [user] = await this.database.query<ViewerRow['user']>(
      ctx,
      'select id, name, email from users where id = $1',
      [userId],
    );
    const organization = (await this.organizations.byIds(ctx, [organizationId])).get(organizationId);
    return user && organization ? { user, organization, role, scopes: [...scopes] } : null;
  }
}
