import { once } from 'node:events';
import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { FACETS } from '../../libs/catalog/src/browse/facets.js';
import { wordsOf } from '../../libs/catalog/src/browse/text/lexemes.js';
import { searchDocumentOf, searchedTextsOf } from '../../libs/catalog/src/browse/text/search-document.js';
import type { SearchTexts } from '../../libs/catalog/src/browse/text/search-document.js';
import { ORGANIZATIONS, benchDatasets } from './shelf.js';
import type { BenchDataset } from './shelf.js';

const escape = (text: string): string =>
  text.replace(/[\\\t\n\r]/g, (c) => ({ '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' })[c] ?? c);

function cell(value: unknown): string {
  if (value === null) return '\\N';
  if (Array.isArray(value))
    return escape(`{${value.map((item) => `"${String(item).replace(/["\\]/g, '\\$&')}"`).join(',')}}`);
  return escape(String(value));
}

async function copy(
  client: pg.Client,
  table: string,
  columns: readonly string[],
  rows: () => Iterable<readonly unknown[]>,
): Promise<void> {
  function* lines(): Generator<string> {
    let chunk = '';
    for (const row of rows()) {
      chunk += `${row.map(cell).join('\t')}\n`;
      if (chunk.length > 65_536) {
        yield chunk;
        chunk = '';
      }
    }
    if (chunk) yield chunk;
  }
  await pipeline(Readable.from(lines()), client.query(copyFrom(`copy ${table} (${columns.join(', ')}) from stdin`)));
}

/** The texts that `DatasetSearch` would read from the tables. */
export function searchTextsOf(dataset: BenchDataset): SearchTexts {
  const organization = ORGANIZATIONS.find(({ id }) => id === dataset.organizationId);
  const robots = dataset.facets[FACETS.findIndex(({ field }) => field === 'robots')] ?? [];
  return {
    title: [dataset.titleZh, dataset.titleEn, dataset.name].join('\n'),
    body: [dataset.summaryZh, dataset.summaryEn, organization?.slug, organization?.name, ...robots].join('\n'),
    facets: dataset.facets,
  };
}

const FACET_COLUMNS = FACETS.flatMap(({ sql }) => (sql.startsWith('d.') ? [sql.slice(2)] : []));

/** Fills migrated tables with the synthetic shelf, straight by COPY: what is measured is reading. */
export async function fillShelf(url: string, count: number): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query('begin');
  for (const { id, slug, name } of ORGANIZATIONS) {
    await client.query(
      `insert into organizations (id, slug, name, is_provider, created_at) values ($1, $2, $3, true, now())`,
      [id, slug, name],
    );
  }
  const slugOf = new Map(ORGANIZATIONS.map(({ id, slug }) => [id, slug]));
  const at = (d: BenchDataset): string => new Date(d.publishedMs).toISOString();
  const codes = (d: BenchDataset): (readonly string[])[] =>
    FACETS.flatMap(({ sql }, i) => (sql.startsWith('d.') ? [d.facets[i] ?? []] : []));
  const gradeFacet = FACETS.findIndex(({ field }) => field === 'grades');
  await copy(
    client,
    'datasets',
    [
      'id',
      'organization_id',
      'name',
      'slug',
      'status',
      'title_zh',
      'title_en',
      'summary_zh',
      'summary_en',
      'declared',
      'grade',
      'has_free_offer',
      'min_price_cny',
      'episodes',
      'frames',
      'duration_s',
      'size_bytes',
      'fps',
      'published_at',
      'created_at',
      'updated_at',
      ...FACET_COLUMNS,
    ],
    function* () {
      for (const d of benchDatasets(count)) {
        yield [
          d.id,
          d.organizationId,
          d.name,
          `${slugOf.get(d.organizationId) ?? ''}/${d.name}`,
          'listed',
          d.titleZh,
          d.titleEn,
          d.summaryZh,
          d.summaryEn,
          '{}',
          d.facets[gradeFacet]?.[0] ?? 'U',
          d.hasFreeOffer,
          d.minPriceCny,
          d.episodes,
          d.frames,
          d.durationS,
          d.sizeBytes,
          30,
          at(d),
          at(d),
          at(d),
          ...codes(d),
        ];
      }
    },
  );
  await client.query(`
    insert into dataset_versions (id, dataset_id, number, label, status, commit_id, created_by, created_at)
      select 'dv_' || substr(id, 4), id, 1, 'v1', 'published', repeat('a', 40), 'usr_bench', created_at from datasets;
    update datasets set current_version_id = 'dv_' || substr(id, 4)`);
  await client.query('drop index dataset_search_body; drop index dataset_search_title');
  await copy(client, 'dataset_search', ['dataset_id', 'title', 'body'], function* () {
    for (const d of benchDatasets(count)) {
      const { title, body } = searchDocumentOf(searchTextsOf(d));
      yield [d.id, title, body];
    }
  });
  await copy(client, 'dataset_search_words', ['dataset_id', 'words'], function* () {
    for (const d of benchDatasets(count)) yield [d.id, [...wordsOf(searchedTextsOf(searchTextsOf(d)))]];
  });
  await client.query(`set maintenance_work_mem = '256MB'`);
  await client.query(`
    create index dataset_search_body on dataset_search using gin (body) with (fastupdate = off);
    create index dataset_search_title on dataset_search using gin (title) with (fastupdate = off)`);
  await client.query('commit');
  // Out of the transaction: a vacuum leaves no dead rows of the update behind and fills the visibility map.
  await client.query('vacuum (full) datasets');
  await client.query('vacuum analyze');
  const ended = once(client, 'end');
  await client.end();
  await ended;
}
