import 'reflect-metadata';
import { randomBytes } from 'node:crypto';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { get } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDataSource, migrate } from '@app/database';
import { startPostgres } from '@app/embedded';
import { LOG_STORE } from '@app/storage';
import type { ObjectStore } from '@app/storage';
import { OpenMarket } from '../test/support/open-market.js';
import type { Party } from '../test/support/open-market.js';
import { CREATE_LEASE, leaseOf, offerOn, orderOf, publishFolder, sampleFolder } from '../test/support/published-set.js';
import { atMost } from './bench-row.js';
import type { BenchRow } from './bench-row.js';

const LARGE_FILE = 'robot/scan.bin';
const LARGE_BYTES = 256 << 20;
const READERS = 6;
const MINTERS = 4;
/** A reader takes one chunk of up to 64 KiB in this time, so that his download outlives any URL. */
const READ_EVERY_MS = 400;
const WATCHED_MS = 310_000;

/**
 * What a revocation ends and when, by the clock of the machine: buyers mint URLs and read slowly while the provider revokes.
 * Takes a little over five minutes, because that is what is measured.
 */
export async function rows(): Promise<BenchRow[]> {
  const folder = await mkdtemp(join(tmpdir(), 'bodega-bench-revocation-'));
  const postgres = await startPostgres({ dataDir: join(folder, 'postgres'), durable: false });
  try {
    const source = createDataSource(postgres.url, 2);
    await source.initialize();
    await migrate(source);
    await source.destroy();
    const database = { url: postgres.url, name: 'postgres', drop: () => Promise.resolve() };
    const market = await OpenMarket.open({ database });
    try {
      return await measure(market, folder);
    } finally {
      await market.close();
    }
  } finally {
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function measure(market: OpenMarket, folder: string): Promise<BenchRow[]> {
  const provider = await market.party({ isProvider: true }, 'centre');
  const buyer = await market.party({ isBuyer: true }, 'startup');
  const set = join(folder, 'set');
  await cp(sampleFolder('grasping'), set, { recursive: true });
  await writeFile(join(set, LARGE_FILE), randomBytes(LARGE_BYTES));
  const { slug } = await publishFolder(market, provider, { folder: set, name: 'large' });
  const { grantId } = await orderOf(market, buyer, await offerOn(market, provider, slug));

  const minting = new Minting(market, buyer, grantId);
  const minters = Array.from({ length: MINTERS }, () => minting.run());
  const headsAt = new Map(
    await Promise.all(Array.from({ length: READERS }, async () => readSlowly(await minting.freshUrl()))),
  );

  await market.must(
    'mutation($input: RevokeGrantInput!) { revokeGrant(input: $input) { state } }',
    { input: { grantId, reason: 'measuring how long a revocation takes' } },
    provider.apiKey,
  );
  const revokedAt = Date.now();
  const newest = minting.newestUrl ?? '';
  let lastStartMs = 0;
  while (Date.now() - revokedAt < WATCHED_MS) {
    const startedMs = Date.now() - revokedAt;
    if (await opens(newest)) lastStartMs = startedMs;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  minting.stop();
  await Promise.all(minters);

  const lastServedMs = (await lastByteServedAt(market, headsAt)) - revokedAt;
  return [
    atMost(
      `URLs from ${minting.attemptsSince(revokedAt)} tries to mint one that began after revokeGrant had answered`,
      '',
      minting.successesSince(revokedAt),
      0,
    ),
    atMost('last download begun with a URL from before, after revokeGrant', 's', lastStartMs / 1000, 300),
    atMost(
      `last byte of ${READERS} slow downloads that were running, after revokeGrant`,
      's',
      lastServedMs / 1000,
      300,
    ),
  ];
}

/** Buyers that ask for URLs again and again. */
class Minting {
  newestUrl: string | null = null;
  private isOver = false;
  private readonly attempts: { readonly begunAt: number; readonly isMinted: boolean }[] = [];

  constructor(
    private readonly market: OpenMarket,
    private readonly buyer: Party,
    private readonly grantId: string,
  ) {}

  async run(): Promise<void> {
    while (!this.isOver) {
      const begunAt = Date.now();
      const input = { grantId: this.grantId, paths: [LARGE_FILE] };
      const { data } = await this.market.ask(CREATE_LEASE, { input }, this.buyer.apiKey);
      this.newestUrl = data?.createLease.files[0].url ?? this.newestUrl;
      this.attempts.push({ begunAt, isMinted: data !== null });
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  async freshUrl(): Promise<string> {
    const { files } = await leaseOf(this.market, this.buyer, this.grantId, { paths: [LARGE_FILE] });
    return files[0]?.url ?? '';
  }

  stop(): void {
    this.isOver = true;
  }

  attemptsSince(at: number): number {
    return this.attempts.filter(({ begunAt }) => begunAt >= at).length;
  }

  successesSince(at: number): number {
    return this.attempts.filter(({ begunAt, isMinted }) => isMinted && begunAt >= at).length;
  }
}

const open = (url: string, range?: string): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    get(url, { agent: false, headers: range === undefined ? {} : { range } }, resolve).once('error', reject);
  });

async function opens(url: string): Promise<boolean> {
  const answer = await open(url, 'bytes=0-0');
  answer.resume();
  return answer.statusCode === 206;
}

/**
 * Begins a download and goes on with it in the background, a little at a time, until it is broken off.
 * @returns its lease, and when its head was here
 */
async function readSlowly(url: string): Promise<[leaseId: string, headAt: number]> {
  const answer = await open(url);
  const headAt = Date.now();
  if (answer.statusCode !== 200) throw new Error(`A download did not begin: ${answer.statusCode}.`);
  const timer = setInterval(() => answer.read(), READ_EVERY_MS);
  answer.on('error', () => undefined).once('close', () => clearInterval(timer));
  return [new URL(url).searchParams.get('x-bodega-lease') ?? '', headAt];
}

/**
 * When the store gave the last byte of a whole-file download, by its own access log. The log tells whole seconds of when a
 * request came, and the milliseconds that it took: they are counted from when its head was here, which is a little later.
 */
async function lastByteServedAt(market: OpenMarket, headsAt: ReadonlyMap<string, number>): Promise<number> {
  await market.store.deliverAccessLog();
  const logs = market.api.get<ObjectStore>(LOG_STORE, { strict: false });
  const ends: number[] = [];
  for await (const { key } of logs.list('')) {
    let text = '';
    for await (const chunk of await logs.get(key)) text += String(chunk);
    for (const line of text.split('\n')) {
      if (!line.includes(LARGE_FILE) || !line.includes('REST.GET.OBJECT')) continue;
      const [, leaseId, status, totalMs] =
        /[?&]x-bodega-lease=(\w+)\S* HTTP\S+ (\d{3}) \S+ \S+ \S+ (\d+) \d+ "/.exec(line) ?? [];
      const headAt = headsAt.get(leaseId ?? '');
      if (status === '200' && headAt !== undefined) ends.push(headAt + Number(totalMs));
    }
  }
  if (ends.length !== READERS) throw new Error(`${ends.length} downloads are in the log, not ${READERS}.`);
  return Math.max(...ends);
}
