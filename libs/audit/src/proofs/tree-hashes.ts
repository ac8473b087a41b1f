import { Injectable } from '@nestjs/common';
import { Database } from '@app/database';
import { EMPTY_ROOT, HASH_BYTES, TILE_HEIGHT, merkleRoot, nodeHash, splitTile } from '@app/kernel';
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
      const roots = subtrees.map((subtree) => merkleRoot(hashesOf(tileRowOf(subtree), stored)));
      if (!roots.length) return EMPTY_ROOT;
      return roots.reduceRight((right, left) => nodeHash(left, right));
    });
  }

  /** The hashes of a row come as one value: hundreds of small ones would cost more than the proof itself. */
  private async read(ctx: RequestContext, rows: readonly TileRow[]): Promise<StoredRow[]> {
    if (rows.length === 0) return [];
    const leaves = rows.filter(({ level }) => level === 0);
    const above = rows.filter(({ level }) => level > 0);
    return this.database.prepared<StoredRow & Record<string, unknown>>(
      ctx,
      'audit.tree_hashes',
      `select 0 as level, first as "from", next as "to",
         (select string_agg(leaf_hash, ''::bytea order by seq) from audit_log where seq >= first and seq < next) as bytes
       from unnest($1::bigint[], $2::bigint[]) as wanted (first, next)
       union all
       select height / ${TILE_HEIGHT}, first, next,
         (select string_agg(hash, ''::bytea order by idx) from audit_subtrees stored
          where stored.height = wanted.height and idx >= first and idx < next)
       from unnest($3::smallint[], $4::bigint[], $5::bigint[]) as wanted (height, first, next)`,
      [
        leaves.map(({ from }) => from),
        leaves.map(({ to }) => to),
        above.map(({ level }) => level * TILE_HEIGHT),
        above.map(({ from }) => from),
        above.map(({ to }) => to),
      ],
    );
  }
}

/** The hashes of a row, one after the other; null when there are none. */
interface StoredRow extends TileRow {
  readonly bytes: Buffer | null;
}

function hashesOf({ level, from, to }: TileRow, stored: readonly StoredRow[]): Buffer[] {
  const row = stored.find((row) => row.level === level && row.from <= from && to <= row.to);
  if (!row || row.bytes?.length !== (row.to - row.from) * HASH_BYTES) {
    throw new Error(`The log has lost hashes of level ${level} between ${from} and ${to}.`);
  }
  return splitTile(row.bytes.subarray((from - row.from) * HASH_BYTES, (to - row.from) * HASH_BYTES));
}
