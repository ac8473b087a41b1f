import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { RequestContext } from '@app/kernel';
import { LRUCache } from 'lru-cache';
import { FileSets } from './file-sets.rules.js';
import type { FileSet } from './file-sets.rules.js';
import { FileQueries } from './file.queries.js';

/** What is known of a manifest without reading it again. */
export interface ManifestFacts {
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly fileSets: readonly FileSet[];
}

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

  constructor(private readonly files: FileQueries) {}

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
    for (let after: string | null = null; ;) {
      const files = await this.files.page(ctx, versionId, { after, limit: PAGE });
      const lines = files.map(({ path, sizeBytes, sha256, mediaType, role }) =>
        JSON.stringify({ path, sizeBytes, sha256, mediaType, role }),
      );
      if (files.length > 0) yield { bytes: Buffer.from(`${lines.join('\n')}\n`), files };
      if (files.length < PAGE) return;
      after = files.at(-1)?.path ?? null;
    }
  }
}
