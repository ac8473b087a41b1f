import 'reflect-metadata';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { appendFile, cp, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Database } from '@app/database';
import { newId, systemContext } from '@app/kernel';
import { LOG_STORE } from '@app/storage';
import type { ObjectStore } from '@app/storage';
import { openReader } from '../conformance/s3/subject.js';
import { OpenMarket } from '../support/open-market.js';
import type { Party } from '../support/open-market.js';
import { CREATE_LEASE, leaseOf, offerOn, orderOf, publishFolder, sampleFolder } from '../support/published-set.js';
import type { Leased, PublishedSet } from '../support/published-set.js';

const BIN = fileURLToPath(new URL('../../apps/cli/bin/bodega.mjs', import.meta.url));
const HEAVY_BYTES = 160 << 20;
/** Pieces that `pull` fetches at once, and their size: what a killed pull may have to fetch again. */
const REFETCHED_MAX = 6 * (16 << 20);
const VIDEO = 'videos/observation.images.front/chunk-000/file-000.mp4';
const INFO = 'meta/info.json';
const DAY_S = 86_400;
const REASON = 'the terms were not kept';

let market: OpenMarket;
let provider: Party;
let buyer: Party;
let operator: Party;
let light: PublishedSet;
let heavy: PublishedSet;
let offers: { light: string; heavy: string; evaluation: string };
let lightBytes: number;
let grantId: string;
/** What the store sends of a GET of this file before it hangs up. */
let cut: { path: string; afterBytes: number[] } | null = null;
const written: string[] = [];

beforeAll(async () => {
  for (const stream of [process.stdout, process.stderr]) {
    const write = stream.write.bind(stream) as (...args: unknown[]) => boolean;
    jest.spyOn(stream, 'write').mockImplementation(((...args: unknown[]) => {
      written.push(String(args[0]));
      return write(...args);
    }) as typeof stream.write);
  }
  market = await OpenMarket.open({
    faults: {
      // Only what a buyer reads: the worker reads the same files meanwhile.
      cutAfter: ({ bucket, key, query }) =>
        bucket === 'bodega' &&
        cut !== null &&
        key.endsWith(cut.path) &&
        query.some(([name]) => name === 'x-bodega-lease')
          ? (cut.afterBytes.shift() ?? 0)
          : undefined,
    },
  });
  operator = await market.party({ isOperator: true }, 'operator');
  provider = await market.party({ isProvider: true }, 'centre');
  buyer = await market.party({ isBuyer: true }, 'startup');
  light = await publishFolder(market, provider, { folder: sampleFolder('sorting'), name: 'light' });
  const folder = join(market.folder, 'heavy');
  await cp(sampleFolder('grasping'), folder, { recursive: true });
  const block = randomBytes(1 << 20);
  for (let written = 0; written < HEAVY_BYTES; written += block.length)
    await appendFile(join(folder, 'robot/scan.bin'), block);
  heavy = await publishFolder(market, provider, { folder, name: 'heavy' });
  offers = {
    light: await offerOn(market, provider, light.slug),
    heavy: await offerOn(market, provider, heavy.slug),
    evaluation: await offerOn(market, provider, light.slug, { template: 'evaluation' }),
  };
  lightBytes = await bytesOf(light);
});

afterAll(async () => {
  await market.close();
  jest.restoreAllMocks();
});

beforeEach(async () => {
  cut = null;
  buyer = await market.party({ isBuyer: true });
  ({ grantId } = await orderOf(market, buyer, offers.light));
});

async function bytesOf(set: PublishedSet): Promise<number> {
  const { node } = await market.must(
    'query($id: ID!) { node(id: $id) { ... on Version { sizeBytes } } }',
    { id: set.versionId },
    provider.apiKey,
  );
  return node.sizeBytes;
}

interface Received {
  readonly status: number;
  readonly bytes: Buffer;
  /** The store's code of the refusal. */
  readonly code: string | undefined;
}

async function request(url: string, init: RequestInit = {}): Promise<Received> {
  const response = await fetch(url, init);
  const bytes = Buffer.from(await response.arrayBuffer());
  const code = response.status >= 400 ? /<Code>(\w+)<\/Code>/.exec(bytes.toString('utf8'))?.[1] : undefined;
  return { status: response.status, bytes, code };
}

const urlOf = (lease: Leased, path: string): string => {
  const url = lease.files.find((file) => file.path === path)?.url;
  if (!url) throw new Error(`${path} is not in the lease.`);
  return url;
};

