import type { Exchange } from './exchange.js';
import { listKeys } from './list-keys.js';
import type { ListPage, ListPosition } from './list-keys.js';
import { limitOf } from './multipart-handlers.js';
import type { ObjectFiles } from './object-files.js';
import { encodeListedKey } from './object-handlers.js';
import type { Bucket } from './object-index.js';
import { readXml } from './request-body.js';
import { queryValue } from './request-target.js';
import { S3Error } from './s3-error.js';
import { childText } from './xml.js';
import type { XmlNode } from './xml.js';

const OWNER = { ID: 'bodega-embedded', DisplayName: 'bodega' };
const MAX_DELETED_AT_ONCE = 1000;

export function listBuckets(exchange: Exchange, files: ObjectFiles): void {
  exchange.sendXml(200, 'ListAllMyBucketsResult', {
    Owner: OWNER,
    Buckets: {
      Bucket: files
        .buckets()
        .map((bucket) => ({ Name: bucket.name, CreationDate: new Date(bucket.createdMs).toISOString() })),
    },
  });
}

export async function createBucket(exchange: Exchange, files: ObjectFiles): Promise<void> {
  const { bucket } = exchange;
  if (!isBucketName(bucket)) throw new S3Error('InvalidBucketName', 'The specified bucket is not valid.');
  if (files.hasBucket(bucket)) {
    throw new S3Error(
      'BucketAlreadyOwnedByYou',
      'Your previous request to create the named bucket succeeded and you already own it.',
    );
  }
  await files.createBucket(bucket);
  exchange.sendEmpty(200, { location: `/${bucket}` });
}

export function headBucket(exchange: Exchange, files: ObjectFiles, region: string): void {
  files.bucket(exchange.bucket);
  exchange.sendEmpty(200, { 'x-amz-bucket-region': region });
}

export async function deleteBucket(exchange: Exchange, files: ObjectFiles): Promise<void> {
  await files.deleteBucket(exchange.bucket);
  exchange.sendEmpty(204);
}

export function bucketLocation(exchange: Exchange, files: ObjectFiles, region: string): void {
  files.bucket(exchange.bucket);
  exchange.sendXml(200, 'LocationConstraint', region === 'us-east-1' ? {} : { LocationConstraint: region });
}

export function bucketVersioning(exchange: Exchange, files: ObjectFiles): void {
  files.bucket(exchange.bucket);
  exchange.sendXml(200, 'VersioningConfiguration', {});
}

/** ListObjectsV2. */
export function listObjectsV2(exchange: Exchange, files: ObjectFiles): void {
  const { target } = exchange;
  const bucket = files.bucket(exchange.bucket);
  const token = queryValue(target, 'continuation-token');
  const startAfter = queryValue(target, 'start-after');
  const after = token !== undefined ? decodeToken(token) : startAfter ? { afterKey: startAfter } : null;
  const { page, common } = listPage(exchange, bucket, after);
  exchange.sendXml(200, 'ListBucketResult', {
    ...common,
    KeyCount: page.keys.length + page.groups.length,
    ContinuationToken: token,
    NextContinuationToken: page.next ? encodeToken(page.next) : undefined,
    StartAfter: startAfter === undefined ? undefined : encoder(exchange)(startAfter),
  });
}

/** The first version of ListObjects, which older clients use. */
export function listObjects(exchange: Exchange, files: ObjectFiles): void {
  const { target } = exchange;
  const bucket = files.bucket(exchange.bucket);
  const marker = queryValue(target, 'marker') ?? '';
  const delimiter = queryValue(target, 'delimiter') ?? '';
  // A marker that is itself a group, as NextMarker gives it, stands behind the whole group.
  const isGroup = delimiter !== '' && marker.endsWith(delimiter);
  const after = marker === '' ? null : isGroup ? { afterGroup: marker } : { afterKey: marker };
  const { page, common } = listPage(exchange, bucket, after);
  const { next } = page;
  exchange.sendXml(200, 'ListBucketResult', {
    ...common,
    Marker: encoder(exchange)(marker),
    NextMarker: next ? encoder(exchange)('afterKey' in next ? next.afterKey : next.afterGroup) : undefined,
  });
}

export async function deleteObjects(exchange: Exchange, files: ObjectFiles): Promise<void> {
  files.bucket(exchange.bucket);
  const document = await readXml(exchange);
  const keys = document.children
    .filter((child) => child.name === 'Object')
    .map((object) => object.children.find((c) => c.name === 'Key')?.text ?? '');
  if (document.name !== 'Delete' || keys.length === 0 || keys.length > MAX_DELETED_AT_ONCE || keys.includes('')) {
    throw new S3Error('MalformedXML', `The document must name 1 to ${MAX_DELETED_AT_ONCE} keys.`);
  }
  await files.delete(exchange.bucket, keys);
  const isQuiet = childText(document, 'Quiet') === 'true';
  exchange.sendXml(200, 'DeleteResult', { Deleted: isQuiet ? [] : keys.map((key) => ({ Key: key })) });
}

/** 3 to 63 of a–z, 0–9, dot and hyphen, as on S3. */
export function isBucketName(name: string): boolean {
  return /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) && !name.includes('..');
}

function listPage(exchange: Exchange, bucket: Bucket, after: ListPosition | null): { page: ListPage; common: XmlNode } {
  const { target } = exchange;
  const prefix = queryValue(target, 'prefix') ?? '';
  const delimiter = queryValue(target, 'delimiter') ?? '';
  const limit = limitOf(exchange, 'max-keys');
  const encode = encoder(exchange);
  const page = listKeys(bucket.keys, { prefix, delimiter, after, limit });
  return {
    page,
    common: {
      Name: bucket.name,
      Prefix: encode(prefix),
      Delimiter: delimiter === '' ? undefined : encode(delimiter),
      MaxKeys: limit,
      EncodingType: queryValue(target, 'encoding-type'),
      IsTruncated: page.next !== null,
      Contents: page.keys.map((key) => {
        const object = bucket.objects.get(key);
        return {
          Key: encode(key),
          LastModified: new Date(object?.modifiedMs ?? 0).toISOString(),
          ETag: `"${object?.etag ?? ''}"`,
          Size: object?.size ?? 0,
          StorageClass: 'STANDARD',
        };
      }),
      CommonPrefixes: page.groups.map((group) => ({ Prefix: encode(group) })),
    },
  };
}

function encoder(exchange: Exchange): (text: string) => string {
  const type = queryValue(exchange.target, 'encoding-type');
  if (type === undefined) return (text) => text;
  if (type !== 'url') throw new S3Error('InvalidArgument', 'Invalid Encoding Method specified in Request');
  return encodeListedKey;
}

function encodeToken(position: ListPosition): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url');
}

function decodeToken(token: string): ListPosition {
  try {
    const value: unknown = JSON.parse(Buffer.from(token, 'base64url').toString('utf8'));
    if (typeof value === 'object' && value !== null) {
      if ('afterKey' in value && typeof value.afterKey === 'string') return { afterKey: value.afterKey };
      if ('afterGroup' in value && typeof value.afterGroup === 'string') return { afterGroup: value.afterGroup };
    }
  } catch {
    // Not one of ours: refused below like any other.
  }
  throw new S3Error('InvalidArgument', 'The continuation token provided is incorrect');
}
