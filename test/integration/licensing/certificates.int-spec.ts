import 'reflect-metadata';
import { createHash, generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { OrderService } from '@app/billing';
import { DatasetService } from '@app/catalog';
import { Database } from '@app/database';
import { DomainError, newId } from '@app/kernel';
import { GrantService, LicenseRequestService, PolicyQueries, VersionForms, termsHashOf } from '@app/licensing';
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { CertificateIssuer } from '../../../libs/licensing/src/certificates/certificate-issuer.service.js';
import { CertificateQueries } from '../../../libs/licensing/src/certificates/certificate.queries.js';
import { CertificateService } from '../../../libs/licensing/src/certificates/certificate.service.js';
import { SigningKeys } from '../../../libs/licensing/src/certificates/signing-keys.service.js';
import { ANONYMOUS, RightsMarket, refusalOf } from '../../support/rights-market.factory.js';
import type { Party, Shelf } from '../../support/rights-market.factory.js';

const ISSUER = 'https://market.example';
const reason = 'The buyer asked us to end it.';
const pem = (): string => generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

interface Credential {
  id: string;
  iss: string;
  validFrom: string;
  validUntil?: string;
  credentialStatus: { statusPurpose: string; statusListIndex: string; statusListCredential: string }[];
  credentialSubject: Record<string, unknown> & { statusPurpose?: string; encodedList?: string };
}

let folder: string;
let market: RightsMarket;
let provider: Party;
let buyer: Party;
let shelf: Shelf;
let queries: CertificateQueries;
let service: CertificateService;
let grants: GrantService;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bodega-keys-'));
  await writeFile(join(folder, '2026-01.pem'), pem());
  market = await RightsMarket.open(undefined, 0, { SIGNING_KEY_FILE: folder, PUBLIC_URL: `${ISSUER}/` });
  provider = await market.party({ isProvider: true });
  queries = market.get(CertificateQueries);
  service = market.get(CertificateService);
  grants = market.get(GrantService);
}, 120_000);

beforeEach(async () => {
  shelf = await market.shelf(provider);
  buyer = await market.party({ isBuyer: true });
});

afterAll(async () => {
  await market.close();
  await rm(folder, { recursive: true, force: true });
});

/** A right by the way that buyers take: a free order. */
async function take(template = 'commercial'): Promise<string> {
  const offerId = await market.offer(provider, shelf, { template });
  const placed = await market
    .get(OrderService)
    .placeOrder(buyer.ctx, { offerId, idempotencyKey: newId('Request'), acceptTerms: true });
  if (placed instanceof DomainError) throw placed;
  return placed.grantId;
}

async function read(jwt: string, keys = market.get(SigningKeys)): Promise<Credential> {
  const jwks = createLocalJWKSet({ keys: keys.published.map((jwk) => ({ ...jwk })) });
  const { payload } = await jwtVerify(jwt, jwks, { typ: 'vc+jwt', algorithms: ['EdDSA'], issuer: ISSUER });
  return payload as unknown as Credential;
}

async function newest(grantId: string): Promise<string> {
  const row = (await queries.newestOf(market.system, [grantId])).get(grantId);
  if (!row) throw new Error('There is no certificate.');
  return row.jwt;
}

/** Whether the grant's bit is set in the list of the purpose, as a stranger reads it. */
async function isStopped(grantId: string, purpose: string): Promise<boolean> {
  const certificate = await read(await newest(grantId));
  const entry = certificate.credentialStatus.find((one) => one.statusPurpose === purpose);
  const name = entry?.statusListCredential.slice(`${ISSUER}/status/`.length) ?? '';
  const list = await read(await queries.statusList(ANONYMOUS, name));
  expect(list).toMatchObject({ id: entry?.statusListCredential, credentialSubject: { statusPurpose: purpose } });
  const bits = gunzipSync(Buffer.from(list.credentialSubject.encodedList?.slice(1) ?? '', 'base64url'));
  expect(bits).toHaveLength(16_384);
  const index = Number(entry?.statusListIndex);
  return ((bits[index >> 3] ?? 0) & (0x80 >> (index & 7))) !== 0;
}

