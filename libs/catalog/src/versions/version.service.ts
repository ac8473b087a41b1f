import { Injectable } from '@nestjs/common';
import { Audit } from '@app/audit';
import { Database } from '@app/database';
import { Jobs } from '@app/jobs';
import { Clock, KernelErrors, newId, requireProvider, validate } from '@app/kernel';
import type { RequestContext } from '@app/kernel';
import { z } from 'zod';
import { DatasetSearch } from '../browse/dataset-search.js';
import { CatalogErrors } from '../catalog.errors.js';
import { CatalogRevision } from '../catalog-revision.js';
import { reasonSchema, statusAfterPublishing } from '../datasets/dataset.rules.js';
import type { DatasetStatus } from '../datasets/dataset.rules.js';
import { ReviewBook } from '../reviews/review-book.service.js';
import { COMPARE_VERSIONS_JOB } from '../changes/compare-versions.job.js';
import { INGEST_JOB } from '../ingest/ingest.types.js';
import { ContributorRegister } from '../consent/contributor-register.service.js';
import { failingRules } from './report.js';
import type { VersionReport } from './report.js';
import { canVersionBecome, labelOf } from './version.rules.js';
import type { VersionStatus } from './version.rules.js';
import { listingOf } from './listing.rules.js';
import type { VersionFacts } from './listing.rules.js';

/** Queued with every release, for libraries above that must follow it. Payload: `{ datasetId, versionId }`. */
export const VERSION_PUBLISHED_JOB = 'catalog.version_published';

interface LockedVersion {
  id: string;
  datasetId: string;
  organizationId: string;
  label: string;
  number: number;
  status: VersionStatus;
  report: VersionReport | null;
  facts: VersionFacts | null;
  format: string | null;
  grade: string;
  slug: string;
  datasetStatus: DatasetStatus;
  currentVersionId: string | null;
  isVerified: boolean;
}

const noteSchema = z
  .string()
  .trim()
  .min(3, 'must have at least 3 characters')
  .max(2_000, 'must have at most 2,000 characters');

@Injectable()
export class VersionService {
  constructor(
    private readonly database: Database,
    private readonly revision: CatalogRevision,
    private readonly search: DatasetSearch,
    private readonly contributors: ContributorRegister,
    private readonly jobs: Jobs,
    private readonly audit: Audit,
    private readonly clock: Clock,
    private readonly reviews: ReviewBook,
  ) {}

  /** The version that takes uploads now, made when there is none. @throws CATALOG_VERSION_OPEN while one is being checked */
  async openForUpload(ctx: RequestContext, datasetId: string): Promise<{ id: string; label: string }> {
    const user = requireProvider(ctx);
    return this.database.transaction(ctx, async (ctx) => {
      const [dataset] = await this.database.query<{ id: string }>(
        ctx,
        'select id from datasets where id = $1 and organization_id = $2 for update',
        [datasetId, user.organizationId],
      );
      if (!dataset) throw KernelErrors.NOT_FOUND({ what: 'dataset', id: datasetId });
      const [last] = await this.database.query<{ id: string; label: string; number: number; status: VersionStatus }>(
        ctx,
        'select id, label, number, status from dataset_versions where dataset_id = $1 order by number desc limit 1',
        [datasetId],
      );
      if (last?.status === 'validating') throw CatalogErrors.VERSION_OPEN({ label: last.label });
      if (last?.status === 'uploading') return { id: last.id, label: last.label };
      const now = this.clock.now();
      const number = (last?.number ?? 0) + 1;
      const version = { id: newId('Version', now.getTime()), label: labelOf(number) };
      await this.database.execute(
        ctx,
        `insert into dataset_versions (id, dataset_id, number, label, status, created_by, created_at)
         values ($1, $2, $3, $4, 'uploading', $5, $6)`,
        [version.id, datasetId, number, version.label, user.userId, now],
      );
      return version;
    });
  }

