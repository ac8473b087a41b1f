import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { checkReadConditions, requestedRange, writeCondition } from './conditions.js';
import type { StoredObject } from './object-index.js';

const OBJECT: StoredObject = {
  key: 'k',
  size: 26,
  etag: 'abc',
  modifiedMs: Date.parse('2026-11-20T10:00:00.900Z'),
  headers: {},
  segments: [],
};
const SAME_SECOND = 'Fri, 20 Nov 2026 10:00:00 GMT';
const EARLIER = 'Fri, 20 Nov 2026 09:59:59 GMT';
const headers = (entries: Record<string, string>): ReadonlyMap<string, string> => new Map(Object.entries(entries));

describe('conditions', () => {
  it.each([
    [{ 'if-match': '"abc"', 'if-unmodified-since': EARLIER }, null],
    [{ 'if-match': '"x", "abc"' }, null],
    [{ 'if-match': '"x"' }, 'PreconditionFailed'],
    [{ 'if-unmodified-since': EARLIER }, 'PreconditionFailed'],
    [{ 'if-none-match': '*' }, 'NotModified'],
    [{ 'if-none-match': 'W/"abc"' }, 'NotModified'],
    [{ 'if-none-match': '"x"', 'if-modified-since': SAME_SECOND }, null],
    [{ 'if-modified-since': SAME_SECOND }, 'NotModified'],
    [{ 'if-modified-since': EARLIER }, null],
    [{ 'if-modified-since': 'not a date' }, null],
  ])('answers a read with %j by %p', (conditions, code) => {
    const check = (): void => checkReadConditions(headers(conditions), OBJECT);

    if (code === null) expect(check).not.toThrow();
    else expect(check).toThrow(expect.objectContaining({ code }));
  });

  it('serves a range of another state of the object whole', () => {
    const range = { range: 'bytes=0-4' };

    expect(requestedRange(headers({ ...range, 'if-range': '"abc"' }), OBJECT)).toEqual({ start: 0, end: 5 });
    expect(requestedRange(headers({ ...range, 'if-range': '"old"' }), OBJECT)).toBeNull();
    expect(requestedRange(headers({ ...range, 'if-range': EARLIER }), OBJECT)).toBeNull();
  });

  it('never gives a range outside the object', () => {
    fc.assert(
      fc.property(fc.option(fc.nat(40)), fc.option(fc.nat(40)), fc.nat(40), (first, last, size) => {
        const range = `bytes=${first ?? ''}-${last ?? ''}`;
        let got: ReturnType<typeof requestedRange>;
        try {
          got = requestedRange(headers({ range }), { ...OBJECT, size });
        } catch (error) {
          expect(error).toMatchObject({ code: 'InvalidRange' });
          return;
        }
        if (got) expect(0 <= got.start && got.start < got.end && got.end <= size).toBe(true);
      }),
    );
  });

  it('refuses a write onto what should not be there, or is not what the writer knew', () => {
    expect(() => writeCondition(headers({ 'if-none-match': '*' }))(OBJECT)).toThrow(
      expect.objectContaining({ code: 'PreconditionFailed' }),
    );
    expect(() => writeCondition(headers({ 'if-none-match': '*' }))(undefined)).not.toThrow();
    expect(() => writeCondition(headers({ 'if-match': '"abc"' }))(OBJECT)).not.toThrow();
    expect(() => writeCondition(headers({ 'if-match': '"x"' }))(OBJECT)).toThrow(
      expect.objectContaining({ code: 'PreconditionFailed' }),
    );
    expect(() => writeCondition(headers({ 'if-match': '"abc"' }))(undefined)).toThrow(
      expect.objectContaining({ code: 'NoSuchKey' }),
    );
  });
});
