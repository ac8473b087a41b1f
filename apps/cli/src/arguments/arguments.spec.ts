import { describe, expect, it } from '@jest/globals';
import { DomainError } from '@app/kernel';
import fc from 'fast-check';
import { parseSelector, parseSlug } from './dataset-selector.js';
import { parseEpisodeFilter } from './episode-filter.js';
import { formatEpisodes, parseEpisodes } from './episode-ranges.js';
import { parseCurrency, parsePriceMinor, parseWhole, toCode } from './numbers.js';

function refusalOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof DomainError) return error.message;
    throw error;
  }
  throw new Error('was not refused');
}

describe('episodes', () => {
  it('reads ranges and single numbers in any order, without doubles', () => {
    expect(parseEpisodes('120, 0-3,2-4')).toEqual([0, 1, 2, 3, 4, 120]);
  });

  it.each(['', 'a', '1-', '-1', '1,,2', '5-3', '1.5', '0-99999999', '1-2-3', '１'])('refuses %j', (text) => {
    expect(refusalOf(() => parseEpisodes(text))).toMatch(/[.]$/);
  });

  it('writes what it reads, for any set of episodes', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(50_000), { minLength: 1, maxLength: 200 }), (indices) => {
        const sorted = [...indices].sort((a, b) => a - b);
        expect(parseEpisodes(formatEpisodes(sorted))).toEqual(sorted);
      }),
    );
  });

  it('reads conditions, and refuses those that it does not know', () => {
    expect(parseEpisodeFilter('outcome=success, duration>=2.5,duration<=10s')).toEqual({
      outcome: 'SUCCESS',
      minDurationS: 2.5,
      maxDurationS: 10,
    });
    expect(refusalOf(() => parseEpisodeFilter('colour=red'))).toContain('"colour=red"');
  });
});

describe('names of datasets', () => {
  it('reads a dataset with and without a version', () => {
    expect(parseSelector('acme/pick-cups')).toEqual({ slug: 'acme/pick-cups', version: null });
    expect(parseSelector('acme/pick-cups@v12')).toEqual({ slug: 'acme/pick-cups', version: 'v12' });
    expect(parseSelector(`acme/pick-cups@${'a1'.repeat(20)}`).version).toBe('a1'.repeat(20));
  });

  it.each([
    'acme',
    'acme/',
    '/x',
    'a/b/c',
    '../x',
    'a/..',
    'a b/c',
    'acme/x@',
    'acme/x@latest',
    'acme/x@v0',
    'acme/x@v1@v2',
    '机构/数据',
  ])('refuses %j', (text) => {
    expect(refusalOf(() => parseSelector(text))).toContain('write');
  });

  it('never lets a name through that walks out of a folder', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('.', '/', 'a', '-', '\\', '@', ' ') }), (text) => {
        try {
          const segments = parseSlug(text).split('/');
          expect(segments).toHaveLength(2);
          expect(segments.every((segment) => /^[a-z]/i.test(segment))).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(DomainError);
        }
      }),
    );
  });
});

describe('amounts', () => {
  it('takes prices in minor units only, so that 199.00 is not sold for 1.99', () => {
    expect(parsePriceMinor('19900')).toBe(19900);
    expect(refusalOf(() => parsePriceMinor('199.00'))).toContain('minor units');
  });

  it.each(['-1', '1e3', '0x10', ' ', '1_000', '99999999999999999999'])('refuses %j as a whole number', (text) => {
    expect(refusalOf(() => parseWhole(text, '--limit', 0, 1e12))).toContain('--limit');
  });

  it('knows its currencies and spells codes one way', () => {
    expect(parseCurrency('cny')).toBe('CNY');
    expect(refusalOf(() => parseCurrency('EUR'))).toContain('CNY or USD');
    expect(toCode('Commercial-Training ')).toBe('commercial_training');
  });
});
