import { checksumHeader } from './checksums.js';
import type { StoredObject } from './object-index.js';
import { queryValue } from './request-target.js';
import type { RequestTarget } from './request-target.js';
import { S3Error } from './s3-error.js';

const KEPT = ['cache-control', 'content-disposition', 'content-language', 'content-type', 'expires'] as const;
const DEFAULT_TYPE = 'binary/octet-stream';
const USER_METADATA = 'x-amz-meta-';
const MAX_USER_METADATA_BYTES = 2048;

/** `response-…` parameters of a signed GET, and the header that each replaces. */
const OVERRIDES: Readonly<Record<string, string>> = {
  'response-cache-control': 'cache-control',
  'response-content-disposition': 'content-disposition',
  'response-content-encoding': 'content-encoding',
  'response-content-language': 'content-language',
  'response-content-type': 'content-type',
  'response-expires': 'expires',
};

/** Takes from a request what is kept with its object. @throws S3Error MetadataTooLarge */
export function headersToKeep(headers: ReadonlyMap<string, string>): Record<string, string> {
  const kept: Record<string, string> = { 'content-type': DEFAULT_TYPE };
  for (const name of KEPT) {
    const value = headers.get(name);
    if (value !== undefined && value !== '') kept[name] = value;
  }
  // `aws-chunked` describes the transfer, not the object.
  const encoding = (headers.get('content-encoding') ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '' && part !== 'aws-chunked')
    .join(',');
  if (encoding !== '') kept['content-encoding'] = encoding;
  let metadataBytes = 0;
  for (const [name, value] of headers) {
    if (!name.startsWith(USER_METADATA)) continue;
    metadataBytes += name.length - USER_METADATA.length + value.length;
    kept[name] = value;
  }
  if (metadataBytes > MAX_USER_METADATA_BYTES) {
    throw new S3Error('MetadataTooLarge', 'Your metadata headers exceed the maximum allowed metadata size.');
  }
  return kept;
}

/** What identifies a state of an object; also on 304. */
export function validators(object: StoredObject): Record<string, string> {
  return { etag: `"${object.etag}"`, 'last-modified': new Date(object.modifiedMs).toUTCString() };
}

/** The headers of a GET or HEAD. @throws S3Error InvalidArgument for an override that no header can carry */
export function headersToSend(
  object: StoredObject,
  target: RequestTarget,
  wantsChecksum: boolean,
): Record<string, string> {
  const { checksum } = object;
  const sent: Record<string, string> = {
    ...object.headers,
    ...validators(object),
    'accept-ranges': 'bytes',
    ...(wantsChecksum && checksum
      ? { [checksumHeader(checksum.algorithm)]: checksum.value, 'x-amz-checksum-type': 'FULL_OBJECT' }
      : {}),
  };
  for (const [parameter, header] of Object.entries(OVERRIDES)) {
    const value = queryValue(target, parameter);
    if (value !== undefined) sent[header] = toHeaderBytes(parameter, value);
  }
  return sent;
}

/** Node writes headers as Latin-1, so UTF-8 (a Chinese file name) goes byte by byte. */
function toHeaderBytes(parameter: string, value: string): string {
  if (/[\u0000-\u001f\u007f]/.test(value))
    throw new S3Error('InvalidArgument', `${parameter} must not hold control characters.`);
  return Buffer.from(value, 'utf8').toString('latin1');
}
