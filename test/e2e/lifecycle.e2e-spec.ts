import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { allProcesses, demandFree, eventually, gone } from '../support/processes.js';
import { MarketHome } from '../support/started-market.js';
import type { StartedMarket } from '../support/started-market.js';

const SHELF = ['openhand/grasping-sim', 'riverside/placement-sim', 'riverside/sorting-sim'];

interface ShelvedDataset {
  id: string;
  slug: string;
  status: string;
  offers: { id: string }[];
  versions: { nodes: { id: string; label: string; status: string; commitId: string }[] };
}

/** Everything that a start must neither lose nor make twice. */
async function shelfOf(home: MarketHome): Promise<ShelvedDataset[]> {
  const { datasets } = await home.must(
    '{ datasets(first: 5) { edges { node { id slug status offers { id } versions(first: 5) { nodes { id label status commitId } } } } } }',
  );
  return datasets.edges
    .map((edge: { node: ShelvedDataset }) => edge.node)
    .sort((a: ShelvedDataset, b: ShelvedDataset) => (a.slug < b.slug ? -1 : 1));
}

async function balanceOf(home: MarketHome): Promise<unknown> {
  return (await home.must('{ balance { currency spendableMinor payableMinor } }', await home.apiKeyOf('buyer')))
    .balance;
}

/** Acts on record, sign-ins left out: every start may make new ones. */
async function actsOf(home: MarketHome): Promise<string[]> {
  const { auditLog } = await home.must(
    '{ auditLog(first: 100) { nodes { seq action } pageInfo { hasNextPage } } }',
    await home.apiKeyOf('admin'),
  );
  expect(auditLog.pageInfo.hasNextPage).toBe(false);
  return auditLog.nodes
    .filter(({ action }: { action: string }) => !action.startsWith('session.'))
    .map(({ seq, action }: { seq: number; action: string }) => `${seq} ${action}`);
}

async function remembered(home: MarketHome) {
  return {
    shelf: await shelfOf(home),
    balance: await balanceOf(home),
    acts: await actsOf(home),
    demo: await home.demo(),
  };
}

/** Nobody looks at standard forms there, and making them takes as long as everything else. */
const WITHOUT_FORMS = { STANDARD_FORMS: 'none' };

/** How npm ends when Ctrl-C reaches it together with its program: it lets the program end, then follows the signal. */
const BY_CTRL_C = { code: null, signal: 'SIGINT' };

/** @throws when anything of the market lives, or holds its ports */
async function demandNothingLeft(home: MarketHome): Promise<void> {
  expect(home.processes()).toEqual([]);
  await demandFree(home.port);
  await demandFree(home.storePort);
}

function expectShelfOnce(shelf: readonly ShelvedDataset[]): void {
  expect(shelf.map(({ slug }) => slug)).toEqual(SHELF);
  for (const { offers, versions } of shelf) {
    expect(offers).toHaveLength(1);
    expect(versions.nodes).toMatchObject([{ label: 'v1', status: 'PUBLISHED' }]);
  }
}

