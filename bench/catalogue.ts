import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from '@app/embedded';
import type { RequestContext } from '@app/kernel';
import { normalizeFilter } from '../libs/catalog/src/browse/dataset-filter.rules.js';
import { FacetIndex } from '../libs/catalog/src/browse/index/facet-index.js';
import { foldText } from '../libs/catalog/src/browse/text/lexemes.js';
import { searchedTextsOf } from '../libs/catalog/src/browse/text/search-document.js';
import { atLeast, atLeastTimes, atMost, median, quantile } from './bench-row.js';
import type { BenchRow } from './bench-row.js';
import { Child } from './catalogue/child.js';
import { fillShelf, searchTextsOf } from './catalogue/database.js';
import type { LoadOrder, LoadReport } from './catalogue/load.js';
import { openBrowse } from './catalogue/process.js';
import type { BrowseProcess } from './catalogue/process.js';
import { SHELF_QUERY, questions } from './catalogue/questions.js';
import { ORGANIZATIONS, benchDatasets } from './catalogue/shelf.js';
import { makeSqlTables } from './catalogue/sql-tables.js';
import { makeTables } from './catalogue/tables.js';
import { BROAD_TEXTS, TEXT_QUESTIONS } from './catalogue/text-questions.js';

const DATASETS = 100_000;
const MANY_DATASETS = 1_000_000;
const ROUNDS = 5;
const ROUND_MS = 2_000;
const CONNECTIONS = 16;
const PAGE = { first: 20, after: null, currency: 'CNY' as const };

const passerBy: RequestContext = { requestId: 'req_bench', actor: { kind: 'anonymous' } };

/**
 * The catalogue at 100,000 datasets (and its facets at a million): the page through GraphQL against bare node:http and
 * against the best all-SQL design, facet counts, text search. Brings its own Postgres.
 */
