import { Injectable } from '@nestjs/common';
import { Database } from '@app/database';
import type { RequestContext } from '@app/kernel';
import type { ListedObject } from '@app/storage';

/** Where the lines of one log object went; every line is in exactly one of the counts. */
export interface LogTally {
  lines: number;
  meteredLines: number;
  unexplainedLines: number;
  ownLines: number;
  ownBytes: number;
  refusedLines: number;
  otherLines: number;
  malformedLines: number;
}

export function emptyTally(): LogTally {
  return {
    lines: 0,
    meteredLines: 0,
    unexplainedLines: 0,
    ownLines: 0,
    ownBytes: 0,
    refusedLines: 0,
    otherLines: 0,
    malformedLines: 0,
  };
}

/** Which objects of the access log were counted, and what was in them. */
@Injectable()
export class LogObjectService {
  constructor(private readonly database: Database) {}

  /** The counted key under the prefix that sorts last (database and store both sort by UTF-8 bytes). */
  async newestKey(ctx: RequestContext, prefix: string): Promise<string | null> {
    const rows = await this.database.prepared<{ key: string }>(
      ctx,
      'delivery_newest_log_object',
      'select key from log_objects where starts_with(key, $1) order by key desc limit 1',
      [prefix],
    );
    return rows[0]?.key ?? null;
  }

  /** Those of a listing that were not counted yet, in its order. */
  async unread(ctx: RequestContext, listed: readonly ListedObject[]): Promise<ListedObject[]> {
    if (!listed.length) return [];
    const rows = await this.database.prepared<{ key: string }>(
      ctx,
      'delivery_read_log_objects',
      'select key from log_objects where key = any($1::text[])',
      [listed.map((object) => object.key)],
    );
    const read = new Set(rows.map((row) => row.key));
    return listed.filter((object) => !read.has(object.key));
  }

  /** Takes an object for the context's transaction; false when somebody counted it. */
  async claim(ctx: RequestContext, object: ListedObject, now: Date): Promise<boolean> {
    const claimed = await this.database.execute(
      ctx,
      `insert into log_objects (key, etag, size_bytes, lines, metered_lines, unexplained_lines, own_lines, own_bytes, refused_lines,
         other_lines, malformed_lines, read_at)
       values ($1, $2, $3, 0, 0, 0, 0, 0, 0, 0, 0, $4) on conflict (key) do nothing`,
      [object.key, object.etag, object.sizeBytes.toString(), now],
    );
    return claimed === 1;
  }

  /** Writes what was in a claimed object, in the claim's transaction. */
  async close(ctx: RequestContext, key: string, tally: LogTally): Promise<void> {
    await this.database.execute(
      ctx,
      `update log_objects set lines = $2, metered_lines = $3, unexplained_lines = $4, own_lines = $5, own_bytes = $6,
         refused_lines = $7, other_lines = $8, malformed_lines = $9 where key = $1`,
      [
        key,
        tally.lines,
        tally.meteredLines,
        tally.unexplainedLines,
        tally.ownLines,
        tally.ownBytes,
        tally.refusedLines,
        tally.otherLines,
        tally.malformedLines,
      ],
    );
  }
}
