import { Injectable } from '@nestjs/common';
import { Audit } from '@app/audit';
import { VersionQueries } from '@app/catalog';
import { Settings } from '@app/config';
import { Database } from '@app/database';
import { Jobs } from '@app/jobs';
import { Clock, commitIdOf, merkleRootOf, requireAdmin } from '@app/kernel';
import type { RequestContext } from '@app/kernel';
import type { LossReport } from '../loss-report.js';
import { MAKE_RENDITION_JOB } from '../making/making.types.js';
import type { RenditionProof } from '../making/proof.rules.js';
import type { RenditionTarget } from '../rendition-target.js';
import { renditionSettings } from '../renditions.config.js';
import type { RenditionFileRow } from './rendition.queries.js';
import { missingTargets } from './rendition.rules.js';

/** A rendition that was made and proved. */
export interface FinishedRendition {
  readonly files: readonly RenditionFileRow[];
  readonly loss: LossReport;
  readonly proof: RenditionProof;
}

/** The state of renditions: the only place that writes it. */
@Injectable()
export class RenditionService {
  constructor(
    private readonly database: Database,
    private readonly versions: VersionQueries,
    private readonly jobs: Jobs,
    private readonly audit: Audit,
    private readonly clock: Clock,
    private readonly settings: Settings,
  ) {}

  /**
   * Has the standard forms made that a released version lacks, of those that this market makes. Asking again changes nothing, but for those that failed.
   * @returns the targets that were queued
   * @throws REQUEST_NOT_FOUND, REQUEST_FORBIDDEN for whoever is not the market itself or its operator
   */
  async request(ctx: RequestContext, versionId: string): Promise<RenditionTarget[]> {
    if (ctx.actor.kind !== 'system') requireAdmin(ctx);
    return this.database.transaction(ctx, async (ctx) => {
      const { standardForms } = this.settings.of(renditionSettings);
      const lacking = missingTargets(await this.versions.byId(ctx, versionId));
      const targets = lacking.filter((target) => standardForms.includes(target));
      if (targets.length === 0) return [];
      const queued = await this.database.query<{ target: RenditionTarget }>(
        ctx,
        `insert into renditions (version_id, target, state, requested_at)
         select $1, target, 'queued', $3 from unnest($2::text[]) as target
         on conflict (version_id, target) do update set state = 'queued', error = null, requested_at = excluded.requested_at
           where renditions.state = 'failed'
         returning target`,
        [versionId, targets, this.clock.now()],
      );
      for (const { target } of queued) {
        const jobKey = `${MAKE_RENDITION_JOB}/${versionId}/${target}`;
        await this.jobs.enqueue(ctx, MAKE_RENDITION_JOB, { versionId, target }, { jobKey });
      }
      return queued.map(({ target }) => target);
    });
  }

  /** Takes up the making. False if there is nothing to make: it is ready, was given up, or was never asked for. */
  async begin(ctx: RequestContext, versionId: string, target: RenditionTarget): Promise<boolean> {
    const changed = await this.database.execute(
      ctx,
      `update renditions set state = 'making' where version_id = $1 and target = $2 and state in ('queued', 'making')`,
      [versionId, target],
    );
    return changed > 0;
  }

  /** Puts a rendition on the shelf, whole, in one transaction. False if another run was faster. */
  async finish(
    ctx: RequestContext,
    version: { readonly id: string; readonly datasetId: string; readonly datasetSlug: string; readonly label: string },
    target: RenditionTarget,
    { files, loss, proof }: FinishedRendition,
  ): Promise<boolean> {
    const merkleRoot = merkleRootOf(files);
    return this.database.transaction(ctx, async (ctx) => {
      const changed = await this.database.execute(
        ctx,
        `update renditions set state = 'ready', commit_id = $3, merkle_root = $4, size_bytes = $5, files_count = $6, loss = $7,
                proof = $8, error = null, made_at = $9
          where version_id = $1 and target = $2 and state = 'making'`,
        [
          version.id,
          target,
          commitIdOf(merkleRoot),
          merkleRoot,
          files.reduce((sum, file) => sum + file.sizeBytes, 0),
          files.length,
          JSON.stringify(loss),
          JSON.stringify(proof),
          this.clock.now(),
        ],
      );
      if (changed === 0) return false;
      await this.database.execute(ctx, 'delete from rendition_files where version_id = $1 and target = $2', [
        version.id,
        target,
      ]);
      await this.database.execute(
        ctx,
        `insert into rendition_files (version_id, target, path, size_bytes, sha256, media_type, object_key)
         select $1, $2, f.path, f."sizeBytes", f.sha256, f."mediaType", f."objectKey"
           from jsonb_to_recordset($3::jsonb) as f (path text, "sizeBytes" bigint, sha256 text, "mediaType" text, "objectKey" text)`,
        [version.id, target, JSON.stringify(files)],
      );
      await this.audit.record(ctx, {
        action: 'rendition.made',
        subject: { kind: 'version', id: version.id },
        about: { datasetId: version.datasetId },
        facts: {
          slug: version.datasetSlug,
          label: version.label,
          target,
          merkleRoot,
          isSameContent: proof.isSameContent,
          lossless: loss.lossless,
        },
      });
      return true;
    });
  }

  /** Gives a rendition up, with a sentence that says why. What is ready stays. */
  async fail(ctx: RequestContext, versionId: string, target: RenditionTarget, error: string): Promise<void> {
    await this.database.execute(
      ctx,
      `update renditions set state = 'failed', error = $3 where version_id = $1 and target = $2 and state in ('queued', 'making')`,
      [versionId, target, error],
    );
  }
}
