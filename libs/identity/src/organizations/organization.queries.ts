import { Injectable } from '@nestjs/common';
import { KernelErrors } from '@app/kernel';
import type { RequestContext } from '@app/kernel';
import { Database } from '@app/database';

/** Public facts of an organization. */
export interface OrganizationRow {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  readonly isProvider: boolean;
  readonly isBuyer: boolean;
  readonly isOperator: boolean;
  readonly verifiedAt: Date | null;
}

const COLUMNS = `id, slug, name, is_provider as "isProvider", is_buyer as "isBuyer", is_operator as "isOperator", verified_at as "verifiedAt"`;

@Injectable()
export class OrganizationQueries {
  constructor(private readonly database: Database) {}

  async byIds(ctx: RequestContext, ids: readonly string[]): Promise<Map<string, OrganizationRow>> {
    const rows = await this.database.prepared<OrganizationRow>(
      ctx,
      'organizations_by_ids',
      `select ${COLUMNS} from organizations where id = any($1::text[])`,
      [ids],
    );
    return new Map(rows.map((row) => [row.id, row]));
  }

  /** @throws REQUEST_NOT_FOUND */
  async bySlug(ctx: RequestContext, slug: string): Promise<OrganizationRow> {
    const [row] = await this.database.query<OrganizationRow>(
      ctx,
      `select ${COLUMNS} from organizations where slug = lower($1)`,
      [slug],
    );
    if (!row) throw KernelErrors.NOT_FOUND({ what: 'organization', id: slug });
    return row;
  }
}
