import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { systemContext } from '@app/kernel';
import type { RequestContext } from '@app/kernel';
import { createTestDatabase } from '../../support/database.js';
import type { TestDatabase } from '../../support/database.js';
import type { DatasetFilter } from '../../../libs/catalog/src/browse/dataset-filter.rules.js';
import { FACET_FIELDS } from '../../../libs/catalog/src/browse/facets.js';
import { DATASET_ORDERS } from '../../../libs/catalog/src/browse/index/page-order.js';
import type { DatasetOrder } from '../../../libs/catalog/src/browse/index/page-order.js';
import { BrowseOracle } from './browse-oracle.js';
import { ARRAY_COLUMNS, changeDataset, makeTables, openProcess, putDataset } from './browse-shelf.js';
import type { ShelfProcess, ShelfRow } from './browse-shelf.js';

const system = systemContext('test');
const passerBy: RequestContext = { requestId: 'req_test', actor: { kind: 'anonymous' } };

/** Few values, so that filters overlap; one of them is no term of any vocabulary. */
const CODES = ['sorting', 'grasp', 'home', 'single_arm', 'rgb', 'X-7 “臂”, rev. 2'];
const some = fc.subarray(CODES);

const rowArbitrary: fc.Arbitrary<Omit<ShelfRow, 'name'>> = fc.record({
  provider: fc.constantFrom('north' as const, 'south' as const),
  status: fc.constantFrom('listed' as const, 'listed' as const, 'listed' as const, 'suspended' as const),
  grade: fc.constantFrom('A', 'B', 'U'),
  columns: fc
    .tuple(...ARRAY_COLUMNS.map(() => some))
    .map((values) => Object.fromEntries(ARRAY_COLUMNS.map((column, i) => [column, values[i] ?? []]))),
  hasFreeOffer: fc.boolean(),
  minPriceCny: fc.option(fc.integer({ min: 0, max: 5 })),
  minPriceUsd: fc.option(fc.integer({ min: 0, max: 5 })),
  episodes: fc.integer({ min: 0, max: 5 }),
  durationS: fc.integer({ min: 0, max: 5 }).map((hours) => hours * 3_600),
  // Out of order and often equal: the order must hold on ties and for rows that come in between.
  publishedAt: fc.integer({ min: 0, max: 9 }).map((day) => new Date(Date.UTC(2026, 0, 1 + day))),
});

const filterArbitrary: fc.Arbitrary<DatasetFilter> = fc.record(
  {
    ...Object.fromEntries(
      FACET_FIELDS.map((field) => [
        field,
        fc.subarray(field === 'providers' ? ['north', 'south'] : field === 'grades' ? ['A', 'U'] : CODES, {
          maxLength: 2,
        }),
      ]),
    ),
    minHours: fc.integer({ min: 0, max: 5 }),
    minEpisodes: fc.integer({ min: 0, max: 5 }),
    maxPriceMinor: fc.integer({ min: 0, max: 5 }),
    currency: fc.constantFrom('CNY', 'USD'),
  },
  { requiredKeys: [] },
);
/** Thirteen facets at once match nothing; keep up to three parts of a filter. */
const sparse = fc.tuple(filterArbitrary, fc.integer({ min: 0, max: 1e6 })).map(([filter, seed]): DatasetFilter => {
  const entries = Object.entries(filter);
  return Object.fromEntries(
    [0, 7, 13].map((step) => entries[(seed + step) % Math.max(1, entries.length)] ?? ['grades', null]),
  );
});

type Step =
  | { kind: 'put'; row: Omit<ShelfRow, 'name'> }
  | { kind: 'status'; pick: number; status: string }
  | { kind: 'republish'; pick: number; day: number }
  | { kind: 'price'; pick: number; price: number };

const stepArbitrary: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: rowArbitrary.map((row): Step => ({ kind: 'put', row })) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('status' as const),
      pick: fc.nat(),
      status: fc.constantFrom('listed', 'suspended', 'withdrawn'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('republish' as const),
      pick: fc.nat(),
      day: fc.integer({ min: 0, max: 30 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('price' as const),
      pick: fc.nat(),
      price: fc.integer({ min: 0, max: 9 }),
    }),
  },
);

async function pagesOf(
  process: ShelfProcess,
  filter: DatasetFilter,
  orderBy: DatasetOrder,
  first: number,
): Promise<string[]> {
  const ids: string[] = [];
  for (let after: string | null = null; ;) {
    const page = await process.browse.browse(passerBy, { filter, orderBy, first, after }, { facets: false });
    ids.push(...page.items.map(({ id }) => id));
    after = page.cursors.at(-1) ?? null;
    if (!page.hasNextPage) return ids;
  }
}

