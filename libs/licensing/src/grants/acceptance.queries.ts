import { Injectable } from '@nestjs/common';
import { Database } from '@app/database';
import { sightOf } from '@app/kernel';
import type { RequestContext } from '@app/kernel';
import type { Attestation } from '../terms/use-context.js';
import type { AcceptedVia } from './grant-life.service.js';

/** That the frozen terms were accepted: when, for whom, and by whom. */
export interface AcceptanceRow {
  readonly grantId: string;
  readonly via: AcceptedVia;
  readonly termsHash: string;
  readonly organizationId: string;
  /** The person; null for whoever is neither of the buying organization nor the operator. */
  readonly acceptedBy: string | null;
  readonly attested: Attestation;
  readonly acceptedAt: Date;
}

/** Who accepted what. */
@Injectable()
export class AcceptanceQueries {
  constructor(private readonly database: Database) {}

  /** Every acceptance of the grants, oldest first. Only for grants that the asker was shown. */
  async of(ctx: RequestContext, grantIds: readonly string[]): Promise<Map<string, AcceptanceRow[]>> {
    const { organizationId, seesAll } = sightOf(ctx);
    const rows = await this.database.query<AcceptanceRow & Record<string, unknown>>(
      ctx,
      `select grant_id as "grantId", via, terms_hash as "termsHash", organization_id as "organizationId",
              case when organization_id = $2 or $3 then accepted_by end as "acceptedBy", attested, accepted_at as "acceptedAt"
         from grant_acceptances where grant_id = any($1::text[]) order by accepted_at, via desc`,
      [grantIds, organizationId, seesAll],
    );
    const found = new Map<string, AcceptanceRow[]>(grantIds.map((id) => [id, []]));
    for (const row of rows) found.get(row.grantId)?.push(row);
    return found;
  }
}
