import { Injectable } from '@nestjs/common';
import { Database } from '@app/database';
import { Clock, KernelErrors, requireProvider, validate } from '@app/kernel';
import type { RequestContext } from '@app/kernel';
import { ObjectStore } from '@app/storage';
import { z } from 'zod';
import { CatalogErrors } from '../catalog.errors.js';
import { DatasetQueries } from '../datasets/dataset.queries.js';
import { objectKeyOf } from '../versions/file.queries.js';
import { VersionService } from '../versions/version.service.js';
import { inTurns } from './in-turns.js';
import { mediaTypeOf, partCountOf, partSizeOf, pathProblem, roleOf } from './path.rules.js';
import type { CompletedFile, FileUpload } from './upload.types.js';

/** Files that one call may announce or complete. */
export const FILES_PER_CALL = 500;
/** Signed part URLs in one answer, per file. */
const PARTS_PER_ANSWER = 200;
const MAX_FILE_BYTES = 5 * 2 ** 40;
/** Providers on slow lines upload a 16 MiB part within this; a part whose URL died is asked for again. */
const PART_URL_S = 3_600;
/** Calls to the store that run at once. */
const STORE_CALLS = 8;

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hex digits');
const path = z.string().superRefine((value, refinement) => {
  const problem = pathProblem(value);
  if (problem) refinement.addIssue({ code: 'custom', message: problem });
});

const beginSchema = z.object({
  slug: z.string(),
  versionId: z.string().nullish(),
  partsFrom: z.number().int().min(1).max(10_000).nullish(),
  files: z
    .array(
      z.object({
        path,
        sizeBytes: z.number().int().min(0).max(MAX_FILE_BYTES),
        sha256: sha256.nullish(),
        mediaType: z.string().max(200).nullish(),
      }),
    )
    .min(1)
    .max(FILES_PER_CALL)
    .refine((files) => new Set(files.map((f) => f.path)).size === files.length, 'names a file twice'),
});

const completeSchema = z.object({
  versionId: z.string(),
  files: z
    .array(
      z.object({
        path,
        sha256,
        parts: z
          .array(
            z.object({
              number: z.number().int().min(1).max(10_000),
              etag: z
                .string()
                .max(200)
                .transform((etag) => etag.replaceAll('"', '')),
            }),
          )
          .min(1)
          .max(10_000),
      }),
    )
    .min(1)
    .max(FILES_PER_CALL),
});

const removeSchema = z.object({ versionId: z.string(), paths: z.array(path).min(1).max(FILES_PER_CALL) });

export type BeginUpload = z.input<typeof beginSchema>;

interface StoredFile {
  path: string;
  sizeBytes: number;
  sha256: string | null;
  status: 'pending' | 'uploaded';
  uploadId: string | null;
  partSize: number;
}

/** Bytes go straight to the store; this only signs the way and keeps the list of what has arrived. */
@Injectable()
export class UploadService {
  constructor(
    private readonly database: Database,
    private readonly datasets: DatasetQueries,
    private readonly versions: VersionService,
    private readonly store: ObjectStore,
    private readonly clock: Clock,
  ) {}

