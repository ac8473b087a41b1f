import { canonicalJson } from '@app/kernel';
import { NO_DIMENSIONS } from '../terms/dimensions.js';
import type { Duty } from '../terms/duties.js';
import type { Terms } from '../terms/terms.js';
import { USES } from '../terms/uses.js';
import type { Use, Verdict } from '../terms/uses.js';

/** What becomes of one use between two terms. */
export interface UseChange {
  readonly use: Use;
  readonly before: Verdict;
  readonly after: Verdict;
  readonly addedDuties: readonly Duty[];
  readonly removedDuties: readonly Duty[];
  /** The facts that an answer depends on are others. */
  readonly isConditionChanged: boolean;
}

/** What becomes of one limit; values as JSON, null where there is no limit. */
export interface LimitChange {
  readonly limit: string;
  readonly before: unknown;
  readonly after: unknown;
}

export interface TermsChange {
  readonly uses: readonly UseChange[];
  readonly limits: readonly LimitChange[];
}

/** Compares terms use by use and limit by limit; empty lists when nothing that binds is different. Unreadable terms permit nothing. */
export function diffTerms(before: Terms | null, after: Terms | null): TermsChange {
  const uses = USES.map((use) => useChange(use, before, after)).filter(
    (change) =>
      change.before !== change.after ||
      change.addedDuties.length + change.removedDuties.length > 0 ||
      change.isConditionChanged,
  );
  const [old, now] = [limitsOf(before), limitsOf(after)];
  const limits = Object.keys(old)
    .map((limit) => ({ limit, before: old[limit] ?? null, after: now[limit] ?? null }))
    .filter((change) => !isEqual(change.before, change.after));
  return { uses, limits };
}

function useChange(use: Use, before: Terms | null, after: Terms | null): UseChange {
  const [old, now] = [before?.uses[use], after?.uses[use]];
  const [oldDuties, newDuties] = [old?.duties ?? [], now?.duties ?? []];
  return {
    use,
    before: old?.verdict ?? 'UNDECIDED',
    after: now?.verdict ?? 'UNDECIDED',
    addedDuties: newDuties.filter((duty) => !oldDuties.includes(duty)),
    removedDuties: oldDuties.filter((duty) => !newDuties.includes(duty)),
    isConditionChanged: !isEqual(conditionsOf(old), conditionsOf(now)),
  };
}

/** Clauses are named differently by different licences; what they decide is what counts. */
const conditionsOf = (rule: Terms['uses'][Use] | undefined): unknown =>
  (rule?.cases ?? []).map(({ when, verdict, duties }) => ({ when, verdict, duties }));

function limitsOf(terms: Terms | null): Record<string, unknown> {
  const { field, blockedTerritory, personalData, models, endOfTerm, declarations } =
    terms?.v === 2 ? terms.dimensions : NO_DIMENSIONS;
  return {
    template: terms?.template,
    termDays: terms?.termDays,
    seats: terms?.seats,
    exclusivity: terms?.exclusivity,
    fields: field.allow,
    deniedFields: field.deny,
    territory: terms?.territory,
    blockedTerritory,
    personalData: personalData.kind,
    consentScope: personalData.consentScope,
    models,
    endOfTerm,
    declarations,
  };
}

const isEqual = (a: unknown, b: unknown): boolean => canonicalJson(a ?? null) === canonicalJson(b ?? null);