interface Served {
  readonly servedBytes: number;
  readonly requests: number;
  readonly refusedRequests: number;
  readonly unexplainedBytes: number;
}

async function usage(grant = grantId, party = buyer): Promise<Served> {
  const data = await market.must(
    'query($filter: UsageFilter) { usage(filter: $filter) { servedBytes requests refusedRequests unexplainedBytes } }',
    { filter: { grantId: grant } },
    party.apiKey,
  );
  return data.usage;
}

const logs = (): ObjectStore => market.api.get<ObjectStore>(LOG_STORE, { strict: false });

/** Until every object of the store's log has been counted. */
async function everythingCounted(): Promise<void> {
  await market.store.deliverAccessLog();
  const keys: string[] = [];
  for await (const { key } of logs().list('')) keys.push(key);
  await market.eventually(async () => {
    const [row] = await market.api
      .get(Database)
      .query<{ count: number }>(systemContext('test'), 'select count(*) from log_objects where key = any($1)', [keys]);
    return row?.count === keys.length;
  }, 'counting the access log');
}

/** Usage once it has come to at least so many requests and bytes, and nothing waits to be counted. */
async function usageAfter(least: { requests?: number; bytes?: number }, grant = grantId): Promise<Served> {
  await market.eventually(
    async () => {
      await everythingCounted();
      const now = await usage(grant);
      return now.requests >= (least.requests ?? 0) && now.servedBytes >= (least.bytes ?? 0);
    },
    `usage of ${JSON.stringify(least)}`,
  );
  await everythingCounted();
  return usage(grant);
}

const pull = (set: PublishedSet, folder: string, party = buyer) =>
  market.cli(['pull', set.slug, '--to', folder, '--json'], party);

async function partSizes(folder: string): Promise<number[]> {
  const parts = join(folder, '.bodega', 'parts');
  const names = await readdir(parts).catch(() => []);
  return Promise.all(
    names
      .filter((name) => name.endsWith('.part'))
      .map(async (name) => (await stat(join(parts, name)).catch(() => ({ size: 0 }))).size),
  );
}

