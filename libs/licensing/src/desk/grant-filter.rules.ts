import { z } from 'zod';
import { GRANT_STATES } from '../grants/grant.rules.js';
import type { GrantState } from '../grants/grant.rules.js';
import { USES } from '../terms/uses.js';

/** Which grants of those that may be seen; absent means any. The parties and the operator ask by the same facts. */
export interface GrantFilter {
  readonly datasetSlug?: string | null;
  readonly versionId?: string | null;
  /** Slug or id of the organization that holds the right. */
  readonly holder?: string | null;
  /** Slug or id of the organization that gave it. */
  readonly provider?: string | null;
  /** Words of the names of either party. */
  readonly text?: string | null;
  readonly termsHash?: string | null;
  /** SPDX id, or `LicenseRef-*`. */
  readonly template?: string | null;
  /** A use that the frozen terms open to some buyer. */
  readonly use?: string | null;
  /** The use that the buyer named. */
  readonly intendedUse?: string | null;
  readonly states?: readonly GrantState[] | null;
  /** Rights that were open at this instant, by their history. */
  readonly activeAt?: Date | null;
  /** Rights whose time reaches into the period that begins here … */
  readonly from?: Date | null;
  /** … and ends before this. */
  readonly to?: Date | null;
  readonly isRecalled?: boolean | null;
}

const text = z.string().trim().min(1).max(200).nullish();
const use = z.string().trim().toLowerCase().pipe(z.enum(USES, 'is not a use of the vocabulary')).nullish();

/** The facts alone, for searches that ask by some of them. */
export const grantFacts = z.object({
  datasetSlug: text,
  versionId: text,
  holder: text,
  provider: text,
  text,
  termsHash: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'is not a SHA-256 in lower-case hex')
    .nullish(),
  template: text,
  use,
  intendedUse: use,
  states: z.array(z.enum(GRANT_STATES, 'is not a state of a grant')).max(20).nullish(),
  activeAt: z.date().nullish(),
  from: z.date().nullish(),
  to: z.date().nullish(),
  isRecalled: z.boolean().nullish(),
});

export const grantFilterSchema = grantFacts.refine((filter) => !filter.from || !filter.to || filter.from < filter.to, {
  path: ['to'],
  message: 'must come after "from"',
});

export type AskedGrants = z.output<typeof grantFilterSchema>;
