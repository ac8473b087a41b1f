import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { LOOK_BACK_MS } from '@app/delivery';
import type { LeasedFile } from '@app/delivery';
import { newId } from '@app/kernel';
import { TestMarket } from './market.factory.js';
import type { Listing, Party } from './market.factory.js';

let market: TestMarket;
let provider: Party;
let buyer: Party;
let stranger: Party;
let admin: Party;
let listing: Listing;
let grantId: string;

const FILES = {
  'meta/info.json': Buffer.from('{"fps":30}'),
  'data/chunk-000/episode_000000.parquet': randomBytes(300_000),
  'videos/正面 #1?.mp4': randomBytes(2_000_000),
  'zero.bin': Buffer.alloc(0),
};

beforeAll(async () => {
  market = await TestMarket.open();
  provider = await market.party({ isProvider: true });
  buyer = await market.party({ isBuyer: true });
  stranger = await market.party({ isBuyer: true, isProvider: true });
  admin = await market.party({ isAdmin: true });
}, 120_000);

afterAll(async () => {
  await market.close();
});

let listed = 0;

beforeEach(async () => {
  await market.settleAll();
  await market.database.query(market.system, 'truncate usage_events, usage_hourly, unexplained_requests');
  listing = await market.list(provider, `set-${++listed}`, FILES);
  grantId = await market.grant(provider, listing, buyer);
});

async function leaseFiles(input: Record<string, unknown> = {}): Promise<Map<string, LeasedFile>> {
  const { files } = await market.leases.create(buyer.ctx, { grantId, ...input });
  return new Map(files.map((file) => [file.path, file]));
}

async function leaseOne(path: keyof typeof FILES): Promise<string> {
  return (await leaseFiles({ paths: [path] })).get(path)?.url ?? '';
}

const served = async (): Promise<number> => (await market.report(buyer, { grantId })).servedBytes;

describe('a lease', () => {
  it('opens every file of the version, byte for byte, as an attachment', async () => {
    const { lease, files, hasNextPage } = await market.leases.create(buyer.ctx, { grantId });

    expect(files.map((file) => file.path)).toEqual(Object.keys(FILES).sort());
    expect(hasNextPage).toBe(false);
    expect(lease.bytes).toBe(2_300_010);
    for (const file of files) {
      const { status, body } = await market.request(file.url);
      expect(status).toBe(200);
      expect(body.length).toBe(file.sizeBytes);
      expect(createHash('sha256').update(body).digest('hex')).toBe(file.sha256);
      expect(file.url).toContain(`x-bodega-lease=${lease.id}`);
    }
  });

  it('pages in order of paths, each page a lease of its own', async () => {
    const paths: string[] = [];
    const leases = new Set<string>();
    for (let after: string | null = null; ;) {
      const page = await market.leases.create(buyer.ctx, { grantId, first: 3, after });
      paths.push(...page.files.map((file) => file.path));
      leases.add(page.lease.id);
      if (!page.hasNextPage) break;
      after = page.endCursor;
    }

    expect(paths).toEqual(Object.keys(FILES).sort());
    expect(leases.size).toBe(2);
  });

  it('holds only the files that were asked for, and names what the version does not hold', async () => {
    expect([...(await leaseFiles({ paths: ['zero.bin', 'meta/info.json'] })).keys()]).toEqual([
      'meta/info.json',
      'zero.bin',
    ]);

    const wrong = market.leases.create(buyer.ctx, { grantId, paths: ['zero.bin', 'secret.txt', '../x'] });

    await expect(wrong).rejects.toMatchObject({
      code: 'DELIVERY_FILE_NOT_IN_GRANT',
      details: { paths: ['../x', 'secret.txt'] },
    });
  });

  it('pins a range: this one, no wider, no other, none', async () => {
    const path = 'data/chunk-000/episode_000000.parquet';
    const { lease, files } = await market.leases.create(buyer.ctx, {
      grantId,
      ranges: [{ path, firstByte: 10, lastByte: 109 }],
    });
    const { url, range } = files[0] ?? { url: '', range: null };

    expect({ range, bytes: lease.bytes }).toEqual({ range: 'bytes=10-109', bytes: 100 });
    const exact = await market.request(url, { range: 'bytes=10-109' });
    expect([exact.status, exact.body.equals(FILES[path].subarray(10, 110))]).toEqual([206, true]);
    for (const other of ['bytes=10-110', 'bytes=0-109', undefined]) {
      expect((await market.request(url, other === undefined ? {} : { range: other })).status).toBe(403);
    }
  });

  it('is refused for a range outside of the file', async () => {
    const ranges = [{ path: 'meta/info.json', firstByte: 10, lastByte: 20 }];

    await expect(market.leases.create(buyer.ctx, { grantId, ranges })).rejects.toMatchObject({
      code: 'DELIVERY_RANGE_OUTSIDE_FILE',
    });
  });

  it('leaves its row and its audit leaf, or neither', async () => {
    const { lease } = await market.leases.create(buyer.ctx, { grantId });
    const count = async (): Promise<number[]> => {
      const rows = await market.database.query<{ leases: number; leaves: number }>(
        market.system,
        `select (select count(*) from leases where grant_id = $1) as leases,
           (select count(*) from audit_pending where action = 'lease.created' and grant_id = $1) as leaves`,
        [grantId],
      );
      return [rows[0]?.leases ?? -1, rows[0]?.leaves ?? -1];
    };

    const rows = await market.database.query(
      market.system,
      'select files, bytes, organization_id from leases where id = $1',
      [lease.id],
    );
    expect(rows).toEqual([{ files: 4, bytes: 2_300_010, organization_id: buyer.organizationId }]);
    expect(await count()).toEqual([1, 1]);
    await expect(market.leases.create(buyer.ctx, { grantId, paths: ['nothing'] })).rejects.toThrow();
    expect(await count()).toEqual([1, 1]);
  });
});