describe('usage equals what was received', () => {
  it('over a whole pull', async () => {
    const { code, json } = await pull(light, join(market.folder, 'whole'));

    expect(code).toBe(0);
    expect(json).toMatchObject({ bytes: lightBytes, receivedBytes: lightBytes });
    expect(await usageAfter({ bytes: lightBytes })).toMatchObject({ servedBytes: lightBytes, unexplainedBytes: 0 });
  });

  it('over a pull that the store cuts until it gives up, and its second run', async () => {
    const folder = join(market.folder, 'cut');
    cut = { path: VIDEO, afterBytes: [1_234_567] };

    const first = await pull(light, folder);
    cut = null;
    const kept = (await partSizes(folder)).reduce((sum, size) => sum + size, 0);
    const second = await pull(light, folder);

    expect([first.code, second.code]).toEqual([1, 0]);
    expect(kept).toBe(1_234_567);
    expect(second.json.receivedBytes).toBeLessThan(lightBytes);
    expect((await market.cli(['verify', folder, '--json'])).code).toBe(0);
    const counted = await usageAfter({ bytes: lightBytes });
    expect(counted).toMatchObject({ servedBytes: lightBytes, unexplainedBytes: 0 });
  });

  it('over a pull killed in the middle of a large file and run again: never less, and at most the open pieces more', async () => {
    const folder = join(market.folder, 'killed');
    const { grantId: heavyGrant } = await orderOf(market, buyer, offers.heavy);
    const total = await bytesOf(heavy);
    const env = { ...process.env, BODEGA_ENDPOINT: market.url, BODEGA_API_KEY: buyer.apiKey, HOME: market.folder };
    const child = spawn(process.execPath, [BIN, 'pull', heavy.slug, '--to', folder, '--json'], {
      env,
      stdio: 'ignore',
    });
    const ended = new Promise<NodeJS.Signals | null>((resolve) => child.once('exit', (_, signal) => resolve(signal)));
    for (let hasBegun = false; !hasBegun && child.exitCode === null;) {
      hasBegun = (await partSizes(folder)).some((size) => size > 8 << 20);
      if (!hasBegun) await new Promise((resolve) => setTimeout(resolve, 2));
    }

    child.kill('SIGKILL');

    expect(await ended).toBe('SIGKILL');
    const before = await usageAfter({ requests: 1 }, heavyGrant);
    const again = await pull(heavy, folder);
    expect(again.code).toBe(0);
    expect(again.json.receivedBytes).toBeGreaterThan(0);
    const { servedBytes } = await usageAfter({ bytes: before.servedBytes + again.json.receivedBytes }, heavyGrant);
    expect(servedBytes).toBe(before.servedBytes + again.json.receivedBytes);
    expect(servedBytes).toBeGreaterThanOrEqual(total);
    expect(servedBytes).toBeLessThanOrEqual(total + REFETCHED_MAX);
  });

  it('over ranges, pinned ranges and a URL used again', async () => {
    const lease = await leaseOf(market, buyer, grantId, { paths: [VIDEO, INFO] });
    const pinned = await leaseOf(market, buyer, grantId, { ranges: [{ path: VIDEO, firstByte: 100, lastByte: 299 }] });
    const video = urlOf(lease, VIDEO);
    const info = urlOf(lease, INFO);

    const answers = [
      await request(video, { headers: { range: 'bytes=0-999' } }),
      await request(video, { headers: { range: 'bytes=-7' } }),
      await request(video, { headers: { range: 'bytes=999-' } }),
      await request(urlOf(pinned, VIDEO), { headers: { range: 'bytes=100-299' } }),
      await request(info),
      await request(info),
      await request(info, { headers: { 'if-none-match': '*' } }),
    ];

    expect(answers.map(({ status }) => status)).toEqual([206, 206, 206, 206, 200, 200, 304]);
    const received = answers.reduce((sum, { bytes }) => sum + bytes.length, 0);
    const counted = await usageAfter({ requests: answers.length });
    expect(counted).toMatchObject({ servedBytes: received, requests: answers.length, refusedRequests: 0 });
  });

  it('when the log comes a second time, under other names and backwards', async () => {
    const lease = await leaseOf(market, buyer, grantId, { paths: [INFO] });
    for (let i = 0; i < 3; i++) await request(urlOf(lease, INFO));
    const before = await usageAfter({ requests: 3 });
    const allBefore = await market.must('{ usage { servedBytes requests } }', {}, operator.apiKey);
    const keys: string[] = [];
    for await (const { key } of logs().list('')) keys.push(key);
    const lines: string[] = [];

    for (const key of keys) {
      await logs().copy(key, `${key.slice(0, -16)}${randomBytes(8).toString('hex').toUpperCase()}`);
      for await (const chunk of await logs().get(key)) lines.push(...String(chunk).split('\n').filter(Boolean));
    }
    const newest = keys.at(-1) ?? '';
    await logs().put(`${newest.slice(0, -16)}FFFFFFFFFFFFFFFF`, `${lines.reverse().join('\n')}\n`);
    await everythingCounted();

    expect(await usage()).toEqual(before);
    expect(await market.must('{ usage { servedBytes requests } }', {}, operator.apiKey)).toEqual(allBefore);
    expect(lines.length).toBeGreaterThan(10);
  });
});

