import { Injectable } from '@nestjs/common';
import { Audit } from '@app/audit';
import { Database, isDuplicate } from '@app/database';
import { Clock, KernelErrors, newId, requireAdmin, requireProvider, validate } from '@app/kernel';
import type { RequestContext, UserActor } from '@app/kernel';
import { z } from 'zod';
import { DatasetSearch } from '../browse/dataset-search.js';
import { CatalogErrors } from '../catalog.errors.js';
import { ContributorRegister } from '../consent/contributor-register.service.js';
import { notPassed } from '../reviews/review.rules.js';
import type { ReviewOutcome } from '../reviews/review.rules.js';
import { ReviewBook } from '../reviews/review-book.service.js';
import { CatalogRevision } from '../catalog-revision.js';
import { DatasetEntity } from './dataset.entity.js';
import { canDatasetBecome, datasetNameSchema, localizedSchema, reasonSchema } from './dataset.rules.js';
import type { DatasetStatus } from './dataset.rules.js';
import { declaredSchema } from './declared.rules.js';

const createSchema = z.object({
  name: datasetNameSchema,
  title: localizedSchema(200).nullish(),
  summary: localizedSchema(5_000).nullish(),
  declared: declaredSchema.nullish(),
});
const updateSchema = createSchema.omit({ name: true });

/** How a review ends when its dataset goes on to another state. */
const REVIEW_ENDS: Readonly<Record<DatasetStatus, ReviewOutcome>> = {
  draft: 'refused',
  in_review: 'replaced',
  listed: 'listed',
  suspended: 'withdrawn',
  withdrawn: 'withdrawn',
};

export type CreateDataset = z.input<typeof createSchema>;
export type UpdateDataset = z.input<typeof updateSchema>;

@Injectable()
export class DatasetService {
  constructor(
    private readonly database: Database,
    private readonly revision: CatalogRevision,
    private readonly search: DatasetSearch,
    private readonly contributors: ContributorRegister,
    private readonly audit: Audit,
    private readonly clock: Clock,
    private readonly reviews: ReviewBook,
  ) {}

  /** A draft that only its organization sees. @throws CATALOG_SLUG_TAKEN, CATALOG_NOT_YOUR_ORGANIZATION */
  async createDataset(ctx: RequestContext, input: CreateDataset): Promise<DatasetEntity> {
    const user = requireProvider(ctx);
    const { name: slug, title, summary, declared } = validate(createSchema, input);
    const [organization = '', name = ''] = slug.split('/');
    if (organization !== user.organizationSlug) {
      throw CatalogErrors.NOT_YOUR_ORGANIZATION({ slug, organization: user.organizationSlug });
    }
    const now = this.clock.now();
    return this.database.transaction(ctx, async (ctx) => {
      await this.contributors.holdStill(ctx, user.organizationId);
      const repository = this.database.repository(ctx, DatasetEntity);
      const dataset = repository.create({
        id: newId('Dataset', now.getTime()),
        organizationId: user.organizationId,
        name,
        slug,
        status: 'draft',
        titleZh: title?.zh ?? null,
        titleEn: title?.en ?? null,
        summaryZh: summary?.zh ?? null,
        summaryEn: summary?.en ?? null,
        declared: await this.contributors.narrow(ctx, user.organizationId, declared ?? {}),
        createdAt: now,
        updatedAt: now,
      });
      try {
        await repository.save(dataset);
      } catch (error) {
        if (isDuplicate(error)) throw CatalogErrors.SLUG_TAKEN({ slug }, error);
        throw error;
      }
      await this.audit.record(ctx, {
        action: 'dataset.created',
        subject: { kind: 'dataset', id: dataset.id },
        about: { datasetId: dataset.id, organizationIds: [user.organizationId] },
        facts: { slug },
      });
      return dataset;
    });
  }

  /** Changes words and declared facts. Released versions keep what was declared when they were checked. */
  async updateDataset(ctx: RequestContext, slug: string, input: UpdateDataset): Promise<DatasetEntity> {
    const user = requireProvider(ctx);
    const { title, summary, declared } = validate(updateSchema, input);
    return this.database.transaction(ctx, async (ctx) => {
      await this.contributors.holdStill(ctx, user.organizationId);
      const dataset = await this.lockOwn(ctx, user, slug);
      if (title) {
        dataset.titleZh = title.zh ?? null;
        dataset.titleEn = title.en ?? null;
      }
      if (summary) {
        dataset.summaryZh = summary.zh ?? null;
        dataset.summaryEn = summary.en ?? null;
      }
      if (declared) dataset.declared = await this.contributors.narrow(ctx, user.organizationId, declared);
      await this.save(ctx, dataset);
      await this.audit.record(ctx, {
        action: 'dataset.updated',
        subject: { kind: 'dataset', id: dataset.id },
        about: { datasetId: dataset.id, organizationIds: [dataset.organizationId] },
        facts: { fields: Object.keys(input).sort() },
      });
      return dataset;
    });
  }

  /** Takes the dataset off the shelf for new buyers; rights already sold stay. */
  async withdrawDataset(ctx: RequestContext, slug: string, reason: string): Promise<DatasetEntity> {
    const user = requireProvider(ctx);
    return this.move(ctx, (ctx) => this.lockOwn(ctx, user, slug), 'withdrawn', reason, 'dataset.withdrawn');
  }

  /** The operator stops a dataset: hidden, no new grants, no new bytes. */
  async suspendDataset(ctx: RequestContext, slug: string, reason: string): Promise<DatasetEntity> {
    requireAdmin(ctx);
    return this.move(ctx, (ctx) => this.lockAny(ctx, slug), 'suspended', reason, 'dataset.suspended');
  }