describe('usage equals what the client received', () => {
  it('over full downloads', async () => {
    let received = 0;
    for (const file of (await leaseFiles()).values()) received += (await market.request(file.url)).body.length;
    await market.settle(4);

    const report = await market.report(buyer, { grantId });

    expect(report).toMatchObject({
      servedBytes: received,
      issuedBytes: 2_300_010,
      requests: 4,
      refusedRequests: 0,
      unexplainedBytes: 0,
    });
    expect(report.lastEventAt).not.toBeNull();
  });

  it('over a cut connection and its resumption', async () => {
    const path = 'videos/正面 #1?.mp4';
    const url = await leaseOne(path);
    market.cutNextAfter = 777_777;

    const first = await market.request(url);
    const rest = await market.request(url, { range: `bytes=${first.body.length}-` });
    await market.settle(2);

    expect([first.isCut, first.body.length, rest.status]).toEqual([true, 777_777, 206]);
    expect(Buffer.concat([first.body, rest.body]).equals(FILES[path])).toBe(true);
    expect(await served()).toBe(FILES[path].length);
    const outcomes = await market.database.query<{ outcome: string }>(
      market.system,
      'select outcome from usage_events order by 1',
    );
    expect(outcomes.map((row) => row.outcome)).toEqual(['CUT', 'RANGED']);
  });

  it('over ranges, replays, a HEAD that a GET URL refuses, and a URL that was tampered with', async () => {
    const path = 'data/chunk-000/episode_000000.parquet';
    const url = await leaseOne(path);
    let received = 0;

    for (const range of ['bytes=0-0', 'bytes=100-199', 'bytes=-50', 'bytes=299999-400000']) {
      received += (await market.request(url, { range })).body.length;
    }
    for (let i = 0; i < 2; i++) received += (await market.request(url)).body.length;
    const head = await market.request(url, { method: 'HEAD' });
    const tampered = await market.request(url.replace('episode_000000', 'episode_000001'));
    const unsatisfiable = await market.request(url, { range: 'bytes=300000-' });
    await market.settle(9);

    expect([head.status, tampered.status, unsatisfiable.status]).toEqual([403, 403, 416]);
    expect(received).toBe(1 + 100 + 50 + 1 + 2 * 300_000);
    expect(await market.report(buyer, { grantId })).toMatchObject({
      servedBytes: received,
      requests: 9,
      refusedRequests: 3,
    });
  });

  it('never less than it, when the client hangs up', async () => {
    const big = await market.list(provider, `big-${listed}`, { 'big.bin': randomBytes(24_000_000) });
    const bigGrant = await market.grant(provider, big, buyer);
    const { files } = await market.leases.create(buyer.ctx, { grantId: bigGrant });

    const { body } = await market.request(files[0]?.url ?? '', { hangUpAfter: 100_000 });
    await market.settle(1);

    // The store counts what it handed to the kernel: socket buffers may hold more than ever arrived, never the whole file.
    const { servedBytes } = await market.report(buyer, { grantId: bigGrant });
    expect(servedBytes).toBeGreaterThanOrEqual(body.length);
    expect(servedBytes).toBeLessThan(24_000_000);
  });

  it('whatever becomes of the log: twice, out of order, cut differently, late', async () => {
    const url = await leaseOne('data/chunk-000/episode_000000.parquet');
    for (let i = 0; i < 5; i++) await market.request(url, { range: `bytes=${i * 1000}-${i * 2000}` });
    await market.settle(5);
    const before = await market.report(buyer, { grantId });
    const lines: string[] = [];
    for await (const object of market.logs.list('')) {
      for await (const chunk of await market.logs.get(object.key))
        lines.push(...String(chunk).split('\n').filter(Boolean));
    }
    const stamp = (secondsAgo: number): string =>
      new Date(market.clock.now().getTime() - secondsAgo * 1000).toISOString().slice(0, 19).replace(/[T:]/g, '-');

    await market.logs.put(`${stamp(0)}-FFFFFFFFFFFFFFFF`, lines.toReversed().join('\n'));
    await market.logs.put(`${stamp(600)}-0000000000000001`, `${lines.slice(2).join('\r\n')}\r\n`);
    await market.logs.put(`${stamp(300)}-0000000000000002`, lines.slice(0, 3).join('\n'));
    const reading = await market.reader.readNew(market.system, LOOK_BACK_MS);

    expect(reading.objects).toBeGreaterThanOrEqual(3);
    expect(await market.report(buyer, { grantId })).toEqual(before);
    expect((await market.reader.readNew(market.system, LOOK_BACK_MS)).objects).toBe(0);
  });

  it('when several readers read the same log at once', async () => {
    const url = await leaseOne('data/chunk-000/episode_000000.parquet');
    for (let i = 0; i < 6; i++) await market.request(url, { range: 'bytes=0-999' });

    await Promise.all(Array.from({ length: 4 }, () => market.settle(6)));

    expect(await market.report(buyer, { grantId })).toMatchObject({ servedBytes: 6000, requests: 6 });
  });

  it('when the reader is cut off in the middle', async () => {
    const url = await leaseOne('data/chunk-000/episode_000000.parquet');
    for (let i = 0; i < 3; i++) await market.request(url, { range: 'bytes=0-999' });
    let release = (): void => undefined;
    const isHeld = new Promise<void>((resolve) => (release = resolve));
    const blocker = market.database.transaction(market.system, async (tx) => {
      await market.database.query(tx, 'lock table usage_hourly in access exclusive mode');
      await isHeld;
    });

    const reading = market.settle(3).then(
      () => 'read',
      (error: { code: string }) => error.code,
    );
    const pid = await market.someoneWaits();
    await market.database.query(market.system, 'select pg_terminate_backend($1)', [pid]);
    const outcome = await reading;
    release();
    await blocker;

    expect(outcome).toBe('DATABASE_UNAVAILABLE');
    await market.settle(3);
    expect(await market.report(buyer, { grantId })).toMatchObject({ servedBytes: 3000, requests: 3 });
  });

  it('and requests with a hostile lease parameter do not hold up the others', async () => {
    const url = await leaseOne('meta/info.json');
    const bare = url.slice(0, url.indexOf('?'));
    for (const text of ['%00', '%ff', "'%20or%201=1", 'x'.repeat(5000), `lse_${'z'.repeat(26)}`]) {
      expect([400, 403]).toContain((await market.request(`${bare}?x-bodega-lease=${text}`)).status);
    }
    await market.request(url);
    await market.settle(1);

    expect(await market.report(buyer, { grantId })).toMatchObject({ servedBytes: 10, requests: 1 });
  });

  it('and hostile lines beside the true ones change nothing', async () => {
    const url = await leaseOne('meta/info.json');
    await market.request(url);
    await market.settle(1);
    const key = `${new Date(market.clock.now().getTime()).toISOString().slice(0, 19).replace(/[T:]/g, '-')}-AAAAAAAAAAAAAAAA`;
    const hostile = [
      Buffer.alloc(200_000, '"'),
      Buffer.from('\n\0\xff no line at all\n', 'latin1'),
      Buffer.from('a b [c] d'),
    ];

    await market.logs.put(key, Buffer.concat(hostile));
    await market.reader.readNew(market.system, LOOK_BACK_MS);

    expect(await served()).toBe(10);
    const rows = await market.database.query(
      market.system,
      'select lines, malformed_lines from log_objects where key = $1',
      [key],
    );
    expect(rows).toEqual([{ lines: 3, malformed_lines: 3 }]);
  });
});