describe('a certificate', () => {
  it('is there as soon as the right is, and states who may use what, under which terms, until when', async () => {
    const grantId = await take('evaluation');

    const jwt = await newest(grantId);

    const [version] = await market.rows<{ commit_id: string; merkle_root: string }>(
      'select commit_id, merkle_root from dataset_versions where id = $1',
      [shelf.versionId],
    );
    const [grant] = await market.rows<{ terms_hash: string; starts_at: Date; expires_at: Date }>(
      'select terms_hash, starts_at, expires_at from grants where id = $1',
      [grantId],
    );
    const certificate = await read(jwt);
    expect(decodeProtectedHeader(jwt)).toEqual({
      alg: 'EdDSA',
      typ: 'vc+jwt',
      cty: 'vc',
      kid: market.get(SigningKeys).published[0]?.kid,
    });
    expect(certificate).toMatchObject({
      '@context': ['https://www.w3.org/ns/credentials/v2', expect.anything()],
      type: ['VerifiableCredential', 'DatasetLicenseCredential'],
      issuer: ISSUER,
      iss: ISSUER,
      jti: certificate.id,
      validFrom: grant?.starts_at.toISOString(),
      validUntil: grant?.expires_at.toISOString(),
      credentialSubject: {
        id: `urn:bodega:${buyer.organizationId}`,
        licensee: { id: buyer.organizationId, slug: buyer.slug },
        licensor: { id: provider.organizationId },
        grant: grantId,
        dataset: { id: shelf.datasetId, slug: shelf.slug },
        version: { id: shelf.versionId, label: 'v1', commit: version?.commit_id, merkleRoot: version?.merkle_root },
        forms: [],
        slice: { kind: 'all' },
        policy: { termsHash: grant?.terms_hash, template: 'LicenseRef-Bodega-Evaluation-1.0' },
      },
    });
    expect(certificate).not.toHaveProperty('exp');
    expect(certificate).not.toHaveProperty('vc');
  });

  it('holds the licence as an ODRL agreement between the two, which reads as the very terms that were granted', async () => {
    const grantId = await take('evaluation');

    const certificate = await read(await newest(grantId));

    const { odrl, termsHash } = certificate.credentialSubject['policy'] as { odrl: unknown; termsHash: string };
    const { reading } = market.get(PolicyQueries).read(ANONYMOUS, odrl);
    expect(reading).toMatchObject({
      uid: `urn:bodega:${grantId}`,
      kind: 'Agreement',
      target: `${ISSUER}/datasets/${shelf.slug}/versions/v1`,
      assigner: `urn:bodega:${provider.organizationId}`,
      assignee: `urn:bodega:${buyer.organizationId}`,
      termsHash,
      from: new Date(certificate.validFrom),
      until: new Date(certificate.validUntil ?? ''),
    });
    expect(termsHashOf(reading.terms)).toBe(termsHash);
    market.clock.advanceDays(31);
    const later = market.get(PolicyQueries).read(ANONYMOUS, odrl);
    market.clock.advanceDays(-31);
    expect(later.answers.map(({ answer }) => answer.verdict)).toEqual(later.answers.map(() => 'FORBIDDEN'));
  });

  it('has no end where the right has none', async () => {
    expect(await read(await newest(await take()))).not.toHaveProperty('validUntil');
  });

  it('is issued once: asking again, suspending and resuming make no other', async () => {
    const grantId = await take();
    const first = await newest(grantId);

    await grants.suspendGrant(provider.ctx, { grantId, reason });
    await grants.resumeGrant(provider.ctx, { grantId });
    const again = await service.issueCertificate(buyer.ctx, { grantId });

    expect(again?.jwt).toBe(first);
    expect(await market.rows('select id from certificates where grant_id = $1', [grantId])).toHaveLength(1);
  });

  it('is issued anew when what it states has changed, with the same place in the status lists', async () => {
    const grantId = await take();
    const before = await read(await newest(grantId));
    const form = { form: 'lerobot_v3.0', commit: 'c'.repeat(40), merkleRoot: 'd'.repeat(64) };
    class Ready extends VersionForms {
      formsOf = async (): Promise<(typeof form)[]> => [form];
    }
    const issuer = market.get(CertificateIssuer);

    Object.assign(issuer, { forms: new Ready() });
    const anew = await service.issueCertificate(buyer.ctx, { grantId }).finally(() => {
      Object.assign(issuer, { forms: null });
    });

    const after = await read(anew?.jwt ?? '');
    expect(after.id).not.toBe(before.id);
    expect(after.credentialSubject['forms']).toEqual([form]);
    expect(after.credentialStatus).toEqual(before.credentialStatus);
    expect((await queries.byId(ANONYMOUS, before.id.split('/').at(-1) ?? '')).grantId).toBe(grantId);
    expect(await newest(grantId)).toBe(anew?.jwt);
  });

  it('is asked for by the parties alone, and not for a right that is over or has not begun', async () => {
    const grantId = await take();
    const stranger = await market.party({ isBuyer: true, isProvider: true });
    const offerId = await market.offer(provider, shelf, { needsApproval: true });
    const asked = await market.get(LicenseRequestService).requestLicense(buyer.ctx, { offerId, acceptTerms: true });

    for (const party of [buyer, provider]) {
      expect(await service.issueCertificate(party.ctx, { grantId })).toMatchObject({ grantId });
    }
    expect(await refusalOf(service.issueCertificate(stranger.ctx, { grantId }))).toBe('REQUEST_NOT_FOUND');
    expect(await refusalOf(service.issueCertificate(ANONYMOUS, { grantId }))).toBe('REQUEST_UNAUTHENTICATED');
    expect(await refusalOf(service.issueCertificate(buyer.ctx, { grantId: asked.id }))).toBe(
      'LICENSING_GRANT_NOT_ACTIVE',
    );
    await grants.revokeGrant(provider.ctx, { grantId, reason });
    expect(await refusalOf(service.issueCertificate(buyer.ctx, { grantId }))).toBe('LICENSING_GRANT_NOT_ACTIVE');
  });

  it('is read by whoever has its id, revoked or not, and by nobody else', async () => {
    const grantId = await take();
    const { id } = await read(await newest(grantId));
    await grants.revokeGrant(provider.ctx, { grantId, reason });

    const found = await queries.byId(ANONYMOUS, id.slice(`${ISSUER}/certificates/`.length));

    expect(found.grantId).toBe(grantId);
    for (const other of [newId('Certificate'), grantId, '', "' or true --"]) {
      expect(await refusalOf(queries.byId(ANONYMOUS, other))).toBe('REQUEST_NOT_FOUND');
    }
  });

  it('is never rewritten, nor is a place in a status list given to another', async () => {
    await take();

    await expect(market.rows(`update certificates set jwt = 'x'`)).rejects.toThrow('append-only');
    await expect(market.rows('delete from certificates')).rejects.toThrow('append-only');
    await expect(market.rows('update status_entries set index = 0')).rejects.toThrow('append-only');
    await expect(market.rows('truncate status_entries')).rejects.toThrow('append-only');
  });

  it('leaves a leaf in the log that holds its hash and not its address', async () => {
    const grantId = await take();
    const jwt = await newest(grantId);

    const acts = await market.rows<{ leaf: Buffer }>(
      `select leaf from audit_pending where grant_id = $1 and action = 'certificate.issued'`,
      [grantId],
    );

    const text = acts[0]?.leaf.toString() ?? '';
    expect(acts).toHaveLength(1);
    expect(text).toContain(createHash('sha256').update(jwt).digest('hex'));
    expect(text).not.toContain('cert_');
  });

  it('is gone with the transaction that gave the right', async () => {
    const offerId = await market.offer(provider, shelf, { needsApproval: true, template: 'research' });
    const requests = market.get(LicenseRequestService);
    const { id: grantId } = await requests.requestLicense(buyer.ctx, { offerId, acceptTerms: true });

    const failed = market.get(Database).transaction(provider.ctx, async (tx) => {
      await requests.approveLicense(tx, { grantId });
      expect((await queries.newestOf(tx, [grantId])).size).toBe(1);
      throw new Error('the rest failed');
    });

    await expect(failed).rejects.toThrow('the rest failed');
    expect((await queries.newestOf(market.system, [grantId])).size).toBe(0);
    expect(await market.rows('select 1 from status_entries where grant_id = $1', [grantId])).toEqual([]);
  });
});

