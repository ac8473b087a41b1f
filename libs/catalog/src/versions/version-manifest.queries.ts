import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Database } from '@app/database';
import type { RequestContext } from '@app/kernel';
import { LRUCache } from 'lru-cache';
import { FileSets } from './file-sets.rules.js';
import type { FileSet } from './file-sets.rules.js';
import type { FileRow } from './file.queries.js';

/** What is known of a manifest without reading it again. */
export interface ManifestFacts {
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly fileSets: readonly FileSet[];
}

/** One line of the manifest. */
type ManifestLine = Omit<FileRow, 'objectKey'>;

/** No path is empty, so all of them come after the empty one; a condition that may be absent would hide the index. */
const SELECT_PAGE = `
  select path, size_bytes as "sizeBytes", sha256, media_type as "mediaType", role
    from version_files where version_id = $1 and path > $2 order by path limit $3`;

/** Rows at a time: a version of 300,000 files is 60 short reads, and never in memory as a whole. */
const PAGE = 5_000;
/** Released files never change, so what was counted once may be kept. */
const KEPT_MAX = 2_000;

/**
 * The files of a released version as JSON lines, in order of path bytes. The same version always gives the same bytes, so
 * that others can name them by their hash. The caller has found the version through `VersionQueries`.
 */
@Injectable()
export class VersionManifest {
  private readonly kept = new LRUCache<string, Promise<ManifestFacts>>({ max: KEPT_MAX });

  constructor(private readonly database: Database) {}

  async *lines(ctx: RequestContext, versionId: string): AsyncGenerator<Buffer> {
    for await (const page of this.pages(ctx, versionId)) yield page.bytes;
  }

  /** Hash, size and file sets; counted at the first question, whoever asks at the same time waits for the same count. */
  async factsOf(ctx: RequestContext, versionId: string): Promise<ManifestFacts> {
    const known = this.kept.get(versionId);
    if (known) return known;
    const counting = this.count(ctx, versionId);
    this.kept.set(versionId, counting);
    // What failed is asked again.
    counting.catch(() => this.kept.delete(versionId));
    return counting;
  }

  private async count(ctx: RequestContext, versionId: string): Promise<ManifestFacts> {
    const hash = createHash('sha256');
    const sets = new FileSets();
    let sizeBytes = 0;
    for await (const { bytes, files } of this.pages(ctx, versionId)) {
      hash.update(bytes);
      sizeBytes += bytes.length;
      for (const file of files) sets.add(file);
    }
    return { sha256: hash.digest('hex'), sizeBytes, fileSets: sets.finish() };
  }

  private async *pages(ctx: RequestContext, versionId: string) {
    for (let after = ''; ;) {
      const files = await this.database.prepared<ManifestLine>(ctx, 'version_manifest_page', SELECT_PAGE, [
        versionId,
        after,
        PAGE,
      ]);
      const lines = files.map(({ path, sizeBytes, sha256, mediaType, role }) =>
        JSON.stringify({ path, sizeBytes, sha256, mediaType, role }),
      );
      if (files.length > 0) yield { bytes: Buffer.from(`${lines.join('\n')}\n`), files };
      if (files.length < PAGE) return;
      after = files.at(-1)?.path ?? '';
    }
  }
}
