import { describe, expect, it } from '@jest/globals';
import { newId, validate } from '@app/kernel';
import { rangeBytes, rangeHeaderOf } from './byte-range.rules.js';
import { LEASE_PAGE_CAP, leaseRequestSchema, leaseTimes, pathsBehind } from './lease-request.rules.js';

const grantId = newId('Grant');

describe('leaseRequestSchema', () => {
  it.each([
    [{ grantId }],
    [{ grantId, paths: ['a'], first: LEASE_PAGE_CAP, after: null }],
    [{ grantId, ranges: [{ path: 'a', firstByte: 0, lastByte: 9 }] }],
  ])('takes %p', (input) => {
    expect(validate(leaseRequestSchema, input)).toMatchObject(input);
  });

  it.each([
    [{ grantId: 'grt_x' }],
    [{ grantId, first: LEASE_PAGE_CAP + 1 }],
    [{ grantId, first: 0 }],
    [{ grantId, paths: [] }],
    [{ grantId, paths: ['a'], ranges: [{ path: 'a', firstByte: 0, lastByte: 9 }] }],
    [{ grantId, ranges: [{ path: 'a', firstByte: -1, lastByte: 9 }] }],
  ])('refuses %p', (input) => {
    expect(() => validate(leaseRequestSchema, input)).toThrow(/problem/);
  });
});

describe('pathsBehind', () => {
  it('sorts by bytes, where Chinese precedes emoji, and drops what came before', () => {
    const paths = ['😀', 'b', '抓取', 'a', 'b'];

    expect(pathsBehind(paths, null)).toEqual(['a', 'b', '抓取', '😀']);
    expect(pathsBehind(paths, 'b')).toEqual(['抓取', '😀']);
  });
});

describe('leaseTimes', () => {
  const now = new Date('2026-11-20T10:00:00.900Z');
  const signedAt = new Date('2026-11-20T10:00:00Z');

  it('counts from the whole second that is signed', () => {
    expect(leaseTimes(now, 300, null)).toEqual({ signedAt, expiresS: 300 });
  });

  it('never outlives the grant', () => {
    expect(leaseTimes(now, 300, new Date('2026-11-20T10:00:42.500Z'))).toEqual({ signedAt, expiresS: 42 });
    expect(leaseTimes(now, 300, new Date('2027-01-01T00:00:00Z'))).toEqual({ signedAt, expiresS: 300 });
  });
});

describe('ranges', () => {
  it.each([
    [0, 0, 1],
    [0, 99, 100],
    [90, 1000, 10],
    [99, 99, 1],
    [100, 120, null],
    [5, 4, null],
  ])('of bytes %i to %i in a file of 100 yield %p', (firstByte, lastByte, expected) => {
    expect(rangeBytes({ path: 'a', firstByte, lastByte }, 100)).toBe(expected);
  });

  it('are pinned in the form that the client sends', () => {
    expect(rangeHeaderOf({ path: 'a', firstByte: 5, lastByte: 9 })).toBe('bytes=5-9');
  });
});
