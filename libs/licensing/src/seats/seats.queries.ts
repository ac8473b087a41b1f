import { Injectable } from '@nestjs/common';
import { Database } from '@app/database';
import { sightOf } from '@app/kernel';
import type { RequestContext } from '@app/kernel';

/** Seats of one right. */
export interface SeatsRow {
  readonly total: number;
  readonly taken: number;
  /** Who sits there; null for whoever is neither of the holding organization nor the operator. */
  readonly users: readonly { readonly userId: string; readonly namedAt: string }[] | null;
}

/** Users shown of one right: more than this are counted only. */
const SHOWN_USERS = 100;

@Injectable()
export class SeatsQueries {
  constructor(private readonly database: Database) {}

  /** Of those grants whose terms name a number of users. Only for grants that the asker was shown. */
  async of(ctx: RequestContext, grantIds: readonly string[]): Promise<Map<string, SeatsRow>> {
    const { organizationId, seesAll } = sightOf(ctx);
    const rows = await this.database.query<SeatsRow & { grantId: string } & Record<string, unknown>>(
      ctx,
      `select g.id as "grantId", (t.terms ->> 'seats')::int as total,
              (select count(*)::int from grant_seats s where s.grant_id = g.id and s.released_at is null) as taken,
              case when g.organization_id = $2 or $3 then coalesce(
                (select jsonb_agg(jsonb_build_object('userId', u.user_id, 'namedAt', u.named_at) order by u.seat) from (
                   select * from grant_seats s where s.grant_id = g.id and s.released_at is null order by s.seat limit $4) u), '[]') end as users
         from grants g join terms t on t.hash = g.terms_hash
        where g.id = any($1::text[]) and t.terms ->> 'seats' is not null`,
      [grantIds, organizationId, seesAll, SHOWN_USERS],
    );
    return new Map(rows.map(({ grantId, total, taken, users }) => [grantId, { total, taken, users }]));
  }
}
