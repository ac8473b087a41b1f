import { createHmac, hash } from 'node:crypto';

/** Who signs, and for which region. */
export interface SigningCredentials {
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

const SHA256_BLOCK_BYTES = 64;
const SHA256_BYTES = 32;
const HASH_HEX_CHARACTERS = 64;

/** The SigV4 key of one day: `AWS4` + secret, then date, region, service and terminator folded in by HMAC. */
export function deriveSigningKey(credentials: SigningCredentials, day: string): Buffer {
  let key: Buffer = Buffer.from(`AWS4${credentials.secretAccessKey}`, 'utf8');
  for (const part of [day, credentials.region, 's3', 'aws4_request']) {
    key = createHmac('sha256', key).update(part, 'utf8').digest();
  }
  return key;
}

/**
 * Signs many canonical requests that share key, instant and scope.
 *
 * HMAC is two SHA-256 passes over `pad(key) + message`. Both pads and everything of the string to sign except the
 * hash of the canonical request are laid out once, so that a signature costs three one-shot hashes and no
 * allocation. That is faster than one `createHmac` call, whose set-up dominates at this size.
 */
export class RequestSigner {
  private readonly inner: Buffer;
  private readonly outer = Buffer.alloc(SHA256_BLOCK_BYTES + SHA256_BYTES);
  private readonly hashOffset: number;

  constructor(key: Buffer, timestamp: string, scope: string) {
    const prefix = Buffer.from(`AWS4-HMAC-SHA256\n${timestamp}\n${scope}\n`, 'utf8');
    this.hashOffset = SHA256_BLOCK_BYTES + prefix.length;
    this.inner = Buffer.alloc(this.hashOffset + HASH_HEX_CHARACTERS);
    for (let i = 0; i < SHA256_BLOCK_BYTES; i++) {
      const byte = key[i] ?? 0;
      this.inner[i] = byte ^ 0x36;
      this.outer[i] = byte ^ 0x5c;
    }
    prefix.copy(this.inner, SHA256_BLOCK_BYTES);
  }

  /** @returns the signature of a canonical request, in lower-case hex. */
  sign(canonicalRequest: string): string {
    this.inner.write(hash('sha256', canonicalRequest, 'hex'), this.hashOffset, 'latin1');
    this.outer.write(hash('sha256', this.inner, 'binary'), SHA256_BLOCK_BYTES, 'binary');
    return hash('sha256', this.outer, 'hex');
  }
}
