import { describe, expect, it } from '@jest/globals';
import { complianceBars } from '../terms/compliance.rules.js';
import { dueAt, isOverdue, usesTaken } from './notice.rules.js';

const told = new Date('2026-03-01T10:00:00Z');

describe('a notice', () => {
  it('is due after 30 days, and late when nobody has certified the deletion by then', () => {
    const due = dueAt(told);
    const open = { dueAt: due, deletedAt: null, cancelledAt: null };

    expect(due.toISOString()).toBe('2026-03-31T10:00:00.000Z');
    expect(isOverdue(open, due)).toBe(false);
    expect(isOverdue(open, new Date(due.getTime() + 1))).toBe(true);
    expect(isOverdue({ ...open, deletedAt: told }, new Date('2027-01-01'))).toBe(false);
    expect(isOverdue({ ...open, cancelledAt: told }, new Date('2027-01-01'))).toBe(false);
  });
});

describe('what withdrawals take from a grant', () => {
  const standing = [
    { withdrawalId: 'w1', scope: ['commercial'] },
    { withdrawalId: 'w2', scope: null },
  ];

  it('is everything while one of them withdrew everything, and what is left when that was deleted', () => {
    expect(usesTaken(standing, new Set())).toBe('all');
    expect(usesTaken(standing, new Set(['w2']))).toEqual(['commercial']);
    expect(usesTaken(standing, new Set(['w1', 'w2']))).toEqual([]);
  });

  it('closes the uses that need it, and names the clause', () => {
    const clauses = (withdrawn: 'all' | string[], use: 'evaluate' | 'research_training' | 'commercial_training') =>
      complianceBars({ withdrawn }, use, {}).map(({ verdict, clause }) => [verdict, clause.id]);

    expect(clauses('all', 'evaluate')).toEqual([['FORBIDDEN', 'compliance withdrawal']]);
    expect(clauses(['commercial'], 'commercial_training')).toEqual([['FORBIDDEN', 'compliance withdrawal']]);
    expect(clauses(['commercial'], 'research_training')).toEqual([]);
    expect(clauses([], 'commercial_training')).toEqual([]);
  });
});

describe('consent that was narrowed to nothing', () => {
  it('closes every use that needs some, unlike silence', () => {
    const verdicts = (consentScope?: string[]) =>
      complianceBars({ ...(consentScope && { consentScope }) }, 'commercial_training', {}).map(
        ({ verdict }) => verdict,
      );

    expect(verdicts([])).toEqual(['FORBIDDEN']);
    expect(verdicts()).toEqual([]);
  });
});
