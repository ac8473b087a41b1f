import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { OrderService } from '@app/billing';
import { createDataSource, migrate } from '@app/database';
import { startPostgres } from '@app/embedded';
import type { RunningPostgres } from '@app/embedded';
import { DomainError } from '@app/kernel';
import { signal } from '../../support/processes.js';
import { RightsMarket } from '../../support/rights-market.factory.js';
import type { Party } from '../../support/rights-market.factory.js';

const PRICE_MINOR = 137;
const TOP_UP_MINOR = 10_000_000;
const ROUNDS = 3;
const ORDERERS = 4;

let folder: string;
let server: RunningPostgres;
let market: RightsMarket;
let provider: Party;
let buyer: Party;
let offerId: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bodega-crash-'));
  await chmod(folder, 0o755);
  server = await start();
  const dataSource = await createDataSource(server.url, 2).initialize();
  await migrate(dataSource);
  await dataSource.destroy();
  market = await RightsMarket.open(server.url);
  provider = await market.party({ isProvider: true });
  buyer = await market.party({ isBuyer: true });
  offerId = await market.offer(provider, await market.shelf(provider), { priceMinor: PRICE_MINOR });
  await market.topUp(buyer, TOP_UP_MINOR);
}, 180_000);

afterAll(async () => {
  await market.close();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

function start(): Promise<RunningPostgres> {
  return startPostgres({ dataDir: join(folder, 'postgres'), durable: false });
}

/** Kills the whole server as a power cut would: the postmaster first, so that nothing starts again, then its backends. */
async function killServer(): Promise<void> {
  const [file] = await market.rows<{ text: string }>(`select pg_read_file('postmaster.pid') as text`);
  const backends = await market.rows<{ pid: number }>(
    `select pid from pg_stat_activity where backend_type = 'client backend'`,
  );
  const postmaster = Number(file?.text.split('\n')[0]);
  // A backend may have ended by itself when the postmaster died.
  for (const pid of [postmaster, ...backends.map((backend) => backend.pid)]) signal(pid, 'SIGKILL');
}

interface Attempt {
  readonly key: string;
  readonly orderId: string | null;
}

/** One order under a key; null when the answer never came, which says nothing about whether it was made. */
async function attempt(key: string): Promise<Attempt> {
  try {
    const placed = await market
      .get(OrderService)
      .placeOrder(buyer.ctx, { offerId, idempotencyKey: key, acceptTerms: true });
    if (placed instanceof DomainError) throw placed;
    return { key, orderId: placed.orderId };
  } catch {
    return { key, orderId: null };
  }
}

async function orderUntilTheServerDies(round: number, attempts: Attempt[]): Promise<void> {
  let isDead = false;
  const orderers = Array.from({ length: ORDERERS }, async (_, orderer) => {
    for (let n = 0; !isDead; n++) {
      const made = await attempt(`crash-${round}-${orderer}-${n}`);
      attempts.push(made);
      if (made.orderId === null) isDead = true;
    }
  });
  // Kill in full flight: once enough orders were answered, wherever the others are by then.
  while (attempts.filter((made) => made.orderId !== null).length < 25 * round && !isDead) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  await killServer();
  await Promise.all(orderers);
}

describe('killing Postgres in the middle of orders', () => {
  it('leaves the ledger at zero, and every key, sent again, is exactly one whole order', async () => {
    const attempts: Attempt[] = [];
    for (let round = 1; round <= ROUNDS; round++) {
      await orderUntilTheServerDies(round, attempts);
      await server.stop();
      server = await start();
      expect(await market.unbalancedEntries()).toEqual([]);
      const halves = await market.rows(
        `select o.id from orders o left join grants g on g.order_id = o.id left join ledger_entries e on e.order_id = o.id
          where o.state <> 'fulfilled' or g.state is distinct from 'active' or e.id is null`,
      );
      expect(halves).toEqual([]);
    }

    const again: Attempt[] = [];
    for (const { key } of attempts) again.push(await attempt(key));

    expect(attempts.some((made) => made.orderId === null)).toBe(true);
    expect(again.every((made) => made.orderId !== null)).toBe(true);
    expect(new Set(again.map((made) => made.orderId)).size).toBe(attempts.length);
    // What was answered before the kill is still what it was.
    for (const [i, made] of attempts.entries()) if (made.orderId !== null) expect(again[i]?.orderId).toBe(made.orderId);
    const [books] = await market.rows<{ orders: number; grants: number; spent: number; total: number }>(
      `select (select count(*) from orders) as orders, (select count(*) from grants) as grants,
              (select -sum(l.amount_minor)::bigint from ledger_lines l join ledger_entries e on e.id = l.entry_id join accounts a on a.id = l.account_id
                where e.kind = 'order' and a.kind = 'buyer_balance') as spent,
              (select sum(amount_minor)::bigint from ledger_lines) as total`,
    );
    expect(books).toEqual({
      orders: attempts.length,
      grants: attempts.length,
      spent: attempts.length * PRICE_MINOR,
      total: 0,
    });
  }, 180_000);
});
