import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { KnownKeys } from '../../../apps/cli/src/local/certificate/known-keys.js';
import { CONTENT, DAY_MS, INDEX, ISSUER, LicensedFolder, MarketKey } from './licensed-folder.js';
import type { FolderFacts } from './licensed-folder.js';

const made: LicensedFolder[] = [];
async function make(facts: FolderFacts = {}): Promise<LicensedFolder> {
  const folder = await LicensedFolder.make(facts);
  made.push(folder);
  return folder;
}
afterEach(() => made.splice(0).forEach((folder) => folder.remove()));

describe('a licensed folder', () => {
  it.each<[string, FolderFacts]>([
    ['whole', {}],
    ['part of a version', { isPart: true }],
    ['standard form', { isForm: true }],
    ['licence without end', { validUntil: null }],
    ['one among a thousand stopped', { revoked: Array.from({ length: 1_000 }, (_, i) => i), suspended: [INDEX - 1] }],
    ['clock a little behind', { validFrom: new Date(Date.now() + 60_000), listAt: new Date(Date.now() + 60_000) }],
  ])('is verified: %s', async (_what, facts) => {
    const folder = await make(facts);

    const { code, sentence, json } = await folder.verify();

    expect([code, sentence]).toEqual([0, '']);
    expect(json).toMatchObject({
      verified: true,
      certificate: { valid: true, issuer: ISSUER, keyId: folder.key.kid, licensee: 'startup', status: 'not_stopped' },
    });
  });

  it('holds as well when it was issued before certificates had a policy in ODRL', async () => {
    const folder = await make({ certificate: (c) => delete c['credentialSubject'].policy.odrl });

    expect(await folder.verify()).toMatchObject({ code: 0, json: { verified: true, certificate: { valid: true } } });
  });

  it('is signed as any library of JOSE reads it', async () => {
    const folder = await make();

    const { payload } = await jwtVerify(
      folder.read('.bodega/certificate.jwt').toString(),
      createLocalJWKSet(JSON.parse(folder.read('.bodega/jwks.json').toString())),
      { typ: 'vc+jwt', algorithms: ['EdDSA'], issuer: ISSUER },
    );

    expect(payload['type']).toContain('DatasetLicenseCredential');
  });

  it('says how old its knowledge of the status is, and that it knows none once the list is over', async () => {
    const folder = await make({ listAt: new Date(Date.now() - 30 * 3_600_000) });

    const old = await folder.verify();
    const strict = await folder.verify({ maxStatusAge: '29' });
    const patient = await folder.verify({ maxStatusAge: '31' });

    expect(old).toMatchObject({ code: 0, json: { verified: true, certificate: { status: 'unknown' } } });
    expect(Math.abs(old.json.certificate.statusAgeS - 108_000)).toBeLessThan(60);
    expect([strict.code, patient.code]).toEqual([1, 0]);
    expect(strict.sentence).toMatch(/its status was last read on .*, more than 29 h ago\.$/);
  });

  it('without any certificate says that the licence was not checked', async () => {
    const folder = await make();
    for (const name of ['certificate.jwt', 'jwks.json', 'status-revocation.jwt', 'status-suspension.jwt'])
      rmSync(join(folder.path, '.bodega', name));
    const manifest = JSON.parse(folder.read('.bodega/manifest.json').toString()) as Record<string, unknown>;
    folder.writeState('manifest.json', JSON.stringify({ ...manifest, certificate: null }));

    expect(await folder.verify()).toMatchObject({ code: 0, json: { verified: true, certificate: null } });
  });
});

