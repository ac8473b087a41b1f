import { describe, expect, it } from '@jest/globals';
import { csvLine } from './csv.rules.js';

describe('a line of CSV', () => {
  it('quotes commas, quotes and line ends as RFC 4180 says, and ends with CRLF', () => {
    expect(csvLine(['a', 'b,c', 'say "so"', 'two\nlines'])).toBe('a,"b,c","say ""so""","two\nlines"\r\n');
  });

  it('writes numbers, times, truth and absence plainly', () => {
    expect(csvLine([-5, 1.5, true, null, new Date(0)])).toBe('-5,1.5,true,,1970-01-01T00:00:00.000Z\r\n');
  });

  it.each([
    '=1+1',
    '+1',
    '-1',
    '@SUM(A1)',
    '\t=1',
    '\r=1',
    ' =1',
    '＝1+1',
    '\u200B=1',
    '=HYPERLINK("http://evil.example","x")',
  ])('never lets a spreadsheet run %j', (text) => {
    const line = csvLine([text]);

    expect(line.replace(/^"/, '')).toMatch(/^'/);
  });

  it('leaves Chinese and signs inside a text alone', () => {
    expect(csvLine(['清华大学=实验室', 'a-b@c'])).toBe('清华大学=实验室,a-b@c\r\n');
  });
});
