import { createHash, randomBytes } from 'node:crypto';

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** Largest multiple of 62 below 256: bytes from here on would make some characters likelier. */
const FAIR_BYTES = 248;

/** 43 base62 characters carry 256 bits. */
export const SECRET_LENGTH = 43;

export function randomBase62(length: number): string {
  let text = '';
  while (text.length < length) {
    for (const byte of randomBytes(length)) {
      if (byte < FAIR_BYTES && text.length < length) text += BASE62.charAt(byte % 62);
    }
  }
  return text;
}

/** Secrets are stored as SHA-256: they carry 256 random bits, so a slow hash adds nothing. */
export function sha256Hex(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}
