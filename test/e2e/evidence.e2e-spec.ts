import { execFile } from 'node:child_process';
import { createHash, createPrivateKey, sign } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Database } from '@app/database';
import { systemContext } from '@app/kernel';
import { fromBufferPromise } from 'yauzl';
import { ZipFile } from 'yazl';
import { Bundle, EvidenceProblem } from '../../apps/cli/src/local/evidence/bundle.js';
import { checkEvidence } from '../../apps/cli/src/local/evidence/check-evidence.js';
import { OpenMarket } from '../support/open-market.js';
import type { CliRun, Party } from '../support/open-market.js';
import { leaseOf, offerOn, orderOf, publishFolder, sampleFolder } from '../support/published-set.js';

const run = promisify(execFile);

let market: OpenMarket;
let seller: Party;
let buyer: Party;
let operator: Party;
let grantId: string;
let bundle: Buffer;
let parts: Map<string, Buffer>;

beforeAll(async () => {
  market = await OpenMarket.open();
  seller = await market.party({ isProvider: true }, 'seller');
  buyer = await market.party({ isBuyer: true }, 'buyer');
  operator = await market.party({ isOperator: true }, 'operator');
  const set = await publishFolder(market, seller, { folder: sampleFolder('sorting'), name: 'sorting' });
  const offerId = await offerOn(market, seller, set.slug, { template: 'commercial' });
  ({ grantId } = await orderOf(market, buyer, offerId));
  const { files } = await leaseOf(market, buyer, grantId);
  for (const { url } of files.slice(0, 3)) await (await fetch(url)).arrayBuffer();
  await leaseOf(market, buyer, grantId);
  await market.must(
    'mutation($id: ID!) { suspendGrant(input: { grantId: $id, reason: "待核实：a complaint is looked into." }) { state } }',
    { id: grantId },
    seller.apiKey,
  );
  await market.eventually(async () => {
    const { usage } = await market.must(
      'query($id: ID!) { usage(filter: { grantId: $id }) { servedBytes } }',
      { id: grantId },
      buyer.apiKey,
    );
    return usage.servedBytes > 0;
  }, 'the served bytes being read back');
  await everythingIsSigned();
  bundle = await take(operator);
  parts = await unzip(bundle);
});

afterAll(() => market.close());

async function everythingIsSigned(): Promise<void> {
  await market.eventually(async () => {
    const [row] = await market.api.get(Database).query<{ isSigned: boolean }>(
      systemContext('test'),
      `select (select size from audit_signed_checkpoint) > coalesce((select max(seq) from audit_log where grant_id = $1), 0)
          and not exists (select from audit_pending where grant_id = $1) as "isSigned"`,
      [grantId],
    );
    return row?.isSigned;
  }, 'a signed checkpoint over all of it');
}

async function take(party: Party): Promise<Buffer> {
  const response = await fetch(`${market.url}/grants/${grantId}/evidence.zip`, {
    headers: { authorization: `Bearer ${party.apiKey}` },
  });
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/zip']);
  return Buffer.from(await response.arrayBuffer());
}

async function unzip(bytes: Buffer): Promise<Map<string, Buffer>> {
  const zip = await fromBufferPromise(bytes, { lazyEntries: true });
  const found = new Map<string, Buffer>();
  for await (const entry of zip.eachEntry()) {
    const chunks: Buffer[] = [];
    for await (const chunk of await zip.openReadStreamPromise(entry)) chunks.push(chunk as Buffer);
    found.set(entry.fileName, Buffer.concat(chunks));
  }
  return found;
}

