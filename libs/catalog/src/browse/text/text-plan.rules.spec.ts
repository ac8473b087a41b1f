import { describe, it, expect } from '@jest/globals';
import fc from 'fast-check';
import { bigramsOf, foldText, lexemesOf, runsOf, stemOf } from './lexemes.js';
import { KnownWords, editDistance } from './spelling.js';
import { pieceQuery, planQuery, planText } from './text-plan.rules.js';

const words = new KnownWords(['grasping', 'kitchen', 'pouring', 'gripper', 'umbrella', 'towel', 'tower']);
const typedOf = (text: string): string[] => planText(text, words).map(({ typed }) => typed);

describe('lexemes', () => {
  it('folds full-width letters, case and accents', () => {
    expect(foldText('ＵＲ５ｅ Café')).toBe('ur5e cafe');
  });

  it('parts scripts even without a blank between them', () => {
    expect(runsOf('UR5e机械臂,RGB-D').map(({ text }) => text)).toEqual(['ur5e', '机械臂', 'rgb', 'd']);
  });

  it('finds a Chinese text by each pair, and by its last character', () => {
    expect(bigramsOf('灵巧手')).toEqual(['灵巧', '巧手']);
    expect(lexemesOf(['灵巧手'])).toEqual(new Set(['灵巧', '巧手', '手']));
  });

  it.each([
    ['grasping', 'grasp'],
    ['grasps', 'grasp'],
    ['placing', 'plac'],
    ['place', 'plac'],
    ['gripper', 'grip'],
    ['cups', 'cup'],
    ['care', 'care'],
    ['glass', 'glass'],
    ['ur5e', 'ur5e'],
  ])('searches %s as the beginning %s', (word, stem) => {
    expect(stemOf(word)).toBe(stem);
  });

  it('always takes a beginning of the word as its stem', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z]{1,14}$/), (word) => expect(word.startsWith(stemOf(word))).toBe(true)),
    );
  });

  it('leaves nothing in a lexeme that PostgreSQL would have to parse', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) =>
        expect([...lexemesOf([text])].filter((lexeme) => /['\\\s:&|!()*]/.test(lexeme))).toEqual([]),
      ),
    );
  });
});

describe('planText', () => {
  it('cuts a Chinese run by the longest terms of the vocabulary', () => {
    expect(typedOf('灵巧手抓取')).toEqual(['灵巧手', '抓取']);
  });

  it('reads terms of several words as one and forgets words that mean nothing', () => {
    expect(typedOf('pick and place in the kitchen')).toEqual(['pick and place', 'kitchen']);
    expect(typedOf('the')).toEqual(['the']);
  });

  it('searches a term in both languages', () => {
    const query = planQuery(planText('厨房', words));

    expect(query).toContain(`'厨房'`);
    expect(query).toContain(`'kitchen':*`);
  });

  it('leaves out forms that another form finds anyway', () => {
    expect(
      pieceQuery({
        typed: 'x',
        forms: ['灵巧手', '五指灵巧手', 'dexterous hand', 'five-finger dexterous hand'],
        isUnknown: false,
      }),
    ).toBe(`(('灵巧' & '巧手') | ('dexterou':* & 'hand':*))`);
  });

  it('searches a single character as a beginning', () => {
    expect(pieceQuery({ typed: '手', forms: ['手', '巧手'], isUnknown: false })).toBe(`(('手':*))`);
  });

  it('has no query for a text without letters', () => {
    expect(planQuery(planText('?! ——', words))).toBeNull();
  });

  it('marks only words as unknown that nothing begins with', () => {
    expect(
      planText('grasing kitch', words)
        .filter(({ isUnknown }) => isUnknown)
        .map(({ typed }) => typed),
    ).toEqual(['grasing']);
  });
});

describe('KnownWords', () => {
  it.each([
    ['grasing', ['grasping']],
    ['kichen', ['kitchen']],
    ['umbrela', ['umbrella']],
    ['towle', ['towel']],
    ['rasping', []],
    ['tow', []],
    ['ur5x', []],
    ['zzqqx', []],
  ])('corrects %s to %j', (typed, nearest) => {
    expect(words.nearest(typed)).toEqual(nearest);
  });

  it('never corrects away from a first letter', () => {
    expect(words.nearest('mrasping')).toEqual([]);
  });

  it('measures like the plain definition of the distance', () => {
    const plain = (a: string, b: string): number => {
      const d = Array.from({ length: a.length + 1 }, (_, i) =>
        Array.from({ length: b.length + 1 }, (_, j) => (i === 0 ? j : j === 0 ? i : 0)),
      );
      const cell = (i: number, j: number): number => d[i]?.[j] ?? Infinity;
      for (let i = 1; i <= a.length; i++) {
        for (let j = 1; j <= b.length; j++) {
          const cost = a[i - 1] === b[j - 1] ? 0 : 1;
          const swap =
            i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? cell(i - 2, j - 2) + 1 : Infinity;
          const row = d[i];
          if (row) row[j] = Math.min(cell(i - 1, j) + 1, cell(i, j - 1) + 1, cell(i - 1, j - 1) + cost, swap);
        }
      }
      return cell(a.length, b.length);
    };
    const word = fc.stringMatching(/^[abc]{0,7}$/);
    fc.assert(
      fc.property(word, word, fc.integer({ min: 1, max: 3 }), (a, b, limit) => {
        expect(editDistance(a, b, limit)).toBe(Math.min(plain(a, b), limit + 1));
      }),
    );
  });
});