describe('no byte without a right', () => {
  it('dies within five minutes, by the clock of the store', async () => {
    const url = await leaseOne('meta/info.json');

    // Ten seconds before: a signature counts from the whole second, and the clock of the test runs on.
    market.clock.advance(290);
    const inTime = await market.request(url);
    market.clock.advance(10);
    const late = await market.request(url);

    expect([inTime.status, late.status]).toEqual([200, 403]);
    expect(late.body.includes('fps')).toBe(false);
  });

  it('mints nothing once revoked, and nothing while suspended', async () => {
    await market.grants.suspendGrant(provider.ctx, { grantId, reason: 'a look at the usage' });
    await expect(market.leases.create(buyer.ctx, { grantId })).rejects.toMatchObject({
      code: 'LICENSING_GRANT_NOT_ACTIVE',
    });
    await market.grants.resumeGrant(provider.ctx, { grantId });
    await market.leases.create(buyer.ctx, { grantId });

    await market.grants.revokeGrant(provider.ctx, { grantId, reason: 'the licence was broken' });

    await expect(market.leases.create(buyer.ctx, { grantId })).rejects.toMatchObject({
      code: 'LICENSING_GRANT_NOT_ACTIVE',
    });
  });

  it('mints nothing after a revocation that committed, whatever runs beside it', async () => {
    const revocation = market.grants.revokeGrant(provider.ctx, { grantId, reason: 'the licence was broken' });
    const mints = await Promise.allSettled(
      Array.from({ length: 20 }, () => market.leases.create(buyer.ctx, { grantId })),
    );
    await revocation;

    const later = await Promise.allSettled(
      Array.from({ length: 5 }, () => market.leases.create(buyer.ctx, { grantId })),
    );

    const minted = mints.filter((result) => result.status === 'fulfilled').length;
    const rows = await market.database.query<{ n: number }>(
      market.system,
      'select count(*) as n from leases where grant_id = $1',
      [grantId],
    );
    expect(rows[0]?.n).toBe(minted);
    expect(later.every((result) => result.status === 'rejected')).toBe(true);
  });

  it('waits for an open revocation instead of minting past it', async () => {
    let release = (): void => undefined;
    const isHeld = new Promise<void>((resolve) => (release = resolve));
    let locked = (): void => undefined;
    const isLocked = new Promise<void>((resolve) => (locked = resolve));
    const revocation = market.database.transaction(provider.ctx, async (tx) => {
      await market.grants.revokeGrant(tx, { grantId, reason: 'the licence was broken' });
      locked();
      await isHeld;
    });
    await isLocked;

    const mint = market.leases.create(buyer.ctx, { grantId }).then(
      () => 'minted',
      (error: { code: string }) => error.code,
    );
    await market.someoneWaits();
    release();

    await revocation;
    expect(await mint).toBe('LICENSING_GRANT_NOT_ACTIVE');
  });

  it('gives nothing to a tampered, extended, foreign or stripped URL', async () => {
    const url = await leaseOne('meta/info.json');
    const other = await market.list(provider, `other-${listed}`, { 'meta/info.json': Buffer.from('{"fps":60}') });
    const attempts = [
      url.replace('X-Amz-Expires=300', 'X-Amz-Expires=604800'),
      url.replace(listing.datasetId, other.datasetId).replace(listing.versionId, other.versionId),
      url.replace(/&x-bodega-lease=[^&]+/, ''),
      url.replace(/x-bodega-lease=[^&]+/, `x-bodega-lease=${newId('Lease')}`),
      url.replace(/X-Amz-Signature=../, 'X-Amz-Signature=00'),
      url.slice(0, url.indexOf('?')),
    ];

    for (const attempt of attempts) {
      const { status, body } = await market.request(attempt);
      expect(status).toBe(403);
      expect(body.includes('fps')).toBe(false);
    }
    await market.settleAll();
    expect(await served()).toBe(0);
  });

  it.each(['stranger', 'provider', 'admin'] as const)('shows a %s no way to mint under the grant', async (who) => {
    const party = { stranger, provider, admin }[who];

    await expect(market.leases.create(party.ctx, { grantId })).rejects.toMatchObject({
      code: who === 'stranger' ? 'REQUEST_NOT_FOUND' : 'REQUEST_FORBIDDEN',
    });
  });

  it('refuses an API key without the right to read data', async () => {
    const actor =
      buyer.ctx.actor.kind === 'user'
        ? { ...buyer.ctx.actor, scopes: new Set(['catalog:read'] as const) }
        : buyer.ctx.actor;

    await expect(market.leases.create({ ...buyer.ctx, actor }, { grantId })).rejects.toMatchObject({
      code: 'REQUEST_FORBIDDEN',
    });
  });
});

