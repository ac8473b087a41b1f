import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import pg from 'pg';
import type { DatasetFilter } from '../../libs/catalog/src/browse/dataset-filter.rules.js';
import { FACETS, facetLabel } from '../../libs/catalog/src/browse/facets.js';
import { ORGANIZATIONS } from './shelf.js';

/**
 * Reference (b): the best that SQL alone reached in experiments, behind bare node:http. Counts come from one bitmap row per
 * facet value, the page from coded arrays under an intarray index, its rows as JSON text made by the database; both prepared,
 * both in flight at once. It answers the same question with the same fields.
 */
const pool = new pg.Pool({ connectionString: process.env['DATABASE_URL'], max: 16 });

const COUNTS = `
  with x as materialized (
    select (select bits from facet_value where code = $1) | (select bits from facet_value where code = $2) as a,
           (select bits from facet_value where code = $3) | (select bits from facet_value where code = $4) as b,
           (select bits from facet_value where code = $5) | (select bits from facet_value where code = $6) as c
  ), m as materialized (select b & c as no_a, a & c as no_b, a & b as no_c, a & b & c as every from x)
  select array_agg(code) as codes, array_agg(n) as counts, (select bit_count(every) from m)::int as total from (
    select code, bit_count(bits & case facet when $7 then no_a when $8 then no_b when $9 then no_c else every end)::int as n
      from facet_value, m) counted`;

const PAGE = `
  select coalesce(json_agg(json_build_object('id', d.id, 'slug', d.slug, 'title', json_build_object('zh', d.title_zh, 'en', d.title_en),
           'grade', d.grade, 'robots', d.robots, 'taskFamilies', d.task_families, 'modalities', d.modalities, 'episodes', d.episodes,
           'durationS', d.duration_s, 'sizeBytes', d.size_bytes, 'minPriceCny', d.min_price_cny, 'publishedAt', d.published_at)
           order by p.place), '[]')::text as nodes
    from (select id, place from dataset_codes where codes @@ $1::query_int order by place limit 21) p join datasets d using (id)`;

interface Value {
  readonly number: number;
  readonly facet: number;
  readonly json: string;
}
const values = new Map<string, Value>();
const byNumber = new Map<number, Value>();
const names = new Map(ORGANIZATIONS.map(({ slug, name }) => [slug, name]));

async function loadValues(): Promise<void> {
  const { rows } = await pool.query<{ code: number; facet: number; value: string }>(
    'select code, facet, value from facet_value',
  );
  for (const { code, facet, value } of rows) {
    const definition = FACETS[facet];
    if (!definition) throw new Error(`There is no facet ${facet}.`);
    const name = names.get(value);
    const label = definition.field === 'providers' && name ? { zh: name, en: name } : facetLabel(definition, value);
    const entry = {
      number: code,
      facet,
      json: `{"code":${JSON.stringify(value)},"label":${JSON.stringify(label)},"count":`,
    };
    values.set(`${facet}:${value}`, entry);
    byNumber.set(code, entry);
  }
}

async function answer(filter: DatasetFilter): Promise<string> {
  const asked = FACETS.flatMap(({ field }, facet) => {
    const wanted = filter[field];
    return wanted ? [{ facet, numbers: wanted.map((value) => values.get(`${facet}:${value}`)?.number ?? -1) }] : [];
  });
  const codes = asked.flatMap(({ numbers }) => [numbers[0] ?? -1, numbers[1] ?? numbers[0] ?? -1]);
  const [counted, paged] = await Promise.all([
    pool.query<{ codes: number[]; counts: number[]; total: number }>({
      name: 'counts',
      text: COUNTS,
      values: [...codes, ...asked.map(({ facet }) => facet)],
    }),
    pool.query<{ nodes: string }>({
      name: 'page',
      text: PAGE,
      values: [asked.map(({ numbers }) => `(${numbers.join('|')})`).join('&')],
    }),
  ]);
  const perFacet: { n: number; json: string }[][] = FACETS.map(() => []);
  const row = counted.rows[0];
  row?.codes?.forEach((code, i) => {
    const value = byNumber.get(code);
    const n = row.counts[i] ?? 0;
    if (value && n > 0) perFacet[value.facet]?.push({ n, json: `${value.json}${n}}` });
  });
  const facets = FACETS.map(({ field }, i) => {
    const list = (perFacet[i] ?? []).sort((a, b) => b.n - a.n).map(({ json }) => json);
    return `{"field":"${field}","values":[${list.join(',')}]}`;
  });
  return `{"data":{"datasets":{"totalCount":${row?.total ?? 0},"nodes":${paged.rows[0]?.nodes ?? '[]'},"facets":[${facets.join(',')}]}}}`;
}

const server = createServer((request, response) => {
  let body = '';
  request.setEncoding('utf8');
  request.on('data', (chunk: string) => (body += chunk));
  request.on('end', () => {
    const { variables } = JSON.parse(body) as { variables: { filter: DatasetFilter } };
    answer(variables.filter).then(
      (text) => {
        response.writeHead(200, {
          'content-type': 'application/json; charset=utf-8',
          'content-length': Buffer.byteLength(text),
        });
        response.end(text);
      },
      (error: unknown) => {
        response.writeHead(500, { 'content-length': Buffer.byteLength(String(error)) });
        response.end(String(error));
      },
    );
  });
});
await loadValues();
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
process.on('disconnect', () => process.exit(0));
