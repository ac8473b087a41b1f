import { describe, expect, it } from '@jest/globals';
import { reportOf, unreadableMeasure } from './ingest.rules.js';

describe('the report of a version', () => {
  it.each([
    [true, 'pass'],
    [false, 'fail'],
    [null, 'not_checked'],
  ] as const)('holds the claimed title to what the operator recorded: %s → %s', (isTitleConfirmed, expected) => {
    const declared = { titleCertificate: { number: '深数登1', issuer: '深圳数据交易所', expires: '2029-01-01' } };

    const { rules } = reportOf(unreadableMeasure([]), declared, [], {
      hashes: null,
      texts: [],
      isTitleConfirmed,
      unreadable: null,
      people: [],
    });

    expect(rules.find(({ rule }) => rule === 'CO-5')?.result).toBe(expected);
  });
});