async function zipOf(files: ReadonlyMap<string, Buffer>): Promise<Buffer> {
  const zip = new ZipFile();
  for (const [name, bytes] of files) zip.addBuffer(bytes, name);
  zip.end();
  const chunks: Buffer[] = [];
  for await (const chunk of zip.outputStream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** As the market itself would write it with other parts: what no outsider can. */
async function signedByMarket(files: ReadonlyMap<string, Buffer>): Promise<Buffer> {
  const manifest = JSON.parse(files.get('manifest.json')?.toString('utf8') ?? '');
  for (const part of manifest.parts as { name: string; bytes: number; sha256: string }[]) {
    const bytes = files.get(part.name) ?? Buffer.alloc(0);
    Object.assign(part, { bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') });
  }
  const written = Buffer.from(JSON.stringify(manifest));
  const [header = ''] = (files.get('manifest.jws')?.toString('utf8') ?? '').split('.');
  const input = `${header}.${written.toString('base64url')}`;
  const key = createPrivateKey(await readFile(market.environment['SIGNING_KEY_FILE'] ?? ''));
  const jws = `${input}.${sign(null, Buffer.from(input), key).toString('base64url')}`;
  return zipOf(new Map([...files, ['manifest.json', written], ['manifest.jws', Buffer.from(jws)]]));
}

async function check(bytes: Buffer, ...more: string[]): Promise<CliRun> {
  const path = join(market.folder, `evidence-${createHash('sha256').update(bytes).digest('hex').slice(0, 12)}.zip`);
  await writeFile(path, bytes);
  return market.cli(['audit', 'check', path, ...more, '--json', '--endpoint', 'http://127.0.0.1:9']);
}

/** What the check of the command line says is wrong, without a process for each; null when nothing is. */
async function problemOf(bytes: Buffer): Promise<string | null> {
  const path = join(market.folder, 'changed.zip');
  await writeFile(path, bytes);
  let opened: Bundle | null = null;
  try {
    opened = await Bundle.open(path);
    await checkEvidence(opened, {
      knownKeys: () => Promise.resolve(null),
      knownLogKeys: () => Promise.resolve(null),
    });
    return null;
  } catch (error) {
    if (error instanceof EvidenceProblem) return error.message;
    throw error;
  } finally {
    opened?.close();
  }
}

const text = (name: string): string => parts.get(name)?.toString('utf8') ?? '';
const linesOf = (name: string): Record<string, unknown>[] =>
  text(name)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

describe('an evidence bundle', () => {
  it('holds everything that is on record of a grant, in a fixed order', () => {
    expect([...parts.keys()]).toEqual([
      'README.txt',
      'grant.json',
      'terms.json',
      'terms.txt',
      'acceptance.json',
      'grant-events.jsonl',
      'certificates.jsonl',
      'status-lists.jsonl',
      'jwks.json',
      'leases.csv',
      'served.csv',
      'log/leaves.jsonl',
      'log/checkpoint',
      'log/vkeys.txt',
      'manifest.json',
      'manifest.jws',
    ]);
    const grant = JSON.parse(text('grant.json'));
    const terms = JSON.parse(text('terms.json'));
    expect(grant).toMatchObject({
      id: grantId,
      state: 'suspended',
      holder: { slug: 'buyer' },
      provider: { slug: 'seller' },
    });
    expect(createHash('sha256').update(text('terms.json')).digest('hex')).toBe(grant.termsHash);
    expect(createHash('sha256').update(text('terms.txt')).digest('hex')).toBe(terms.text.sha256);
    expect(JSON.parse(text('acceptance.json'))).toMatchObject([
      {
        grantId,
        via: 'order',
        termsHash: grant.termsHash,
        organizationId: buyer.organizationId,
        acceptedBy: expect.stringMatching(/^usr_/),
      },
    ]);
    expect(linesOf('grant-events.jsonl').map(({ toState }) => toState)).toEqual([
      'requested',
      'approved',
      'active',
      'suspended',
    ]);
    expect(linesOf('certificates.jsonl')).toHaveLength(1);
    expect(linesOf('status-lists.jsonl').map(({ name }) => name)).toEqual(['revocation-1', 'suspension-1']);
    expect(text('leases.csv').trim().split('\r\n')).toHaveLength(3);
    const served = text('served.csv')
      .trim()
      .split('\r\n')
      .slice(1)
      .map((line) => line.split(','));
    expect(served.length).toBeGreaterThan(0);
    expect(served.reduce((sum, cells) => sum + Number(cells[4]), 0)).toBeGreaterThan(0);
    const actions = linesOf('log/leaves.jsonl').map(({ leaf }) => JSON.parse(String(leaf)).action);
    expect(actions).toEqual(
      expect.arrayContaining(['order.fulfilled', 'certificate.issued', 'lease.created', 'grant.suspended']),
    );
    // Of the very looking nothing is signed yet.
    const looking = ['grant.read_by_operator', 'evidence.exported'];
    for (const { leaf, proof } of linesOf('log/leaves.jsonl')) {
      const { action } = JSON.parse(String(leaf));
      if (proof === null) expect(looking).toContain(action);
      else expect(proof).toMatch(/^c2sp\.org\/tlog-proof@v1\n/);
    }
  });

  it('is checked with the network off, and says whose keys it was checked with', async () => {
    const { code, json } = await check(bundle);

    expect(json).toMatchObject({
      verified: true,
      grantId,
      madeFor: 'operator',
      certificates: 1,
      stopped: ['suspension'],
      withheld: 0,
      isKeyKnown: false,
    });
    expect(json.proven).toBeGreaterThanOrEqual(json.leaves - 2);
    expect(json.proven).toBeGreaterThan(4);
    expect(code).toBe(0);
    const [kid, vkey] = [json.key, text('log/vkeys.txt').trim()];
    const known = await check(bundle, '--key', kid, '--log-key', vkey);
    const wrongKey = await check(bundle, '--key', 'x'.repeat(43));
    const wrongLog = await check(bundle, '--log-key', `${vkey.slice(0, -4)}AAA=`);
    expect(known.json).toMatchObject({ verified: true, isKeyKnown: true, isLogKeyKnown: true });
    expect([wrongKey.code, wrongLog.code]).toEqual([1, 1]);
  });

  it('is refused when any part is changed by one bit, is missing, or one is added', async () => {
    const accepted: string[] = [];
    let tried = 0;
    const refuse = async (what: string, files: ReadonlyMap<string, Buffer>): Promise<void> => {
      tried += 1;
      if ((await problemOf(await zipOf(files))) === null) accepted.push(what);
    };
    for (const [name, bytes] of parts) {
      for (let step = 0; step < 16; step++) {
        const at = Math.min(bytes.length - 1, Math.floor((bytes.length * step) / 15));
        const changed = Buffer.from(bytes);
        changed[at] = (changed[at] ?? 0) ^ (1 << (step % 8));
        await refuse(`${name} at ${at}`, new Map([...parts, [name, changed]]));
      }
      await refuse(`${name} cut`, new Map([...parts, [name, bytes.subarray(0, -1)]]));
      await refuse(`without ${name}`, new Map([...parts].filter(([other]) => other !== name)));
    }
    await refuse('one more', new Map([...parts, ['one-more.txt', Buffer.from('x')]]));

    expect(accepted).toEqual([]);
    expect(tried).toBeGreaterThan(250);
    expect(await problemOf(await zipOf(parts))).toBeNull();
    const changed = new Map([...parts, ['leases.csv', Buffer.from('lease\r\n')]]);
    expect((await check(await zipOf(changed))).json).toMatchObject({
      verified: false,
      problem: 'leases.csv is not what was signed',
    });
  }, 120_000);

  it('is refused with a sentence when it is no archive, is cut off, or damaged on the way', async () => {
    for (const bytes of [Buffer.from('PK no'), bundle.subarray(0, bundle.length - 100), Buffer.alloc(0)]) {
      const { code, json, stderr } = await check(bytes);
      expect([code, json.verified]).toEqual([1, false]);
      expect(stderr).toMatch(/does not hold: .+\./);
      expect(stderr).not.toMatch(/at .*\.ts/);
    }
    const damaged = Buffer.from(bundle);
    damaged.fill(0xff, 200, 260);
    expect((await check(damaged)).code).toBe(1);
  });

  it('is checked by Python and OpenSSL alone, as its README says', async () => {
    const folder = join(market.folder, 'unpacked');
    for (const [name, bytes] of parts) {
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await writeFile(join(folder, name), bytes);
    }
    const zip = join(market.folder, 'recipe.zip');
    await writeFile(zip, bundle);
    const readme = text('README.txt');
    const [, oneLine = ''] = /python3 -c "(.*)" FILE\.zip/.exec(readme) ?? [];
    const [, script = ''] = /python3 - <<'END'\n([\s\S]*?)\n {5}END\n/.exec(readme) ?? [];

    const listed = await run('python3', ['-c', oneLine, zip]);
    await run('python3', ['-c', script.replaceAll(/^ {5}/gm, '')], { cwd: folder });

    expect(listed.stdout.trim()).toBe('every part as listed');
    const openssl = [
      'pkeyutl',
      '-verify',
      '-pubin',
      '-inkey',
      'key.der',
      '-keyform',
      'DER',
      '-rawin',
      '-in',
      'signed',
      '-sigfile',
      'sig',
    ];
    expect((await run('openssl', openssl, { cwd: folder })).stdout).toContain('Signature Verified Successfully');
    const signed = await readFile(join(folder, 'signed'));
    signed[signed.length - 1] = (signed.at(-1) ?? 0) ^ 1;
    await writeFile(join(folder, 'signed'), signed);
    await expect(run('openssl', openssl, { cwd: folder })).rejects.toThrow();
  });

  it('shows a party what its own people did, and of the other’s people nothing', async () => {
    const ofBuyer = await take(buyer);
    const ofSeller = await take(seller);
    const read = async (bytes: Buffer) =>
      [...(await unzip(bytes)).values()].map((part) => part.toString('utf8')).join('\n');
    const [buyersText, sellersText] = [await read(ofBuyer), await read(ofSeller)];
    const users = async (party: Party): Promise<string> => {
      const { viewer } = await market.must('{ viewer { user { id } } }', {}, party.apiKey);
      return viewer.user.id;
    };
    const [buyerId, sellerId] = [await users(buyer), await users(seller)];

    expect([buyersText.includes(buyerId), buyersText.includes(sellerId)]).toEqual([true, false]);
    expect([sellersText.includes(sellerId), sellersText.includes(buyerId)]).toEqual([true, false]);
    for (const bytes of [ofBuyer, ofSeller]) {
      const { code, json } = await check(bytes);
      expect([code, json.verified, json.withheld > 0]).toEqual([0, true, true]);
    }
  });

  it('is on record whoever takes it', async () => {
    const { auditLog } = await market.eventually(async () => {
      const found = await market.must(
        'query($g: ID!) { auditLog(first: 50, filter: { grantId: $g, action: "evidence.exported" }) { nodes { actorOrganizationId } } }',
        { g: grantId },
        buyer.apiKey,
      );
      return found.auditLog.nodes.length >= 3 && found;
    }, 'the leaves of three bundles');

    const takers = new Set(auditLog.nodes.map((leaf: { actorOrganizationId: string }) => leaf.actorOrganizationId));
    expect(takers).toEqual(new Set([operator, buyer, seller].map(({ organizationId }) => organizationId)));
  });
});

describe('exports', () => {
  const get = async (path: string, party: Party): Promise<{ status: number; headers: Headers; text: string }> => {
    const response = await fetch(market.url + path, { headers: { authorization: `Bearer ${party.apiKey}` } });
    // text() would swallow the mark that the file begins with.
    return {
      status: response.status,
      headers: response.headers,
      text: Buffer.from(await response.arrayBuffer()).toString('utf8'),
    };
  };

  it('of grants, the log and usage come as CSV that spreadsheets read, and as JSON lines', async () => {
    const csv = await get(`/export/grants.csv?holder=buyer&states=active,suspended&from=2020-01-01T00:00:00Z`, seller);
    const jsonl = await get('/export/grants.jsonl', buyer);
    const log = await get(`/export/audit-log.jsonl?grantId=${grantId}`, operator);
    const usage = await get('/export/usage.csv?groupBy=GRANT', operator);

    expect(csv.headers.get('content-disposition')).toBe('attachment; filename="grants.csv"');
    expect(csv.text.startsWith('\uFEFFid,organizationId')).toBe(true);
    expect(csv.text.split('\r\n')[1]).toContain(grantId);
    expect(csv.text).toContain('待核实：a complaint is looked into.');
    expect(
      jsonl.text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).id),
    ).toEqual([grantId]);
    expect(log.text.trim().split('\n').length).toBeGreaterThan(5);
    expect(usage.text).toContain(grantId);
  });

  it('of more than a page have no gap and nothing twice', async () => {
    const { grantId: another } = await orderOf(
      market,
      buyer,
      await offerOn(market, seller, 'seller/sorting', { template: 'research' }),
    );
    for (let i = 0; i < 60; i++) {
      for (const field of ['suspendGrant', 'resumeGrant']) {
        const reason = field === 'suspendGrant' ? ', reason: "again and again"' : '';
        await market.must(`mutation { ${field}(input: { grantId: "${another}"${reason} }) { id } }`, {}, seller.apiKey);
      }
    }
    const seqs = await market.eventually(async () => {
      const log = await get('/export/audit-log.jsonl', operator);
      const found: number[] = log.text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).seq);
      return found.length > 150 && found;
    }, 'the leaves being sequenced');

    expect(seqs).toEqual([...seqs.keys()].map((i) => seqs.length - 1 - i));
  });

  it('neutralise what a spreadsheet would run', async () => {
    await market.must(
      'mutation($i: RevokeGrantInput!) { revokeGrant(input: $i) { state } }',
      { i: { grantId, reason: '=HYPERLINK("http://evil.example","open me")' } },
      seller.apiKey,
    );

    const { text } = await get('/export/grants.csv', buyer);

    expect(text).toContain(`"'=HYPERLINK(""http://evil.example"",""open me"")"`);
  });

  it.each([
    ['/export/grants.csv?colour=red', 400],
    ['/export/grants.csv?states=gone', 400],
    ['/export/grants.csv?activeAt=yesterday', 400],
    ['/export/grants.xlsx', 404],
    ['/export/usage.csv?groupBy=COLOUR', 400],
    ['/export/usage.csv?grantId=grt_nothing', 400],
  ])('refuse %s before a byte is sent', async (path, status) => {
    const answer = await get(path, operator);

    expect([answer.status, answer.headers.get('content-type')]).toEqual([status, expect.stringContaining('json')]);
  });
});

describe('the bundle of a revoked right', () => {
  it('shows the revocation in its status lists, and is refused with lists that do not', async () => {
    const now = await take(operator);
    const files = await unzip(now);
    const older = new Map([...files, ['status-lists.jsonl', parts.get('status-lists.jsonl') ?? Buffer.alloc(0)]]);
    const one = files.get('status-lists.jsonl')?.toString('utf8').split('\n')[0] ?? '';
    const fewer = new Map([...files, ['status-lists.jsonl', Buffer.from(`${one}\n`)]]);

    expect((await check(now)).json).toMatchObject({ verified: true, state: 'revoked', stopped: ['revocation'] });
    expect(await problemOf(await signedByMarket(files))).toBeNull();
    expect(await problemOf(await signedByMarket(older))).toBe(
      'grant.json says revoked, and the revocation list does not',
    );
    expect(await problemOf(await signedByMarket(fewer))).toBe('it lacks the suspension list of a certificate');
  });
});
