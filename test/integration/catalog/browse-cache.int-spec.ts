import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { systemContext } from '@app/kernel';
import { createTestDatabase } from '../../support/database.js';
import type { TestDatabase } from '../../support/database.js';
import { BrowseFront } from './browse-front.js';
import { changeDataset, makeTables, putDataset } from './browse-shelf.js';

const system = systemContext('test');
const TITLES =
  'query Titles($filter: DatasetFilter) { datasets(filter: $filter) { totalCount nodes { title { en } } } }';

describe('ready answers', () => {
  let testDatabase: TestDatabase;
  let here: BrowseFront;
  let there: BrowseFront;
  let id: string;
  let number = 0;

  beforeAll(async () => {
    testDatabase = await createTestDatabase();
    await makeTables(testDatabase.url);
    here = await BrowseFront.open(testDatabase.url);
    there = await BrowseFront.open(testDatabase.url);
  });

  afterAll(async () => {
    await here?.stop();
    await there?.stop();
    await testDatabase?.drop();
  });

  beforeEach(async () => {
    id = await putDataset(here, {
      name: `cached-${number++}`,
      titleEn: 'First title',
      columns: { robots: ['cached-arm'] },
    });
  });

  const filter = (): object => ({ filter: { robots: ['cached-arm'], text: `cached-${number - 1}` } });

  it('answers a repeated anonymous question without asking anyone, byte for byte the same', async () => {
    const first = await here.ask(TITLES, filter());
    const reached = here.reached;

    const second = await here.ask(TITLES, filter());

    expect(JSON.parse(first)).toEqual({
      data: { datasets: { totalCount: 1, nodes: [{ title: { en: 'First title' } }] } },
    });
    expect(second).toBe(first);
    expect(here.reached).toBe(reached);
  });

  it('shows a change in the very next answer of the process that made it', async () => {
    await here.ask(TITLES, filter());
    await changeDataset(here, system, id, `title_en = 'Second title'`);

    expect(await here.ask(TITLES, filter())).toContain('Second title');
  });

  it('shows a change of another process as soon as its notice arrives, and answers from memory again', async () => {
    await there.ask(TITLES, filter());
    await changeDataset(here, system, id, `title_en = 'Third title'`);

    // The bound is jest's: the answer must turn without any other change or request of ours.
    let answer = await there.ask(TITLES, filter());
    while (!answer.includes('Third title')) answer = await there.ask(TITLES, filter());
    await there.ask(TITLES, filter());
    const reached = there.reached;
    await there.ask(TITLES, filter());

    expect(there.reached).toBe(reached);
  });

  it('neither answers nor fills the cache for anyone who shows a credential', async () => {
    const asMember = { authorization: 'Bearer anything' };
    await here.ask(TITLES, filter(), asMember);
    const afterMember = here.reached;
    await here.ask(TITLES, filter());
    expect(here.reached).toBe(afterMember + 1);

    await here.ask(TITLES, filter(), asMember);
    await here.ask(TITLES, filter(), { cookie: 'session=1' });

    expect(here.reached).toBe(afterMember + 3);
  });

  it.each([
    ['a refusal', '{ datasets(first: 1000) { totalCount } }'],
    ['a malformed operation', '{ datasets { nothing } }'],
    ['introspection', '{ datasets { totalCount } __schema { queryType { name } } }'],
  ])('does not keep %s', async (_what, query) => {
    await here.ask(query);
    const reached = here.reached;

    await here.ask(query);

    expect(here.reached).toBe(reached + 1);
  });

  it('is off while the line for notices is cut, and on again once it has caught up', async () => {
    await here.ask(TITLES, filter());
    const moved = new Promise<boolean>((resolve) => here.epoch.onMove(() => resolve(here.epoch.isFollowing)));
    await here.database.query(
      system,
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and query ilike 'listen catalog_revision%'`,
    );
    expect(await moved).toBe(false);

    const reached = here.reached;
    await here.ask(TITLES, filter());
    const reachedWhileOff = here.reached - reached;
    while (!here.epoch.isFollowing) await new Promise((resolve) => setImmediate(resolve));
    await here.ask(TITLES, filter());
    const reachedOn = here.reached;
    await here.ask(TITLES, filter());

    expect(reachedWhileOff).toBe(1);
    expect(here.reached).toBe(reachedOn);
  });

  it('counts facets only for those who ask, and labels them in both languages', async () => {
    const answer = await here.ask(
      '{ datasets(filter: { robots: ["cached-arm"] }) { facets { field values { code label { zh en } count } } } }',
    );

    const { facets } = (
      JSON.parse(answer) as { data: { datasets: { facets: { field: string; values: unknown[] }[] } } }
    ).data.datasets;
    expect(facets.find(({ field }) => field === 'providers')?.values).toEqual([
      { code: 'north', label: { zh: '北方数据中心', en: '北方数据中心' }, count: number },
    ]);
    expect(facets.find(({ field }) => field === 'grades')?.values).toEqual([
      { code: 'U', label: { zh: '未评级', en: 'Not rated' }, count: number },
    ]);
  });

  it('answers the vocabulary of a kind to anyone', async () => {
    const answer = await here.ask('{ vocabulary(kind: "grade") { version terms { code label { en } } } }');

    expect(JSON.parse(answer)).toMatchObject({
      data: { vocabulary: { version: 1, terms: [{ code: 'A' }, { code: 'B' }, { code: 'C' }, { code: 'U' }] } },
    });
    expect(await here.ask('{ vocabulary(kind: "colour") { version } }')).toContain('must be one of task_family');
  });
});
