import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Progress } from './progress.js';
import { formatTable } from './table.js';
import { cutToWidth, padToWidth, textWidth, withoutControls } from './text-width.js';
import { formatBytes, formatDuration } from './units.js';

const ESCAPE = '\u001b';

describe('width of text', () => {
  it('counts Chinese and full-width characters and emoji as two columns, marks as none', () => {
    expect(textWidth('抓取 cup')).toBe(8);
    expect(textWidth('ＡＢ')).toBe(4);
    expect(textWidth('🤖')).toBe(2);
    expect(textWidth('e\u0301')).toBe(1);
  });

  it('never cuts wider than asked, and never through a character', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('抓', 'a', '🤖', 'e\u0301', ' ', '，') }),
        fc.nat(20),
        (text, columns) => {
          const cut = cutToWidth(text, columns);
          expect(textWidth(cut)).toBeLessThanOrEqual(columns);
          expect(cut === text || cut === '' || cut.endsWith('…')).toBe(true);
          expect(textWidth(padToWidth(cut, columns))).toBe(columns);
        },
      ),
    );
  });
});

describe('tables', () => {
  it('lines columns up under mixed scripts', () => {
    const lines = formatTable(
      ['NAME', 'N'],
      [
        ['抓取数据集', '1'],
        ['pick', '2'],
      ],
      null,
    ).split('\n');
    expect(lines.map((line) => textWidth(line.slice(0, line.lastIndexOf(' ') + 1)))).toEqual([12, 12, 12]);
  });

  it('fits any terminal that can hold it', () => {
    const rows = [['acme/a-very-long-name-of-a-dataset', '非常长的中文标题用于测试终端宽度', 'A']];
    for (const columns of [24, 40, 60, 80]) {
      for (const line of formatTable(['DATASET', 'TITLE', 'G'], rows, columns).split('\n')) {
        expect(textWidth(line)).toBeLessThanOrEqual(columns);
      }
    }
  });
});

describe('words of other people', () => {
  it('cannot recolour, erase or reverse the terminal', () => {
    const hostile = `${ESCAPE}[2Jtitle\u0007\u009b31m\u202etxt\rX`;
    expect(withoutControls(hostile)).toBe('\ufffd[2Jtitle\ufffd\ufffd31m\ufffdtxt\ufffdX');
    expect(withoutControls('two\nlines\tkept 中文')).toBe('two\nlines\tkept 中文');
  });
});

describe('progress', () => {
  it('writes plain lines, one for each tenth, where there is no terminal', () => {
    const said: string[] = [];
    const progress = new Progress({ write: (text) => said.push(text) > 0 }, 'pull');
    progress.expect(1000);
    for (let i = 0; i < 100; i++) progress.advance(10);
    progress.close();
    expect(said).toHaveLength(10);
    expect(said.at(-1)).toBe('pull: 100 % (1.0 kB of 1.0 kB)\n');
    expect(said.join('')).not.toContain(ESCAPE);
  });

  it('stays within the terminal', () => {
    const said: string[] = [];
    const progress = new Progress(
      { isTTY: true, columns: 30, write: (text) => said.push(text) > 0 },
      '下载数据集下载数据集',
    );
    progress.expect(1000);
    progress.advance(400);
    progress.close();
    const drawn = said.filter((text) => text.startsWith('\r')).map((text) => text.replace(`\r${ESCAPE}[2K`, ''));
    expect(drawn.length).toBeGreaterThan(0);
    for (const line of drawn) expect(textWidth(line)).toBeLessThan(30);
  });
});

describe('units', () => {
  it('reads well', () => {
    expect([0, 999, 1000, 999_999, 2_600_000, 5e12].map(formatBytes)).toEqual([
      '0 B',
      '999 B',
      '1.0 kB',
      '1.0 MB',
      '2.6 MB',
      '5.0 TB',
    ]);
    expect([0, 9.5, 59.99, 250, 3600, 3780].map(formatDuration)).toEqual([
      '0 s',
      '9.5 s',
      '1 min 00 s',
      '4 min 10 s',
      '1 h 00 min',
      '1 h 03 min',
    ]);
  });
});
