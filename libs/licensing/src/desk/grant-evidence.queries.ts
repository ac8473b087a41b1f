import { Injectable } from '@nestjs/common';
import { Database } from '@app/database';
import type { RequestContext } from '@app/kernel';
import { CERTIFICATE_COLUMNS } from '../certificates/certificate.queries.js';
import type { CertificateRow } from '../certificates/certificate.queries.js';
import { STATUS_PURPOSES } from '../certificates/certificate.rules.js';

/** One step of a grant's life, as it was written down when it happened. */
export interface GrantEventRow {
  readonly seq: number;
  readonly fromState: string | null;
  readonly toState: string;
  readonly reason: string | null;
  readonly actorKind: string;
  readonly actorId: string | null;
  readonly actorOrganizationId: string | null;
  readonly at: Date;
}

/** What is kept of one grant. For a grant that the asker was shown: it asks nothing about him. */
@Injectable()
export class GrantEvidenceQueries {
  constructor(private readonly database: Database) {}

  async events(ctx: RequestContext, grantId: string): Promise<GrantEventRow[]> {
    return this.database.query<{ [K in keyof GrantEventRow]: GrantEventRow[K] }>(
      ctx,
      `select seq, from_state as "fromState", to_state as "toState", reason, actor_kind as "actorKind", actor_id as "actorId",
              actor_organization_id as "actorOrganizationId", at from grant_events where grant_id = $1 order by seq`,
      [grantId],
    );
  }

  /** Every certificate that was issued for it, oldest first. */
  async certificates(ctx: RequestContext, grantId: string): Promise<CertificateRow[]> {
    return this.database.query<{ [K in keyof CertificateRow]: CertificateRow[K] }>(
      ctx,
      `select ${CERTIFICATE_COLUMNS} from certificates c where c.grant_id = $1 order by c.id`,
      [grantId],
    );
  }

  /** Names of the status lists in which its certificates have a place. */
  async statusLists(ctx: RequestContext, grantId: string): Promise<string[]> {
    const rows = await this.database.query<{ list: number }>(
      ctx,
      'select list from status_entries where grant_id = $1',
      [grantId],
    );
    return rows.flatMap(({ list }) => STATUS_PURPOSES.map((purpose) => `${purpose}-${list}`));
  }
}