describe('a status list', () => {
  it('shows a revocation from the commit on, for good', async () => {
    const grantId = await take();
    const before = await isStopped(grantId, 'revocation');

    await grants.revokeGrant(provider.ctx, { grantId, reason });

    expect(before).toBe(false);
    expect(await isStopped(grantId, 'revocation')).toBe(true);
    expect(await isStopped(grantId, 'suspension')).toBe(false);
  });

  it('shows a suspension until the right is resumed', async () => {
    const grantId = await take();
    await grants.suspendGrant(provider.ctx, { grantId, reason });
    const held = await isStopped(grantId, 'suspension');

    await grants.resumeGrant(provider.ctx, { grantId });

    expect([held, await isStopped(grantId, 'suspension')]).toEqual([true, false]);
    expect(await isStopped(grantId, 'revocation')).toBe(false);
  });

  it('shows what the operator holds back with the dataset', async () => {
    const admin = await market.party({ isProvider: true, isBuyer: true, isAdmin: true });
    const grantId = await take();

    await market.get(DatasetService).suspendDataset(admin.ctx, shelf.slug, 'A court ordered it today.');

    expect(await isStopped(grantId, 'suspension')).toBe(true);
  });

  it('is short-lived, and dated by when it was read', async () => {
    const grantId = await take();
    const [entry] = (await read(await newest(grantId))).credentialStatus;

    const list = await read(await queries.statusList(ANONYMOUS, entry?.statusListCredential.split('/').at(-1) ?? ''));

    const hours = (Date.parse(list.validUntil ?? '') - Date.parse(list.validFrom)) / 3_600_000;
    expect(hours).toBe(24);
    expect(Math.abs(Date.parse(list.validFrom) - Date.now())).toBeLessThan(60_000);
  });

  it('gives places that say nothing about the order of grants', async () => {
    const places: number[] = [];
    for (let i = 0; i < 12; i++) {
      const [entry] = (await read(await newest(await take()))).credentialStatus;
      places.push(Number(entry?.statusListIndex));
    }

    // Twelve places in order by chance: once in 479 million runs.
    expect(places).not.toEqual([...places].sort((a, b) => a - b));
    expect(new Set(places).size).toBe(12);
    expect(Math.max(...places) - Math.min(...places)).toBeGreaterThan(1_000);
  });

  it.each(['revocation-2', 'revocation-0', 'revocation-01', 'other-1', 'revocation', '../certificates'])(
    'is not found as %s',
    async (name) => {
      await take();

      expect(await refusalOf(queries.statusList(ANONYMOUS, name))).toBe('REQUEST_NOT_FOUND');
    },
  );
});