describe('npm start', () => {
  let home: MarketHome;
  let market: StartedMarket;
  let known: Awaited<ReturnType<typeof remembered>>;

  beforeAll(async () => {
    home = await MarketHome.create();
    market = await home.start().opened();
  });

  afterAll(() => home.remove());

  it('opens a market with a shelf of three, and says where it is and how to sign in', async () => {
    const ready = await fetch(`${home.url}/readyz`);
    const demo = await home.demo();

    expect(market.stdout).toContain(home.url);
    expect(market.stdout).toContain(`${home.url}/graphiql`);
    expect(market.stdout).toContain(`http://127.0.0.1:${home.storePort}`);
    expect(ready.status).toBe(200);
    expect(await ready.json()).toMatchObject({ database: true, store: true, migrations: true });
    expectShelfOnce(await shelfOf(home));
    expect((await stat(join(home.state, 'demo.json'))).mode & 0o777).toBe(0o600);
    expect(demo).toMatchObject({ url: home.url, graphqlUrl: `${home.url}/graphql` });
    expect(demo.accounts.map(({ role }) => role)).toEqual(expect.arrayContaining(['buyer', 'provider', 'admin']));
    for (const { role, organization, email, password, apiKey } of demo.accounts) {
      expect(market.stdout).toContain(email);
      expect(market.stdout).toContain(password);
      const { viewer } = await home.must('{ viewer { isAdmin organization { slug } user { email } } }', apiKey);
      expect(viewer).toEqual({ isAdmin: role === 'admin', organization: { slug: organization }, user: { email } });
    }
    // The standard forms of the shelf are made in the background; what must not be lost is counted when they are there.
    const made = async (): Promise<number> =>
      (await actsOf(home)).filter((act) => act.endsWith('rendition.made')).length;
    await eventually(
      async () => (await made()) === SHELF.length,
      () => 'the standard forms of the shelf are not made',
      100_000,
    );
    known = await remembered(home);
  });

  it('refuses to run twice in one folder, in one sentence, without disturbing the first', async () => {
    const second = home.start();

    const ending = await second.ended();

    expect({ ending, said: second.stderr.trim().split('\n') }).toEqual({
      ending: { code: 1, signal: null },
      said: [expect.stringMatching(/already run by process \d+; stop that/)],
    });
    expect(await remembered(home)).toEqual(known);
  });

  it('refuses a taken port in one sentence, also when a market answers there', async () => {
    const other = await MarketHome.create();
    try {
      const second = other.start({ PORT: String(home.port) });

      const ending = await second.ended();

      expect({ ending, said: second.stderr.trim().split('\n') }).toEqual({
        ending: { code: 1, signal: null },
        said: [`Port ${home.port} for the API is taken by another program; stop it, or choose another port with PORT.`],
      });
      await demandNothingLeft(other);
    } finally {
      await other.remove();
    }
    expect(await remembered(home)).toEqual(known);
  });

  it('ends cleanly on Ctrl-C, and starts again with nothing lost and nothing loaded twice', async () => {
    const ending = await market.interrupt();

    expect(ending).toEqual(BY_CTRL_C);
    expect(market.stderr).not.toMatch(/unexpectedly|error/i);
    await demandNothingLeft(home);
    market = await home.start().opened();
    expect(market.stderr).not.toContain('Loading the shelf');
    expect(await remembered(home)).toEqual(known);
  });

  it('loses nothing when every process of it, Postgres too, is killed with -9', async () => {
    const killed = await home.killAll();

    expect(killed).toBeGreaterThan(5);
    await demandNothingLeft(home);
    market = await home.start().opened();
    expect(await remembered(home)).toEqual(known);
  });

  it('loses nothing when only the program that holds it together is killed with -9', async () => {
    const before = await market.killSupervisor();

    // Postgres may live on, for the next start to take over; whatever speaks to others must go.
    await gone(before.filter(({ command }) => !/postgres/.test(command)));
    market = await home.start().opened();
    expect(market.stderr).toContain('took it over');
    expect(await remembered(home)).toEqual(known);
  });

  it('ends with exit code 0 when it is told to', async () => {
    const ending = await market.terminate();

    expect(ending).toEqual({ code: 0, signal: null });
    expect(market.stderr).not.toMatch(/unexpectedly|error/i);
    await demandNothingLeft(home);
  });
});

describe('npm start, cut short', () => {
  let home: MarketHome;

  beforeAll(async () => {
    home = await MarketHome.create();
  });

  afterAll(() => home.remove());

  it('leaves nothing running when Ctrl-C comes before Postgres is up', async () => {
    const market = home.start();
    await eventually(
      () => stat(join(home.state, 'postgres/owner.json')).catch(() => null),
      () => `no start of Postgres: ${market.stderr}`,
    );

    const ending = await market.interrupt();

    expect(ending).toEqual(BY_CTRL_C);
    await demandNothingLeft(home);
  });

  it('fills the shelf once, though killed with -9 twice in the middle of it', async () => {
    const first = home.start(WITHOUT_FORMS);
    await first.said('stderr', /Loading the shelf: riverside/);
    await home.killAll();
    await first.ended();

    const second = home.start(WITHOUT_FORMS);
    await second.said('stderr', /Loading the shelf: openhand/);
    const before = await second.killSupervisor();
    await home.start(WITHOUT_FORMS).opened();

    expectShelfOnce(await shelfOf(home));
    const stillThere = allProcesses().filter(({ pid, started }) =>
      before.some((one) => one.pid === pid && one.started === started),
    );
    expect(stillThere.filter(({ command }) => !/postgres/.test(command))).toEqual([]);
    for (const role of ['provider', 'buyer', 'admin']) {
      const { viewer } = await home.must('{ viewer { scopes } }', await home.apiKeyOf(role));
      expect(viewer.scopes).toContain('catalog:read');
    }
    expect(await readFile(join(home.state, 'demo.json'), 'utf8')).toContain(home.url);
  });
});