describe('a signed URL opens one object, one way, for a while', () => {
  it('and nothing once a letter of it is changed', async () => {
    const lease = await leaseOf(market, buyer, grantId, { paths: [INFO, VIDEO] });
    const other = await leaseOf(market, buyer, grantId, { paths: [INFO] });
    const pinned = await leaseOf(market, buyer, grantId, { ranges: [{ path: INFO, firstByte: 0, lastByte: 9 }] });
    const url = urlOf(lease, INFO);
    const pinnedUrl = urlOf(pinned, INFO);
    const signature = new URL(url).searchParams.get('X-Amz-Signature') ?? '';
    const flipped = `${signature.startsWith('0') ? '1' : '0'}${signature.slice(1)}`;
    const attempts: readonly (readonly [string, string, RequestInit?])[] = [
      ['another file of the same version', url.replace(INFO, VIDEO)],
      ['another dataset', url.replace(light.datasetId, heavy.datasetId).replace(light.versionId, heavy.versionId)],
      ['a folder', url.replace(INFO, '')],
      ['the bucket', url.replace(/\/bodega\/[^?]*/, '/bodega/')],
      ['the log bucket', url.replace('/bodega/', '/bodega-logs/')],
      ['a longer life', url.replace(/X-Amz-Expires=\d+/, 'X-Amz-Expires=604800')],
      ['a later birth', url.replace(/X-Amz-Date=\d{8}/, 'X-Amz-Date=20990101')],
      ['another lease of one’s own', url.replace(lease.leaseId, other.leaseId)],
      ['a lease that never was', url.replace(lease.leaseId, newId('Lease'))],
      ['no lease', url.replace(/&x-bodega-lease=[^&]+/, '')],
      ['two leases', `${url}&x-bodega-lease=${other.leaseId}`],
      ['one more parameter', `${url}&response-content-type=text%2Fhtml`],
      ['shown instead of saved', url.replace('attachment', 'inline')],
      ['another signature', url.replace(signature, flipped)],
      ['half a signature', url.replace(signature, signature.slice(0, 32))],
      ['no signature', url.slice(0, url.indexOf('?'))],
      ['a wider range', pinnedUrl, { headers: { range: 'bytes=0-10' } }],
      ['no range', pinnedUrl],
      ['PUT', url, { method: 'PUT', body: 'other bytes' }],
      ['POST', url, { method: 'POST' }],
      ['DELETE', url, { method: 'DELETE' }],
      ['HEAD', url, { method: 'HEAD' }],
    ];

    const outcomes: [string, number][] = [];
    for (const [what, attempt, init] of attempts) {
      expect([what, attempt === url && init === undefined]).toEqual([what, false]);
      const { status, bytes, code } = await request(attempt, init);
      outcomes.push([what, status]);
      expect(bytes.includes('total_episodes')).toBe(false);
      if (init?.method !== 'HEAD')
        expect([
          'AccessDenied',
          'SignatureDoesNotMatch',
          'AuthorizationQueryParametersError',
          'InvalidArgument',
        ]).toContain(code);
    }

    expect(outcomes.filter(([, status]) => status !== 403 && status !== 400)).toEqual([]);
    expect(await usageAfter({ requests: 1 })).toMatchObject({ servedBytes: 0 });
    expect((await request(url)).bytes.includes('total_episodes')).toBe(true);
  });

  it('and dies after five minutes by the clock of market and store', async () => {
    const url = urlOf(await leaseOf(market, buyer, grantId, { paths: [INFO] }), INFO);

    market.clock.advance(290);
    const inTime = await request(url);
    market.clock.advance(10);
    const late = await request(url);

    expect([inTime.status, late.status, late.code]).toEqual([200, 403, 'AccessDenied']);
    expect(await usageAfter({ requests: 2 })).toMatchObject({
      servedBytes: inTime.bytes.length,
      requests: 2,
      refusedRequests: 1,
    });
  });
});

