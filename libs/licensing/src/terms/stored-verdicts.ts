import { canI, permittedUses } from './can-i.rules.js';
import type { Terms } from './terms.js';
import { USES } from './uses.js';
import type { Use, Verdict } from './uses.js';

/** What the engine says of one use under terms by themselves; kept beside the terms, so that grants are found by it. */
export interface StoredVerdict {
  readonly use: Use;
  readonly verdict: Verdict;
  /** Whether the use passes a gate for some buyer, as the catalogue's `usableFor` counts it. */
  readonly isOpen: boolean;
}

/** The verdict of every use. Null, for terms that nobody can read, opens nothing. */
export function storedVerdictsOf(terms: Terms | null): StoredVerdict[] {
  const open = terms ? permittedUses(terms) : [];
  return USES.map((use) => ({ use, verdict: canI(terms, use).verdict, isOpen: open.includes(use) }));
}

export const INSERT_VERDICTS = `
  insert into terms_verdicts (terms_hash, use, verdict, is_open)
  select $1, * from unnest($2::text[], $3::text[], $4::boolean[])
  on conflict (terms_hash, use) do update set verdict = excluded.verdict, is_open = excluded.is_open
    where (terms_verdicts.verdict, terms_verdicts.is_open) is distinct from (excluded.verdict, excluded.is_open)`;

/** Parameters of `INSERT_VERDICTS`. */
export function verdictParams(hash: string, terms: Terms | null): unknown[] {
  const verdicts = storedVerdictsOf(terms);
  return [hash, verdicts.map((v) => v.use), verdicts.map((v) => v.verdict), verdicts.map((v) => v.isOpen)];
}