  /** Announces files and returns where their missing parts go. Asking again resumes; a changed size starts that file anew. */
  async beginUpload(ctx: RequestContext, input: BeginUpload): Promise<{ versionId: string; files: FileUpload[] }> {
    requireProvider(ctx);
    const { slug, versionId, files, partsFrom } = validate(beginSchema, input);
    const dataset = await this.datasets.bySlug(ctx, slug);
    const version = await this.versions.openForUpload(ctx, dataset.id);
    if (versionId && versionId !== version.id)
      throw KernelErrors.NOT_FOUND({ what: 'uploading version', id: versionId });
    const stored = await this.storedFiles(
      ctx,
      version.id,
      files.map((f) => f.path),
    );
    const uploads = await inTurns(files, STORE_CALLS, async (file) => {
      const key = objectKeyOf({ datasetId: dataset.id, versionId: version.id, path: file.path });
      const mediaType = file.mediaType ?? mediaTypeOf(file.path);
      const known = stored.get(file.path);
      const isSame =
        known?.sizeBytes === file.sizeBytes && (!file.sha256 || !known.sha256 || known.sha256 === file.sha256);
      if (known && isSame) return this.resume(known, key, partsFrom ?? 1);
      if (known?.uploadId) await this.store.abortMultipart(key, known.uploadId);
      const uploadId = await this.store.createMultipart(key, { contentType: mediaType });
      const fresh: StoredFile = {
        path: file.path,
        sizeBytes: file.sizeBytes,
        sha256: file.sha256 ?? null,
        status: 'pending',
        uploadId,
        partSize: partSizeOf(file.sizeBytes),
      };
      await this.remember(ctx, version.id, fresh, mediaType);
      return this.missingParts(fresh, key, uploadId, [], partsFrom ?? 1);
    });
    return { versionId: version.id, files: uploads };
  }

  /** Joins the parts of files that have arrived whole. May be repeated. @throws CATALOG_PART_MISMATCH */
  async completeUpload(
    ctx: RequestContext,
    input: { versionId: string; files: CompletedFile[] },
  ): Promise<{ path: string; status: 'uploaded' }[]> {
    const { versionId, files } = validate(completeSchema, input);
    const version = await this.ownUploading(ctx, versionId);
    const stored = await this.storedFiles(
      ctx,
      versionId,
      files.map((f) => f.path),
    );
    return inTurns(files, STORE_CALLS, async (file) => {
      const known = stored.get(file.path);
      if (!known) throw KernelErrors.NOT_FOUND({ what: 'announced file', id: file.path });
      if (known.status !== 'uploaded' || known.sha256 !== file.sha256) {
        const key = objectKeyOf({ datasetId: version.datasetId, versionId, path: file.path });
        await this.join(key, known, file);
        await this.database.execute(
          ctx,
          `update version_files f set status = 'uploaded', sha256 = $3, upload_id = null from dataset_versions v
            where f.version_id = $1 and f.path = $2 and v.id = f.version_id and v.status = 'uploading'`,
          [versionId, file.path, file.sha256],
        );
      }
      return { path: file.path, status: 'uploaded' as const };
    });
  }

  /** Takes announced files out of an open version, with what arrived of them. Files that are not there are no error. */
  async removeFiles(ctx: RequestContext, input: { versionId: string; paths: string[] }): Promise<number> {
    const { versionId, paths } = validate(removeSchema, input);
    const { datasetId } = await this.ownUploading(ctx, versionId);
    const stored = await this.storedFiles(ctx, versionId, paths);
    // Rows first: bytes without a row are waste, a row without bytes would be a lie.
    await this.database.execute(
      ctx,
      `delete from version_files f using dataset_versions v
        where v.id = f.version_id and v.status = 'uploading' and f.version_id = $1 and f.path = any($2::text[])`,
      [versionId, [...stored.keys()]],
    );
    await inTurns([...stored.values()], STORE_CALLS, async ({ path, uploadId }) => {
      const key = objectKeyOf({ datasetId, versionId, path });
      if (uploadId) await this.store.abortMultipart(key, uploadId);
      await this.store.delete(key);
    });
    return stored.size;
  }

  private async ownUploading(ctx: RequestContext, versionId: string): Promise<{ datasetId: string }> {
    const user = requireProvider(ctx);
    const [version] = await this.database.query<{ datasetId: string }>(
      ctx,
      `select v.dataset_id as "datasetId" from dataset_versions v join datasets d on d.id = v.dataset_id
        where v.id = $1 and d.organization_id = $2 and v.status = 'uploading'`,
      [versionId, user.organizationId],
    );
    if (!version) throw KernelErrors.NOT_FOUND({ what: 'uploading version', id: versionId });
    return version;
  }