describe('a certificate that the market signed, but not for this, is refused', () => {
  const at = (ms: number): string => new Date(Date.now() + ms).toISOString();
  it.each<[string, FolderFacts, RegExp]>([
    ['ended', { validUntil: new Date(Date.now() - 1_000) }, /the licence ended on/],
    ['not begun', { validFrom: new Date(Date.now() + DAY_MS) }, /the licence begins only on/],
    ['revoked', { revoked: [INDEX] }, /the licence is revoked, says the market's list of/],
    ['suspended', { suspended: [INDEX] }, /the licence is suspended/],
    ['revoked, in an old list', { revoked: [INDEX], listAt: new Date(Date.now() - 90 * DAY_MS) }, /is revoked/],
    ['list of tomorrow', { listAt: new Date(Date.now() + DAY_MS) }, /later than this machine's clock/],
    ['other root', { certificate: (c) => (c['credentialSubject'].version.merkleRoot = 'e'.repeat(64)) }, /add up to/],
    ['other commit', { certificate: (c) => (c['credentialSubject'].version.commit = 'e'.repeat(40)) }, /the commit/],
    ['other grant', { certificate: (c) => (c['credentialSubject'].grant = 'grt_1') }, /the grant/],
    ['other dataset', { certificate: (c) => (c['credentialSubject'].dataset.slug = 'a/b') }, /the dataset/],
    ['other version', { certificate: (c) => (c['credentialSubject'].version.label = 'v2') }, /the version/],
    ['other terms', { certificate: (c) => (c['credentialSubject'].policy.termsHash = 'f'.repeat(64)) }, /the terms/],
    ['no such form', { isForm: true, certificate: (c) => (c['credentialSubject'].forms = []) }, /cover the form/],
    ['other list', { certificate: (c) => (c['credentialStatus'][0].statusListCredential += '0') }, /not the one/],
    ['other index', { revoked: [7], certificate: (c) => (c['credentialStatus'][0].statusListIndex = '7') }, /revoked/],
    ['index beyond', { certificate: (c) => (c['credentialStatus'][1].statusListIndex = '131072') }, /no entry 131072/],
    ['no status', { certificate: (c) => (c['credentialStatus'] = []) }, /does not say where its revocation/],
    ['other issuer', { certificate: (c) => (c['iss'] = 'https://other.example') }, /does not name its issuer/],
    ['other kind', { certificate: (c) => (c['type'] = ['VerifiableCredential']) }, /does not state a licence/],
    ['no offset', { certificate: (c) => (c['validUntil'] = '2999-01-01T00:00:00') }, /a date that is none/],
    ['no date', { certificate: (c) => (c['validFrom'] = 'yesterday') }, /a date that is none/],
    ['other end', { certificate: (c) => (c['validUntil'] = at(-5_000)) }, /the licence ended on/],
    ['other purpose', { list: (l) => (l['credentialSubject'].statusPurpose = 'suspension') }, /not the one/],
    ['list of another', { list: (l) => (l['iss'] = l['issuer'] = 'https://other.example') }, /not the one/],
    ['short list', { list: (l) => (l['credentialSubject'].encodedList = 'uH4sIAAAAAAAAA') }, /cannot be unpacked/],
    [
      'bomb',
      {
        list: (l) =>
          (l['credentialSubject'].encodedList = `u${gzipSync(Buffer.alloc(17 << 20)).toString('base64url')}`),
      },
      /cannot be unpacked/,
    ],
  ])('%s', async (_what, facts, sentence) => {
    const folder = await make(facts);

    const verified = await folder.verify();

    expect([verified.code, verified.json.verified]).toEqual([1, false]);
    expect(verified.sentence).toMatch(sentence);
    expect(verified.sentence.split('\n')).toHaveLength(1);
  });
});

describe('keys', () => {
  it('rotate: a certificate of the old one is good beside the new one', async () => {
    const [old, fresh] = [new MarketKey(), new MarketKey()];
    const folder = await make({ key: old, keys: [fresh, old] });

    expect((await folder.verify()).code).toBe(0);
  });

  it.each<[string, (folder: LicensedFolder) => Promise<void>]>([
    [
      'left out of the published ones',
      async (folder) => folder.writeState('jwks.json', JSON.stringify({ keys: [new MarketKey().jwk] })),
    ],
    [
      'named as another is',
      async (folder) =>
        folder.writeState('jwks.json', JSON.stringify({ keys: [{ ...new MarketKey().jwk, kid: folder.key.kid }] })),
    ],
    ['no keys at all', async (folder) => folder.writeState('jwks.json', '{"keys":')],
    [
      'none, with the algorithm "none"',
      async (folder) => {
        const [, body = ''] = folder.read('.bodega/certificate.jwt').toString().split('.');
        const header = Buffer.from(JSON.stringify({ alg: 'none', typ: 'vc+jwt', kid: folder.key.kid }));
        folder.writeState('certificate.jwt', `${header.toString('base64url')}.${body}.`);
      },
    ],
    [
      'of the market, over a token of another type',
      async (folder) => {
        const [, body = ''] = folder.read('.bodega/certificate.jwt').toString().split('.');
        const payload = JSON.parse(Buffer.from(body, 'base64url').toString()) as Record<string, unknown>;
        folder.writeState('certificate.jwt', await folder.key.sign(payload, { typ: 'JWT' }));
      },
    ],
  ])('are refused when they are %s', async (_what, spoil) => {
    const folder = await make();
    await spoil(folder);

    const verified = await folder.verify();

    expect([verified.code, verified.json.certificate.valid]).toEqual([1, false]);
  });

  it('of a forger who signs everything anew are refused where the market is known, or its key is named', async () => {
    const config = mkdtempSync(join(tmpdir(), 'bodega-config-'));
    try {
      const genuine = await make();
      const forged = await make({ key: new MarketKey() });
      const known = new KnownKeys(config);
      await known.learn('https://evil.example', ISSUER, [forged.key.kid]);
      const unknownMarket = await forged.verify({}, config);
      await known.learn(ISSUER, ISSUER, [genuine.key.kid]);

      expect(unknownMarket.code).toBe(0);
      expect((await genuine.verify({}, config)).code).toBe(0);
      expect((await forged.verify({}, config)).sentence).toContain('is not one that is trusted here');
      expect((await forged.verify({ key: genuine.key.kid })).code).toBe(1);
      expect((await genuine.verify({ key: genuine.key.kid })).code).toBe(0);
      writeFileSync(join(config, 'known-keys.json'), '{ damaged');
      expect((await forged.verify({}, config)).code).toBe(1);
    } finally {
      rmSync(config, { recursive: true, force: true });
    }
  });
});

describe('any change', () => {
  let folder: LicensedFolder;
  let part: LicensedFolder;
  beforeAll(async () => {
    folder = await LicensedFolder.make();
    part = await LicensedFolder.make({ isPart: true });
    // Else everything below would be found for another reason.
    expect([(await folder.verify()).code, (await part.verify()).code]).toEqual([0, 0]);
  });
  afterAll(() => {
    folder.remove();
    part.remove();
  });

  /** The answer with one file replaced, which is put back afterwards. */
  async function codeWith(which: LicensedFolder, path: string, content: Buffer): Promise<number> {
    const before = which.read(path);
    which.write(path, content);
    try {
      const { code, sentence } = await which.verify();
      expect(sentence).not.toContain('unexpected');
      return code;
    } finally {
      which.write(path, before);
    }
  }

  const signed = ['.bodega/certificate.jwt', '.bodega/status-revocation.jwt', '.bodega/status-suspension.jwt'];
  const full = CONTENT.filter(({ text }) => text !== '').map(({ path }) => path);

  it('of any one bit of a signed document or of a data file is found', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...signed, ...full),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        fc.nat(7),
        async (path, where, bit) => {
          const bytes = Buffer.from(folder.read(path));
          const at = Math.floor(where * bytes.length);
          bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);

          expect(await codeWith(folder, path, bytes)).toBe(1);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('of the bits that a lenient decoder of base64 drops is found', async () => {
    for (const path of signed) {
      const text = folder.read(path).toString();
      const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
      const last = alphabet.indexOf(text.slice(-1));
      for (const other of [last ^ 1, last ^ 2, last ^ 3]) {
        expect(await codeWith(folder, path, Buffer.from(text.slice(0, -1) + (alphabet[other] ?? '')))).toBe(1);
      }
      for (const more of ['=', '\n', '.', 'A']) {
        expect(await codeWith(folder, path, Buffer.from(text + more))).toBe(1);
      }
    }
  });

  it('of length of any signed document or data file is found', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...signed, ...full), fc.nat(40), async (path, cut) => {
        const bytes = folder.read(path);

        expect(await codeWith(folder, path, bytes.subarray(0, Math.max(0, bytes.length - 1 - cut)))).toBe(1);
        expect(await codeWith(folder, path, Buffer.concat([bytes, Buffer.alloc(cut + 1, 65)]))).toBe(1);
      }),
      { numRuns: 25 },
    );
  });

  it('of any fact of the manifest that says what was licensed is found', async () => {
    for (const which of [folder, part]) {
      const manifest = JSON.parse(which.read('.bodega/manifest.json').toString()) as Record<string, unknown> & {
        files: { path: string; sizeBytes: number; sha256: string }[];
        tree: (string | null)[] | null;
      };
      const changed: Record<string, unknown>[] = [
        ...['slug', 'version', 'grantId', 'certificate', 'form'].map((key) => ({ ...manifest, [key]: 'other' })),
        ...['commit'].map((key) => ({ ...manifest, [key]: 'e'.repeat(40) })),
        ...['merkleRoot', 'termsHash'].map((key) => ({ ...manifest, [key]: 'e'.repeat(64) })),
        ...['certificate', 'commit', 'merkleRoot', 'termsHash'].map((key) => ({ ...manifest, [key]: null })),
        ...manifest.files.flatMap((file, i) => [
          { ...manifest, files: manifest.files.with(i, { ...file, sha256: 'e'.repeat(64) }) },
          { ...manifest, files: manifest.files.with(i, { ...file, sizeBytes: file.sizeBytes + 1 }) },
          { ...manifest, files: manifest.files.with(i, { ...file, path: `${file.path}2` }) },
          { ...manifest, files: manifest.files.toSpliced(i, 1) },
        ]),
        ...(manifest.tree ?? []).map((_leaf, i) => ({
          ...manifest,
          tree: manifest.tree?.with(i, 'e'.repeat(64)) ?? null,
        })),
        ...(manifest.tree
          ? [
              { ...manifest, tree: null },
              { ...manifest, tree: [...manifest.tree, null] },
            ]
          : []),
      ];
      expect(changed.length).toBeGreaterThan(25);
      for (const other of changed) {
        expect(await codeWith(which, '.bodega/manifest.json', Buffer.from(JSON.stringify(other)))).toBe(1);
      }
    }
  });

  it('of the set of files is found', async () => {
    const path = full[0] ?? '';
    const bytes = readFileSync(join(folder.path, path));
    rmSync(join(folder.path, path));
    const missing = await folder.verify();
    folder.write(path, bytes);
    folder.write('data/new.parquet', 'PAR1');
    const extra = await folder.verify();
    rmSync(join(folder.path, 'data/new.parquet'));

    expect([missing.code, extra.code, (await folder.verify()).code]).toEqual([1, 1, 0]);
    expect(missing.sentence).toMatch(/differs from its manifest in 1 place: README\.md is missing\.$/);
    expect(extra.sentence).toMatch(/data\/new\.parquet does not belong to this version\.$/);
  });
});