  /**
   * The operator lists what waits for review once its three heads have passed, or lifts a suspension. What a provider holds
   * back, or was told to mend, he does not list.
   * @throws CATALOG_REVIEW_UNDECIDED, CATALOG_TRANSITION_REFUSED
   */
  async approveDataset(ctx: RequestContext, slug: string): Promise<DatasetEntity> {
    requireAdmin(ctx);
    return this.database.transaction(ctx, async (ctx) => {
      const dataset = await this.lockAny(ctx, slug);
      if (dataset.status === 'draft' || dataset.status === 'withdrawn') {
        throw CatalogErrors.TRANSITION_REFUSED({ what: 'dataset', from: dataset.status, to: 'listed' });
      }
      if (dataset.status === 'in_review') {
        const heads = notPassed((await this.reviews.lockOpen(ctx, slug)).decisions);
        if (heads.length > 0) throw CatalogErrors.REVIEW_UNDECIDED({ slug, heads });
      }
      return this.move(ctx, () => Promise.resolve(dataset), 'listed', null, 'dataset.approved');
    });
  }

  /** A suspension ends, and the log says why. @throws CATALOG_TRANSITION_REFUSED for what is not suspended */
  async resumeDataset(ctx: RequestContext, slug: string, reason: string): Promise<DatasetEntity> {
    requireAdmin(ctx);
    const why = validate(reasonSchema, reason, 'input.reason');
    return this.database.transaction(ctx, async (ctx) => {
      const dataset = await this.lockAny(ctx, slug);
      if (dataset.status !== 'suspended') {
        throw CatalogErrors.TRANSITION_REFUSED({ what: 'dataset', from: dataset.status, to: 'listed' });
      }
      return this.move(ctx, () => Promise.resolve(dataset), 'listed', why, 'dataset.resumed');
    });
  }

  /** What was under review goes back to its provider, who reads the grounds. Called when a review ends so. */
  async refuseDataset(ctx: RequestContext, slug: string, grounds: string): Promise<DatasetEntity> {
    requireAdmin(ctx);
    return this.move(ctx, (ctx) => this.lockAny(ctx, slug), 'draft', grounds, 'dataset.refused');
  }

  /** After a refusal: words, declarations or offers were mended, the version stands, and a new review begins. */
  async resubmitDataset(ctx: RequestContext, slug: string): Promise<DatasetEntity> {
    const user = requireProvider(ctx);
    return this.database.transaction(ctx, async (ctx) => {
      const dataset = await this.lockOwn(ctx, user, slug);
      if (dataset.status !== 'draft' || dataset.currentVersionId === null) {
        throw CatalogErrors.TRANSITION_REFUSED({ what: 'dataset', from: dataset.status, to: 'in_review' });
      }
      const { currentVersionId } = dataset;
      const moved = await this.move(ctx, () => Promise.resolve(dataset), 'in_review', null, 'dataset.resubmitted');
      await this.reviews.open(ctx, dataset, currentVersionId);
      return moved;
    });
  }

  private async move(
    ctx: RequestContext,
    lock: (ctx: RequestContext) => Promise<DatasetEntity>,
    to: DatasetStatus,
    reason: string | null,
    action: string,
  ): Promise<DatasetEntity> {
    const why = reason === null ? null : validate(reasonSchema, reason, 'input.reason');
    return this.database.transaction(ctx, async (ctx) => {
      const dataset = await lock(ctx);
      if (dataset.status === to) return dataset;
      const isAllowed = canDatasetBecome(dataset.status, to) && (to !== 'listed' || dataset.currentVersionId !== null);
      if (!isAllowed) throw CatalogErrors.TRANSITION_REFUSED({ what: 'dataset', from: dataset.status, to });
      const from = dataset.status;
      dataset.status = to;
      // A dataset on the shelf has nothing to explain; the log keeps why it came back.
      dataset.statusReason = to === 'listed' ? null : why;
      await this.save(ctx, dataset);
      if (from === 'in_review') await this.reviews.close(ctx, dataset, REVIEW_ENDS[to]);
      await this.audit.record(ctx, {
        action,
        subject: { kind: 'dataset', id: dataset.id },
        about: { datasetId: dataset.id, organizationIds: [dataset.organizationId] },
        facts: { slug: dataset.slug, reason: why },
      });
      return dataset;
    });
  }

  private async save(ctx: RequestContext, dataset: DatasetEntity): Promise<void> {
    dataset.updatedAt = this.clock.now();
    await this.database.repository(ctx, DatasetEntity).save(dataset);
    await this.search.reindex(ctx, dataset.id);
    await this.revision.touch(ctx, dataset.id);
  }

  private async lockOwn(ctx: RequestContext, user: UserActor, slug: string): Promise<DatasetEntity> {
    const dataset = await this.lockAny(ctx, slug);
    if (dataset.organizationId !== user.organizationId) throw KernelErrors.NOT_FOUND({ what: 'dataset', id: slug });
    return dataset;
  }

  private async lockAny(ctx: RequestContext, slug: string): Promise<DatasetEntity> {
    const dataset = await this.database
      .repository(ctx, DatasetEntity)
      .createQueryBuilder('d')
      .setLock('pessimistic_write')
      .where('lower(d.slug) = lower(:slug)', { slug })
      .getOne();
    if (!dataset) throw KernelErrors.NOT_FOUND({ what: 'dataset', id: slug });
    return dataset;
  }
}
