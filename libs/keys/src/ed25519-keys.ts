import { createPrivateKey, createPublicKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';

/** One Ed25519 key of a file. */
export interface Ed25519Key {
  /** The public half: 32 bytes. */
  readonly publicKey: Buffer;
  /** Null for the published half of a key that no longer signs. */
  readonly privateKey: KeyObject | null;
}

/** A key file is less than a kilobyte. */
const MAX_KEY_BYTES = 16_384;

/**
 * Keys of a file, or of the `.pem` and `.jwk` files of a folder in order of their names; none at all when nothing is configured.
 * @param setting name of the setting that holds the path, for the sentence of a refusal
 * @throws naming the file, never its content; also when no file holds a private key
 */
export function loadEd25519Keys(path: string | undefined, setting: string): readonly Ed25519Key[] {
  if (path === undefined) return [];
  const files = statSync(path).isDirectory()
    ? readdirSync(path)
        .filter((name) => name.endsWith('.pem') || name.endsWith('.jwk'))
        .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
        .map((name) => join(path, name))
    : [path];
  const keys = files.map((file) => readEd25519Key(file, setting));
  if (!keys.some((key) => key.privateKey)) {
    throw new Error(`${setting}: ${path} holds no private key; put an Ed25519 key there as PEM or JWK.`);
  }
  return keys;
}

/** One key of a file. @throws naming the file, never its content */
function readEd25519Key(path: string, setting: string): Ed25519Key {
  try {
    if (statSync(path).size > MAX_KEY_BYTES) throw new Error('too large');
    const { publicKey, privateKey } = parseKey(readFileSync(path, 'utf8'));
    if (publicKey.asymmetricKeyType !== 'ed25519') throw new Error('another kind of key');
    const { x } = publicKey.export({ format: 'jwk' });
    if (typeof x !== 'string') throw new Error('no public part');
    return { publicKey: Buffer.from(x, 'base64url'), privateKey };
  } catch (error) {
    throw new Error(`${setting}: ${basename(path)} is not an Ed25519 key as PEM or JWK.`, { cause: error });
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
