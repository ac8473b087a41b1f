import { Injectable } from '@nestjs/common';
import { Database } from '@app/database';
import { EMPTY_ROOT, TILE_HEIGHT, merkleRoot, nodeHash } from '@app/kernel';
import type { RequestContext } from '@app/kernel';
import { mergeRows, perfectSubtrees, tileRowOf } from './proof.rules.js';
import type { LeafRange, TileRow } from './proof.rules.js';

/** Reads roots of parts of the tree from the stored hashes: one row of tiles per level, in one statement whatever the size. */
@Injectable()
export class TreeHashes {
  constructor(private readonly database: Database) {}

  /** The RFC 6962 root over each range. @throws when the log does not hold them */
  async rootsOf(ctx: RequestContext, ranges: readonly LeafRange[]): Promise<Buffer[]> {
    const parts = ranges.map(perfectSubtrees);
    const stored = await this.read(ctx, mergeRows(parts.flat().map(tileRowOf)));
    return parts.map((subtrees) => {
      const roots = subtrees.map((subtree) => rootOf(tileRowOf(subtree), stored));
      if (!roots.length) return EMPTY_ROOT;
      return roots.reduceRight((right, left) => nodeHash(left, right));
    });
  }

  private async read(ctx: RequestContext, rows: readonly TileRow[]): Promise<Map<string, Buffer>> {
    const leaves = rows.filter(({ level }) => level === 0);
    const above = rows.filter(({ level }) => level > 0);
    const found = await this.database.prepared<{ level: number; idx: number; hash: Buffer }>(
      ctx,
      'audit.tree_hashes',
      `select 0 as level, seq as idx, leaf_hash as hash
       from unnest($1::bigint[], $2::bigint[]) as wanted (first, next)
       join audit_log on seq >= first and seq < next
       union all
       select wanted.height / ${TILE_HEIGHT}, idx, hash
       from unnest($3::smallint[], $4::bigint[], $5::bigint[]) as wanted (height, first, next)
       join audit_subtrees stored on stored.height = wanted.height and idx >= first and idx < next`,
      [
        leaves.map(({ from }) => from),
        leaves.map(({ to }) => to),
        above.map(({ level }) => level * TILE_HEIGHT),
        above.map(({ from }) => from),
        above.map(({ to }) => to),
      ],
    );
    return new Map(found.map(({ level, idx, hash }) => [`${level}/${idx}`, hash]));
  }
}

function rootOf({ level, from, to }: TileRow, stored: ReadonlyMap<string, Buffer>): Buffer {
  return merkleRoot(
    Array.from({ length: to - from }, (_, i) => {
      const hash = stored.get(`${level}/${from + i}`);
      if (!hash) throw new Error(`The log has lost hash ${from + i} of level ${level}.`);
      return hash;
    }),
  );
}
