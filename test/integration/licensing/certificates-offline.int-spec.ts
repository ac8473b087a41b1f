import 'reflect-metadata';
import { createHash } from 'node:crypto';
import { readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { OpenMarket } from '../../support/open-market.js';
import type { CliRun, Party } from '../../support/open-market.js';
import { offerOn, orderOf, publishFolder, sampleFolder } from '../../support/published-set.js';
import type { PublishedSet } from '../../support/published-set.js';

const STATE = ['certificate.jwt', 'jwks.json', 'manifest.json', 'status-revocation.jwt', 'status-suspension.jwt'];

describe('a pulled folder', () => {
  let market: OpenMarket;
  let provider: Party;
  let buyer: Party;
  let set: PublishedSet;
  let grantId: string;
  let folder: string;

  beforeAll(async () => {
    market = await OpenMarket.open();
    provider = await market.party({ isProvider: true }, 'centre');
    buyer = await market.party({ isBuyer: true }, 'startup');
    set = await publishFolder(market, provider, { folder: sampleFolder('sorting'), name: 'sorting' });
    await offerOn(market, provider, set.slug);
  }, 180_000);

  afterAll(() => market.close());

  async function pulled(name: string, ...more: string[]): Promise<CliRun> {
    folder = join(market.folder, name);
    const run = await market.cli(['pull', set.slug, '--to', folder, ...more, '--json'], buyer);
    expect(run.stderr).not.toContain('Error');
    return run;
  }
  const verify = (...more: string[]): Promise<CliRun> => market.cli(['verify', folder, ...more, '--json']);

  it('carries its certificate, status lists and keys, and is verified without asking anybody', async () => {
    const licensed = await market.cli(['license', set.slug, '--use', 'commercial_training', '--yes', '--json'], buyer);
    grantId = licensed.json.grantId;
    const page = await fetch(licensed.json.certificateUrl.replace('http://127.0.0.1:3000', market.url));
    const pull = await pulled('whole');

    expect(page.headers.get('content-type')).toMatch(/^application\/vc\+jwt/);
    expect(pull.json.certificate).toBe(licensed.json.certificateUrl);
    expect((await readdir(join(folder, '.bodega'))).sort()).toEqual(STATE);
    expect(await readFile(join(folder, '.bodega/certificate.jwt'), 'utf8')).toBe(await page.text());
    const { code, json } = await market.cli([
      'verify',
      folder,
      '--json',
      '--endpoint',
      'http://127.0.0.1:9',
      '--api-key',
      'hf_bodega_none',
    ]);
    expect(code).toBe(0);
    expect(json).toMatchObject({
      verified: true,
      differences: [],
      certificate: {
        valid: true,
        id: licensed.json.certificateUrl,
        grantId,
        licensee: 'startup',
        template: 'LicenseRef-Bodega-Commercial-1.0',
        validUntil: null,
        status: 'not_stopped',
      },
    });
    expect(json.certificate.statusAgeS).toBeLessThan(120);
  });

  it('is read by its parties through the API, and the certificate by whoever has its address', async () => {
    const query = `{ grants(first: 5) { nodes { id certificateUrl certificate { id grantId url jwt keyId } } } }`;
    const { grants } = await market.must(query, {}, buyer.apiKey);
    const [{ certificate, certificateUrl }] = grants.nodes;
    const address = certificateUrl.replace('http://127.0.0.1:3000', market.url);

    expect(certificate).toMatchObject({ grantId, url: certificateUrl });
    expect(await (await fetch(address)).text()).toBe(certificate.jwt);
    const unknown = await fetch(`${address.slice(0, -1)}!`);
    expect([unknown.status, (await unknown.json()) as unknown]).toEqual([
      404,
      expect.objectContaining({ code: 'REQUEST_NOT_FOUND' }),
    ]);
    const { keys } = (await (await fetch(`${market.url}/.well-known/jwks.json`)).json()) as { keys: { kid: string }[] };
    expect(keys.map((key) => key.kid)).toEqual([certificate.keyId]);
  });

  it('in part is proved to be of the licensed version, file by file', async () => {
    const part = await pulled('part', '--episodes', '0');
    const whole = await verify();
    const manifest = JSON.parse(await readFile(join(folder, '.bodega/manifest.json'), 'utf8'));

    expect([part.code, whole.code, whole.json.certificate.valid]).toEqual([0, 0, true]);
    expect(manifest.tree).toHaveLength(manifest.files.length + manifest.tree.filter(Boolean).length);
    // Another version's file, honestly listed in the manifest with its own hash, is still not licensed.
    const [file] = manifest.files;
    await writeFile(join(folder, file.path), 'other bytes');
    const hash = createHash('sha256').update('other bytes').digest('hex');
    Object.assign(file, { sizeBytes: 11, sha256: hash });
    await writeFile(join(folder, '.bodega/manifest.json'), JSON.stringify(manifest));
    const forged = await verify();
    expect([forged.code, forged.json.certificate.valid]).toEqual([1, false]);
    expect(forged.json.certificate.problem).toMatch(/^the files add up to /);
  });

  it('that lost its certificate, or has that of another grant, is not licensed', async () => {
    await pulled('lost');
    const certificate = join(folder, '.bodega/certificate.jwt');
    await rename(certificate, `${certificate}.away`);
    const lost = await verify();
    const rival = await market.party({ isBuyer: true }, 'rival');
    const offer = await market.must(`{ dataset(slug: "${set.slug}") { offers { id } } }`);
    const other = await orderOf(market, rival, offer.dataset.offers[0].id);
    const { grants } = await market.must('{ grants(first: 1) { nodes { certificate { jwt } } } }', {}, rival.apiKey);
    await writeFile(certificate, grants.nodes[0].certificate.jwt);
    await rm(`${certificate}.away`);
    const swapped = await verify();

    expect([lost.code, lost.json.certificate.problem]).toEqual([1, '.bodega/certificate.jwt is missing']);
    expect(swapped.code).toBe(1);
    expect(swapped.json.certificate.problem).toContain(other.grantId);
    expect(swapped.stderr.trim().split('\n').at(-1)).toMatch(/^The licence of .* does not hold: the manifest names/);
  });

  it('is trusted under the named key alone, where one is named', async () => {
    await pulled('keys');
    const { json } = await verify();

    const same = await verify('--key', json.certificate.keyId);
    const other = await verify('--key', 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k');

    expect([same.code, other.code]).toEqual([0, 1]);
    expect(other.json.certificate.problem).toContain('is not one that is trusted here');
  });

  it('learns of a suspension and a revocation when it asks anew, and says until then how old its knowledge is', async () => {
    await pulled('stopped');
    const act = async (mutation: string, more = ', reason: "The terms were broken today."'): Promise<void> => {
      await market.must(
        `mutation { ${mutation}(input: { grantId: "${grantId}"${more} }) { id } }`,
        {},
        provider.apiKey,
      );
    };

    await act('suspendGrant');
    const unaware = await verify();
    const held = await verify('--refresh');
    await act('resumeGrant', '');
    const resumed = await verify('--refresh');
    await act('revokeGrant');
    const revoked = await verify('--refresh');
    const later = await verify();

    expect([unaware.code, unaware.json.certificate.status]).toEqual([0, 'not_stopped']);
    expect([held.code, resumed.code, revoked.code, later.code]).toEqual([1, 0, 1, 1]);
    expect(held.json.certificate.problem).toMatch(/^the licence is suspended, says the market's list of /);
    expect(revoked.stderr).toMatch(/does not hold: the licence is revoked, says the market's list of 20/);
    expect(revoked.json).toMatchObject({ verified: false, differences: [], certificate: { valid: false } });
  });

  it('is refused when the licence has ended meanwhile', async () => {
    const offerId = await offerOn(market, provider, set.slug, { template: 'evaluation' });
    const trial = await market.party({ isBuyer: true }, 'trial');
    // The market of 40 days ago; the machine that pulls lives today.
    market.clock.advance(-40 * 86_400);
    try {
      await orderOf(market, trial, offerId);
      const run = await market.cli(['pull', set.slug, '--to', join(market.folder, 'ended'), '--json'], trial);

      expect(run.code).toBe(1);
      expect(run.stderr).toMatch(/does not hold: the licence ended on 20/);
    } finally {
      market.clock.advance(40 * 86_400);
    }
  });
});
