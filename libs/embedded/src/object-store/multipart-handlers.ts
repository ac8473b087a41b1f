import { writeCondition } from './conditions.js';
import type { Exchange } from './exchange.js';
import type { ObjectFiles } from './object-files.js';
import { headersToKeep } from './object-headers.js';
import type { Upload } from './object-index.js';
import { openBody, readXml } from './request-body.js';
import { queryValue } from './request-target.js';
import { S3Error } from './s3-error.js';
import { childText } from './xml.js';

const MAX_PART_NUMBER = 10_000;
const MAX_LISTED = 1000;

export async function createUpload(exchange: Exchange, files: ObjectFiles): Promise<void> {
  const { bucket, key, headers } = exchange;
  const upload = await files.createUpload(bucket, key, headersToKeep(headers));
  exchange.sendXml(200, 'InitiateMultipartUploadResult', { Bucket: bucket, Key: key, UploadId: upload.id });
}

export async function uploadPart(exchange: Exchange, files: ObjectFiles): Promise<void> {
  const upload = uploadOf(exchange, files);
  const number = Number(queryValue(exchange.target, 'partNumber'));
  if (!Number.isInteger(number) || number < 1 || number > MAX_PART_NUMBER) {
    throw new S3Error('InvalidArgument', `Part number must be an integer between 1 and ${MAX_PART_NUMBER}, inclusive`);
  }
  const { source, verifier } = openBody(exchange);
  const body = await files.receive(source, verifier);
  const part = await files.putPart(upload, number, body);
  exchange.objectSize = part.segment?.size ?? 0;
  exchange.sendEmpty(200, {
    etag: `"${part.etag}"`,
    ...(body.checksum ? { [`x-amz-checksum-${body.checksum.algorithm}`]: body.checksum.value } : {}),
  });
}

export function listParts(exchange: Exchange, files: ObjectFiles): void {
  const upload = uploadOf(exchange, files);
  const limit = limitOf(exchange, 'max-parts');
  const marker = Number(queryValue(exchange.target, 'part-number-marker') ?? 0);
  const behind = [...upload.parts.values()].filter((part) => part.number > marker).sort((a, b) => a.number - b.number);
  const page = behind.slice(0, limit);
  exchange.sendXml(200, 'ListPartsResult', {
    Bucket: upload.bucket,
    Key: upload.key,
    UploadId: upload.id,
    PartNumberMarker: marker,
    NextPartNumberMarker: page.at(-1)?.number ?? marker,
    MaxParts: limit,
    IsTruncated: behind.length > page.length,
    StorageClass: 'STANDARD',
    Part: page.map((part) => ({
      PartNumber: part.number,
      LastModified: new Date(part.modifiedMs).toISOString(),
      ETag: `"${part.etag}"`,
      Size: part.segment?.size ?? 0,
    })),
  });
}

export async function completeUpload(exchange: Exchange, files: ObjectFiles): Promise<void> {
  const { headers, bucket, key } = exchange;
  uploadOf(exchange, files);
  const document = await readXml(exchange);
  const parts = document.children
    .filter((child) => child.name === 'Part')
    .map((part) => ({
      number: Number(childText(part, 'PartNumber')),
      etag: (childText(part, 'ETag') ?? '').replaceAll('"', ''),
    }));
  if (document.name !== 'CompleteMultipartUpload' || parts.length === 0) {
    throw new S3Error('MalformedXML', 'You must specify at least one part.');
  }
  // Read again: it may have ended while the document came in.
  const object = await files.completeUpload(uploadOf(exchange, files), parts, writeCondition(headers));
  exchange.objectSize = object.size;
  exchange.sendXml(200, 'CompleteMultipartUploadResult', {
    Location: `http://${headers.get('host') ?? ''}${exchange.target.canonicalPath}`,
    Bucket: bucket,
    Key: key,
    ETag: `"${object.etag}"`,
  });
}

export async function abortUpload(exchange: Exchange, files: ObjectFiles): Promise<void> {
  await files.abortUpload(uploadOf(exchange, files));
  exchange.sendEmpty(204);
}

export function listUploads(exchange: Exchange, files: ObjectFiles): void {
  const { bucket, target } = exchange;
  files.bucket(bucket);
  const prefix = queryValue(target, 'prefix') ?? '';
  const keyMarker = queryValue(target, 'key-marker') ?? '';
  const idMarker = queryValue(target, 'upload-id-marker') ?? '';
  const limit = limitOf(exchange, 'max-uploads');
  const behind = files
    .uploadsIn(bucket)
    .filter((upload) => upload.key.startsWith(prefix))
    .sort((a, b) => compare(a.key, b.key) || compare(a.id, b.id))
    .filter(
      (upload) =>
        keyMarker === '' ||
        upload.key > keyMarker ||
        (upload.key === keyMarker && idMarker !== '' && upload.id > idMarker),
    );
  const page = behind.slice(0, limit);
  const isTruncated = behind.length > page.length;
  const last = page.at(-1);
  exchange.sendXml(200, 'ListMultipartUploadsResult', {
    Bucket: bucket,
    Prefix: prefix,
    KeyMarker: keyMarker,
    UploadIdMarker: idMarker,
    NextKeyMarker: isTruncated ? last?.key : undefined,
    NextUploadIdMarker: isTruncated ? last?.id : undefined,
    MaxUploads: limit,
    IsTruncated: isTruncated,
    Upload: page.map((upload) => ({
      Key: upload.key,
      UploadId: upload.id,
      Initiated: new Date(upload.startedMs).toISOString(),
      StorageClass: 'STANDARD',
    })),
  });
}

function uploadOf(exchange: Exchange, files: ObjectFiles): Upload {
  return files.upload(exchange.bucket, exchange.key, queryValue(exchange.target, 'uploadId') ?? '');
}

/** A page size of a listing: at most 1,000. @throws S3Error InvalidArgument */
export function limitOf(exchange: Exchange, parameter: string): number {
  const text = queryValue(exchange.target, parameter);
  if (text === undefined || text === '') return MAX_LISTED;
  if (!/^\d{1,10}$/.test(text))
    throw new S3Error('InvalidArgument', `Provided ${parameter} not an integer or within integer range`);
  return Math.min(Number(text), MAX_LISTED);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
