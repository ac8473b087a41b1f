import { Injectable } from '@nestjs/common';
import { OperatorReads } from '@app/audit';
import { Database } from '@app/database';
import { KernelErrors, decodeCursor, encodeCursor, pageSize, sightOf, toPage } from '@app/kernel';
import type { Page, PageRequest, RequestContext } from '@app/kernel';
import type { Grade } from '@app/standards';
import { factsWithoutPseudonyms } from '../consent/people.rules.js';
import { VISIBLE, mayReadPseudonyms, visibilityOf } from '../datasets/dataset.queries.js';
import type { VersionReport } from './report.js';
import { RELEASED } from './version.rules.js';
import type { VersionStatus } from './version.rules.js';

export interface VersionRow {
  readonly id: string;
  readonly datasetId: string;
  readonly number: number;
  readonly label: string;
  readonly status: VersionStatus;
  readonly format: string | null;
  readonly formatVersion: string | null;
  readonly commitId: string | null;
  readonly merkleRoot: string | null;
  readonly facts: Record<string, unknown> | null;
  readonly report: VersionReport | null;
  readonly grade: Grade;
  readonly changeNote: string | null;
  readonly filesCount: number;
  readonly sizeBytes: number;
  readonly episodes: number;
  readonly frames: number;
  readonly durationS: number;
  readonly recallReason: string | null;
  readonly createdAt: Date;
  readonly submittedAt: Date | null;
  readonly validatedAt: Date | null;
  readonly publishedAt: Date | null;
  readonly recalledAt: Date | null;
  readonly datasetSlug: string;
  readonly datasetStatus: string;
  readonly organizationId: string;
}

/** Whose a version is, and whether it is on the shelf. */
export interface VersionOwner {
  readonly id: string;
  readonly datasetId: string;
  readonly organizationId: string;
  readonly datasetStatus: string;
  readonly status: VersionStatus;
}

const COLUMNS = `
  v.id, v.dataset_id as "datasetId", v.number, v.label, v.status, v.format, v.format_version as "formatVersion",
  v.commit_id as "commitId", v.merkle_root as "merkleRoot", v.facts, v.report, v.grade, v.change_note as "changeNote",
  v.files_count as "filesCount", v.size_bytes as "sizeBytes", v.episodes, v.frames, v.duration_s as "durationS",
  v.recall_reason as "recallReason", v.created_at as "createdAt", v.submitted_at as "submittedAt", v.validated_at as "validatedAt",
  v.published_at as "publishedAt", v.recalled_at as "recalledAt", d.slug as "datasetSlug",
  d.status as "datasetStatus", d.organization_id as "organizationId"`;

const RELEASED_SQL = RELEASED.map((status) => `'${status}'`).join(', ');

/** Released versions of visible datasets, and every version of one's own. */
const VISIBLE_VERSION = `${VISIBLE} and (v.status in (${RELEASED_SQL}) or d.organization_id = $1 or $2)`;

@Injectable()
export class VersionQueries {
  constructor(
    private readonly database: Database,
    private readonly operatorReads: OperatorReads,
  ) {}

  /** @throws REQUEST_NOT_FOUND */
  async byId(ctx: RequestContext, id: string): Promise<VersionRow> {
    const [row] = await this.database.query<VersionRow>(
      ctx,
      `select ${COLUMNS} from dataset_versions v join datasets d on d.id = v.dataset_id where v.id = $3 and ${VISIBLE_VERSION}`,
      [...visibilityOf(ctx), id],
    );
    if (!row) throw KernelErrors.NOT_FOUND({ what: 'version', id });
    await this.note(ctx, [row]);
    return asSeen(ctx, row);
  }

