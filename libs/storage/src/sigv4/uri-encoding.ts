const UNRESERVED = /^[A-Za-z0-9\-._~]*$/;
const UNRESERVED_PATH = /^[A-Za-z0-9\-._~/]*$/;

/** What `encodeURIComponent` leaves alone although SigV4 wants it escaped. */
const LEFT_BY_ECMASCRIPT = /[!'()*]/g;

const escapeByte = (character: string): string => `%${character.charCodeAt(0).toString(16).toUpperCase()}`;

/**
 * Percent-encodes one query name or value as SigV4 wants it: UTF-8, upper-case hex, everything but
 * `A–Z a–z 0–9 - _ . ~`.
 *
 * @throws URIError when the text holds half of a surrogate pair, which no UTF-8 can carry.
 */
export function encodeQueryPart(text: string): string {
  if (UNRESERVED.test(text)) return text;
  return encodeURIComponent(text).replace(LEFT_BY_ECMASCRIPT, escapeByte);
}

/**
 * Percent-encodes an object key once, keeping `/` and never normalising: `a//b` and `../x` stay as they are,
 * because S3 signs the path as sent.
 *
 * @throws URIError when the key holds half of a surrogate pair.
 */
export function encodeKey(key: string): string {
  if (UNRESERVED_PATH.test(key)) return key;
  return encodeURIComponent(key).replaceAll('%2F', '/').replace(LEFT_BY_ECMASCRIPT, escapeByte);
}
