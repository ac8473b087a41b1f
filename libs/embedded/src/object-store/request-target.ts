import { S3Error } from './s3-error.js';

/** What a request line asks for, decoded once. */
export interface RequestTarget {
  /** Undefined for the service itself. */
  readonly bucket: string | undefined;
  /** Undefined for the bucket itself. */
  readonly key: string | undefined;
  /** Decoded, in the order sent; names may repeat. */
  readonly query: readonly (readonly [name: string, value: string])[];
  /** Path as SigV4 wants it. */
  readonly canonicalPath: string;
}

const MAX_KEY_BYTES = 1024;

/**
 * Takes `METHOD path?query` apart. Keys are taken as they are: `..`, `//` and a trailing slash mean nothing to us.
 *
 * @throws S3Error InvalidURI, KeyTooLongError
 */
export function parseTarget(url: string): RequestTarget {
  const mark = url.indexOf('?');
  const rawPath = mark < 0 ? url : url.slice(0, mark);
  const rawQuery = mark < 0 ? '' : url.slice(mark + 1);
  const path = decode(rawPath);
  if (!path.startsWith('/')) throw new S3Error('InvalidURI', 'The request path must start with a slash.');
  const slash = path.indexOf('/', 1);
  const bucket = slash < 0 ? path.slice(1) : path.slice(1, slash);
  const key = slash < 0 ? '' : path.slice(slash + 1);
  if (Buffer.byteLength(key) > MAX_KEY_BYTES) throw new S3Error('KeyTooLongError', 'Your key is too long.');
  return {
    bucket: bucket === '' ? undefined : bucket,
    key: key === '' ? undefined : key,
    query: rawQuery
      .split('&')
      .filter((pair) => pair !== '')
      .map((pair) => {
        const equals = pair.indexOf('=');
        const name = equals < 0 ? pair : pair.slice(0, equals);
        const value = equals < 0 ? '' : pair.slice(equals + 1);
        return [decodeQueryPart(name), decodeQueryPart(value)] as const;
      }),
    canonicalPath: path.split('/').map(encodePart).join('/'),
  };
}

/** The value of a parameter that may stand once; undefined when absent. */
export function queryValue(target: RequestTarget, name: string): string | undefined {
  return target.query.find(([candidate]) => candidate === name)?.[1];
}

/**
 * Percent-encodes as SigV4 wants it. Written here again, apart from the signer in `storage`: a server that verified with
 * its client's code would agree with any mistake in it.
 */
export function encodePart(text: string): string {
  let encoded = '';
  for (const byte of Buffer.from(text, 'utf8')) {
    const isPlain =
      (byte >= 0x41 && byte <= 0x5a) ||
      (byte >= 0x61 && byte <= 0x7a) ||
      (byte >= 0x30 && byte <= 0x39) ||
      byte === 0x2d ||
      byte === 0x2e ||
      byte === 0x5f ||
      byte === 0x7e;
    encoded += isPlain ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return encoded;
}

/** A form-encoded query writes a space as `+`; in a path a plus is a plus. */
function decodeQueryPart(text: string): string {
  return decode(text.replaceAll('+', '%20'));
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new S3Error('InvalidURI', "Couldn't parse the specified URI.");
  }
}
