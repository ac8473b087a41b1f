import { Injectable } from '@nestjs/common';
import { Database } from '@app/database';
import type { RequestContext } from '@app/kernel';
import { LRUCache } from 'lru-cache';
import { readTerms } from './terms.js';
import type { Terms } from './terms.js';

/** Terms never change under their hash, so what was read well once may be kept. */
const KEPT_MAX = 1_000;

/** Frozen terms by hash. Terms are public: whoever knows a hash may read what it stands for. */
@Injectable()
export class TermsQueries {
  private readonly kept = new LRUCache<string, Terms>({ max: KEPT_MAX });

  constructor(private readonly database: Database) {}

  /** Terms by hash; null for those that are missing or do not hash to what they claim, which decide nothing. */
  async byHashes(ctx: RequestContext, hashes: readonly string[]): Promise<Map<string, Terms | null>> {
    const found = new Map<string, Terms | null>();
    for (const hash of hashes) found.set(hash, this.kept.get(hash) ?? null);
    const missing = [...found].filter(([, terms]) => terms === null).map(([hash]) => hash);
    if (missing.length === 0) return found;
    const rows = await this.database.query<{ hash: string; terms: unknown }>(
      ctx,
      'select hash, terms from terms where hash = any($1::text[])',
      [missing],
    );
    for (const row of rows) {
      const terms = readTerms(row.terms, row.hash);
      found.set(row.hash, terms);
      if (terms) this.kept.set(row.hash, terms);
    }
    return found;
  }

  /** @returns null when they are missing or do not hash to what they claim */
  async byHash(ctx: RequestContext, hash: string): Promise<Terms | null> {
    return (await this.byHashes(ctx, [hash])).get(hash) ?? null;
  }
}
