import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SigningKeys, thumbprintOf } from './signing-keys.service.js';

/** RFC 8037, appendix A: the key, and its thumbprint. */
const RFC_KEY = {
  kty: 'OKP',
  crv: 'Ed25519',
  d: 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A',
  x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
};
const RFC_KID = 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k';

describe('signing keys', () => {
  let folder: string;
  const keep = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };
  const pair = (): { private: string; public: string } => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    return {
      private: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      public: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    };
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'bodega-keys-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('are named by the thumbprint of RFC 7638', () => {
    expect(thumbprintOf(RFC_KEY.x)).toBe(RFC_KID);
  });

  it('are read from a JWK, and publish nothing private', async () => {
    const keys = SigningKeys.load(keep('key.jwk', JSON.stringify(RFC_KEY)));

    const { jwt, kid } = await keys.sign({ iss: 'x' });

    expect(kid).toBe(RFC_KID);
    expect(keys.published).toEqual([
      { kty: 'OKP', crv: 'Ed25519', x: RFC_KEY.x, kid: RFC_KID, use: 'sig', alg: 'EdDSA' },
    ]);
    const [header = '', payload = '', signature = ''] = jwt.split('.');
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: RFC_KEY.x }, format: 'jwk' });
    expect(verify(null, Buffer.from(`${header}.${payload}`), key, Buffer.from(signature, 'base64url'))).toBe(true);
  });

  it('in a folder: the last private one by name signs, public halves stay published, other files are left alone', async () => {
    const [first, second, third] = [pair(), pair(), pair()];
    keep('2026-01.pem', first.public);
    keep('2026-02.pem', second.private);
    keep('2026-03.pem', third.public);
    keep('notes.txt', 'not a key');
    keep('2026-04.pem.123.new', 'half a k');

    const keys = SigningKeys.load(folder);

    const alone = SigningKeys.load(join(folder, '2026-02.pem'));
    expect((await keys.sign({})).kid).toBe(alone.published[0]?.kid);
    expect(keys.published).toHaveLength(3);
    expect(keys.published[1]?.kid).toBe(alone.published[0]?.kid);
  });

  it('that are none sign nothing, and say so', async () => {
    const keys = SigningKeys.load(undefined);

    expect([keys.canSign, keys.published]).toEqual([false, []]);
    await expect(keys.sign({})).rejects.toMatchObject({ code: 'LICENSING_NO_SIGNING_KEY' });
  });

  it.each([
    ['rubbish', 'not a key'],
    [
      'another kind',
      generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    ],
    ['a half-written JWK', JSON.stringify(RFC_KEY).slice(0, 60)],
    ['too much', `${JSON.stringify(RFC_KEY)}${' '.repeat(20_000)}`],
  ])('are refused at start when a file holds %s, without a word of its content', (_what, text) => {
    const path = keep('key.pem', text);

    expect(() => SigningKeys.load(path)).toThrow('SIGNING_KEY_FILE: key.pem is not an Ed25519 key as PEM or JWK.');
  });

  it('are refused at start where only public halves are', () => {
    keep('2026-01.pem', pair().public);

    expect(() => SigningKeys.load(folder)).toThrow('holds no private key');
  });
});
