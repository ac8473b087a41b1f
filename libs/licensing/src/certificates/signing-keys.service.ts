import { createHash, createPrivateKey, createPublicKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Injectable } from '@nestjs/common';
import { SignJWT } from 'jose';
import { LicensingErrors } from '../licensing.errors.js';

/** A public key as it is published. */
export interface PublicJwk {
  readonly kty: 'OKP';
  readonly crv: 'Ed25519';
  readonly x: string;
  /** RFC 7638 thumbprint, so that the name of a key proves the key. */
  readonly kid: string;
  readonly use: 'sig';
  readonly alg: 'EdDSA';
}

interface StoredKey {
  readonly jwk: PublicJwk;
  /** Null for the published half of a key that no longer signs. */
  readonly privateKey: KeyObject | null;
}

/** A certificate is a few kilobytes; a key file is less than one. */
const MAX_KEY_BYTES = 16_384;

/**
 * The keys that sign certificates and status lists. They live in files, never in the database: whoever can write every row
 * still cannot forge a certificate. The last private key by file name signs, and every public one stays published.
 */
@Injectable()
export class SigningKeys {
  constructor(private readonly keys: readonly StoredKey[]) {}

  /** Keys of a file, or of the `.pem` and `.jwk` files of a folder; none at all when nothing is configured. @throws naming the file, never its content */
  static load(path: string | undefined): SigningKeys {
    if (path === undefined) return new SigningKeys([]);
    const files = statSync(path).isDirectory()
      ? readdirSync(path)
          .filter((name) => name.endsWith('.pem') || name.endsWith('.jwk'))
          .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
          .map((name) => join(path, name))
      : [path];
    const keys = files.map(readKey);
    if (!keys.some((key) => key.privateKey)) {
      throw new Error(`SIGNING_KEY_FILE: ${path} holds no private key; put an Ed25519 key there as PEM or JWK.`);
    }
    return new SigningKeys(keys);
  }

  get canSign(): boolean {
    return this.keys.length > 0;
  }

  /** Every public key, the newest first. */
  get published(): readonly PublicJwk[] {
    const byKid = new Map([...this.keys].reverse().map(({ jwk }) => [jwk.kid, jwk]));
    return [...byKid.values()];
  }

  /** Whether certificates of this key still count. */
  isPublished(kid: string): boolean {
    return this.keys.some((key) => key.jwk.kid === kid);
  }

  /** Signs a credential as it stands. @throws LICENSING_NO_SIGNING_KEY */
  async sign(credential: Readonly<Record<string, unknown>>): Promise<{ jwt: string; kid: string }> {
    const { jwk, privateKey } = this.keys.findLast((key) => key.privateKey) ?? {};
    if (!jwk || !privateKey) throw LicensingErrors.NO_SIGNING_KEY({});
    const { kid } = jwk;
    const header = { alg: 'EdDSA', typ: 'vc+jwt', cty: 'vc', kid };
    return { jwt: await new SignJWT({ ...credential }).setProtectedHeader(header).sign(privateKey), kid };
  }
}

/** RFC 7638: SHA-256 over the required members in order of their names. */
export function thumbprintOf(x: string): string {
  return createHash('sha256').update(`{"crv":"Ed25519","kty":"OKP","x":"${x}"}`).digest('base64url');
}

function readKey(path: string): StoredKey {
  try {
    if (statSync(path).size > MAX_KEY_BYTES) throw new Error('too large');
    const { publicKey, privateKey } = parseKey(readFileSync(path, 'utf8'));
    if (publicKey.asymmetricKeyType !== 'ed25519') throw new Error('another kind of key');
    const { x } = publicKey.export({ format: 'jwk' });
    if (typeof x !== 'string') throw new Error('no public part');
    const jwk: PublicJwk = { kty: 'OKP', crv: 'Ed25519', x, kid: thumbprintOf(x), use: 'sig', alg: 'EdDSA' };
    return { jwk, privateKey };
  } catch (error) {
    throw new Error(`SIGNING_KEY_FILE: ${basename(path)} is not an Ed25519 key as PEM or JWK.`, { cause: error });
  }
}

function parseKey(text: string): { publicKey: KeyObject; privateKey: KeyObject | null } {
  const jwk = text.trimStart().startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : null;
  const isPrivate = jwk ? typeof jwk['d'] === 'string' : text.includes('PRIVATE KEY');
  const input = jwk ? { key: jwk, format: 'jwk' as const } : text;
  if (!isPrivate) return { publicKey: createPublicKey(input), privateKey: null };
  const privateKey = createPrivateKey(input);
  return { publicKey: createPublicKey(privateKey), privateKey };
}