  private async join(key: string, known: StoredFile, file: CompletedFile): Promise<void> {
    // A crash between the store's answer and our row leaves the object whole and the upload gone: the size tells.
    if (known.uploadId) {
      const parts = file.parts
        .map((part) => ({ partNumber: part.number, etag: part.etag }))
        .sort((a, b) => a.partNumber - b.partNumber);
      try {
        await this.store.completeMultipart(key, known.uploadId, parts);
      } catch (error) {
        if ((await this.store.head(key)) === null) throw error;
      }
    }
    const head = await this.store.head(key);
    const actualBytes = head ? Number(head.sizeBytes) : 0;
    if (actualBytes !== known.sizeBytes) {
      throw CatalogErrors.PART_MISMATCH({ path: file.path, expectedBytes: known.sizeBytes, actualBytes });
    }
  }

  private async resume(file: StoredFile, key: string, partsFrom: number): Promise<FileUpload> {
    if (file.status === 'uploaded' || !file.uploadId) {
      return {
        path: file.path,
        partSizeBytes: file.partSize,
        uploadId: null,
        parts: [],
        uploadedParts: [],
        isComplete: true,
        nextPart: null,
      };
    }
    const there = await this.store.listParts(key, file.uploadId);
    return this.missingParts(file, key, file.uploadId, there, partsFrom);
  }

  private missingParts(
    file: StoredFile,
    key: string,
    uploadId: string,
    there: readonly { partNumber: number; etag: string; sizeBytes: bigint }[],
    partsFrom: number,
  ): FileUpload {
    const count = partCountOf(file.sizeBytes, file.partSize);
    const lengthOf = (number: number): number =>
      number < count ? file.partSize : file.sizeBytes - (count - 1) * file.partSize;
    const whole = new Map(
      there.filter((p) => Number(p.sizeBytes) === lengthOf(p.partNumber)).map((p) => [p.partNumber, p]),
    );
    const parts: { number: number; url: string }[] = [];
    let nextPart: number | null = null;
    for (let number = partsFrom; number <= count; number++) {
      if (whole.has(number)) continue;
      if (parts.length === PARTS_PER_ANSWER) {
        nextPart = number;
        break;
      }
      const url = this.store.presignUploadPart(key, uploadId, number, { expiresS: PART_URL_S, now: this.clock.now() });
      parts.push({ number, url });
    }
    return {
      path: file.path,
      partSizeBytes: file.partSize,
      uploadId,
      parts,
      uploadedParts: [...whole.values()].map((p) => ({
        number: p.partNumber,
        sizeBytes: Number(p.sizeBytes),
        etag: p.etag,
      })),
      isComplete: false,
      nextPart,
    };
  }

  private async storedFiles(
    ctx: RequestContext,
    versionId: string,
    paths: readonly string[],
  ): Promise<Map<string, StoredFile>> {
    const rows = await this.database.query<StoredFile>(
      ctx,
      `select path, size_bytes as "sizeBytes", sha256, status, upload_id as "uploadId", part_size as "partSize"
         from version_files where version_id = $1 and path = any($2::text[])`,
      [versionId, paths],
    );
    return new Map(rows.map((row) => [row.path, row]));
  }

  private async remember(ctx: RequestContext, versionId: string, file: StoredFile, mediaType: string): Promise<void> {
    await this.database.execute(
      ctx,
      `insert into version_files (version_id, path, size_bytes, sha256, media_type, role, status, upload_id, part_size)
       select v.id, $2, $3, $4, $5, $6, 'pending', $7, $8 from dataset_versions v where v.id = $1 and v.status = 'uploading'
       on conflict (version_id, path) do update set size_bytes = excluded.size_bytes, sha256 = excluded.sha256,
         media_type = excluded.media_type, status = 'pending', upload_id = excluded.upload_id, part_size = excluded.part_size`,
      [versionId, file.path, file.sizeBytes, file.sha256, mediaType, roleOf(file.path), file.uploadId, file.partSize],
    );
  }
}