export async function rows(): Promise<BenchRow[]> {
  const folder = await mkdtemp(join(tmpdir(), 'bodega-bench-'));
  // The server may run as another user, and must reach its folder.
  await chmod(folder, 0o755);
  const postgres = await startPostgres({
    dataDir: join(folder, 'postgres'),
    durable: false,
    settings: { shared_buffers: '768MB', jit: 'off', max_parallel_workers_per_gather: '0' },
  });
  try {
    note(`Filling ${DATASETS.toLocaleString('en-US')} datasets.`);
    await makeTables(postgres.url);
    await fillShelf(postgres.url, DATASETS);
    await makeSqlTables(postgres.url, DATASETS);
    const browse = await openBrowse(postgres.url);
    const inProcess = [...(await facetRows(browse)), ...(await textRows(browse))];
    await browse.stop();
    return [...(await pageRows(postgres.url)), ...inProcess, millionRow()];
  } finally {
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

const note = (text: string): void => void process.stderr.write(`${text}\n`);

/** The pages through HTTP, ours and the references in turn. */
async function pageRows(url: string): Promise<BenchRow[]> {
  note('Loading the front door.');
  const front = await Child.start('./front.ts', { DATABASE_URL: url });
  const sql = await Child.start('./sql-server.ts', { DATABASE_URL: url });
  const load = await Child.start('./load.ts');
  const constant = await Child.start('./constant-server.ts');
  try {
    const portOf = (first: unknown): number => (first as { port: number }).port;
    const asked = questions(1);
    const bodyOf = (): string => JSON.stringify({ query: SHELF_QUERY, variables: { filter: asked.next().value } });
    const ask = (port: number, bodies: readonly string[], forMs = ROUND_MS): Promise<LoadReport> =>
      load.child.ask<LoadReport>({ port, bodies, connections: CONNECTIONS, forMs } satisfies LoadOrder);
    const frontPort = portOf(front.first);
    const sqlPort = portOf(sql.first);
    const repeated = bodyOf();
    const answer = await answerTo(frontPort, repeated);
    const constantPort = portOf(await constant.child.ask(answer));
    await sameAnswers(frontPort, sqlPort, Array.from({ length: 30 }, bodyOf));
    const fresh = (): string[] => Array.from({ length: 20_000 }, bodyOf);
    await ask(frontPort, fresh(), 3_000);
    await ask(sqlPort, fresh(), 1_500);
    const figures = { repeated: [] as number[], constant: [] as number[], fresh: [] as number[], sql: [] as number[] };
    for (let round = 0; round < ROUNDS; round++) {
      figures.repeated.push(rateOf(await ask(frontPort, [repeated])));
      figures.constant.push(rateOf(await ask(constantPort, [repeated])));
      figures.fresh.push(rateOf(await ask(frontPort, fresh())));
      figures.sql.push(rateOf(await ask(sqlPort, fresh())));
    }
    return [
      atLeastTimes(
        'catalogue page, repeated / bare node:http constant',
        'req/s',
        median(figures.repeated),
        median(figures.constant),
        0.5,
      ),
      atLeastTimes(
        'catalogue page, fresh / best all-SQL design',
        'req/s',
        median(figures.fresh),
        median(figures.sql),
        1,
      ),
    ];
  } finally {
    for (const { child } of [front, sql, load, constant]) await child.stop();
  }
}

function rateOf({ perSecond, failures }: LoadReport): number {
  if (failures > 0) throw new Error(`${failures} answers were refusals.`);
  return perSecond;
}

async function answerTo(port: number, body: string): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
  return response.text();
}

interface ShelfAnswer {
  readonly data: {
    readonly datasets: {
      readonly totalCount: number;
      readonly nodes: readonly { id: string }[];
      readonly facets: readonly { field: string; values: readonly { code: string; count: number }[] }[];
    };
  };
}

/** Speed means nothing unless both give the same total, page and counts. */
async function sameAnswers(oursPort: number, sqlPort: number, bodies: readonly string[]): Promise<void> {
  const core = (text: string): string => {
    const { totalCount, nodes, facets } = (JSON.parse(text) as ShelfAnswer).data.datasets;
    const counts = facets.map(({ field, values }) => [
      field,
      values
        .filter(({ count }) => count > 0)
        .map(({ code, count }) => `${code} ${count}`)
        .sort(),
    ]);
    return JSON.stringify([totalCount, nodes.slice(0, 20).map(({ id }) => id), counts]);
  };
  for (const body of bodies) {
    const [ours, theirs] = [core(await answerTo(oursPort, body)), core(await answerTo(sqlPort, body))];
    if (ours !== theirs) throw new Error(`The answers differ for ${body}:\n${ours}\n${theirs}`);
  }
}

/** Milliseconds of counting, totalling and paging in the process, without fetching rows. */
function countTimes(index: FacetIndex, seed: number, count: number): number[] {
  const times: number[] = [];
  const asked = questions(seed);
  for (let i = 0; i < count + count / 4; i++) {
    const filter = normalizeFilter(asked.next().value);
    const start = performance.now();
    const selection = index.select(filter, null);
    index.counts(selection, filter);
    index.total(selection);
    index.page(selection, 'NEWEST', PAGE);
    if (i >= count / 4) times.push(performance.now() - start);
  }
  return times;
}

/** Milliseconds of a page by text that nothing remembers: the p95 of each round over the texts, and of these the median. */
async function searchTimes(
  { browse, texts }: Pick<BrowseProcess, 'browse' | 'texts'>,
  asked: readonly string[],
  facets: boolean,
): Promise<number> {
  const rounds: number[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const times: number[] = [];
    for (const text of asked) {
      texts.onChange([]);
      const start = performance.now();
      await browse.browse(passerBy, { filter: { text } }, { facets });
      times.push(performance.now() - start);
    }
    // The first round warms up.
    if (round > 0) rounds.push(quantile(times, 0.95));
  }
  return median(rounds);
}

async function facetRows({ browse, browseIndex, texts }: BrowseProcess): Promise<BenchRow[]> {
  note('Counting facets.');
  const index = await browseIndex.current();
  const rounds = Array.from({ length: ROUNDS }, (_, round) => quantile(countTimes(index, 100 + round, 200), 0.95));
  const broad = await searchTimes({ browse, texts }, BROAD_TEXTS, true);
  return [
    atMost(`facet counts, total and page at ${DATASETS.toLocaleString('en-US')}, p95`, 'ms', median(rounds), 10),
    atMost('the same with broad text, text not cached, rows fetched, p95', 'ms', broad, 60),
  ];
}

async function textRows({ browse, texts, browseIndex }: BrowseProcess): Promise<BenchRow[]> {
  note('Searching text.');
  const index = await browseIndex.current();
  const documents = Array.from(benchDatasets(DATASETS), (dataset) => ({
    id: dataset.id,
    text: foldText(searchedTextsOf(searchTextsOf(dataset)).join('\n')),
  }));
  let recalled = 0;
  for (const { text, meant } of TEXT_QUESTIONS) {
    const conditions = meant.map(
      (spellings) =>
        new RegExp(spellings.map((word) => (/^[a-z]/.test(word) ? `(?<![a-z0-9])${word}` : word)).join('|')),
    );
    const wanted = documents.filter((document) => conditions.every((condition) => condition.test(document.text)));
    const { match } = await texts.search(passerBy, text);
    const selection = index.select(normalizeFilter({}), match);
    const found = new Set<string>();
    for (let after: string | null = null; ;) {
      const page = index.page(selection, 'NEWEST', { ...PAGE, first: 10_000, after });
      for (const id of page.ids) found.add(id);
      after = page.cursors.at(-1) ?? null;
      if (!page.hasNextPage) break;
    }
    const recall = wanted.length === 0 ? 1 : wanted.filter(({ id }) => found.has(id)).length / wanted.length;
    if (recall >= 0.95) recalled++;
    note(`  ${text}: ${found.size} found, ${wanted.length} wanted, recall ${recall.toFixed(3)}`);
  }
  const timesMs = await searchTimes(
    { browse, texts },
    TEXT_QUESTIONS.map(({ text }) => text),
    false,
  );
  return [
    atLeast(`text: queries of ${TEXT_QUESTIONS.length} with recall ≥ 0.95 of a full scan`, 'queries', recalled, 22),
    atMost('text: page and total, not cached, p95', 'ms', timesMs, 60),
  ];
}

function millionRow(): BenchRow {
  note(`Counting facets of ${MANY_DATASETS.toLocaleString('en-US')} datasets.`);
  const names = new Map(ORGANIZATIONS.map(({ id, name }) => [id, name]));
  const index = new FacetIndex(MANY_DATASETS);
  let document = 0;
  for (const d of benchDatasets(MANY_DATASETS)) {
    index.add({
      id: d.id,
      document: ++document,
      publishedUs: d.publishedMs * 1_000,
      episodes: d.episodes,
      durationS: d.durationS,
      priceCny: d.hasFreeOffer ? 0 : (d.minPriceCny ?? NaN),
      priceUsd: d.hasFreeOffer ? 0 : NaN,
      facets: d.facets,
      providerName: names.get(d.organizationId) ?? '',
    });
  }
  const rounds = Array.from({ length: 3 }, (_, round) => quantile(countTimes(index, 200 + round, 100), 0.95));
  return atMost(
    `facet counts, total and page at ${MANY_DATASETS.toLocaleString('en-US')}, p95`,
    'ms',
    median(rounds),
    50,
  );
}