  /** Those of the ids that the asker may see, with whose they are. */
  async visibleAmong(ctx: RequestContext, ids: readonly string[]): Promise<VersionOwner[]> {
    const rows = await this.database.query<VersionOwner>(
      ctx,
      `select v.id, v.dataset_id as "datasetId", d.organization_id as "organizationId", d.status as "datasetStatus", v.status
         from dataset_versions v join datasets d on d.id = v.dataset_id where v.id = any($3::text[]) and ${VISIBLE_VERSION}`,
      [...visibilityOf(ctx), ids],
    );
    await this.note(ctx, rows);
    return rows;
  }

  /** By label (`v2`) or commit id; the current published version when nothing is named. @throws REQUEST_NOT_FOUND */
  async resolve(ctx: RequestContext, datasetId: string, selector?: string | null): Promise<VersionRow> {
    const [row] = await this.database.query<VersionRow>(
      ctx,
      `select ${COLUMNS} from dataset_versions v join datasets d on d.id = v.dataset_id
        where d.id = $3 and ${VISIBLE_VERSION}
          and case when $4::text is null then v.id = d.current_version_id else v.label = lower($4) or v.commit_id = lower($4) end
        order by v.number desc limit 1`,
      [...visibilityOf(ctx), datasetId, selector ?? null],
    );
    if (!row) throw KernelErrors.NOT_FOUND({ what: 'version', id: selector ?? 'current' });
    await this.note(ctx, [row]);
    return asSeen(ctx, row);
  }

  /** Versions of a dataset, newest first. */
  async ofDataset(ctx: RequestContext, datasetId: string, page: PageRequest): Promise<Page<VersionRow>> {
    const size = pageSize(page);
    const before = page.after ? Number(decodeCursor(page.after, 1)[0]) : null;
    const rows = await this.database.query<VersionRow>(
      ctx,
      `select ${COLUMNS} from dataset_versions v join datasets d on d.id = v.dataset_id
        where d.id = $3 and ${VISIBLE_VERSION} and ($4::int is null or v.number < $4) order by v.number desc limit $5`,
      [...visibilityOf(ctx), datasetId, before, size + 1],
    );
    const shown = toPage(rows, size, (row) => encodeCursor([row.number]));
    await this.note(ctx, shown.items);
    return { ...shown, items: shown.items.map((row) => asSeen(ctx, row)) };
  }

  /**
   * The state of a version that is about to be sold, held still until the commit: a recall that committed first is seen, a
   * later one waits, and so finds everybody who bought before it. Locks the dataset before the version, as releases do.
   */
  async holdForSale(
    ctx: RequestContext,
    version: { datasetId: string; id: string },
  ): Promise<{ status: VersionStatus; datasetSlug: string }> {
    if (!ctx.tx) throw new Error('A version is held for the time of a transaction.');
    const [dataset] = await this.database.query<{ slug: string }>(
      ctx,
      'select slug from datasets where id = $1 for key share',
      [version.datasetId],
    );
    const [row] = await this.database.query<{ status: VersionStatus }>(
      ctx,
      'select status from dataset_versions where id = $1 for share',
      [version.id],
    );
    if (!dataset || !row) throw KernelErrors.NOT_FOUND({ what: 'version', id: version.id });
    return { status: row.status, datasetSlug: dataset.slug };
  }

  /** What an operator is shown of others that nobody else may see is put on record; their files and reports come with it. */
  private async note(ctx: RequestContext, rows: readonly VersionOwner[]): Promise<void> {
    const { organizationId } = sightOf(ctx);
    const hidden = rows.filter(
      (row) =>
        row.organizationId !== organizationId && (row.datasetStatus !== 'listed' || !RELEASED.includes(row.status)),
    );
    await this.operatorReads.noteThings(
      ctx,
      'version',
      hidden.map((row) => ({
        id: row.id,
        about: { datasetId: row.datasetId, organizationIds: [row.organizationId] },
      })),
    );
  }
}

function asSeen(ctx: RequestContext, row: VersionRow): VersionRow {
  const isOpen = row.facts === null || mayReadPseudonyms(ctx, row.organizationId);
  return isOpen ? row : { ...row, facts: row.facts && factsWithoutPseudonyms(row.facts) };
}
