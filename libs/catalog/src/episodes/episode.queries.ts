import { Injectable } from '@nestjs/common';
import { Database } from '@app/database';
import type { EpisodeFact } from '@app/formats';
import { KernelErrors, decodeCursor, encodeCursor, pageSize } from '@app/kernel';
import type { Page, PageRequest, RequestContext } from '@app/kernel';

export interface EpisodeRow {
  readonly idx: number;
  readonly sourceKey: string;
  readonly frames: number;
  readonly durationS: number;
  readonly tasks: string[];
  readonly outcome: 'success' | 'failure' | null;
  readonly contentHash: string;
  /** Clocks, motion, camera offset and task spans, as `EpisodeFact` has them. */
  readonly measures: Readonly<Record<string, unknown>>;
}

export interface EpisodeFilter {
  readonly outcome?: 'success' | 'failure' | null;
  readonly minDurationS?: number | null;
  readonly maxDurationS?: number | null;
}

const COLUMNS = `e.idx, e.source_key as "sourceKey", e.frames, e.duration_s as "durationS", e.tasks, e.outcome, e.content_hash as "contentHash", e.measures`;

/** Most episodes whose files one call may ask for. */
const INDICES_MAX = 100_000;

@Injectable()
export class EpisodeQueries {
  constructor(private readonly database: Database) {}

  /**
   * Episodes of one version with their number, in one statement. The keys come from an index-only scan; only the page's rows
   * are fetched, so the cost does not grow with other versions. The caller has found the version through `VersionQueries`.
   */
  async page(
    ctx: RequestContext,
    versionId: string,
    filter: EpisodeFilter,
    page: PageRequest,
  ): Promise<Page<EpisodeRow>> {
    const size = pageSize(page);
    const after = page.after ? Number(decodeCursor(page.after, 1)[0]) : -1;
    const rows = await this.database.prepared<EpisodeRow & { total: number }>(
      ctx,
      'episodes_page',
      `with k as materialized (
         select idx from episodes
          where version_id = $1 and ($2::text is null or outcome = $2)
            and ($3::float8 is null or duration_s >= $3) and ($4::float8 is null or duration_s <= $4)
       ), p as (select idx from k where idx > $5 order by idx limit $6)
       select (select count(*) from k) as total, ${COLUMNS}
         from p join episodes e on e.version_id = $1 and e.idx = p.idx order by e.idx`,
      [versionId, filter.outcome ?? null, filter.minDurationS ?? null, filter.maxDurationS ?? null, after, size + 1],
    );
    const items = rows.slice(0, size);
    return {
      items,
      cursors: items.map((row) => encodeCursor([row.idx])),
      hasNextPage: rows.length > size,
      totalCount: rows[0]?.total ?? 0,
    };
  }

  /** Paths of the files that hold the named episodes, each once, in order. */
  async filesOf(ctx: RequestContext, versionId: string, indices: readonly number[]): Promise<string[]> {
    if (indices.length > INDICES_MAX || indices.some((index) => !Number.isInteger(index) || index < 0)) {
      throw KernelErrors.INVALID({
        problems: [{ path: 'indices', message: `must be at most ${INDICES_MAX} numbers of episodes, counted from 0` }],
      });
    }
    const rows = await this.database.query<{ path: string }>(
      ctx,
      `select distinct f ->> 'path' as path from episodes e, jsonb_array_elements(e.files) f
        where e.version_id = $1 and e.idx = any($2::int[]) order by path`,
      [versionId, indices],
    );
    return rows.map((row) => row.path);
  }

  /** Forgets a version's episodes, before its ingest begins again. */
  async clear(ctx: RequestContext, versionId: string): Promise<void> {
    await this.database.execute(ctx, 'delete from episodes where version_id = $1', [versionId]);
  }

  /** Adds a batch in one statement. */
  async add(ctx: RequestContext, versionId: string, episodes: readonly EpisodeFact[]): Promise<void> {
    await this.database.execute(
      ctx,
      `insert into episodes (version_id, idx, source_key, frames, duration_s, tasks, outcome, content_hash, stats, files, measures)
       select $1, r.idx, r.source_key, r.frames, r.duration_s,
              array(select jsonb_array_elements_text(r.tasks)), r.outcome, r.content_hash, r.stats, r.files, r.measures
         from jsonb_to_recordset($2::jsonb) as r (idx int, source_key text, frames int, duration_s float8, tasks jsonb,
              outcome text, content_hash text, stats jsonb, files jsonb, measures jsonb)`,
      [
        versionId,
        JSON.stringify(
          episodes.map((e) => ({
            idx: e.index,
            source_key: e.sourceKey,
            frames: e.frames,
            duration_s: e.durationS,
            tasks: e.tasks,
            outcome: e.outcome,
            content_hash: e.contentHash,
            stats: e.stats,
            files: e.files,
            measures: {
              clocks: e.clocks,
              motion: e.motion,
              cameraOffsetS: e.cameraOffsetS,
              taskSpans: e.taskSpans,
              startedAt: e.startedAt,
              outcomeSource: e.outcomeSource,
            },
          })),
        ),
      ],
    );
  }

  /** After a version's episodes are in: counting reads the index alone only where a vacuum has marked the pages. */
  async settle(ctx: RequestContext, versionId: string): Promise<void> {
    const outside = { ...ctx, tx: undefined };
    const [home] = await this.database.query<{ partition: string }>(
      outside,
      'select tableoid::regclass::text as partition from episodes where version_id = $1 limit 1',
      [versionId],
    );
    if (home) await this.database.execute(outside, `vacuum (analyze) ${home.partition}`);
  }
}
