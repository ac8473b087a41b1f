import { Injectable } from '@nestjs/common';
import { Database } from '@app/database';
import { decodeCursor, encodeCursor, pageSize, toPage } from '@app/kernel';
import type { Page, PageRequest, RequestContext } from '@app/kernel';
import { RELEASED } from '../versions/version.rules.js';

export const CHANGE_KINDS = ['added', 'removed', 'changed'] as const;
export type ChangeKind = (typeof CHANGE_KINDS)[number];

/** How the episodes of two versions differ, counted. */
export interface ChangeCounts {
  readonly added: number;
  readonly removed: number;
  readonly changed: number;
  /** The same content under another number. */
  readonly renumbered: number;
  readonly unchanged: number;
}

/** One episode that differs. */
export interface EpisodeChange {
  readonly position: number;
  readonly kind: ChangeKind;
  readonly fromIdx: number | null;
  readonly toIdx: number | null;
  readonly sourceKey: string;
  readonly fromFrames: number | null;
  readonly toFrames: number | null;
}

/** Two versions are compared while somebody waits up to this many episodes on both sides; neighbours are compared beforehand. */
export const LIVE_EPISODES_MAX = 200_000;

/** Differing episodes in the order of where they stand, or stood. */
const DIFFERING = `
  select row_number() over (order by coalesce(to_idx, from_idx), kind)::int as position, kind,
         from_idx as "fromIdx", to_idx as "toIdx", source_key as "sourceKey",
         from_frames as "fromFrames", to_frames as "toFrames"
    from compare_episodes($1, $2) where kind in ('added', 'removed', 'changed')`;

const COUNTS = `
  select count(*) filter (where kind = 'added')::int as added, count(*) filter (where kind = 'removed')::int as removed,
         count(*) filter (where kind = 'changed')::int as changed,
         count(*) filter (where kind = 'renumbered')::int as renumbered,
         count(*) filter (where kind = 'unchanged')::int as unchanged from compare_episodes($1, $2)`;

/** Episode-level differences between versions. The caller has found both versions through `VersionQueries`. */
@Injectable()
export class VersionChangesQueries {
  constructor(private readonly database: Database) {}

  /** The released version before this one. */
  async before(ctx: RequestContext, versionId: string): Promise<string | null> {
    const [row] = await this.database.query<{ id: string }>(
      ctx,
      `select p.id from dataset_versions v join dataset_versions p on p.dataset_id = v.dataset_id and p.number < v.number
        where v.id = $1 and p.status = any($2) order by p.number desc limit 1`,
      [versionId, RELEASED],
    );
    return row?.id ?? null;
  }

  /** Null where the pair was not compared beforehand. */
  async keptCounts(ctx: RequestContext, fromId: string, toId: string): Promise<ChangeCounts | null> {
    const [row] = await this.database.query<ChangeCounts>(
      ctx,
      `select added, removed, changed, renumbered, unchanged from version_changes where to_id = $2 and from_id = $1`,
      [fromId, toId],
    );
    return row ?? null;
  }

  async liveCounts(ctx: RequestContext, fromId: string, toId: string): Promise<ChangeCounts> {
    const [row] = await this.database.query<ChangeCounts>(ctx, COUNTS, [fromId, toId]);
    return row ?? { added: 0, removed: 0, changed: 0, renumbered: 0, unchanged: 0 };
  }

  async page(
    ctx: RequestContext,
    { fromId, toId, isKept }: { fromId: string; toId: string; isKept: boolean },
    kind: ChangeKind | null,
    page: PageRequest,
  ): Promise<Page<EpisodeChange>> {
    const size = pageSize(page);
    const after = page.after ? Number(decodeCursor(page.after, 1)[0]) : 0;
    const rows = await this.database.query<EpisodeChange>(
      ctx,
      isKept
        ? `select position, kind, from_idx as "fromIdx", to_idx as "toIdx", source_key as "sourceKey",
                  from_frames as "fromFrames", to_frames as "toFrames"
             from version_change_episodes
            where to_id = $2 and $1::text is not null and position > $3 and ($4::text is null or kind = $4)
            order by position limit $5`
        : `select * from (${DIFFERING}) d where position > $3 and ($4::text is null or kind = $4) order by position limit $5`,
      [fromId, toId, after, kind, size + 1],
    );
    return toPage(rows, size, (row) => encodeCursor([row.position]));
  }

  /** Compares a version with the one before it, once for all readers. May run twice. */
  async keep(ctx: RequestContext, fromId: string, toId: string): Promise<void> {
    await this.database.transaction(ctx, async (ctx) => {
      await this.database.execute(ctx, 'delete from version_changes where to_id = $1', [toId]);
      const counts = await this.liveCounts(ctx, fromId, toId);
      await this.database.execute(
        ctx,
        `insert into version_changes (to_id, from_id, added, removed, changed, renumbered, unchanged)
         values ($2, $1, $3, $4, $5, $6, $7)`,
        [fromId, toId, counts.added, counts.removed, counts.changed, counts.renumbered, counts.unchanged],
      );
      await this.database.execute(
        ctx,
        `insert into version_change_episodes (to_id, position, kind, from_idx, to_idx, source_key, from_frames, to_frames)
         select $2, position, kind, "fromIdx", "toIdx", "sourceKey", "fromFrames", "toFrames" from (${DIFFERING}) d`,
        [fromId, toId],
      );
    });
  }
}
