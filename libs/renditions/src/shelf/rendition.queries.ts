import { Injectable } from '@nestjs/common';
import { VersionQueries } from '@app/catalog';
import { Database } from '@app/database';
import type { RequestContext } from '@app/kernel';
import type { LossReport } from '../loss-report.js';
import type { RenditionProof } from '../making/proof.rules.js';
import type { RenditionTarget } from '../rendition-target.js';
import type { RenditionState } from './rendition.rules.js';

export interface RenditionRow {
  readonly versionId: string;
  readonly target: RenditionTarget;
  readonly state: RenditionState;
  readonly commitId: string | null;
  readonly merkleRoot: string | null;
  readonly sizeBytes: number | null;
  readonly filesCount: number | null;
  readonly loss: LossReport | null;
  readonly proof: RenditionProof | null;
  readonly error: string | null;
  readonly madeAt: Date | null;
}

export interface RenditionFileRow {
  readonly path: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly mediaType: string;
  /** Where the bytes are in the store. */
  readonly objectKey: string;
}

interface FilePage {
  readonly after?: string | null;
  readonly limit: number;
  /** Only these paths. */
  readonly paths?: readonly string[] | null;
}

/** Figures and files of a rendition are shown once it is whole. */
const COLUMNS = `
  version_id as "versionId", target, state, commit_id as "commitId", merkle_root as "merkleRoot", size_bytes as "sizeBytes",
  files_count as "filesCount", loss, proof, error, made_at as "madeAt"`;

@Injectable()
export class RenditionQueries {
  constructor(
    private readonly database: Database,
    private readonly versions: VersionQueries,
  ) {}

  /** Renditions of each version that the asker may see, newest form first. */
  async ofVersions(ctx: RequestContext, versionIds: readonly string[]): Promise<Map<string, RenditionRow[]>> {
    const visible = await this.versions.visibleAmong(ctx, versionIds);
    const rows = await this.database.prepared<RenditionRow>(
      ctx,
      'renditions_of_versions',
      `select ${COLUMNS} from renditions where version_id = any($1::text[]) order by version_id, target desc`,
      [visible.map(({ id }) => id)],
    );
    const found = new Map<string, RenditionRow[]>();
    for (const row of rows) found.set(row.versionId, [...(found.get(row.versionId) ?? []), row]);
    return found;
  }

  /** A rendition that is ready, or null. The caller has found the version through `VersionQueries` or holds a grant to it. */
  async ready(ctx: RequestContext, versionId: string, target: RenditionTarget): Promise<RenditionRow | null> {
    const [row] = await this.database.prepared<RenditionRow>(
      ctx,
      'rendition_ready',
      `select ${COLUMNS} from renditions where version_id = $1 and target = $2 and state = 'ready'`,
      [versionId, target],
    );
    return row ?? null;
  }

  /**
   * Files of a rendition that is ready, in order of path bytes; none of any other. The caller holds a grant to the version:
   * this reads what it is told to.
   */
  async files(
    ctx: RequestContext,
    versionId: string,
    target: RenditionTarget,
    { after, limit, paths }: FilePage,
  ): Promise<RenditionFileRow[]> {
    return this.database.prepared<RenditionFileRow>(
      ctx,
      'rendition_files_page',
      `select f.path, f.size_bytes as "sizeBytes", f.sha256, f.media_type as "mediaType", f.object_key as "objectKey"
         from rendition_files f join renditions r on r.version_id = f.version_id and r.target = f.target
        where f.version_id = $1 and f.target = $2 and r.state = 'ready'
          and ($3::text is null or f.path > $3) and ($4::text[] is null or f.path = any($4))
        order by f.path limit $5`,
      [versionId, target, after ?? null, paths ?? null, limit],
    );
  }
}