describe('who sees which usage', () => {
  beforeEach(async () => {
    await market.request(await leaseOne('meta/info.json'));
    await market.settle(1);
  });

  it('buyer, provider and admin see the same bytes', async () => {
    for (const party of [buyer, provider, admin]) {
      expect(await market.report(party, { grantId })).toMatchObject({ servedBytes: 10, issuedBytes: 10, requests: 1 });
      expect(await market.report(party, { datasetSlug: listing.slug })).toMatchObject({ servedBytes: 10 });
    }
  });

  it('another organization cannot ask for the grant, and sees nothing of the dataset', async () => {
    await expect(market.report(stranger, { grantId })).rejects.toMatchObject({ code: 'REQUEST_NOT_FOUND' });
    await expect(market.report(stranger, { datasetSlug: 'no/such-set' })).rejects.toMatchObject({
      code: 'REQUEST_NOT_FOUND',
    });
    for (const filter of [{}, { datasetSlug: listing.slug }]) {
      const report = await market.report(stranger, filter, { groupBy: 'GRANT' });
      expect(report).toMatchObject({
        servedBytes: 0,
        issuedBytes: 0,
        requests: 0,
        unexplainedBytes: 0,
        lastEventAt: null,
      });
      expect(report.series.items).toEqual([]);
    }
    await expect(
      market.reports.report(
        { requestId: 'r', actor: { kind: 'anonymous' } },
        { filter: {}, groupBy: 'DAY', timeZone: 'UTC' },
      ),
    ).rejects.toMatchObject({
      code: 'REQUEST_UNAUTHENTICATED',
    });
  });

  it('a buyer still sees what it took of a set that has left the shelf; a stranger does not see the set', async () => {
    await market.database.query(market.system, `update datasets set status = 'withdrawn' where id = $1`, [
      listing.datasetId,
    ]);

    expect(await market.report(buyer, { datasetSlug: listing.slug })).toMatchObject({ servedBytes: 10 });
    await expect(market.report(stranger, { datasetSlug: listing.slug })).rejects.toMatchObject({
      code: 'REQUEST_NOT_FOUND',
    });
  });

  it('names the points of a series, issued beside served', async () => {
    const point = async (groupBy: 'DATASET' | 'GRANT' | 'ORGANIZATION'): Promise<unknown> => {
      const { items } = (await market.report(provider, { grantId }, { groupBy })).series;
      return items.map(({ key, label, issuedBytes, servedBytes }) => [key, label, issuedBytes, servedBytes]);
    };

    expect(await point('DATASET')).toEqual([[listing.datasetId, listing.slug, 10, 10]]);
    expect(await point('GRANT')).toEqual([[grantId, grantId, 10, 10]]);
    expect(await point('ORGANIZATION')).toEqual([[buyer.organizationId, buyer.slug, 10, 10]]);
  });

  it('refuses a time zone or a span that makes no sense', async () => {
    const at = new Date('2026-11-20T00:00:00Z');

    await expect(market.report(buyer, {}, { timeZone: '+08:00' })).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
    await expect(market.report(buyer, { from: at, to: at })).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
  });
});