describe('signing keys', () => {
  it('rotate: the new one signs, certificates of the old one still verify', async () => {
    const grantId = await take();
    const old = await newest(grantId);
    await writeFile(join(folder, '2026-02.pem'), pem());
    const rotated = await RightsMarket.open(market.url, 0, { SIGNING_KEY_FILE: folder, PUBLIC_URL: ISSUER });
    try {
      const keys = rotated.get(SigningKeys);
      const other = await take();
      const [entry] = (await read(await newest(other))).credentialStatus;
      const list = await rotated
        .get(CertificateQueries)
        .statusList(ANONYMOUS, entry?.statusListCredential.split('/').at(-1) ?? '');

      expect(keys.published).toHaveLength(2);
      expect(decodeProtectedHeader(list).kid).toBe(keys.published[0]?.kid);
      expect(decodeProtectedHeader(old).kid).toBe(keys.published[1]?.kid);
      await expect(read(old, keys)).resolves.toMatchObject({ credentialSubject: { grant: grantId } });
      await expect(read(list, keys)).resolves.toBeDefined();
      await expect(read(list)).rejects.toThrow();
      // The old certificate says what is still true, so the new key issues no other.
      expect((await rotated.get(CertificateService).issueCertificate(buyer.ctx, { grantId }))?.jwt).toBe(old);
    } finally {
      await rotated.close();
      await rm(join(folder, '2026-02.pem'));
    }
  });

  it('that are withdrawn end what they signed, and the right is certified anew', async () => {
    const grantId = await take();
    const old = await newest(grantId);
    const other = await mkdtemp(join(tmpdir(), 'bodega-keys-'));
    await writeFile(join(other, '2026-03.pem'), pem());
    const rekeyed = await RightsMarket.open(market.url, 0, { SIGNING_KEY_FILE: other, PUBLIC_URL: ISSUER });
    try {
      const anew = await rekeyed.get(CertificateService).issueCertificate(buyer.ctx, { grantId });

      await expect(read(old, rekeyed.get(SigningKeys))).rejects.toThrow();
      await expect(read(anew?.jwt ?? '', rekeyed.get(SigningKeys))).resolves.toMatchObject({
        credentialSubject: { grant: grantId },
      });
    } finally {
      await rekeyed.close();
      await rm(other, { recursive: true });
    }
  });

  it('may be missing: rights begin all the same, and certificates follow when there is one', async () => {
    const keyless = await RightsMarket.open(market.url, 0, { PUBLIC_URL: ISSUER });
    try {
      const offerId = await keyless.offer(provider, shelf);
      const placed = await keyless
        .get(OrderService)
        .placeOrder(buyer.ctx, { offerId, idempotencyKey: newId('Request'), acceptTerms: true });
      if (placed instanceof DomainError) throw placed;
      const { grantId } = placed;

      expect(await keyless.get(CertificateService).issueCertificate(buyer.ctx, { grantId })).toBeNull();
      expect((await queries.newestOf(market.system, [grantId])).size).toBe(0);
      expect(await service.issueCertificate(buyer.ctx, { grantId })).toMatchObject({ grantId });
    } finally {
      await keyless.close();
    }
  });
});
