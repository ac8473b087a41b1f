import type { Checksum } from './checksums.js';
import { SortedKeys } from './sorted-keys.js';

/** A run of an object's bytes. Sizes here are numbers: a file offset in Node is one, and 2^53 bytes are 9 petabytes. */
export interface Segment {
  readonly blob: string;
  readonly size: number;
}

/** What the store knows of one object. */
export interface StoredObject {
  readonly key: string;
  readonly size: number;
  readonly etag: string;
  readonly modifiedMs: number;
  /** `content-type`, `x-amz-meta-…` and the like, given back with the object. */
  readonly headers: Readonly<Record<string, string>>;
  readonly segments: readonly Segment[];
  readonly checksum?: Checksum;
}

/** A part that has arrived. */
export interface StoredPart {
  readonly number: number;
  readonly etag: string;
  readonly modifiedMs: number;
  /** Null for an empty part. */
  readonly segment: Segment | null;
}

/** A multipart upload that is neither complete nor given up. */
export interface Upload {
  readonly id: string;
  readonly bucket: string;
  readonly key: string;
  readonly startedMs: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly parts: Map<number, StoredPart>;
}

/** One bucket. */
export interface Bucket {
  readonly name: string;
  readonly createdMs: number;
  readonly objects: Map<string, StoredObject>;
  readonly keys: SortedKeys;
}

/** One change, as the journal keeps it. */
export type StoreRecord =
  | { readonly t: 'bucket'; readonly bucket: string; readonly atMs: number }
  | { readonly t: 'unbucket'; readonly bucket: string }
  | {
      readonly t: 'put';
      readonly bucket: string;
      readonly object: StoredObject;
      /** the upload that ends with it */ readonly upload?: string;
    }
  | { readonly t: 'del'; readonly bucket: string; readonly keys: readonly string[] }
  | { readonly t: 'upload'; readonly upload: Omit<Upload, 'parts'> }
  | { readonly t: 'part'; readonly upload: string; readonly part: StoredPart }
  | { readonly t: 'abort'; readonly upload: string };

/** Blobs that a change began and ceased to refer to; one that appears in both is kept. */
export interface BlobChanges {
  readonly held: readonly string[];
  readonly released: readonly string[];
}

/**
 * Everything that the store knows, in memory: a listing of 100,000 keys never touches the disk. It is rebuilt at start by
 * replaying the journal, so memory and disk cannot tell different stories.
 */
export class ObjectIndex {
  readonly buckets = new Map<string, Bucket>();
  readonly uploads = new Map<string, Upload>();
  private isLoading = true;

  /** Makes a change true. */
  apply(record: StoreRecord): BlobChanges {
    switch (record.t) {
      case 'bucket': {
        const { bucket: name, atMs: createdMs } = record;
        this.buckets.set(name, { name, createdMs, objects: new Map(), keys: new SortedKeys() });
        return { held: [], released: [] };
      }
      case 'unbucket':
        this.buckets.delete(record.bucket);
        return { held: [], released: [] };
      case 'put':
        return this.applyPut(record.bucket, record.object, record.upload);
      case 'del':
        return { held: [], released: record.keys.flatMap((key) => this.removeObject(record.bucket, key)) };
      case 'upload':
        this.uploads.set(record.upload.id, { ...record.upload, parts: new Map() });
        return { held: [], released: [] };
      case 'part': {
        const parts = this.uploads.get(record.upload)?.parts;
        const replaced = blobsOfPart(parts?.get(record.part.number));
        parts?.set(record.part.number, record.part);
        return { held: blobsOfPart(record.part), released: replaced };
      }
      case 'abort':
        return { held: [], released: this.removeUpload(record.upload) };
    }
  }

  /** Ends the replay: keys are sorted once instead of one by one. */
  finishLoading(): void {
    this.isLoading = false;
    for (const bucket of this.buckets.values()) bucket.keys.load(bucket.objects.keys());
  }

  /** The shortest journal that leads to this state. */
  *records(): Generator<StoreRecord> {
    for (const bucket of this.buckets.values()) {
      yield { t: 'bucket', bucket: bucket.name, atMs: bucket.createdMs };
      for (const object of bucket.objects.values()) yield { t: 'put', bucket: bucket.name, object };
    }
    for (const { parts, ...upload } of this.uploads.values()) {
      yield { t: 'upload', upload };
      for (const part of parts.values()) yield { t: 'part', upload: upload.id, part };
    }
  }

  /** How many records {@link records} would give. */
  get recordCount(): number {
    let count = this.buckets.size + this.uploads.size;
    for (const bucket of this.buckets.values()) count += bucket.objects.size;
    for (const upload of this.uploads.values()) count += upload.parts.size;
    return count;
  }

  private applyPut(bucketName: string, object: StoredObject, upload: string | undefined): BlobChanges {
    const bucket = this.buckets.get(bucketName);
    const replaced = bucket?.objects.get(object.key);
    bucket?.objects.set(object.key, object);
    if (!replaced && !this.isLoading) bucket?.keys.add(object.key);
    return {
      held: blobsOf(object.segments),
      released: [...blobsOf(replaced?.segments ?? []), ...(upload === undefined ? [] : this.removeUpload(upload))],
    };
  }

  private removeObject(bucketName: string, key: string): string[] {
    const bucket = this.buckets.get(bucketName);
    const object = bucket?.objects.get(key);
    if (!bucket || !object) return [];
    bucket.objects.delete(key);
    if (!this.isLoading) bucket.keys.delete(key);
    return blobsOf(object.segments);
  }

  private removeUpload(id: string): string[] {
    const upload = this.uploads.get(id);
    this.uploads.delete(id);
    return [...(upload?.parts.values() ?? [])].flatMap((part) => blobsOfPart(part));
  }
}

function blobsOf(segments: readonly Segment[]): string[] {
  return segments.map((segment) => segment.blob);
}

function blobsOfPart(part: StoredPart | undefined): string[] {
  return part?.segment ? [part.segment.blob] : [];
}
