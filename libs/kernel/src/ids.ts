import { randomBytes } from 'node:crypto';

/** Prefixes of public ids, one per kind of thing. */
export const ID_PREFIXES = {
  Organization: 'org',
  User: 'usr',
  ApiKey: 'key',
  Session: 'ses',
  Dataset: 'ds',
  Version: 'dv',
  Episode: 'ep',
  Offer: 'off',
  Grant: 'grt',
  Order: 'ord',
  Certificate: 'cert',
  Lease: 'lse',
  Contributor: 'ctr',
  Withdrawal: 'wdr',
  Notice: 'ntc',
  Review: 'rev',
  TitleRecord: 'ttl',
  Entry: 'ent',
  Account: 'acc',
  Request: 'req',
} as const;

export type IdKind = keyof typeof ID_PREFIXES;

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

/**
 * A public id: prefix, underscore, 26 Crockford base32 characters of which the first ten are the time in milliseconds.
 * Ids made later sort later, so an index on them grows at its right edge.
 */
export function newId(kind: IdKind, nowMs: number = Date.now()): string {
  let time = '';
  for (let rest = nowMs, i = 0; i < 10; i++) {
    time = ALPHABET.charAt(rest % 32) + time;
    rest = Math.floor(rest / 32);
  }
  let random = '';
  for (const byte of randomBytes(16)) random += ALPHABET.charAt(byte & 31);
  return `${ID_PREFIXES[kind]}_${time}${random}`;
}

/** Whether the text has the shape of an id of this kind; says nothing about existence. */
export function isId(kind: IdKind, text: string): boolean {
  const prefix = `${ID_PREFIXES[kind]}_`;
  return text.startsWith(prefix) && /^[0-9a-hjkmnp-tv-z]{26}$/.test(text.slice(prefix.length));
}

/** The kind that an id names by its prefix, or null. */
export function kindOfId(text: string): IdKind | null {
  const prefix = text.slice(0, Math.max(0, text.indexOf('_')));
  for (const kind of Object.keys(ID_PREFIXES) as IdKind[]) if (ID_PREFIXES[kind] === prefix) return kind;
  return null;
}
