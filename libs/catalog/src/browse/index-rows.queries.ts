import { Injectable } from '@nestjs/common';
import { Database } from '@app/database';
import type { RequestContext } from '@app/kernel';
import { FACETS } from './facets.js';
import type { IndexRow } from './index/facet-index.js';

/** Rows fetched at a time while loading: enough to hide the round trip, few enough to yield between. */
const LOAD_ROWS = 10_000;
const CHANGES_AT_ONCE = 2_000;

/** Parts the values of one facet, and the facets: control characters that no code holds. One text parses faster than 13 arrays. */
const UNIT = '\x1f';
const GROUP = '\x1e';

interface PackedRow {
  readonly id: string;
  readonly document: number | null;
  readonly publishedUs: number;
  readonly episodes: number;
  readonly durationS: number;
  readonly priceCny: number | null;
  readonly priceUsd: number | null;
  readonly providerName: string;
  readonly facets: string;
}

export interface Change {
  readonly id: string;
  readonly revision: number;
  /** Null when the dataset is not on the shelf. */
  readonly row: IndexRow | null;
  readonly words: readonly string[];
}

const IS_LISTED = `(d.status = 'listed' and d.current_version_id is not null and d.published_at is not null)`;

const priceOf = (column: string): string => `(case when d.has_free_offer then 0 else ${column} end)::float8`;

const COLUMNS = `
  d.id, s.document, (extract(epoch from d.published_at) * 1000000)::float8 as "publishedUs",
  d.episodes::float8 as episodes, d.duration_s as "durationS",
  ${priceOf('d.min_price_cny')} as "priceCny", ${priceOf('d.min_price_usd')} as "priceUsd", o.name as "providerName",
  concat_ws(E'\\x1e', ${FACETS.map(({ sql }) => `array_to_string(${sql}, E'\\x1f')`).join(', ')}) as facets`;

const FROM = `datasets d join organizations o on o.id = d.organization_id left join dataset_search s on s.dataset_id = d.id`;

function toIndexRow(row: PackedRow): IndexRow {
  return {
    ...row,
    priceCny: row.priceCny ?? NaN,
    priceUsd: row.priceUsd ?? NaN,
    facets: row.facets.split(GROUP).map((values) => (values === '' ? [] : values.split(UNIT))),
  };
}

/** What the index is built and refreshed from. */
@Injectable()
export class IndexRowQueries {
  constructor(private readonly database: Database) {}

  /** How many datasets are on the shelf, and a revision that all of them have or are older than. */
  async extent(ctx: RequestContext): Promise<{ count: number; revision: number }> {
    // Drafts take their first number outside the lock that orders the others, and are on no shelf: they do not count.
    const [row] = await this.database.query<{ count: number; revision: number }>(
      ctx,
      `select (select count(*) from datasets d where ${IS_LISTED})::float8 as count,
              (select coalesce(max(revision), 0) from datasets where status <> 'draft')::float8 as revision`,
    );
    return row ?? { count: 0, revision: 0 };
  }

  /** Every dataset on the shelf in order of publication, as of one moment. Must run in a transaction. */
  async load(ctx: RequestContext, visit: (row: IndexRow) => void): Promise<void> {
    await this.database.execute(
      ctx,
      `declare shelf no scroll cursor for select ${COLUMNS} from ${FROM} where ${IS_LISTED} order by d.published_at, d.id`,
    );
    for (;;) {
      const rows = await this.database.query<PackedRow>(ctx, `fetch ${LOAD_ROWS} from shelf`);
      for (const row of rows) visit(toIndexRow(row));
      if (rows.length < LOAD_ROWS) break;
    }
    await this.database.execute(ctx, 'close shelf');
  }

  /** What changed after a revision, oldest change first; ask again from the last one while the answer is not empty. */
  async changesAfter(ctx: RequestContext, revision: number): Promise<Change[]> {
    const rows = await this.database.prepared<
      PackedRow & { revision: number; isListed: boolean; words: string[] | null }
    >(
      ctx,
      'catalog_changes',
      `select ${COLUMNS}, d.revision::float8 as revision, ${IS_LISTED} as "isListed", w.words
         from ${FROM} left join dataset_search_words w on w.dataset_id = d.id where d.revision > $1 and d.status <> 'draft' order by d.revision limit ${CHANGES_AT_ONCE}`,
      [revision],
    );
    return rows.map((row) => ({
      id: row.id,
      revision: row.revision,
      row: row.isListed ? toIndexRow(row) : null,
      words: row.isListed ? (row.words ?? []) : [],
    }));
  }
}