  /** Hands a fully uploaded version to the worker, in the same transaction that queues the job. */
  async submitVersion(ctx: RequestContext, versionId: string): Promise<void> {
    const user = requireProvider(ctx);
    await this.database.transaction(ctx, async (ctx) => {
      const version = await this.lock(ctx, user.organizationId, versionId);
      if (version.status === 'validating') return;
      const [files] = await this.database.query<{
        total: number;
        missing: number;
        path: string | null;
        sizeBytes: number;
      }>(
        ctx,
        `select count(*) as total, count(*) filter (where status <> 'uploaded') as missing,
                min(path) filter (where status <> 'uploaded') as path, coalesce(sum(size_bytes), 0)::bigint as "sizeBytes"
           from version_files where version_id = $1`,
        [versionId],
      );
      if (!files || files.total === 0 || files.missing > 0) {
        throw CatalogErrors.UPLOAD_INCOMPLETE({ missing: files?.missing ?? 0, path: files?.path ?? '' });
      }
      await this.move(ctx, version, 'validating', 'submitted_at = $3, files_count = $4, size_bytes = $5', [
        this.clock.now(),
        files.total,
        files.sizeBytes,
      ]);
      await this.jobs.enqueue(ctx, INGEST_JOB, { versionId }, { jobKey: `ingest:${versionId}` });
      await this.record(ctx, 'version.submitted', version, { files: files.total, sizeBytes: files.sizeBytes });
    });
  }

  /**
   * Releases a checked version: it becomes the dataset's current one and never changes again.
   * @throws CATALOG_NOT_LISTABLE when an L1 rule fails, CATALOG_CONSENT_WITHDRAWN, CATALOG_TRANSITION_REFUSED,
   *         CATALOG_CHANGE_NOTE_MISSING
   */
  async publishVersion(ctx: RequestContext, versionId: string, changeNote?: string | null): Promise<void> {
    const user = requireProvider(ctx);
    const note = changeNote ? validate(noteSchema, changeNote, 'input.changeNote') : null;
    await this.database.transaction(ctx, async (ctx) => {
      await this.contributors.holdStill(ctx, user.organizationId);
      const version = await this.lock(ctx, user.organizationId, versionId);
      if (version.status === 'published') return;
      const { report, facts } = version;
      if (report && !report.isListable)
        throw CatalogErrors.NOT_LISTABLE({ label: version.label, rules: failingRules(report) });
      if (!report || !facts || !canVersionBecome(version.status, 'published')) {
        throw CatalogErrors.TRANSITION_REFUSED({ what: 'version', from: version.status, to: 'published' });
      }
      await this.contributors.requirePublishable(ctx, version);
      if (version.currentVersionId !== null && note === null) throw CatalogErrors.CHANGE_NOTE_MISSING({});
      const now = this.clock.now();
      await this.move(ctx, version, 'published', 'published_at = $3, change_note = $4', [now, note]);
      if (version.currentVersionId !== null) {
        await this.database.execute(
          ctx,
          `update dataset_versions set status = 'superseded' where id = $1 and status = 'published'`,
          [version.currentVersionId],
        );
      }
      await this.list(ctx, version, facts, now);
      await this.jobs.enqueue(ctx, COMPARE_VERSIONS_JOB, { versionId });
      await this.jobs.enqueue(ctx, VERSION_PUBLISHED_JOB, { datasetId: version.datasetId, versionId });
      await this.record(ctx, 'version.published', version, { label: version.label, changeNote: note });
    });
  }

  /** Tells everyone who holds the version that it is defective. It stays readable to those who licensed it. */
  async recallVersion(ctx: RequestContext, versionId: string, reason: string): Promise<void> {
    const user = requireProvider(ctx);
    const why = validate(reasonSchema, reason, 'input.reason');
    await this.database.transaction(ctx, (ctx) => this.recallOf(ctx, user.organizationId, versionId, why));
  }

