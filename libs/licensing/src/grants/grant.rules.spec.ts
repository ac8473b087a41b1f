import { describe, expect, it } from '@jest/globals';
import { GRANT_STATES, canBecome, closedBecause, expiryOf } from './grant.rules.js';

const now = new Date('2026-03-01T00:00:00Z');
const before = new Date('2026-02-01T00:00:00Z');
const after = new Date('2026-04-01T00:00:00Z');

describe('grant states', () => {
  it('never leave a final state', () => {
    for (const to of GRANT_STATES) {
      expect(canBecome('revoked', to)).toBe(false);
      expect(canBecome('expired', to)).toBe(false);
    }
  });

  it('reach active only from approved or suspended', () => {
    expect(GRANT_STATES.filter((from) => canBecome(from, 'active'))).toEqual(['approved', 'suspended']);
  });
});

describe('closedBecause', () => {
  it('opens an active grant between its start and its end, the end excluded', () => {
    expect(closedBecause({ state: 'active', startsAt: before, expiresAt: after }, now)).toBeNull();
    expect(closedBecause({ state: 'active', startsAt: now, expiresAt: null }, now)).toBeNull();
    expect(closedBecause({ state: 'active', startsAt: before, expiresAt: now }, now)).toBe('expired');
    expect(closedBecause({ state: 'active', startsAt: after, expiresAt: null }, now)).toBe('not_started');
  });

  it('keeps every other state shut', () => {
    for (const state of GRANT_STATES.filter((s) => s !== 'active')) {
      expect(closedBecause({ state, startsAt: before, expiresAt: after }, now)).toBe(state);
    }
  });

  it('ends a term to the day', () => {
    expect(expiryOf(now, 30)?.toISOString()).toBe('2026-03-31T00:00:00.000Z');
    expect(expiryOf(now, null)).toBeNull();
  });
});