describe('what no right explains', () => {
  const keyOf = (path: string): string => `datasets/${listing.datasetId}/${listing.versionId}/${path}`;
  const signed = (lease: string | null, path = 'meta/info.json'): string =>
    market.objects.presignGet(keyOf(path), {
      expiresS: 60,
      now: market.clock.now(),
      query: lease === null ? {} : { 'x-bodega-lease': lease },
    });

  it('is kept and shown, whether the lease is missing, made up, or of another set', async () => {
    const other = await market.list(provider, `stray-${listed}`, { 'a.bin': randomBytes(40) });
    const otherLease = await market.leases.create(buyer.ctx, { grantId: await market.grant(provider, other, buyer) });

    for (const url of [signed(null), signed(newId('Lease')), signed(otherLease.lease.id)]) {
      expect((await market.request(url)).status).toBe(200);
    }
    await market.settleAll();

    const reasons = await market.database.query<{ reason: string }>(
      market.system,
      'select reason from unexplained_requests order by 1',
    );
    expect(reasons.map((row) => row.reason)).toEqual(['NO_LEASE', 'UNKNOWN_LEASE', 'WRONG_OBJECT']);
    expect(await market.report(admin, { datasetSlug: listing.slug })).toMatchObject({
      servedBytes: 0,
      unexplainedBytes: 30,
    });
    expect((await market.report(provider)).unexplainedBytes).toBe(30);
    expect((await market.report(buyer)).unexplainedBytes).toBe(10);
    expect((await market.report(stranger)).unexplainedBytes).toBe(0);
  });

  it('leaves the reads of the market itself apart', async () => {
    const stream = await market.objects.get(keyOf('meta/info.json'));
    stream.resume();
    await market.settleAll();

    expect((await market.report(admin)).unexplainedBytes).toBe(0);
    const rows = await market.database.query<{ bytes: number }>(
      market.system,
      'select sum(own_bytes)::bigint as bytes from log_objects',
    );
    expect(rows[0]?.bytes).toBeGreaterThanOrEqual(10);
  });
});