describe('a right that ended', () => {
  /** Nothing is minted by the API, nothing pulled by the command line, no lease is left behind. */
  async function mintsNothing(code: string, party = buyer, grant = grantId): Promise<void> {
    const leases = async (): Promise<unknown> =>
      market.api
        .get(Database)
        .query(systemContext('test'), 'select id from leases where grant_id = $1 order by id', [grant]);
    const before = await leases();

    const { data, errors } = await market.ask(CREATE_LEASE, { input: { grantId: grant } }, party.apiKey);
    const folder = join(market.folder, newId('Request'));
    const pulled = await pull(light, folder, party);

    expect(data).toBeNull();
    expect(errors[0]?.extensions.code).toBe(code);
    expect(pulled.code).toBe(1);
    expect(pulled.stderr).not.toBe('');
    expect((await readdir(folder).catch(() => [])).filter((name) => name !== '.bodega')).toEqual([]);
    expect(await leases()).toEqual(before);
    await rm(folder, { recursive: true, force: true });
  }

  const act = (field: string, type: string, input: object, party: Party): Promise<unknown> =>
    market.must(`mutation($input: ${type}!) { ${field}(input: $input) { __typename } }`, { input }, party.apiKey);

  it('was never a stranger’s', async () => {
    const stranger = await market.party({ isBuyer: true });

    await mintsNothing('REQUEST_NOT_FOUND', stranger);
  });

  it('by revocation mints nothing from that moment, and its last URL is dead within five minutes', async () => {
    const url = urlOf(await leaseOf(market, buyer, grantId, { paths: [INFO] }), INFO);

    await act('revokeGrant', 'RevokeGrantInput', { grantId, reason: REASON }, provider);

    await mintsNothing('LICENSING_GRANT_NOT_ACTIVE');
    market.clock.advance(301);
    expect(await request(url)).toMatchObject({ status: 403, code: 'AccessDenied' });
    expect(await usageAfter({ requests: 1 })).toMatchObject({ servedBytes: 0, refusedRequests: 1 });
  });

  it('by revocation in the middle of a download gives its last byte within five minutes, however slowly it is read', async () => {
    const { grantId: heavyGrant } = await orderOf(market, buyer, offers.heavy);
    const lease = await leaseOf(market, buyer, heavyGrant, { paths: ['robot/scan.bin'] });
    const reader = await openReader(urlOf(lease, 'robot/scan.bin'));
    await reader.next();

    await act('revokeGrant', 'RevokeGrantInput', { grantId: heavyGrant, reason: REASON }, provider);
    const { errors } = await market.ask(CREATE_LEASE, { input: { grantId: heavyGrant } }, buyer.apiKey);
    await reader.next();
    market.clock.advance(301);
    await reader.rest();

    expect(errors[0]?.extensions.code).toBe('LICENSING_GRANT_NOT_ACTIVE');
    expect(reader.answer.complete).toBe(false);
    const { servedBytes } = await usageAfter({ bytes: reader.bytes }, heavyGrant);
    expect(servedBytes).toBeGreaterThanOrEqual(reader.bytes);
    expect(servedBytes).toBeLessThan(HEAVY_BYTES);
  });

  it('by suspension mints nothing until it is resumed', async () => {
    await act('suspendGrant', 'SuspendGrantInput', { grantId, reason: REASON }, operator);

    await mintsNothing('LICENSING_GRANT_NOT_ACTIVE');

    await act('resumeGrant', 'ResumeGrantInput', { grantId }, operator);
    expect((await leaseOf(market, buyer, grantId, { paths: [INFO] })).files).toHaveLength(1);
  });

  it('by suspension of the dataset mints nothing until the operator lifts it', async () => {
    await act('suspendDataset', 'DatasetReasonInput', { slug: light.slug, reason: REASON }, operator);

    await mintsNothing('LICENSING_GRANT_NOT_ACTIVE');

    await act('approveDataset', 'ApproveDatasetInput', { slug: light.slug }, operator);
    expect((await leaseOf(market, buyer, grantId, { paths: [INFO] })).files).toHaveLength(1);
  });

  it('by time mints nothing, and its URLs never outlive it', async () => {
    const tester = await market.party({ isBuyer: true });
    const { grantId: evaluation } = await orderOf(market, tester, offers.evaluation);

    market.clock.advance(30 * DAY_S - 60);
    const url = urlOf(await leaseOf(market, tester, evaluation, { paths: [INFO] }), INFO);
    expect((await request(url)).status).toBe(200);
    market.clock.advance(61);

    expect(await request(url)).toMatchObject({ status: 403, code: 'AccessDenied' });
    await mintsNothing('LICENSING_GRANT_NOT_ACTIVE', tester, evaluation);
  });
});

describe('signatures', () => {
  it('are kept in no log and no table', async () => {
    const url = urlOf(await leaseOf(market, buyer, grantId, { paths: [INFO] }), INFO);
    const signature = new URL(url).searchParams.get('X-Amz-Signature') ?? '';
    await request(url);
    await request(url.replace('attachment', 'inline'));
    await usageAfter({ requests: 1 });
    await request(`${market.url}/no/such/page?X-Amz-Signature=${signature}`);
    await request(`${market.url}/graphql?X-Amz-Signature=${signature}`, { method: 'POST', body: 'no operation' });

    const logged: string[] = [];
    for await (const { key } of logs().list(''))
      for await (const chunk of await logs().get(key)) logged.push(String(chunk));
    const tables = await market.api.get(Database).query<{ name: string }>(
      systemContext('test'),
      `select relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
          where n.nspname = 'public' and c.relkind in ('r', 'p') and not c.relispartition`,
    );
    const found: string[] = [];
    for (const { name } of tables) {
      const rows = await market.api
        .get(Database)
        .query(systemContext('test'), `select 1 from "${name}" t where to_jsonb(t)::text ~ $1 limit 1`, [
          `${signature}|X-Amz-Signature=[0-9a-f]{64}`,
        ]);
      if (rows.length > 0) found.push(name);
    }

    expect(signature).toMatch(/^[0-9a-f]{64}$/);
    expect(logged.join('')).toContain('X-Amz-Signature=REDACTED');
    expect(logged.join('')).not.toMatch(/X-Amz-Signature=[0-9a-f]{8}/);
    expect(written.join('')).not.toMatch(/X-Amz-Signature=[0-9a-f]{8}/);
    expect(written.join('')).not.toContain(signature);
    expect(found).toEqual([]);
  });
});