describe('browsing the shelf', () => {
  let testDatabase: TestDatabase;
  let here: ShelfProcess;
  let there: ShelfProcess;
  let oracle: BrowseOracle;
  let number = 0;

  beforeAll(async () => {
    testDatabase = await createTestDatabase();
    await makeTables(testDatabase.url);
    here = await openProcess(testDatabase.url);
    there = await openProcess(testDatabase.url);
    oracle = new BrowseOracle(here.database);
  });

  afterAll(async () => {
    await here?.stop();
    await there?.stop();
    await testDatabase?.drop();
  });

  /** Until the other process has heard: bounded by jest's own timeout, not by a clock of ours. */
  async function heardThere(): Promise<void> {
    const [row] = await here.database.query<{ revision: number }>(
      system,
      `select max(revision)::float8 as revision from datasets where status <> 'draft'`,
    );
    while (there.browseIndex.takenRevision < (row?.revision ?? 0))
      await new Promise((resolve) => setImmediate(resolve));
  }

  async function expectLikeSql(process: ShelfProcess, filter: DatasetFilter): Promise<void> {
    const shelf = await process.browse.browse(passerBy, { filter, first: 100 }, { facets: true });
    const counts = Object.fromEntries(
      (shelf.facets ?? []).map(({ field, values }) => [
        field,
        Object.fromEntries(values.filter(({ count }) => count > 0).map(({ code, count }) => [code, count])),
      ]),
    );
    expect(counts).toEqual(await oracle.counts(filter));
    expect(shelf.totalCount).toBe((await oracle.ids(filter, 'NEWEST')).length);
  }

  it('gives the counts, totals and pages that plain SQL gives, whatever changes in between', async () => {
    const ids: string[] = [];
    await fc.assert(
      fc.asyncProperty(
        fc.array(stepArbitrary, { minLength: 1, maxLength: 12 }),
        fc.array(sparse, { minLength: 2, maxLength: 2 }),
        fc.constantFrom(...DATASET_ORDERS.filter((order) => order !== 'RELEVANCE')),
        fc.integer({ min: 1, max: 9 }),
        async (steps, filters, order, first) => {
          for (const step of steps) {
            if (step.kind === 'put') ids.push(await putDataset(here, { ...step.row, name: `set-${number++}` }));
            else {
              const id = ids[step.pick % ids.length];
              if (id === undefined) continue;
              if (step.kind === 'status') await changeDataset(here, system, id, 'status = $2', [step.status]);
              else if (step.kind === 'price')
                await changeDataset(here, system, id, 'min_price_cny = $2, has_free_offer = false', [step.price]);
              else
                await changeDataset(here, system, id, 'published_at = $2', [new Date(Date.UTC(2026, 0, 1 + step.day))]);
            }
          }
          for (const filter of [{}, ...filters]) {
            await expectLikeSql(here, filter);
            expect(await pagesOf(here, filter, order, first)).toEqual(await oracle.ids(filter, order));
          }
          await heardThere();
          await expectLikeSql(there, filters[0] ?? {});
          expect(await pagesOf(there, {}, order, 100)).toEqual(await oracle.ids({}, order));
        },
      ),
      { numRuns: 60 },
    );
    const fresh = await openProcess(testDatabase.url);
    await expectLikeSql(fresh, {});
    await fresh.stop();
  }, 120_000);

  it('goes on behind its cursor when rows before it and after it come and go', async () => {
    const filter = { robots: ['cursor-arm'] };
    const put = (day: number): Promise<string> =>
      putDataset(here, {
        name: `cursor-${number++}`,
        columns: { robots: ['cursor-arm'] },
        publishedAt: new Date(Date.UTC(2027, 0, day)),
      });
    const [oldest, older, old] = [await put(1), await put(2), await put(3)];
    const first = await here.browse.browse(passerBy, { filter, first: 1 }, { facets: false });

    await put(9);
    await changeDataset(here, system, old, `status = 'withdrawn'`);
    const second = await here.browse.browse(
      passerBy,
      { filter, first: 5, after: first.cursors[0] ?? null },
      { facets: false },
    );

    expect(first.items.map(({ id }) => id)).toEqual([old]);
    expect(second.items.map(({ id }) => id)).toEqual([older, oldest]);
  });

  it('never shows a draft, not even to its provider', async () => {
    await putDataset(here, { name: 'secret-draft', status: 'draft', titleEn: 'Nobody may find this' });

    const shelf = await here.browse.browse(passerBy, { filter: { text: 'nobody' } }, { facets: false });

    expect(shelf.items).toEqual([]);
    expect(shelf.totalCount).toBe(0);
  });

  it('refuses cursors of another order, foreign cursors, and relevance without a text', async () => {
    const page = await here.browse.browse(passerBy, { first: 1 }, { facets: false });
    const browse = (options: object): Promise<unknown> => here.browse.browse(passerBy, options, { facets: false });

    await expect(browse({ after: page.cursors[0], orderBy: 'LONGEST' })).rejects.toMatchObject({
      code: 'REQUEST_INVALID',
    });
    await expect(browse({ after: 'bm8' })).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
    await expect(browse({ orderBy: 'RELEVANCE' })).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
    await expect(browse({ first: 101 })).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
  });

  it('hears what changed while its line to the database was cut', async () => {
    const [row] = await here.database.query<{ count: number }>(
      system,
      `select count(pg_terminate_backend(pid))::int as count from pg_stat_activity
        where datname = current_database() and query ilike 'listen catalog_revision%'`,
    );
    const id = await putDataset(here, { name: `while-away-${number++}`, columns: { robots: ['away-arm'] } });

    await heardThere();
    const shelf = await there.browse.browse(passerBy, { filter: { robots: ['away-arm'] } }, { facets: false });

    expect(row?.count).toBeGreaterThan(0);
    expect(shelf.items.map((dataset) => dataset.id)).toEqual([id]);
  });
});
