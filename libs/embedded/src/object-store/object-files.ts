import { createHash, randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { lockFolder } from '../process-lock.js';
import type { ProcessLock } from '../process-lock.js';
import { BlobFiles } from './blob-files.js';
import type { Checksum } from './checksums.js';
import { Journal } from './journal.js';
import { ObjectIndex } from './object-index.js';
import type { Bucket, Segment, StoredObject, StoredPart, StoreRecord, Upload } from './object-index.js';
import { S3Error } from './s3-error.js';

/** Below this many dead records, rewriting the journal is not worth a moment of the start. */
const COMPACT_ABOVE_DEAD = 10_000;
const MIN_PART_BYTES = 5 * 1024 * 1024;

/** Bytes on disk that nothing refers to yet. */
export interface ReceivedBody {
  readonly segment: Segment | null;
  readonly md5Hex: string;
  readonly checksum?: Checksum;
}

/** What a write demands of what is there now; throws to refuse. */
export type WriteCondition = (current: StoredObject | undefined) => void;

/**
 * Buckets, objects and uploads on disk. Bytes go to blobs first; the change becomes true with its line in the journal, so
 * that a kill at any moment leaves the old object or the new one, never half of one.
 */
export class ObjectFiles {
  private constructor(
    private readonly index: ObjectIndex,
    private readonly journal: Journal<StoreRecord>,
    private readonly blobs: BlobFiles,
    private readonly lock: ProcessLock,
    private readonly now: () => number,
  ) {}

  /** @throws EMBEDDED_IN_USE, EMBEDDED_JOURNAL_DAMAGED */
  static async open(dataDir: string, options: { durable: boolean; now: () => number }): Promise<ObjectFiles> {
    const { durable, now } = options;
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
    const lock = await lockFolder(dataDir, 'The embedded object store');
    try {
      const blobs = new BlobFiles(join(dataDir, 'blobs'), durable);
      const path = join(dataDir, 'journal.jsonl');
      let index = new ObjectIndex();
      let records = 0;
      const replay = (record: StoreRecord): void => {
        records++;
        index.apply(record);
      };
      let journal = await Journal.open<StoreRecord>(path, durable, replay);
      if (records - index.recordCount > Math.max(COMPACT_ABOVE_DEAD, index.recordCount)) {
        await journal.close();
        await Journal.rewrite(path, index.records());
        index = new ObjectIndex();
        journal = await Journal.open<StoreRecord>(path, durable, replay);
      }
      index.finishLoading();
      for (const record of index.records()) {
        if (record.t === 'put') for (const { blob } of record.object.segments) blobs.hold(blob);
        if (record.t === 'part' && record.part.segment) blobs.hold(record.part.segment.blob);
      }
      await blobs.sweep();
      return new ObjectFiles(index, journal, blobs, lock, now);
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.journal.close();
    await this.lock.release();
  }

  buckets(): Bucket[] {
    return [...this.index.buckets.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** @throws S3Error NoSuchBucket */
  bucket(name: string): Bucket {
    const bucket = this.index.buckets.get(name);
    if (!bucket) throw new S3Error('NoSuchBucket', 'The specified bucket does not exist', { BucketName: name });
    return bucket;
  }

  hasBucket(name: string): boolean {
    return this.index.buckets.has(name);
  }

  async createBucket(name: string): Promise<void> {
    await this.commit({ t: 'bucket', bucket: name, atMs: this.now() });
  }

  /** @throws S3Error NoSuchBucket, BucketNotEmpty */
  async deleteBucket(name: string): Promise<void> {
    if (this.bucket(name).objects.size > 0)
      throw new S3Error('BucketNotEmpty', 'The bucket you tried to delete is not empty');
    // All at once: between two awaits somebody could put an object into the bucket.
    const records: StoreRecord[] = this.uploadsIn(name).map((upload) => ({ t: 'abort', upload: upload.id }));
    await Promise.all([...records, { t: 'unbucket', bucket: name } as const].map((record) => this.commit(record)));
  }

  /** @throws S3Error NoSuchBucket, NoSuchKey */
  object(bucket: string, key: string): StoredObject {
    const object = this.bucket(bucket).objects.get(key);
    if (!object) throw new S3Error('NoSuchKey', 'The specified key does not exist.', { Key: key });
    return object;
  }

  /** Writes the bytes of a request to disk; `verify` sees each of them and throws at the end if they are wrong. */
  async receive(source: AsyncIterable<Buffer>, verify: BodyVerifier): Promise<ReceivedBody> {
    const md5 = createHash('md5');
    let md5Digest: Buffer = Buffer.alloc(0);
    const { id, size } = await this.blobs.write(
      (async function* () {
        for await (const chunk of source) {
          md5.update(chunk);
          verify.update(chunk);
          yield chunk;
        }
        md5Digest = md5.digest();
        verify.finish(md5Digest);
      })(),
    );
    const checksum = verify.checksum();
    const md5Hex = md5Digest.toString('hex');
    if (size > 0) return { segment: { blob: id, size }, md5Hex, ...(checksum ? { checksum } : {}) };
    await this.blobs.release(id);
    return { segment: null, md5Hex, ...(checksum ? { checksum } : {}) };
  }

  /** Makes received bytes an object. */
  async put(
    bucket: string,
    key: string,
    body: ReceivedBody,
    headers: Readonly<Record<string, string>>,
    condition: WriteCondition,
  ): Promise<StoredObject> {
    return this.withBody(body, async () => {
      condition(this.bucket(bucket).objects.get(key));
      const object: StoredObject = {
        key,
        size: body.segment?.size ?? 0,
        etag: body.md5Hex,
        modifiedMs: this.now(),
        headers,
        segments: body.segment ? [body.segment] : [],
        ...(body.checksum ? { checksum: body.checksum } : {}),
      };
      await this.commit({ t: 'put', bucket, object });
      return object;
    });
  }

  /** Makes a second object of the same bytes; none is copied. */
  async copy(
    source: StoredObject,
    bucket: string,
    key: string,
    headers: Readonly<Record<string, string>>,
    condition: WriteCondition,
  ): Promise<StoredObject> {
    condition(this.bucket(bucket).objects.get(key));
    const object: StoredObject = { ...source, key, headers, modifiedMs: this.now() };
    await this.commit({ t: 'put', bucket, object });
    return object;
  }

  /** Removes objects; keys without one are no error. */
  async delete(bucket: string, keys: readonly string[]): Promise<void> {
    const { objects } = this.bucket(bucket);
    const present = keys.filter((key) => objects.has(key));
    if (present.length > 0) await this.commit({ t: 'del', bucket, keys: present });
  }

  async createUpload(bucket: string, key: string, headers: Readonly<Record<string, string>>): Promise<Upload> {
    this.bucket(bucket);
    const upload = { id: randomBytes(16).toString('hex'), bucket, key, startedMs: this.now(), headers };
    await this.commit({ t: 'upload', upload });
    return this.upload(bucket, key, upload.id);
  }

  /** @throws S3Error NoSuchBucket, NoSuchUpload */
  upload(bucket: string, key: string, id: string): Upload {
    this.bucket(bucket);
    const upload = this.index.uploads.get(id);
    if (!upload || upload.bucket !== bucket || upload.key !== key) {
      throw new S3Error('NoSuchUpload', 'The specified upload does not exist. It may have been aborted or completed.', {
        UploadId: id,
      });
    }
    return upload;
  }

  uploadsIn(bucket: string): Upload[] {
    return [...this.index.uploads.values()].filter((upload) => upload.bucket === bucket);
  }

  async putPart(upload: Upload, number: number, body: ReceivedBody): Promise<StoredPart> {
    return this.withBody(body, async () => {
      // The upload may have been completed or aborted while the bytes came in.
      this.upload(upload.bucket, upload.key, upload.id);
      const part: StoredPart = { number, etag: body.md5Hex, modifiedMs: this.now(), segment: body.segment };
      await this.commit({ t: 'part', upload: upload.id, part });
      return part;
    });
  }

  /** @throws S3Error InvalidPart, InvalidPartOrder, EntityTooSmall */
  async completeUpload(
    upload: Upload,
    wanted: readonly { readonly number: number; readonly etag: string }[],
    condition: WriteCondition,
  ): Promise<StoredObject> {
    const parts = wanted.map(({ number, etag }) => {
      const part = upload.parts.get(number);
      if (part?.etag !== etag) {
        throw new S3Error(
          'InvalidPart',
          'One or more of the specified parts could not be found, or its entity tag does not match.',
          {
            PartNumber: String(number),
          },
        );
      }
      return part;
    });
    if (wanted.some(({ number }, i) => number <= (wanted[i - 1]?.number ?? 0))) {
      throw new S3Error('InvalidPartOrder', 'The list of parts was not in ascending order.');
    }
    if (parts.slice(0, -1).some((part) => (part.segment?.size ?? 0) < MIN_PART_BYTES)) {
      throw new S3Error('EntityTooSmall', 'Your proposed upload is smaller than the minimum allowed object size.');
    }
    condition(this.bucket(upload.bucket).objects.get(upload.key));
    const digests = Buffer.concat(parts.map((part) => Buffer.from(part.etag, 'hex')));
    const segments = parts.flatMap((part) => (part.segment ? [part.segment] : []));
    const object: StoredObject = {
      key: upload.key,
      size: segments.reduce((sum, segment) => sum + segment.size, 0),
      etag: `${createHash('md5').update(digests).digest('hex')}-${parts.length}`,
      modifiedMs: this.now(),
      headers: upload.headers,
      segments,
    };
    await this.commit({ t: 'put', bucket: upload.bucket, object, upload: upload.id });
    return object;
  }

  async abortUpload(upload: Upload): Promise<void> {
    await this.commit({ t: 'abort', upload: upload.id });
  }

  /** Keeps an object's blobs until the returned function is called, whatever happens to the object meanwhile. */
  pin(object: StoredObject): () => Promise<void> {
    for (const { blob } of object.segments) this.blobs.hold(blob);
    return async () => {
      for (const { blob } of object.segments) await this.blobs.release(blob);
    };
  }

  openBlob(id: string): ReturnType<BlobFiles['open']> {
    return this.blobs.open(id);
  }

  /** Receiving holds a blob once; the object holds it itself, so the first hold is let go either way. */
  private async withBody<T>(body: ReceivedBody, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } finally {
      if (body.segment) await this.blobs.release(body.segment.blob);
    }
  }

  private async commit(record: StoreRecord): Promise<void> {
    const written = this.journal.append(record);
    // Applied in the order of the journal, before anybody else can look, so that conditions see every earlier write.
    const { held, released } = this.index.apply(record);
    for (const blob of held) this.blobs.hold(blob);
    await written;
    for (const blob of released) await this.blobs.release(blob);
  }
}

/** Looks at the bytes of a body as they pass. */
export interface BodyVerifier {
  update(chunk: Buffer): void;
  /** Called behind the last byte; throws when the body is not what its headers promised. */
  finish(md5: Buffer): void;
  /** The checksum that the client sent and we verified. */
  checksum(): Checksum | undefined;
}
