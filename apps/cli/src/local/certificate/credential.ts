import { createHash, createPublicKey, verify } from 'node:crypto';
import { z } from 'zod';

/** What makes a certificate, or what belongs to it, worth nothing: one clause, to stand in a sentence. */
export class CertificateProblem extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = 'CertificateProblem';
  }
}

/** A public key by its RFC 7638 thumbprint. */
export type KeySet = ReadonlyMap<string, string>;

export interface Credential {
  readonly kid: string;
  readonly issuer: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

const keySetSchema = z.object({ keys: z.array(z.looseObject({})).max(1_000) });
const ed25519Schema = z.object({ kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: z.string(), kid: z.string() });
const headerSchema = z.strictObject({
  alg: z.literal('EdDSA'),
  typ: z.literal('vc+jwt'),
  cty: z.literal('vc').optional(),
  kid: z.string(),
});
const issuedSchema = z.looseObject({ iss: z.string().min(1), issuer: z.string() });

/** Reads a JWKS; what is no Ed25519 key, or is not named by its own thumbprint, is no key of ours. */
export function readKeySet(text: string): KeySet {
  const read = keySetSchema.safeParse(parseJson(text));
  if (!read.success) throw new CertificateProblem('the file of keys is not a JSON Web Key Set');
  const keys = new Map<string, string>();
  for (const key of read.data.keys) {
    const { data } = ed25519Schema.safeParse(key);
    if (data && thumbprintOf(data.x) === data.kid) keys.set(data.kid, data.x);
  }
  return keys;
}

/**
 * The content of a credential whose signature is good under one of the keys.
 * @param what names it in the sentence: `certificate`, `revocation list`
 * @see W3C Securing Verifiable Credentials using JOSE and COSE, section 3.1
 * @throws CertificateProblem
 */
export function readCredential(jwt: string, keys: KeySet, what: string): Credential {
  const [head = '', body = '', signed = '', ...more] = jwt.split('.');
  const signature = fromBase64Url(signed);
  const header = headerSchema.safeParse(parseJson(fromBase64Url(head)?.toString() ?? ''));
  if (more.length > 0 || !signature || !header.success) {
    throw new CertificateProblem(`the ${what} is not a credential of this kind`);
  }
  const { kid } = header.data;
  const x = keys.get(kid);
  if (x === undefined)
    throw new CertificateProblem(`the ${what} is signed with the key ${kid}, which is not among the keys`);
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  if (!verify(null, Buffer.from(`${head}.${body}`), key, signature)) {
    throw new CertificateProblem(`the signature of the ${what} is wrong, so it was altered or made by somebody else`);
  }
  const payload = issuedSchema.safeParse(parseJson(fromBase64Url(body)?.toString() ?? ''));
  if (!payload.success || payload.data.iss !== payload.data.issuer) {
    throw new CertificateProblem(`the ${what} does not name its issuer`);
  }
  return { kid, issuer: payload.data.issuer, payload: payload.data };
}

/** RFC 7638: SHA-256 over the required members in order of their names. */
export function thumbprintOf(x: string): string {
  return createHash('sha256')
    .update(`{"crv":"Ed25519","kty":"OKP","x":${JSON.stringify(x)}}`)
    .digest('base64url');
}

/** Only the one spelling of the bytes: the last character of a signature has bits that decoders ignore. */
function fromBase64Url(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64url');
  return bytes.toString('base64url') === text ? bytes : null;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