  /** The recall itself, in the transaction of a caller who has decided that it must be. The reason is read by everybody. */
  async recallOf(ctx: RequestContext, organizationId: string, versionId: string, reason: string): Promise<void> {
    const version = await this.lock(ctx, organizationId, versionId);
    if (version.status === 'recalled') return;
    await this.move(ctx, version, 'recalled', 'recalled_at = $3, recall_reason = $4', [this.clock.now(), reason]);
    await this.revision.touch(ctx, version.datasetId);
    await this.record(ctx, 'version.recalled', version, { label: version.label, reason });
  }

  /** Writes the listing from what the worker measured and the provider declared. */
  private async list(ctx: RequestContext, version: LockedVersion, facts: VersionFacts, now: Date): Promise<void> {
    const l = listingOf(facts);
    const status = statusAfterPublishing(version.datasetStatus, version.isVerified);
    await this.database.execute(
      ctx,
      `update datasets set status = $2, status_reason = case when $2 in ('listed', 'in_review') then null else status_reason end,
              current_version_id = $3, published_at = coalesce(published_at, $4), updated_at = $4,
              grade = $5, formats = $6, modalities = $7, robots = $8, embodiment_classes = $9, end_effectors = $10,
              task_families = $11, skills = $12, scenes = $13, collection_methods = $14, realities = $15,
              episodes = $16, frames = $17, duration_s = $18, size_bytes = $19, fps = $20
        where id = $1`,
      [
        version.datasetId,
        status,
        version.id,
        now,
        version.grade,
        l.formats,
        l.modalities,
        l.robots,
        l.embodimentClasses,
        l.endEffectors,
        l.taskFamilies,
        l.skills,
        l.scenes,
        l.collectionMethods,
        l.realities,
        l.episodes,
        l.frames,
        l.durationS,
        l.sizeBytes,
        l.fps,
      ],
    );
    await this.followReview(ctx, version, status);
    await this.search.reindex(ctx, version.datasetId);
    await this.revision.touch(ctx, version.datasetId);
  }

  /** A version that waits begins a review; one that lists its dataset past a review, for its provider was verified, ends it. */
  private async followReview(ctx: RequestContext, version: LockedVersion, status: DatasetStatus): Promise<void> {
    const dataset = { id: version.datasetId, organizationId: version.organizationId };
    if (status === 'in_review') await this.reviews.open(ctx, dataset, version.id);
    else await this.reviews.close(ctx, dataset, 'replaced');
  }

  /** The one place that writes a version's status. */
  private async move(
    ctx: RequestContext,
    version: LockedVersion,
    to: VersionStatus,
    set: string,
    values: unknown[],
  ): Promise<void> {
    if (!canVersionBecome(version.status, to)) {
      throw CatalogErrors.TRANSITION_REFUSED({ what: 'version', from: version.status, to });
    }
    await this.database.execute(ctx, `update dataset_versions set status = $2, ${set} where id = $1`, [
      version.id,
      to,
      ...values,
    ]);
  }

  /** The dataset is locked before its version, as a purchase does. */
  private async lock(ctx: RequestContext, organizationId: string, versionId: string): Promise<LockedVersion> {
    const [version] = await this.database.query<LockedVersion>(
      ctx,
      `select v.id, v.dataset_id as "datasetId", d.organization_id as "organizationId", v.label, v.number, v.status, v.report, v.facts,
              v.format, v.grade, d.slug, d.status as "datasetStatus", d.current_version_id as "currentVersionId",
              o.verified_at is not null as "isVerified"
         from dataset_versions v join datasets d on d.id = v.dataset_id join organizations o on o.id = d.organization_id
        where v.id = $1 and d.organization_id = $2 for update of d, v`,
      [versionId, organizationId],
    );
    if (!version) throw KernelErrors.NOT_FOUND({ what: 'version', id: versionId });
    return version;
  }

  private async record(
    ctx: RequestContext,
    action: string,
    version: LockedVersion,
    facts: Record<string, unknown>,
  ): Promise<void> {
    await this.audit.record(ctx, {
      action,
      subject: { kind: 'version', id: version.id },
      about: { datasetId: version.datasetId, organizationIds: [version.organizationId] },
      facts: { slug: version.slug, ...facts },
    });
  }
}
