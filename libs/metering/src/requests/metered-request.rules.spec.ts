import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { distinctRequests, outcomeOf, servedBytes } from './metered-request.rules.js';

describe('servedBytes', () => {
  it.each([
    ['GET', 200, 1000, 1000],
    ['GET', 206, 400, 400],
    ['GET', 304, 0, 0],
    ['GET', 403, 231, 0],
    ['GET', 404, 230, 0],
    ['GET', 416, 233, 0],
    ['GET', 503, 120, 0],
    ['HEAD', 200, 0, 0],
    ['HEAD', 200, 1000, 0],
  ] as const)('counts %s %i that sent %i as %i', (method, status, bytesSent, counted) => {
    expect(servedBytes({ method, status, bytesSent })).toBe(counted);
  });
});

describe('outcomeOf', () => {
  it.each([
    ['GET', 200, 1000, 1000, 'COMPLETE'],
    ['GET', 200, 999, 1000, 'CUT'],
    ['GET', 200, 0, 0, 'COMPLETE'],
    ['GET', 200, 5, null, 'COMPLETE'],
    ['GET', 206, 999, 1000, 'RANGED'],
    ['HEAD', 200, 0, 1000, 'HEAD'],
    ['GET', 304, 0, 1000, 'NOT_MODIFIED'],
    ['HEAD', 403, 0, null, 'REFUSED'],
  ] as const)('calls %s %i that sent %i of %p %s', (method, status, bytesSent, objectSize, outcome) => {
    expect(outcomeOf({ method, status, bytesSent, objectSize })).toBe(outcome);
  });
});

describe('distinctRequests', () => {
  const anyRequests = fc.array(
    fc.record({
      requestId: fc.stringMatching(/^[A-F0-9]{1,2}$/),
      at: fc.integer({ min: 0, max: 2 }).map((s) => new Date(s * 1000)),
    }),
  );

  it('keeps exactly one of each id and time, in one order whatever the order of arrival', () => {
    fc.assert(
      fc.property(anyRequests, fc.func(fc.integer()), (requests, rank) => {
        const shuffled = [...requests, ...requests].sort((a, b) => rank(a) - rank(b));

        const kept = distinctRequests(shuffled);

        const keys = kept.map((request) => `${request.requestId} ${request.at.getTime()}`);
        expect(new Set(keys).size).toBe(keys.length);
        expect(keys).toEqual(
          distinctRequests(requests).map((request) => `${request.requestId} ${request.at.getTime()}`),
        );
        expect(new Set(keys)).toEqual(
          new Set(requests.map((request) => `${request.requestId} ${request.at.getTime()}`)),
        );
      }),
    );
  });
});
