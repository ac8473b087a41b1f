import { Injectable } from '@nestjs/common';
import { Database } from '@app/database';
import type { RequestContext } from '@app/kernel';
import type { GrantEntity } from '../grants/grant.entity.js';
import { LicensingErrors } from '../licensing.errors.js';
import { FIELD_NUMBERS } from '../terms/fields-of-use.js';
import type { Terms } from '../terms/terms.js';
import { heldFieldsOf, isNothing, toMultirange } from './hold.rules.js';

/** A right with the time that it is given for. */
export type StartingGrant = GrantEntity & { readonly startsAt: Date };

interface InTheWay {
  readonly isExclusive: boolean;
  readonly until: Date | null;
  /** Numbers of the fields that both would hold. */
  readonly shared: readonly number[];
}

/** Rounds beyond one per place: more than this many rivals that come and go in between is a defect, not a race. */
const SPARE_ROUNDS = 100;

/**
 * Who may hold what at once is decided by the constraints of `grant_holds` alone: the insert waits for a rival that is not
 * committed yet and then holds nothing. No check before it, and no lock beside it, is needed for that.
 */
@Injectable()
export class Holds {
  constructor(private readonly database: Database) {}

  /**
   * Takes what the right keeps from others, from its start to its end.
   * @throws LICENSING_EXCLUSIVELY_HELD, LICENSING_FIELD_NOT_FREE, LICENSING_SOLD_OUT
   */
  async take(ctx: RequestContext, grant: StartingGrant, terms: Terms, stock: number | null): Promise<void> {
    const fields = heldFieldsOf(terms);
    if (stock === null && isNothing(fields)) return;
    const isExclusive = terms.exclusivity === 'field';
    const hold = [grant.datasetId, toMultirange(fields), isExclusive, grant.startsAt, grant.expiresAt] as const;
    // Each further round means that a rival has committed to the place that was tried, so there are at most as many as places.
    for (let round = 0; round < (stock ?? 0) + SPARE_ROUNDS; round++) {
      const place = stock === null ? null : await this.freePlace(ctx, grant, stock);
      const taken = await this.database.execute(
        ctx,
        `insert into grant_holds (grant_id, organization_id, offer_id, place, dataset_id, fields, is_exclusive, during, lane)
         select $1::text, $2::text, $3::text, $4::int, $5::text, $6::int4multirange, $7::boolean,
                tstzrange($8::timestamptz, $9::timestamptz),
                case when $7 then '(,)'::int8range else (select int8range(n, n, '[]') from nextval('grant_lanes') as n) end
         on conflict do nothing`,
        [grant.id, grant.organizationId, grant.offerId, place, ...hold],
      );
      if (taken > 0) return;
      const [rival] = await this.database.query<InTheWay & Record<string, unknown>>(
        ctx,
        `select is_exclusive as "isExclusive", upper(during) as until,
                array(select n from generate_series(1, $7::int) n where fields * $2::int4multirange @> n) as shared
           from grant_holds
          where dataset_id = $1 and fields && $2::int4multirange and during && tstzrange($4::timestamptz, $5::timestamptz)
            and ((is_exclusive and $3::boolean) or (organization_id <> $6 and (is_exclusive or $3::boolean)))
          order by is_exclusive desc, upper(during) desc nulls first limit 1`,
        [...hold, grant.organizationId, Object.keys(FIELD_NUMBERS).length],
      );
      if (rival) throw refusalOf(rival, grant.datasetId);
    }
    throw new Error(`Grant ${grant.id} can take no hold, and nothing is in its way.`);
  }

  /** What is held is free for others from now on; a right that is suspended keeps it. */
  async end(ctx: RequestContext, grantId: string, at: Date): Promise<void> {
    await this.database.execute(
      ctx,
      `update grant_holds set during = during * tstzrange(null, $2::timestamptz)
        where grant_id = $1 and not during <@ tstzrange(null, $2::timestamptz)`,
      [grantId, at],
    );
  }

  /** Until when somebody holds a field of the dataset exclusively; null when nobody does now or later. */
  async exclusiveUntil(ctx: RequestContext, datasetId: string, now: Date): Promise<{ until: Date | null } | null> {
    const [held] = await this.database.query<{ until: Date | null }>(
      ctx,
      `select upper(during) as until from grant_holds
        where dataset_id = $1 and is_exclusive and during && tstzrange($2::timestamptz, null) order by 1 desc nulls first limit 1`,
      [datasetId, now],
    );
    return held ?? null;
  }

  /** @throws LICENSING_SOLD_OUT */
  private async freePlace(ctx: RequestContext, grant: StartingGrant, stock: number): Promise<number> {
    const [free] = await this.database.query<{ place: number }>(
      ctx,
      `select p.place from (
         select 1 as place union all
         select h.place + 1 from grant_holds h where h.offer_id = $1 and h.place < $2 and h.during && tstzrange($3::timestamptz, $4::timestamptz)) p
        where not exists (select from grant_holds h
          where h.offer_id = $1 and h.place = p.place and h.during && tstzrange($3::timestamptz, $4::timestamptz))
        order by p.place limit 1`,
      [grant.offerId, stock, grant.startsAt, grant.expiresAt],
    );
    if (!free) throw LicensingErrors.SOLD_OUT({ offerId: grant.offerId, stock });
    return free.place;
  }
}

function refusalOf(rival: InTheWay, datasetId: string): Error {
  const fields = Object.entries(FIELD_NUMBERS)
    .filter(([, number]) => rival.shared.includes(number))
    .map(([field]) => field);
  const about = { datasetId, fields, until: rival.until?.toISOString() ?? null };
  return rival.isExclusive ? LicensingErrors.EXCLUSIVELY_HELD(about) : LicensingErrors.FIELD_NOT_FREE(about);
}
