import type { Dimensions } from './dimensions.js';
import type { Bilingual } from './terms.js';
import type { TermsCondition } from './use-context.js';
import type { Use } from './uses.js';

/**
 * One licence of the table. `row` has a cell for each use, in the order of USES: `A` allowed, `F` forbidden,
 * `U` undecided, `D at,nt` allowed with these duties; `~` marks a contested duty of which the stricter reading is stated.
 */
export interface LicenceRow {
  readonly id: string;
  /** Other spellings that people type; compared without regard to case. */
  readonly aliases?: readonly string[];
  /** Public licences are given to everyone for nothing; market templates are contracts that may cost money. */
  readonly family: 'public' | 'market';
  readonly title: Bilingual;
  readonly summary: Bilingual;
  readonly url: string | null;
  readonly row: string;
  /** Clause texts by id, and which one decides each use (`otherwise` for those not named). */
  readonly clauses: Readonly<Record<string, Bilingual>>;
  readonly decides: { readonly otherwise: string } & Partial<Record<Use, string>>;
  readonly resolve?: Partial<Record<Use, string>>;
  readonly cases?: readonly { use: Use; when: TermsCondition; cell: string; clause: string }[];
  readonly termDays?: number;
  readonly seats?: number;
  readonly exclusivity?: 'field';
  /** What version 2 of the terms can say and version 1 cannot; a row that says nothing of it stays at version 1. */
  readonly dimensions?: Partial<Dimensions>;
  /** Its cells are filled by the provider, each with the clause that he quotes. */
  readonly isMapped?: true;
}
