import { gzipSync } from 'node:zlib';
import { STATUS_PURPOSES, envelope, statusListUrlOf } from './certificate.rules.js';
import type { StatusPurpose } from './certificate.rules.js';

/** Entries of one list: the least that the specification allows, so that one bit hides among many. */
export const STATUS_LIST_ENTRIES = 131_072;
/** A list that is cached longer than this proves nothing any more. */
export const STATUS_LIST_VALID_H = 24;
/** How long caches may keep a list: a revocation is seen within a minute. */
export const STATUS_LIST_CACHE_S = 60;

/** One list by its name in the URL. */
export interface StatusListName {
  readonly purpose: StatusPurpose;
  readonly list: number;
}

/** Reads `revocation-1`; null for anything else. */
export function parseStatusListName(text: string): StatusListName | null {
  const [, name, number] = /^([a-z]+)-([1-9]\d{0,5})$/.exec(text) ?? [];
  const purpose = STATUS_PURPOSES.find((one) => one === name);
  return purpose ? { purpose, list: Number(number) } : null;
}

/**
 * Bits as the specification writes them: index 0 is the most significant bit of the first byte; gzip; base64url with the
 * multibase prefix `u`.
 * @see W3C Bitstring Status List v1.0, section 3.3
 */
export function encodeStatusList(indices: Iterable<number>): string {
  const bits = Buffer.alloc(STATUS_LIST_ENTRIES / 8);
  for (const index of indices) {
    if (!Number.isInteger(index) || index < 0 || index >= STATUS_LIST_ENTRIES) {
      throw new RangeError(`A status list has no entry ${index}.`);
    }
    bits[index >> 3] = (bits[index >> 3] ?? 0) | (0x80 >> (index & 7));
  }
  return `u${gzipSync(bits).toString('base64url')}`;
}

/** The list as a credential of its own. */
export function statusListOf(
  issuer: string,
  { purpose, list }: StatusListName,
  stopped: Iterable<number>,
  at: Date,
): Record<string, unknown> {
  const url = statusListUrlOf(issuer, purpose, list);
  return {
    ...envelope(issuer, url, 'BitstringStatusListCredential', at),
    validFrom: at.toISOString(),
    validUntil: new Date(at.getTime() + STATUS_LIST_VALID_H * 3_600_000).toISOString(),
    credentialSubject: {
      id: `${url}#list`,
      type: 'BitstringStatusList',
      statusPurpose: purpose,
      ttl: STATUS_LIST_CACHE_S * 1_000,
      encodedList: encodeStatusList(stopped),
    },
  };
}
