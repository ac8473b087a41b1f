import type { Database } from '@app/database';
import { systemContext } from '@app/kernel';
import type { DatasetFilter } from '../../../libs/catalog/src/browse/dataset-filter.rules.js';
import { FACETS } from '../../../libs/catalog/src/browse/facets.js';
import type { DatasetOrder } from '../../../libs/catalog/src/browse/index/page-order.js';

const ctx = systemContext('oracle');

interface Condition {
  readonly field: string;
  readonly sql: string;
}

/** Plain SQL over the same tables: the answer that the index must give. */
export class BrowseOracle {
  constructor(private readonly database: Database) {}

  async ids(filter: DatasetFilter, order: DatasetOrder): Promise<string[]> {
    const values: unknown[] = [];
    const where = this.conditions(filter, values).map(({ sql }) => sql);
    const price = `case when d.has_free_offer then 0 else d.min_price_${(filter.currency ?? 'CNY').toLowerCase()} end`;
    const by: Record<DatasetOrder, string> = {
      NEWEST: '1',
      RELEVANCE: '1',
      MOST_EPISODES: 'd.episodes desc',
      LONGEST: 'd.duration_s desc',
      PRICE_LOW: `${price} asc nulls last`,
      PRICE_HIGH: `${price} desc nulls last`,
    };
    const rows = await this.database.query<{ id: string }>(
      ctx,
      `select d.id from datasets d join organizations o on o.id = d.organization_id where ${where.join(' and ')}
        order by ${by[order] === '1' ? '' : `${by[order]},`} d.published_at desc, d.id desc`,
      values,
    );
    return rows.map(({ id }) => id);
  }

  /** Counts above zero per facet, each without its own filter. */
  async counts(filter: DatasetFilter): Promise<Record<string, Record<string, number>>> {
    const counts: Record<string, Record<string, number>> = {};
    for (const { field, sql } of FACETS) {
      const values: unknown[] = [];
      const where = this.conditions({ ...filter, [field]: null }, values).map((condition) => condition.sql);
      const rows = await this.database.query<{ code: string; count: number }>(
        ctx,
        `select code, count(*)::int as count from datasets d join organizations o on o.id = d.organization_id, unnest(${sql}) as code
          where ${where.join(' and ')} group by code`,
        values,
      );
      counts[field] = Object.fromEntries(rows.map(({ code, count }) => [code, count]));
    }
    return counts;
  }

  private conditions(filter: DatasetFilter, values: unknown[]): Condition[] {
    const conditions: Condition[] = [{ field: 'status', sql: `d.status = 'listed'` }];
    for (const { field, sql } of FACETS) {
      const wanted = filter[field];
      if (wanted?.length) conditions.push({ field, sql: `${sql} && $${values.push(wanted)}::text[]` });
    }
    if (filter.minHours != null)
      conditions.push({ field: 'minHours', sql: `d.duration_s >= $${values.push(filter.minHours)}::float8 * 3600` });
    if (filter.minEpisodes != null)
      conditions.push({ field: 'minEpisodes', sql: `d.episodes >= $${values.push(filter.minEpisodes)}` });
    if (filter.maxPriceMinor != null) {
      const column = `d.min_price_${(filter.currency ?? 'CNY').toLowerCase()}`;
      conditions.push({
        field: 'maxPriceMinor',
        sql: `(d.has_free_offer or ${column} <= $${values.push(filter.maxPriceMinor)})`,
      });
    }
    return conditions;
  }
}
