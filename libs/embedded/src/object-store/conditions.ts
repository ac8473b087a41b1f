import type { StoredObject } from './object-index.js';
import { S3Error } from './s3-error.js';

type Headers = ReadonlyMap<string, string>;

/** A run of bytes; `end` lies behind the last one. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Applies `If-Match`, `If-None-Match`, `If-Modified-Since` and `If-Unmodified-Since` to a read.
 *
 * @param prefix `x-amz-copy-source-` for the source of a copy.
 * @throws S3Error PreconditionFailed, NotModified
 * @see RFC 9110 section 13.2.2 for the order
 */
export function checkReadConditions(headers: Headers, object: StoredObject, prefix = ''): void {
  const header = (name: string): string | undefined => headers.get(`${prefix}${name}`);
  const ifMatch = header('if-match');
  const ifNoneMatch = header('if-none-match');
  if (ifMatch !== undefined) {
    if (!matches(ifMatch, object.etag)) throw failed('If-Match');
  } else if (isAfter(object, header('if-unmodified-since'))) {
    throw failed('If-Unmodified-Since');
  }
  // A copy has nothing that it could call "not modified".
  const unchanged = (condition: string): S3Error =>
    prefix === '' ? new S3Error('NotModified', 'Not Modified') : failed(condition);
  if (ifNoneMatch !== undefined) {
    if (matches(ifNoneMatch, object.etag)) throw unchanged('If-None-Match');
  } else if (isAfter(object, header('if-modified-since')) === false) {
    throw unchanged('If-Modified-Since');
  }
}

/** Applies `If-None-Match: *` (write only what is new) and `If-Match` (replace only what I know) to a write. */
export function writeCondition(headers: Headers): (current: StoredObject | undefined) => void {
  const ifNoneMatch = headers.get('if-none-match');
  const ifMatch = headers.get('if-match');
  if (ifNoneMatch !== undefined && ifNoneMatch.trim() !== '*') {
    throw new S3Error('NotImplemented', 'A write supports If-None-Match with the value * only.');
  }
  return (current) => {
    if (ifNoneMatch !== undefined && current) throw failed('If-None-Match');
    if (ifMatch === undefined) return;
    if (!current) throw new S3Error('NoSuchKey', 'The specified key does not exist.');
    if (!matches(ifMatch, current.etag)) throw failed('If-Match');
  };
}

/**
 * The bytes that a `Range` header asks for; null for all of them. As S3 does, a header that is not understood or that asks
 * for several ranges is ignored, and so is every range when `If-Range` names another state of the object.
 *
 * @throws S3Error InvalidRange when no byte of the object is in it
 */
export function requestedRange(headers: Headers, object: StoredObject): ByteRange | null {
  const match = /^bytes=(\d*)-(\d*)$/.exec(headers.get('range') ?? '');
  if (!match || !isCurrent(headers.get('if-range'), object)) return null;
  const [first = '', last = ''] = match.slice(1);
  const { size } = object;
  if (first === '' && last === '') return null;
  if (first === '') {
    const suffix = Math.min(Number(last), size);
    if (suffix === 0) throw unsatisfiable(match[0], size);
    return { start: size - suffix, end: size };
  }
  const start = Number(first);
  const end = last === '' ? size : Math.min(Number(last) + 1, size);
  if (last !== '' && Number(last) < start) return null;
  if (start >= size) throw unsatisfiable(match[0], size);
  return { start, end };
}

function isCurrent(ifRange: string | undefined, object: StoredObject): boolean {
  if (ifRange === undefined) return true;
  return ifRange.startsWith('"') ? matches(ifRange, object.etag) : isAfter(object, ifRange) === false;
}

function matches(header: string, etag: string): boolean {
  return header
    .split(',')
    .map((candidate) => candidate.trim().replace(/^W\//, '').replaceAll('"', ''))
    .some((candidate) => candidate === '*' || candidate === etag);
}

/** Whether the object is newer than an HTTP date; null when there is no valid date. HTTP dates know whole seconds only. */
function isAfter(object: StoredObject, httpDate: string | undefined): boolean | null {
  const ms = httpDate === undefined ? Number.NaN : Date.parse(httpDate);
  return Number.isNaN(ms) ? null : Math.floor(object.modifiedMs / 1000) * 1000 > ms;
}

function failed(condition: string): S3Error {
  return new S3Error('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', {
    Condition: condition,
  });
}

function unsatisfiable(range: string, size: number): S3Error {
  return new S3Error('InvalidRange', 'The requested range is not satisfiable', {
    RangeRequested: range,
    ActualObjectSize: String(size),
  });
}
