import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { mergeSeries } from './usage-series.rules.js';

describe('mergeSeries', () => {
  it('pages through both series together without losing or doubling a byte', () => {
    const amounts = fc.dictionary(fc.stringMatching(/^[a-f]{1,2}$/), fc.nat());
    fc.assert(
      fc.property(
        amounts,
        amounts,
        fc.boolean(),
        fc.integer({ min: 1, max: 5 }),
        (served, issued, isDescending, limit) => {
          const collected: { key: string; servedBytes: number; issuedBytes: number }[] = [];
          for (let after: string | null = null; ;) {
            const keysOf = (amount: Record<string, number>): string[] => {
              const keys = Object.keys(amount).sort();
              if (isDescending) keys.reverse();
              return keys.filter((key) => after === null || (isDescending ? key < after : key > after)).slice(0, limit);
            };
            const page = mergeSeries(
              keysOf(served).map((key) => ({
                key,
                servedBytes: served[key] ?? 0,
                requests: 1,
                refusedRequests: 0,
                lastEventAt: null,
              })),
              keysOf(issued).map((key) => ({ key, bytes: issued[key] ?? 0 })),
              isDescending,
              limit,
            );
            collected.push(...page);
            const last = page.at(-1);
            if (!last) break;
            after = last.key;
          }

          const keys = [...new Set([...Object.keys(served), ...Object.keys(issued)])].sort();
          if (isDescending) keys.reverse();
          expect(collected.map(({ key, servedBytes, issuedBytes }) => ({ key, servedBytes, issuedBytes }))).toEqual(
            keys.map((key) => ({ key, servedBytes: served[key] ?? 0, issuedBytes: issued[key] ?? 0 })),
          );
        },
      ),
    );
  });
});
