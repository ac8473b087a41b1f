import { Injectable } from '@nestjs/common';
import { OperatorReads } from '@app/audit';
import { Database } from '@app/database';
import { KernelErrors, sightOf } from '@app/kernel';
import type { RequestContext } from '@app/kernel';
import type { Grade } from '@app/standards';
import type { DatasetStatus } from './dataset.rules.js';
import { withoutPseudonyms } from '../consent/people.rules.js';
import type { DeclaredFacts } from './declared.rules.js';

/** A dataset as its page shows it. */
export interface DatasetRow {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  readonly status: DatasetStatus;
  readonly statusReason: string | null;
  readonly organizationId: string;
  readonly organizationSlug: string;
  readonly organizationName: string;
  readonly organizationIsProvider: boolean;
  readonly organizationIsBuyer: boolean;
  readonly organizationVerifiedAt: Date | null;
  readonly titleZh: string | null;
  readonly titleEn: string | null;
  readonly summaryZh: string | null;
  readonly summaryEn: string | null;
  readonly declared: DeclaredFacts;
  readonly taskFamilies: string[];
  readonly skills: string[];
  readonly scenes: string[];
  readonly embodimentClasses: string[];
  readonly robots: string[];
  readonly endEffectors: string[];
  readonly modalities: string[];
  readonly collectionMethods: string[];
  readonly realities: string[];
  readonly formats: string[];
  readonly grade: Grade;
  readonly usableFor: string[];
  readonly hasFreeOffer: boolean;
  readonly minPriceCny: number | null;
  readonly minPriceUsd: number | null;
  readonly currentVersionId: string | null;
  readonly episodes: number;
  readonly frames: number;
  readonly durationS: number;
  readonly sizeBytes: number;
  readonly fps: number | null;
  readonly publishedAt: Date | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** The columns of a DatasetRow, over `datasets d join organizations o`. */
export const DATASET_COLUMNS = `
  d.id, d.slug, d.name, d.status, d.status_reason as "statusReason", d.organization_id as "organizationId",
  o.slug as "organizationSlug", o.name as "organizationName", o.is_provider as "organizationIsProvider",
  o.is_buyer as "organizationIsBuyer", o.verified_at as "organizationVerifiedAt",
  d.title_zh as "titleZh", d.title_en as "titleEn", d.summary_zh as "summaryZh", d.summary_en as "summaryEn", d.declared,
  d.task_families as "taskFamilies", d.skills, d.scenes, d.embodiment_classes as "embodimentClasses", d.robots,
  d.end_effectors as "endEffectors", d.modalities, d.collection_methods as "collectionMethods", d.realities, d.formats, d.grade,
  d.usable_for as "usableFor", d.has_free_offer as "hasFreeOffer", d.min_price_cny as "minPriceCny", d.min_price_usd as "minPriceUsd",
  d.current_version_id as "currentVersionId", d.episodes, d.frames, d.duration_s as "durationS", d.size_bytes as "sizeBytes", d.fps,
  d.published_at as "publishedAt", d.created_at as "createdAt", d.updated_at as "updatedAt"`;

/**
 * Condition on `d` for what the asker may see: everyone sees what is listed, an organization all of its own, the operator
 * and the market itself everything. `$1` is the organization, `$2` whether all may be seen.
 */
export const VISIBLE = `(d.status = 'listed' or d.organization_id = $1 or $2)`;

export function visibilityOf(ctx: RequestContext): [organizationId: string | null, seesAll: boolean] {
  const { organizationId, seesAll } = sightOf(ctx);
  return [organizationId, seesAll];
}

@Injectable()
export class DatasetQueries {
  constructor(
    private readonly database: Database,
    private readonly operatorReads: OperatorReads,
  ) {}

  /** @throws REQUEST_NOT_FOUND, also for what is somebody else's and not listed */
  async bySlug(ctx: RequestContext, slug: string): Promise<DatasetRow> {
    const [row] = await this.database.prepared<DatasetRow>(
      ctx,
      'dataset_by_slug',
      `select ${DATASET_COLUMNS} from datasets d join organizations o on o.id = d.organization_id
        where lower(d.slug) = lower($3) and ${VISIBLE}`,
      [...visibilityOf(ctx), slug],
    );
    if (!row) throw KernelErrors.NOT_FOUND({ what: 'dataset', id: slug });
    await this.note(ctx, [row]);
    return asSeen(ctx, row);
  }

  /** @throws REQUEST_NOT_FOUND */
  async byId(ctx: RequestContext, id: string): Promise<DatasetRow> {
    const [row] = await this.byIds(ctx, [id]);
    if (!row) throw KernelErrors.NOT_FOUND({ what: 'dataset', id });
    return row;
  }

  /** Those of the ids that the asker may see, in the order given. */
  async byIds(ctx: RequestContext, ids: readonly string[]): Promise<DatasetRow[]> {
    const rows = await this.database.prepared<DatasetRow>(
      ctx,
      'datasets_by_ids',
      `select ${DATASET_COLUMNS} from unnest($3::text[]) with ordinality as wanted (id, place)
         join datasets d on d.id = wanted.id join organizations o on o.id = d.organization_id
        where ${VISIBLE} order by wanted.place`,
      [...visibilityOf(ctx), ids],
    );
    await this.note(ctx, rows);
    return rows.map((row) => asSeen(ctx, row));
  }

  /** An organization's own datasets in any state, newest first. */
  async ofOrganization(
    ctx: RequestContext,
    organizationId: string,
    afterId: string | null,
    limit: number,
  ): Promise<DatasetRow[]> {
    const rows = await this.database.query<DatasetRow>(
      ctx,
      `select ${DATASET_COLUMNS} from datasets d join organizations o on o.id = d.organization_id
        where d.organization_id = $3 and ${VISIBLE} and ($4::text is null or d.id < $4) order by d.id desc limit $5`,
      [...visibilityOf(ctx), organizationId, afterId, limit],
    );
    await this.note(ctx, rows);
    return rows.map((row) => asSeen(ctx, row));
  }

  /** What an operator is shown of others that is not on the shelf is put on record. */
  private async note(ctx: RequestContext, rows: readonly DatasetRow[]): Promise<void> {
    const { organizationId } = sightOf(ctx);
    const hidden = rows.filter((row) => row.status !== 'listed' && row.organizationId !== organizationId);
    await this.operatorReads.noteThings(
      ctx,
      'dataset',
      hidden.map((row) => ({ id: row.id, about: { datasetId: row.id, organizationIds: [row.organizationId] } })),
    );
  }
}

/** Pseudonyms of contributors are for their own provider; for everybody else persons are numbers. */
export function mayReadPseudonyms({ actor }: RequestContext, organizationId: string): boolean {
  return actor.kind === 'system' || (actor.kind === 'user' && actor.organizationId === organizationId);
}

function asSeen(ctx: RequestContext, row: DatasetRow): DatasetRow {
  return mayReadPseudonyms(ctx, row.organizationId) ? row : { ...row, declared: withoutPseudonyms(row.declared) };
}
