import { createHash } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { loadEd25519Keys } from '@app/keys';
import type { Ed25519Key } from '@app/keys';
import { CompactSign, SignJWT } from 'jose';
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

/**
 * The keys that sign certificates and status lists. They live in files, never in the database: whoever can write every row
 * still cannot forge a certificate. The last private key by file name signs, and every public one stays published.
 */
@Injectable()
export class SigningKeys {
  constructor(private readonly keys: readonly StoredKey[]) {}

  /** Keys of a file, or of the `.pem` and `.jwk` files of a folder; none at all when nothing is configured. @throws naming the file, never its content */
  static load(path: string | undefined): SigningKeys {
    return new SigningKeys(loadEd25519Keys(path, 'SIGNING_KEY_FILE').map(toStoredKey));
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

  /** Signs these very bytes as a compact JWS of a type of its own. @throws LICENSING_NO_SIGNING_KEY */
  async signBytes(bytes: Uint8Array, typ: string): Promise<string> {
    const { jwk, privateKey } = this.keys.findLast((key) => key.privateKey) ?? {};
    if (!jwk || !privateKey) throw LicensingErrors.NO_SIGNING_KEY({});
    return new CompactSign(bytes).setProtectedHeader({ alg: 'EdDSA', typ, kid: jwk.kid }).sign(privateKey);
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

function toStoredKey({ publicKey, privateKey }: Ed25519Key): StoredKey {
  const x = publicKey.toString('base64url');
  return { jwk: { kty: 'OKP', crv: 'Ed25519', x, kid: thumbprintOf(x), use: 'sig', alg: 'EdDSA' }, privateKey };
}
