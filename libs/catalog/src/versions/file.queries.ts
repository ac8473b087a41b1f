import { Injectable } from '@nestjs/common';
import { Database } from '@app/database';
import type { RequestContext } from '@app/kernel';
import type { FileRole } from '../uploads/upload.types.js';

export interface FileRow {
  readonly path: string;
  readonly sizeBytes: number;
  readonly sha256: string | null;
  readonly mediaType: string;
  readonly role: FileRole;
  /** Where the bytes are in the store. */
  readonly objectKey: string;
}

/** Where a file's bytes are in the store. */
export function objectKeyOf(file: { datasetId: string; versionId: string; path: string }): string {
  return `datasets/${file.datasetId}/${file.versionId}/${file.path}`;
}

interface FilePage {
  readonly after?: string | null;
  readonly limit: number;
  /** Only these paths. */
  readonly paths?: readonly string[] | null;
}

@Injectable()
export class FileQueries {
  constructor(private readonly database: Database) {}

  /**
   * Files of a version in order of path bytes. The caller has found the version through `VersionQueries` or holds a grant
   * to it: this reads what it is told to.
   */
  async page(ctx: RequestContext, versionId: string, { after, limit, paths }: FilePage): Promise<FileRow[]> {
    return this.database.prepared<FileRow>(
      ctx,
      'version_files_page',
      `select f.path, f.size_bytes as "sizeBytes", f.sha256, f.media_type as "mediaType", f.role,
              'datasets/' || v.dataset_id || '/' || v.id || '/' || f.path as "objectKey"
         from version_files f join dataset_versions v on v.id = f.version_id
        where f.version_id = $1 and ($2::text is null or f.path > $2) and ($3::text[] is null or f.path = any($3))
        order by f.path limit $4`,
      [versionId, after ?? null, paths ?? null, limit],
    );
  }
}
