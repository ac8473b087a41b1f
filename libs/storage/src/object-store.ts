import { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { createPresigner } from './sigv4/presigner.js';
import type { PreparedPresign, Presigner } from './sigv4/presigner.js';
import { encodeKey } from './sigv4/uri-encoding.js';
import { StorageErrors } from './storage.errors.js';

/** Where the objects are, and with which key we reach them. */
export interface ObjectStoreOptions {
  /** As this process reaches the store. */
  readonly endpoint: string;
  /** As buyers and providers reach it; signed URLs carry this host. Defaults to `endpoint`. */
  readonly publicEndpoint?: string;
  readonly region: string;
  readonly bucket: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** What a HEAD says about an object. */
export interface ObjectHead {
  readonly sizeBytes: bigint;
  /** Without the quotes of the HTTP header. */
  readonly etag: string;
  readonly contentType: string | undefined;
  readonly modifiedAt: Date | undefined;
}

/** One row of a listing. */
export interface ListedObject {
  readonly key: string;
  readonly sizeBytes: bigint;
  readonly etag: string;
  readonly modifiedAt: Date | undefined;
}

/** One page of a listing, in UTF-8 byte order of the keys. */
export interface ObjectPage {
  readonly objects: readonly ListedObject[];
  /** Pass as `after` to read on; absent on the last page. */
  readonly next: string | undefined;
}

/** A part of a multipart upload that the store holds. */
export interface UploadedPart {
  readonly partNumber: number;
  readonly etag: string;
  readonly sizeBytes: bigint;
}

/** What varies in a signed URL besides the key. */
export interface SignedUrlOptions {
  /** Lifetime in seconds, counted from `now`. */
  readonly expiresS: number;
  readonly now: Date;
  /** Further signed query parameters, such as `x-bodega-lease` or `response-content-disposition`. */
  readonly query?: Readonly<Record<string, string>>;
  /** Headers that the caller must send exactly so, such as `range`. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** What an object is stored with. */
export interface PutOptions {
  readonly contentType?: string;
}

/**
 * Signed query parameter that marks the market's own reads by URL (its value says for what), as `x-bodega-lease` marks a
 * buyer's. Stores ignore, and log, parameters in `x-`.
 */
export const INTERNAL_PARAMETER = 'x-bodega-internal';

const PAGE_LIMIT = 1000;

/**
 * One bucket of any S3 service: bytes by key, by range and by parts, and signed URLs to hand out.
 * Every method throws STORAGE_UNAVAILABLE when the store does not answer.
 */
export class ObjectStore {
  readonly bucket: string;
  private readonly client: S3Client;
  private readonly presigner: Presigner;
  private readonly publicEndpoint: URL;

  constructor(options: ObjectStoreOptions) {
    const { region, accessKeyId, secretAccessKey } = options;
    this.bucket = options.bucket;
    this.publicEndpoint = new URL(options.publicEndpoint ?? options.endpoint);
    this.presigner = createPresigner({ region, accessKeyId, secretAccessKey });
    this.client = new S3Client({
      endpoint: options.endpoint,
      region,
      credentials: { accessKeyId, secretAccessKey },
      forcePathStyle: true,
      // The default would add a CRC32 trailer to every upload, which Ceph refuses with 411.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
    });
    // One place for all commands: what is no answer of the store (after the SDK's retries) is our UNAVAILABLE.
    this.client.middlewareStack.add(
      (next) => async (args) => {
        try {
          return await next(args);
        } catch (error) {
          const status = statusOf(error);
          throw status === undefined || status >= 500 ? StorageErrors.UNAVAILABLE({}, error) : error;
        }
      },
      { step: 'initialize', priority: 'high', name: 'bodegaUnavailable' },
    );
  }

  /** Writes one object, whole or not at all. */
  async put(key: string, body: Uint8Array | string, options: PutOptions = {}): Promise<{ etag: string }> {
    const bytes = typeof body === 'string' ? Buffer.from(body) : body;
    const answer = await this.client.send(
      new PutObjectCommand({
        Bucket: this.bucket,
        Key: key,
        Body: bytes,
        // The SDK takes an empty body for a stream of unknown length.
        ContentLength: bytes.length,
        ContentType: options.contentType,
      }),
    );
    return { etag: unquote(answer.ETag) };
  }

  /**
   * The bytes of an object from its start. The caller reads the stream to its end or destroys it.
   *
   * @throws STORAGE_OBJECT_MISSING
   */
  async get(key: string): Promise<Readable> {
    try {
      const answer = await this.client.send(new GetObjectCommand({ Bucket: this.bucket, Key: key }));
      return bodyOf(answer.Body);
    } catch (error) {
      throw statusOf(error) === 404 ? StorageErrors.OBJECT_MISSING({ key }, error) : error;
    }
  }

  /**
   * Exactly `length` bytes from `offset`; fewer only where the object ends.
   * An empty result means that `offset` lies at or behind the end.
   *
   * @throws STORAGE_OBJECT_MISSING
   */
  async readRange(key: string, offset: bigint, length: number): Promise<Uint8Array> {
    if (length === 0) return new Uint8Array(0);
    const range = `bytes=${offset}-${offset + BigInt(length) - 1n}`;
    try {
      const answer = await this.client.send(new GetObjectCommand({ Bucket: this.bucket, Key: key, Range: range }));
      const chunks: Buffer[] = [];
      for await (const chunk of bodyOf(answer.Body)) chunks.push(chunk as Buffer);
      return Buffer.concat(chunks);
    } catch (error) {
      if (statusOf(error) === 416) return new Uint8Array(0);
      throw statusOf(error) === 404 ? StorageErrors.OBJECT_MISSING({ key }, error) : error;
    }
  }

  /** Size and ETag of an object, or `null` when there is none. */
  async head(key: string): Promise<ObjectHead | null> {
    try {
      const answer = await this.client.send(new HeadObjectCommand({ Bucket: this.bucket, Key: key }));
      return {
        sizeBytes: BigInt(answer.ContentLength ?? 0),
        etag: unquote(answer.ETag),
        contentType: answer.ContentType,
        modifiedAt: answer.LastModified,
      };
    } catch (error) {
      if (statusOf(error) === 404) return null;
      throw error;
    }
  }

  /** Removes an object. Removing what is not there is no error. */
  async delete(key: string): Promise<void> {
    await this.client.send(new DeleteObjectCommand({ Bucket: this.bucket, Key: key }));
  }

  /** Copies inside the bucket without the bytes passing through this process. */
  async copy(fromKey: string, toKey: string): Promise<void> {
    await this.client.send(
      new CopyObjectCommand({ Bucket: this.bucket, Key: toKey, CopySource: `${this.bucket}/${encodeKey(fromKey)}` }),
    );
  }

  /** One page of the keys that start with `prefix`, behind the key `after`; at most 1,000. */
  async listPage(prefix: string, options: { after?: string; limit?: number } = {}): Promise<ObjectPage> {
    const answer = await this.client.send(
      new ListObjectsV2Command({
        Bucket: this.bucket,
        Prefix: prefix,
        StartAfter: options.after,
        MaxKeys: Math.min(options.limit ?? PAGE_LIMIT, PAGE_LIMIT),
        // XML 1.0 cannot carry every character that a key may hold.
        EncodingType: 'url',
      }),
    );
    const objects = (answer.Contents ?? []).map((row) => ({
      key: decodeListedKey(row.Key ?? ''),
      sizeBytes: BigInt(row.Size ?? 0),
      etag: unquote(row.ETag),
      modifiedAt: row.LastModified,
    }));
    return { objects, next: answer.IsTruncated === true ? objects.at(-1)?.key : undefined };
  }

  /** All keys that start with `prefix`, in order, page by page as they are consumed. */
  async *list(prefix: string, options: { after?: string; limit?: number } = {}): AsyncGenerator<ListedObject> {
    let after = options.after;
    let left = options.limit ?? Number.POSITIVE_INFINITY;
    while (left > 0) {
      const page = await this.listPage(prefix, { after, limit: Math.min(left, PAGE_LIMIT) });
      yield* page.objects;
      left -= page.objects.length;
      if (page.next === undefined) return;
      after = page.next;
    }
  }

  /** Starts a multipart upload and returns its id. */
  async createMultipart(key: string, options: PutOptions = {}): Promise<string> {
    const answer = await this.client.send(
      new CreateMultipartUploadCommand({ Bucket: this.bucket, Key: key, ContentType: options.contentType }),
    );
    if (answer.UploadId === undefined) throw new Error('the object store gave no upload id');
    return answer.UploadId;
  }

  /** Sends one part ourselves; providers send theirs to {@link presignUploadPart}. */
  async uploadPart(key: string, uploadId: string, partNumber: number, body: Uint8Array): Promise<{ etag: string }> {
    const answer = await this.client.send(
      new UploadPartCommand({ Bucket: this.bucket, Key: key, UploadId: uploadId, PartNumber: partNumber, Body: body }),
    );
    return { etag: unquote(answer.ETag) };
  }

  /** The parts that have arrived, by number: what a resumed upload need not send again. */
  async listParts(key: string, uploadId: string): Promise<UploadedPart[]> {
    const parts: UploadedPart[] = [];
    let marker: string | undefined;
    do {
      const answer = await this.client.send(
        new ListPartsCommand({ Bucket: this.bucket, Key: key, UploadId: uploadId, PartNumberMarker: marker }),
      );
      for (const part of answer.Parts ?? []) {
        parts.push({ partNumber: part.PartNumber ?? 0, etag: unquote(part.ETag), sizeBytes: BigInt(part.Size ?? 0) });
      }
      marker = answer.IsTruncated === true ? answer.NextPartNumberMarker : undefined;
    } while (marker !== undefined);
    return parts;
  }

  /** Makes the object out of its parts, in the order of their numbers. */
  async completeMultipart(
    key: string,
    uploadId: string,
    parts: readonly { readonly partNumber: number; readonly etag: string }[],
  ): Promise<{ etag: string }> {
    const ordered = [...parts].sort((a, b) => a.partNumber - b.partNumber);
    const answer = await this.client.send(
      new CompleteMultipartUploadCommand({
        Bucket: this.bucket,
        Key: key,
        UploadId: uploadId,
        MultipartUpload: { Parts: ordered.map((part) => ({ PartNumber: part.partNumber, ETag: `"${part.etag}"` })) },
      }),
    );
    const etag = unquote(answer.ETag);
    // Ceph 16 answers this call with an empty tag.
    return { etag: etag === '' ? ((await this.head(key))?.etag ?? '') : etag };
  }

  /** Gives up an upload and its parts. Giving up twice is no error. */
  async abortMultipart(key: string, uploadId: string): Promise<void> {
    try {
      await this.client.send(new AbortMultipartUploadCommand({ Bucket: this.bucket, Key: key, UploadId: uploadId }));
    } catch (error) {
      if (statusOf(error) !== 404) throw error;
    }
  }

  /** Creates the bucket unless it is there. */
  async ensureBucket(): Promise<void> {
    if (await this.ready()) return;
    try {
      await this.client.send(new CreateBucketCommand({ Bucket: this.bucket }));
    } catch (error) {
      // Two processes may start at once; the loser finds the bucket made.
      if (statusOf(error) !== 409 || !(await this.ready())) throw error;
    }
  }

  /** Whether the store answers and has our bucket. Other failures are thrown: the caller shows them. */
  async ready(): Promise<boolean> {
    try {
      await this.client.send(new HeadBucketCommand({ Bucket: this.bucket }));
      return true;
    } catch (error) {
      if (statusOf(error) === 404) return false;
      throw error;
    }
  }

  /** A URL that reads one object. */
  presignGet(key: string, options: SignedUrlOptions): string {
    return this.presign('GET', key, options);
  }

  /** A URL that asks for size and ETag of one object; a GET URL refuses HEAD. */
  presignHead(key: string, options: SignedUrlOptions): string {
    return this.presign('HEAD', key, options);
  }

  /** A URL that writes one object. */
  presignPut(key: string, options: SignedUrlOptions): string {
    return this.presign('PUT', key, options);
  }

  /** A URL that sends one part of a multipart upload. */
  presignUploadPart(key: string, uploadId: string, partNumber: number, options: SignedUrlOptions): string {
    return this.presign('PUT', key, {
      ...options,
      query: { ...options.query, uploadId, partNumber: String(partNumber) },
    });
  }

  /**
   * A batch of GET URLs that differ in key and in the named parameters only: `sign(key, ...values)`.
   * This is the fast way for manifests.
   */
  prepareGets(options: SignedUrlOptions, varyingQuery: readonly string[] = []): PreparedPresign {
    return this.presigner.prepare(
      { ...options, method: 'GET', endpoint: this.publicEndpoint, bucket: this.bucket },
      varyingQuery,
    );
  }

  /** Closes idle connections. */
  close(): void {
    this.client.destroy();
  }

  private presign(method: 'GET' | 'HEAD' | 'PUT', key: string, options: SignedUrlOptions): string {
    return this.presigner.presign({ ...options, method, endpoint: this.publicEndpoint, bucket: this.bucket, key });
  }
}

function bodyOf(body: unknown): Readable {
  if (body instanceof Readable) return body;
  throw new Error('the object store answered without a body');
}

function statusOf(error: unknown): number | undefined {
  return error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
}

function unquote(etag: string | undefined): string {
  return (etag ?? '').replaceAll('"', '');
}

/** `encoding-type=url` writes a space as `+` on AWS and as `%20` elsewhere; a real plus is `%2B` on both. */
function decodeListedKey(key: string): string {
  return decodeURIComponent(key.replaceAll('+', '%20'));
}
