import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { systemContext } from '@app/kernel';
import type { RequestContext } from '@app/kernel';
import { createTestDatabase } from '../../support/database.js';
import type { TestDatabase } from '../../support/database.js';
import type { Shelf } from '../../../libs/catalog/src/browse/browse.queries.js';
import { changeDataset, makeTables, openProcess, putDataset } from './browse-shelf.js';
import type { ShelfProcess } from './browse-shelf.js';

const system = systemContext('test');
const passerBy: RequestContext = { requestId: 'req_test', actor: { kind: 'anonymous' } };

describe('searching by text', () => {
  let testDatabase: TestDatabase;
  let shelf: ShelfProcess;

  beforeAll(async () => {
    testDatabase = await createTestDatabase();
    await makeTables(testDatabase.url);
    shelf = await openProcess(testDatabase.url);
    await putDataset(shelf, {
      name: 'cups',
      titleZh: '灵巧手抓取杯子',
      titleEn: 'Dexterous hand grasping cups',
      columns: { scenes: ['kitchen'] },
    });
    await putDataset(shelf, {
      name: 'towels',
      titleZh: '双臂叠衣服',
      summaryEn: 'Umbrella and towel folding',
      columns: { robots: ['Aurora R1'] },
    });
    await putDataset(shelf, {
      name: 'parcels',
      provider: 'south',
      titleEn: 'Parcel sorting',
      summaryEn: 'With a suction cup; umbrella packs too',
      columns: { task_families: ['sorting'] },
    });
    await putDataset(shelf, {
      name: 'tea',
      titleEn: 'Pouring tea',
      summaryEn: 'An umbrella stands by; paxini sensor',
      columns: { modalities: ['tactile_array'] },
    });
  });

  afterAll(async () => {
    await shelf?.stop();
    await testDatabase?.drop();
  });

  const search = (text: string, more: object = {}): Promise<Shelf> =>
    shelf.browse.browse(passerBy, { filter: { text }, ...more }, { facets: false });
  const namesOf = ({ items }: Shelf): string[] => items.map(({ name }) => name);

  it.each([
    ['a Chinese word inside a title', '抓取', ['cups']],
    ['part of a Chinese word', '叠衣', ['towels']],
    ['one Chinese character', '巧', ['cups']],
    ['two languages at once', '灵巧手 grasping', ['cups']],
    ['Chinese words without a blank', '灵巧手抓取', ['cups']],
    ['the beginning of an English word', 'dexter', ['cups']],
    ['another form of an English word', 'pours', ['tea']],
    ['full-width letters', 'ｐａｒｃｅｌ', ['parcels']],
    ['the label of a coded fact', '厨房', ['cups']],
    ['a word of the other language', 'kitchen', ['cups']],
    ['a synonym of a coded fact', 'touch', ['tea']],
    ['the name of a robot', 'aurora', ['towels']],
    ['the name of a provider', 'south robotics', ['parcels']],
    ['a rare word that looks like no other', 'paxini', ['tea']],
  ])('finds by %s', async (_what, text, names) => {
    expect(namesOf(await search(text)).sort()).toEqual(names);
  });

  it('corrects a mistyped word and says so', async () => {
    const found = await search('umbrlla');

    expect(namesOf(found).sort()).toEqual(['parcels', 'tea', 'towels']);
    expect(found.textPlan).toEqual({ corrected: [{ typed: 'umbrlla', used: ['umbrella'] }], dropped: [] });
  });

  it('drops a word that nothing holds and says so', async () => {
    const found = await search('towel zzqqx');

    expect(namesOf(found)).toEqual(['towels']);
    expect(found.textPlan).toEqual({ corrected: [], dropped: ['zzqqx'] });
  });

  it('finds nothing, instead of everything, when nothing of the text is left', async () => {
    expect((await search('zzqqx')).totalCount).toBe(0);
    expect((await search('?!')).totalCount).toBe(0);
  });

  it('puts titles before mentions, then the newest, and keeps that order across pages', async () => {
    const first = await search('cup', { first: 1 });
    const second = await search('cup', { first: 1, after: first.cursors[0] });

    expect([first.totalCount, ...namesOf(first), ...namesOf(second), second.hasNextPage]).toEqual([
      2,
      'cups',
      'parcels',
      false,
    ]);
  });

  it('combines the text with the other filters', async () => {
    const found = await shelf.browse.browse(
      passerBy,
      { filter: { text: 'umbrella', providers: ['south'] } },
      { facets: true },
    );

    expect(namesOf(found)).toEqual(['parcels']);
    expect(
      found.facets?.find(({ field }) => field === 'providers')?.values.map(({ code, count }) => [code, count]),
    ).toEqual([
      ['north', 2],
      ['south', 1],
    ]);
  });

  it('searches the new words at once when a text changes', async () => {
    const id = await putDataset(shelf, { name: 'late', titleEn: 'Welding seams' });
    expect(namesOf(await search('seams'))).toEqual(['late']);

    await shelf.database.transaction(system, async (ctx) => {
      await shelf.database.execute(ctx, `update datasets set title_en = 'Painting doors' where id = $1`, [id]);
      await shelf.search.reindex(ctx, id);
      await changeDataset(shelf, ctx, id, 'updated_at = now()');
    });

    expect(namesOf(await search('painting'))).toEqual(['late']);
    expect(namesOf(await search('welding'))).toEqual([]);
  });

  it('takes what people type as text, whatever it looks like', async () => {
    for (const text of [`'; drop table datasets; --`, `a:* & !b | (`, '\\', '\u0000', '抓取 & | !', 'x'.repeat(200)]) {
      await expect(search(text)).resolves.toMatchObject({ hasNextPage: false });
    }
  });
});
