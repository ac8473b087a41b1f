import { checkReadConditions, requestedRange, writeCondition } from './conditions.js';
import type { Exchange } from './exchange.js';
import type { ObjectFiles } from './object-files.js';
import { headersToKeep, headersToSend, validators } from './object-headers.js';
import type { StoredObject } from './object-index.js';
import { openBody } from './request-body.js';
import { encodePart } from './request-target.js';
import { S3Error } from './s3-error.js';
import { sendObject } from './send-object.js';

/** Faults that tests of clients may ask for. */
export interface Faults {
  /** How many body bytes of this GET to send before the connection is ended, though more was promised. */
  cutAfter?(request: FaultRequest): number | undefined;
}

/** The GET that a fault may befall. */
export interface FaultRequest {
  readonly method: string;
  readonly bucket: string;
  readonly key: string;
  readonly range: string | undefined;
  /** Decoded, in the order sent. */
  readonly query: readonly (readonly [name: string, value: string])[];
}

/** What ends a download early. */
export interface ReadLimits {
  readonly faults: Faults;
  readonly now: () => Date;
}

/** GET and HEAD. */
export async function readObject(exchange: Exchange, files: ObjectFiles, { faults, now }: ReadLimits): Promise<void> {
  const { target, headers, bucket, key, method } = exchange;
  const object = files.object(bucket, key);
  exchange.objectSize = object.size;
  for (const [name, value] of Object.entries(validators(object))) exchange.response.setHeader(name, value);
  checkReadConditions(headers, object);
  const range = requestedRange(headers, object);
  // A checksum is that of the whole object; clients would hold a part against it.
  const wantsChecksum = range === null && headers.get('x-amz-checksum-mode')?.toUpperCase() === 'ENABLED';
  const { start, end } = range ?? { start: 0, end: object.size };
  const answer = {
    ...headersToSend(object, target, wantsChecksum),
    'content-length': end - start,
    ...(range ? { 'content-range': `bytes ${start}-${end - 1}/${object.size}` } : {}),
  };

  const { response } = exchange;
  const status = range ? 206 : 200;
  if (method === 'HEAD' || start === end) {
    exchange.begin(status, answer);
    response.end();
    return;
  }
  const { socket } = response;
  // Head and first bytes leave together.
  socket?.cork();
  exchange.begin(status, answer);
  process.nextTick(() => socket?.uncork());
  const cutAfter = faults.cutAfter?.({ method, bucket, key, range: headers.get('range'), query: target.query });
  const expiresAt = exchange.authenticated?.expiresAt ?? null;
  await sendObject(exchange, files, object, { start, end }, { cutAfter, now, expiresAt });
}

/** PUT of a whole object. */
export async function putObject(exchange: Exchange, files: ObjectFiles): Promise<void> {
  const { headers, bucket, key } = exchange;
  files.bucket(bucket);
  const condition = writeCondition(headers);
  const kept = headersToKeep(headers);
  // Refuse before gigabytes are read; asked again when they are here.
  condition(files.bucket(bucket).objects.get(key));
  const { source, verifier } = openBody(exchange);
  const body = await files.receive(source, verifier);
  const object = await files.put(bucket, key, body, kept, condition);
  exchange.objectSize = object.size;
  exchange.sendEmpty(200, {
    etag: `"${object.etag}"`,
    ...(object.checksum ? { [`x-amz-checksum-${object.checksum.algorithm}`]: object.checksum.value } : {}),
  });
}

/** PUT with `x-amz-copy-source`. */
export async function copyObject(exchange: Exchange, files: ObjectFiles): Promise<void> {
  const { headers, bucket, key } = exchange;
  const source = sourceOf(headers.get('x-amz-copy-source') ?? '', files);
  checkReadConditions(headers, source.object, 'x-amz-copy-source-');
  const replaces = headers.get('x-amz-metadata-directive')?.toUpperCase() === 'REPLACE';
  if (!replaces && source.bucket === bucket && source.object.key === key) {
    throw new S3Error(
      'InvalidRequest',
      'This copy request is illegal because it copies an object to itself without changing its metadata.',
    );
  }
  const kept = replaces ? headersToKeep(headers) : source.object.headers;
  const object = await files.copy(source.object, bucket, key, kept, writeCondition(headers));
  exchange.objectSize = object.size;
  exchange.sendXml(200, 'CopyObjectResult', {
    ETag: `"${object.etag}"`,
    LastModified: new Date(object.modifiedMs).toISOString(),
  });
}

/** DELETE; a key without an object is no error. */
export async function deleteObject(exchange: Exchange, files: ObjectFiles): Promise<void> {
  await files.delete(exchange.bucket, [exchange.key]);
  exchange.sendEmpty(204);
}

/** `bucket/key`, percent-encoded, with or without a leading slash. */
function sourceOf(header: string, files: ObjectFiles): { bucket: string; object: StoredObject } {
  let path: string;
  try {
    path = decodeURIComponent(header).replace(/^\//, '');
  } catch {
    throw new S3Error('InvalidArgument', 'x-amz-copy-source is not a valid URI.');
  }
  const slash = path.indexOf('/');
  if (slash < 1 || slash === path.length - 1)
    throw new S3Error('InvalidArgument', 'x-amz-copy-source must name a bucket and a key.');
  if (/\?versionId=/.test(header)) throw new S3Error('NotImplemented', 'Versions are not implemented.');
  const bucket = path.slice(0, slash);
  return { bucket, object: files.object(bucket, path.slice(slash + 1)) };
}

/** As listings write keys when `encoding-type=url` is asked for. */
export function encodeListedKey(key: string): string {
  return key.split('/').map(encodePart).join('/');
}
